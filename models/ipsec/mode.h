/* mode.h - ESP modes as a family: one file mode_NAME.c and one line in modes.h each.
 *
 * A mode decides which header a packet has in front of ESP and what ESP carries; nothing else. Algorithms, lookups,
 * SPIs and the IP versions are other axes.
 */
#ifndef ESPSIM_IPSEC_MODE_H
#define ESPSIM_IPSEC_MODE_H

#include "models/base/buf.h"
#include "models/base/family.h"
#include "models/ipsec/drop.h"
#include "models/wire/ip.h"
#include "models/wire/ipv4.h"
#include "models/wire/ipv6.h"

struct sa;

/* What a mode decides about an outbound packet: either the first octets of it stay in front of ESP, or there is a new
 * header. */
struct wrap {
    uint8_t next_header; /* in the ESP trailer */
    size_t keep_len;     /* octets that stay; 0: `head` is written in front */
    size_t nh_at;        /* in what stays: offset of the octet that will name ESP or UDP */
    struct ip_head head; /* all but the protocol; addresses are the SA's */
};

/* What an authenticated inbound packet carried. */
struct unwrap {
    uint8_t next_header;
    size_t payload_off, payload_len; /* in the buffer, from buf.data */
};

/* Octets in front of ESP and under it, for a packet that is only described. */
struct shape {
    uint8_t inner_version, outer_version;
    size_t inner_len;  /* whole inner packet, octets */
    size_t opts_len;   /* IPv4 options, octets */
    size_t ext_len;    /* IPv6 extension headers that the walk passes, octets */
    size_t ext_inside; /* of these, what goes inside ESP in transport format (ipv6.h) */
};

/* Which packets share an SA. */
enum sa_scope { SCOPE_NONE, SCOPE_GATEWAY_PAIR, SCOPE_HOST_PAIR };

enum claim_value { CLAIM_NO, CLAIM_PARTLY, CLAIM_YES };

struct claim {
    enum claim_value value;
    const char *why; /* one line, no full stop */
};

const char *claim_name(enum claim_value v); /* "no", "partly", "yes" */

struct mode {
    struct member m;
    bool esp;              /* false: packets pass as they are */
    bool two_addresses;    /* the SA has outer addresses of its own (tunnel, BEET) */
    bool two_versions;     /* inner and outer IP versions may differ */
    bool own_traffic;      /* the SA carries only what its two ends send each other (transport mode of RFC 4301) */
    bool whole_datagrams;  /* fragments are refused (RFC 4303 3.3.4) */
    size_t ipv4_allowance; /* octets that a gateway keeps free in the MTU it announces, for IPv4 packets that need more
                              room than a plain one */
    enum sa_scope scope;
    const char *lookup; /* the lookup policy that the mode is bound to, or NULL: the scenario's */
    /* Outbound: looks at the packet (whole, `v` its view), strips what ESP does not carry, and fills `w`. The packet
     * then begins with the w->keep_len octets that stay, then the payload. */
    enum drop (*wrap)(struct sa *sa, struct buf *packet, const struct ip_view *v, struct wrap *w);
    /* Inbound: makes the inner packet out of the outer one (view `outer`) and what it carried. */
    enum drop (*unwrap)(const struct sa *sa, struct buf *packet, const struct ip_view *outer, const struct unwrap *u);
    /* Sizes for shape `s`: octets in front of ESP, and octets that ESP carries. */
    void (*sizes)(const struct shape *s, size_t *front, size_t *payload);
    /* The user's four questions. */
    struct claim routed;     /* works for routed traffic between the LANs */
    struct claim rfc4301;    /* RFC 4301 allows it */
    struct claim linux_can;  /* stock Linux can do it */
    struct claim strongswan; /* strongSwan negotiates it */
};

extern const struct family mode_family;

/* NULL where there is none. */
const struct mode *mode_get(const char *name);
const struct mode *mode_find(const char *name, struct err *e);
/* As mode_find, but of the modes with ESP alone. */
const struct mode *mode_find_esp(const char *name, struct err *e);

/* "tunnel, beet or transport": the modes with ESP, for messages; borrows `text`. */
#define MODE_NAMES_CAP 256
const char *mode_esp_names(char text[MODE_NAMES_CAP]);

/* Whether an SA of the mode is between two addresses that its packets carry. */
static inline bool mode_names_ends(const struct mode *m)
{
    return m->two_addresses || m->own_traffic;
}

/* Wrap, unwrap and sizes of the modes whose packets keep their own header (mode_keep.c): transport, wildcard; sizes:
 * plain too. */
enum drop mode_keep_wrap(struct sa *sa, struct buf *packet, const struct ip_view *v, struct wrap *w);
enum drop mode_keep_unwrap(const struct sa *sa, struct buf *packet, const struct ip_view *outer,
                           const struct unwrap *u);
void mode_keep_sizes(const struct shape *s, size_t *front, size_t *payload);

/* Octets of the payload without the TFC padding behind it, where the SA says that there may be some. */
size_t mode_without_tfc(const struct sa *sa, const struct buf *packet, const struct unwrap *u);

#endif
