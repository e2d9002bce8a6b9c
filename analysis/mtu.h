/* mtu.h - sizes solved backwards: the largest packet that crosses the link whole, the MSS that follows, and the sizes
 * that vanish when a filter eats the ICMP messages of path MTU discovery (RFC 2923 section 2.1). */
#ifndef ESPSIM_ANALYSIS_MTU_H
#define ESPSIM_ANALYSIS_MTU_H

#include "models/ipsec/size.h"
#include "models/link/framing.h"

/* One mode, algorithm and framing; lengths in octets. */
struct mtu_question {
    struct size_of how;
    const struct framing_kind *framing;
    const struct framing_settings *set;
    uint8_t inner_version, outer_version; /* the same where the mode keeps the header */
    size_t link_mtu;                      /* longest IP packet on the link as configured */
    size_t lan_mtu;                       /* longest IP packet that hosts send without being told */
};

struct mtu_answer {
    size_t mtu; /* in effect: link_mtu, or what the framing can carry if that is less */
    size_t
        max_inner; /* longest inner packet that gateways take whole (size_announced); 0: none fits, and the rest is 0 */
    size_t mss;    /* TCP payload, without options, of the longest packet that both LAN and link take */
    /* Inner packets of these lengths, sent with DF, are dropped by the gateway; with ICMP filtered nobody is told. 0,
     * 0: there are none. */
    size_t vanish_first, vanish_last;
    size_t ip_octets;   /* of the longest such packet on the link */
    size_t link_octets; /* framed, on an idle link */
    double saturated;   /* link octets of the same in a stream of its like */
    size_t best_inner; /* the length up to max_inner and lan_mtu that costs the fewest link octets per octet of its own,
                        * each packet being sent alone; the longest of equals */
};

struct mtu_answer mtu_solve(const struct mtu_question *q);

#endif
