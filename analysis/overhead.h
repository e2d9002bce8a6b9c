/* overhead.h - what protecting packets costs: one way of doing it, kinds of packets, and the octets that come of it.
 *
 * A way is a mode (or a rival, analysis/rival.h) with algorithm, UDP encapsulation and framing. A kind is everything
 * about an inner packet that decides its size on the link, so a capture is a list of kinds with their counts. Octets
 * are doubles because a rival may share an outer packet among several inner ones; all others are whole numbers, and
 * sums of them are exact below 2^53.
 */
#ifndef ESPSIM_ANALYSIS_OVERHEAD_H
#define ESPSIM_ANALYSIS_OVERHEAD_H

#include "models/base/units.h"
#include "models/ipsec/drop.h"
#include "models/ipsec/size.h"
#include "models/link/framing.h"

struct rival;

/* Compared and hashed as octets: made from {0} or memset, so that padding is 0. */
struct overhead_kind {
    uint8_t version;
    uint8_t fragment;    /* 1: a fragment, not a whole datagram */
    uint16_t opts_len;   /* IPv4 options, octets */
    uint32_t ext_len;    /* IPv6 extension headers that the walk passes, octets; a fragment header counts */
    uint32_t ext_inside; /* of these, what goes inside ESP in transport format (models/wire/ipv6.h) */
    uint32_t len;        /* whole packet, octets; not below its headers */
};

struct overhead_way {
    const struct mode *mode;   /* NULL: a rival */
    const struct rival *rival; /* NULL: a mode */
    struct suite suite;        /* encr NULL: neither has one */
    bool udp;                  /* UDP encapsulation */
    uint8_t outer_version;     /* 0: as the inner packet's; only modes with two versions heed it */
    const struct framing_kind *framing;
    const struct framing_settings *set; /* keeps */
    size_t mtu;                         /* octets of an IP packet on the link; what fills packets fills them up to it */
    bit_rate rate;                      /* of the link, for added delay; 0: not asked */
};

/* What hands an inner packet to ESP: `n` ESP packets for each inner one, each made by sealing a packet of `shape`. */
struct overhead_form {
    struct size_of how;
    struct shape shape;
    bool fragment;   /* what is sealed is a fragment */
    size_t wrap_len; /* octets of IP header and encapsulation put in front of the inner packet before ESP; 0: none */
    bool filled;     /* the rest of the sealed packet is not this inner packet alone */
    double n;
};

/* Octets; the fields are those of struct ledger, framing included. */
struct overhead_octets {
#define X(field, what) double field;
    LEDGER_FIELDS(X)
#undef X
};

struct overhead_cost {
    enum drop drop; /* not DROP_NONE: the way cannot carry the packet, and the rest is 0 */
    bool formed;    /* `form` says what is to be sealed; otherwise the way is no ESP */
    bool over_mtu;  /* fits the link as it is, but not any more */
    struct overhead_form form;
    struct overhead_octets octets;
    double ip;        /* octets of IP packets; MACsec: with what it puts around them */
    double link;      /* with framing, on an idle link */
    double saturated; /* the same when packets of this kind follow each other without a pause */
    double delay;     /* added, nanoseconds, where the rate is known */
};

/* What one packet of kind `k` costs, predicted by models/ipsec/size.h. */
struct overhead_cost overhead_cost(const struct overhead_way *w, const struct overhead_kind *k);

/* The way that savings are counted against: tunnel mode, else as `w` has it. `suite` is for ways that have none. */
struct overhead_way overhead_tunnel(const struct overhead_way *w, const struct suite *suite);

/* A sum over packets. The octets are of the packets that the way carries; so are those of tunnel mode beside them. */
struct overhead_total {
    uint64_t packets;             /* carried */
    uint64_t fragments, too_long; /* not carried, and why; too_long: for IP or for the framing */
    uint64_t over_mtu;
    uint64_t inner; /* octets */
    struct overhead_octets octets;
    double ip, link, saturated, delay;
    double tunnel_ip, tunnel_link;
    uint64_t sealed; /* packets that were really sealed, each as long as predicted */
};

/* `cost` and `tunnel` of one packet of kind `k`, `count` times. */
void overhead_add(struct overhead_total *t, const struct overhead_kind *k, const struct overhead_cost *cost,
                  const struct overhead_cost *tunnel, uint64_t count);

/* Octets of stuffing that one packet (of `cost`, `tunnel`) takes beyond what overhead_cost has counted for it. */
void overhead_add_stuffing(struct overhead_total *t, const struct overhead_cost *cost,
                           const struct overhead_cost *tunnel, double beyond, double tunnel_beyond);

/* What a way is called: the mode or rival. */
const char *overhead_name(const struct overhead_way *w);

#endif
