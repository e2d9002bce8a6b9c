#include "models/ipsec/lookup.h"

static struct lookup_answer find(const struct sad *d, const struct lookup_query *q)
{
    if (!q->to_me)
        return lookup_not_mine("addressed to another host: IPsec input is not asked");
    struct sa *sa = sad_by_spi_dst(d, q->spi, &q->dst);
    if (!sa)
        return lookup_none(sad_by_spi(d, q->spi) ? "an SA has this SPI, but another destination"
                                                 : "no SA has this SPI");
    if (sa->next_same[SA_SPI_DST])
        return lookup_found(sa, "family, SPI, protocol and destination are equal; a second SA with them is refused "
                                "(EEXIST), so only the first is there");
    return lookup_found(sa, "family, SPI, protocol and destination are equal");
}

const struct lookup lookup_linux = {
    {"linux", "family, SPI, protocol and destination equal; transit packets are never asked about",
     "Linux 6.1 __xfrm_state_lookup, xfrm4_rcv (local delivery only)"},
    .find = find};
