#include "models/ipsec/lookup.h"

static struct lookup_answer find(const struct sad *d, const struct lookup_query *q)
{
    struct sa *first = sad_by_spi(d, q->spi);
    for (struct sa *sa = first; sa; sa = sa->next_same_spi)
        if (addr_equal(&sa->p.src, &q->src))
            return lookup_found(sa, "source and SPI are equal; the destination is not asked");
    const char *why = first ? "an SA has this SPI, but not this source" : "no SA has this SPI";
    return q->to_me ? lookup_none(why) : lookup_not_mine(why);
}

const struct lookup lookup_source_spi = {{"source-spi", "source address and SPI; the destination is ignored",
                                          "VPP ipsec4_tun_protect_input (route-based IPsec)"},
                                         .find = find,
                                         .transit = true};
