#include "models/ipsec/lookup.h"

static struct lookup_answer find(const struct sad *d, const struct lookup_query *q)
{
    if (!q->to_me)
        return lookup_not_mine("addressed to another host: ESP input sees local packets only");
    struct sa *sa = lookup_of_protocol(sad_by_spi_dst(d, q->spi, &q->dst), SA_SPI_DST, q);
    if (!sa)
        return lookup_none("gettdb: no TDB with this SPI, destination and protocol");
    if (lookup_of_protocol(sa->next_same[SA_SPI_DST], SA_SPI_DST, q))
        return lookup_found(sa, "gettdb: SPI, destination and protocol are equal; a second TDB with them is refused "
                                "(EEXIST), so only the first is there");
    return lookup_found(sa, "gettdb: SPI, destination and protocol are equal");
}

const struct lookup lookup_openbsd = {
    {"openbsd", "SPI, protocol and destination equal, for local packets", "OpenBSD gettdb, ipsec_common_input"},
    .find = find,
    .udp = LOOKUP_UDP_EQUAL};
