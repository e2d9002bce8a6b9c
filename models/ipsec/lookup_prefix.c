/* VPP's inbound policies are asked of packets in transit, too. ESP that none of them names goes on here, as with every
 * policy while spi_filter = yes; a VPP drops it unless a bypass policy names its addresses: spi_filter = no. A VPP
 * searches all its policies in their order, and so the SAs of one SPI are searched here; it does not ask whether the SA
 * of a policy is for ESP or AH. */
#include "models/ipsec/lookup.h"

/* VPP's inbound policy: a tunnel SA by its tunnel addresses, a transport SA by the ranges of its policy. */
static bool takes(const struct sa *sa, const struct lookup_query *q)
{
    if (sa->p.mode->two_addresses)
        return addr_equal(&sa->p.dst, &q->dst) && addr_equal(&sa->p.src, &q->src);
    return prefix_admits(&sa->p.sel_dst, &q->dst) && prefix_admits(&sa->p.sel_src, &q->src);
}

static const char *why_found(const struct sa *sa)
{
    if (sa->p.mode->two_addresses)
        return "the SPI and the tunnel's own addresses are equal";
    if (!addr_is_set(&sa->p.sel_src.addr) && !addr_is_set(&sa->p.sel_dst.addr))
        return "the SPI is equal, and no selectors restrict the addresses";
    return "the SPI is equal and the addresses lie in the SA's selectors";
}

static struct lookup_answer find(const struct sad *d, const struct lookup_query *q)
{
    struct sa *first = sad_by_spi(d, q->spi);
    for (struct sa *sa = first; sa; sa = sa->next_same[SA_SPI])
        if (takes(sa, q)) /* policies are ordered: the first that matches is the one */
            return lookup_found_any(sa, q, why_found(sa));
    const char *why =
        first ? "an SA has this SPI, but the addresses are not its tunnel's or in its selectors" : "no SA has this SPI";
    return lookup_nothing(q, why);
}

const struct lookup lookup_prefix = {{"prefix",
                                      "the SPI, and source and destination inside the SA's selectors (a subnet match)",
                                      "VPP ipsec4_inbound_policy (policy-based IPsec)"},
                                     .find = find,
                                     .transit = true};
