#include "models/ipsec/lookup.h"

/* key_allocsa: the first SA with the SPI, and only then protocol and destination are compared: one comparison away from
 * a wildcard. All SAs of a FreeBSD share one space of SPIs, whatever their destination, ESP or AH: key_add refuses a
 * number that is there, so that a later SA with it does not exist. */
static struct lookup_answer find(const struct sad *d, const struct lookup_query *q)
{
    if (!q->to_me)
        return lookup_not_mine("addressed to another host: ESP input sees local packets only");
    struct sa *sa = sad_by_spi(d, q->spi);
    if (!sa)
        return lookup_none("key_allocsa: no SA has this SPI");
    if (sa->p.ah != q->ah)
        return lookup_none(q->ah ? "key_allocsa: the SPI is an ESP SA's; an AH SA with it is refused (EEXIST)"
                                 : "key_allocsa: the SPI is an AH SA's; an ESP SA with it is refused (EEXIST)");
    if (!addr_equal(&sa->p.dst, &q->dst))
        return lookup_none(sad_by_spi_dst(d, q->spi, &q->dst)
                               ? "key_allocsa: the SA with this SPI has another destination; a second SA with the SPI "
                                 "is refused (EEXIST)"
                               : "key_allocsa: found by SPI, but the destination differs");
    return lookup_found(sa, "key_allocsa: found by SPI, and the destination matches");
}

const struct lookup lookup_freebsd = {
    {"freebsd", "by SPI, then the destination must match, for local packets", "FreeBSD key_allocsa"},
    .find = find,
    .udp = LOOKUP_UDP_NEEDS};
