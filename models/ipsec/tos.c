#include "models/ipsec/tos.h"

#include "models/wire/ip.h"

/* INET_ECN_encapsulate: a CE that the packet brought along is not told to the outside. */
static uint8_t linux_encap(uint8_t inner)
{
    return (inner & ECN_MASK) == ECN_CE ? (uint8_t)((inner & ~ECN_MASK) | ECN_ECT0) : inner;
}

/* IP_ECN_set_ce: only an ECN-capable packet can be marked; another one passes as it is. */
static bool linux_decap(uint8_t outer, uint8_t *inner)
{
    if ((outer & ECN_MASK) == ECN_CE && (*inner & ECN_MASK) != ECN_NOT_ECT)
        *inner |= ECN_CE;
    return true;
}

static uint8_t rfc6040_encap(uint8_t inner)
{
    return inner; /* normal mode, section 4.1 */
}

/* Section 4.2, figure 4. */
static bool rfc6040_decap(uint8_t outer, uint8_t *inner)
{
    uint8_t out = outer & ECN_MASK, in = *inner & ECN_MASK;
    if (in == ECN_NOT_ECT)
        return out != ECN_CE;
    if (out == ECN_CE || (out == ECN_ECT1 && in == ECN_ECT0))
        *inner = (uint8_t)((*inner & ~ECN_MASK) | out);
    return true;
}

const struct tos_rule tos_linux = {{"linux",
                                    "inner CE becomes outer ECT(0); outer CE marks only ECN-capable inner packets",
                                    "Linux INET_ECN_encapsulate, ipip_ecn_decapsulate (RFC 3168 full functionality)"},
                                   linux_encap,
                                   linux_decap};
const struct tos_rule tos_rfc6040 = {
    {"rfc6040", "ECN is copied out, merged back, and CE on a packet that is not ECN-capable drops it",
     "RFC 6040 4.1, 4.2"},
    rfc6040_encap,
    rfc6040_decap};

static const struct member *const members[] = {&tos_linux.m, &tos_rfc6040.m};
const struct family tos_family = {"ecn", "DSCP and ECN rules of tunnels", members, sizeof members / sizeof *members};
