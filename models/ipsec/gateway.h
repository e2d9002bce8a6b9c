/* gateway.h - a security gateway between a LAN and the satellite link: routing, policies, ESP both ways, ICMP.
 *
 * No clock and no queue of its own: packets come in with `now`, and leave through the ports while the call lasts. What
 * a packet goes through is in the order of RFC 4301 5.1 (out) and 5.2 (in); TTL, DF, TOS, MTU as Linux 6.1 has them.
 *
 * Every packet that comes in leaves through to_link or to_lan, or is told to `dropped` with its reason, exactly once;
 * packets that the gateway makes itself (ICMP, probes) are told as such.
 */
#ifndef ESPSIM_IPSEC_GATEWAY_H
#define ESPSIM_IPSEC_GATEWAY_H

#include "models/base/buf.h"
#include "models/base/ledger.h"
#include "models/ipsec/drop.h"
#include "models/ipsec/lookup.h"
#include "models/ipsec/outbound.h"
#include "models/ipsec/sad.h"
#include "models/ipsec/spd.h"

struct gateway;

/* How a packet left towards the link. */
struct sent {
    const struct sa *sa; /* NULL: not protected */
    uint64_t seq;
    struct ledger ledger; /* without framing */
    size_t inner_len;     /* octets of the packet that came from the LAN; 0 for its second and further fragments */
    bool probe;           /* made by the gateway to show what the other one does with it (gateway_config.probes) */
};

/* What a gateway asks of its surroundings. Packets are borrowed. */
struct gateway_ports {
    void (*to_link)(void *ctx, struct gateway *gw, struct buf *packet, const struct sent *how);
    void (*to_lan)(void *ctx, struct gateway *gw, struct buf *packet);
    /* `inbound`: the packet came from the link. */
    void (*dropped)(void *ctx, struct gateway *gw, enum drop why, bool inbound, const struct buf *packet);
    /* The gateway made a packet itself (ICMP, probe); it leaves through to_lan or to_link at once. */
    void (*made)(void *ctx, struct gateway *gw, const struct buf *packet);
    /* n fragments became part of a packet that goes on: there are n packets fewer now. */
    void (*joined)(void *ctx, struct gateway *gw, size_t n);
    /* There is no SA yet for a packet that a policy wants protected; may add one to gateway_outbound (and the peer's
     * SAD) now. NULL: never. */
    void (*acquire)(void *ctx, struct gateway *gw, const struct addr *src, const struct addr *dst);
    void *ctx;
};

/* Where fragmentation happens. Linux encrypts first; a fragment in front of ESP is for tunnel mode only (RFC 4303
 * 3.3.4). */
enum gateway_cut { CUT_AFTER, CUT_BEFORE, CUT_NEVER };

struct gateway_config {
    const char *name;        /* "gw1", for messages */
    struct addr address;     /* on the link */
    struct addr lan_address; /* source of its ICMP messages to the LAN */
    struct prefix lan;       /* what is routed to the LAN; the rest goes to the link */
    const struct mode *mode;
    const struct lookup *lookup;
    struct suite suite; /* for sizes of packets that have no SA yet */
    bool udp_encap;
    size_t tfc;
    size_t link_mtu;      /* octets of an IP packet */
    enum gateway_cut cut; /* what happens to packets without DF that are too long for the link */
    bool reassemble_lan;  /* hosts' fragments are put together before ESP */
    bool reassemble_link; /* ESP fragments in transit too; those to the gateway itself always are */
    bool icmp_filtered;   /* "too big" is counted, but no ICMP leaves */
    bool take_all_esp;    /* a lookup that looks at packets in transit is asked for all ESP; what it does not know is
                             dropped */
    bool reinput;         /* ESP that comes out of an SA is looked up again, as Linux does where the packet kept its
                             addresses */
    bool probes;          /* send the first packet of each host pair that fits the link and that no SA may carry as a
                             probe all the same */
    struct spd spd;
};

/* Packets. */
#define GATEWAY_COUNTERS(X)                                                                                            \
    X(from_lan) /* came in */                                                                                          \
    X(from_link)                                                                                                       \
    X(to_lan) /* left, own ones included */                                                                            \
    X(to_link)                                                                                                         \
    X(sealed) /* through ESP */                                                                                        \
    X(opened)                                                                                                          \
    X(bypassed)           /* either way, not protected by policy */                                                    \
    X(forwarded_unopened) /* ESP that is not for this gateway, passed on as it is */                                   \
    X(passed_on_bad_icv)  /* of these, claimed by SPI at first (lookup `trial`) */                                     \
    X(fragments_sent)     /* of packets that were too long */                                                          \
    X(reassembled)        /* packets put together from fragments */                                                    \
    X(icmp_sent)          /* made by the gateway */                                                                    \
    X(probes)

struct gateway_counters {
#define X(field) uint64_t field;
    GATEWAY_COUNTERS(X)
#undef X
    uint64_t drops[2][DROP_COUNT]; /* [0] from the LAN, [1] from the link */
};

/* Copies the config; keeps the ports' ctx. */
struct gateway *gateway_new(const struct gateway_config *config, const struct gateway_ports *ports);
void gateway_free(struct gateway *gw); /* not the SAs */

struct sad *gateway_sad(struct gateway *gw);           /* inbound SAs */
struct outbound *gateway_outbound(struct gateway *gw); /* outbound SAs */
const struct gateway_config *gateway_config(const struct gateway *gw);
const struct gateway_counters *gateway_counters(const struct gateway *gw);

/* A packet from the LAN, or from the link; room as in buf.h. Spoils it. */
void gateway_from_lan(struct gateway *gw, sim_time now, struct buf *packet);
void gateway_from_link(struct gateway *gw, sim_time now, struct buf *packet);

/* The run is over: what still waits for its other fragments is dropped. */
void gateway_end(struct gateway *gw);

/* The largest inner packet of IP `version` that crosses the link in one piece, as the gateway tells it in ICMP
 * (size_announced). */
size_t gateway_inner_mtu(const struct gateway *gw, uint8_t version);

#endif
