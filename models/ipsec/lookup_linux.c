#include "models/ipsec/lookup.h"

/* A new SA is put at the head of its hash chain: of several whose marks fit, the last one is found. Behind one without
 * a mark no further one is let in. */
static struct sa *find_marked(struct sa *first, const struct lookup_query *q)
{
    struct sa *found = NULL;
    for (struct sa *sa = first; sa; sa = sa->next_same[SA_SPI_DST]) {
        if (sa->p.ah != q->ah || sa->eexist)
            continue;
        if (sa_catches(sa, q->mark))
            found = sa;
        if (!sa->p.mark_mask)
            break;
    }
    return found;
}

static struct lookup_answer find(const struct sad *d, const struct lookup_query *q)
{
    if (!q->to_me)
        return lookup_not_mine("addressed to another host: IPsec input is not asked");
    struct sa *first = sad_by_spi_dst(d, q->spi, &q->dst), *sa = find_marked(first, q);
    if (!first)
        return lookup_none(sad_by_spi(d, q->spi) ? "an SA has this SPI, but another destination"
                                                 : "no SA has this SPI");
    if (!lookup_of_protocol(first, SA_SPI_DST, q))
        return lookup_none(q->ah ? "an SA has this SPI and destination, but it is for ESP"
                                 : "an SA has this SPI and destination, but it is for AH");
    if (!sa)
        return lookup_none("an SA has this SPI and destination, but another mark");
    if (sa != lookup_of_protocol(first, SA_SPI_DST, q))
        return lookup_found(sa, "family, SPI, protocol and destination are equal; of the SAs whose mark fits, the one "
                                "added last");
    if (sa->p.mark_mask)
        return lookup_found(sa, "family, SPI, protocol and destination are equal, and the mark fits");
    if (lookup_of_protocol(sa->next_same[SA_SPI_DST], SA_SPI_DST, q))
        return lookup_found(sa, "family, SPI, protocol and destination are equal; a second SA with them is refused "
                                "(EEXIST), so only the first is there");
    return lookup_found(sa, "family, SPI, protocol and destination are equal");
}

const struct lookup lookup_linux = {
    {"linux", "mark, family, SPI, protocol and destination equal; transit packets are never asked about",
     "Linux 6.1 __xfrm_state_lookup, xfrm4_rcv (local delivery only)"},
    .find = find,
    .udp = LOOKUP_UDP_EQUAL};
