#include "models/ipsec/lookup.h"

/* key_allocsa: found by SPI, then the destination is compared: one comparison away from a wildcard. */
static struct lookup_answer find(const struct sad *d, const struct lookup_query *q)
{
    if (!q->to_me)
        return lookup_not_mine("addressed to another host: ESP input sees local packets only");
    if (!sad_by_spi(d, q->spi))
        return lookup_none("key_allocsa: no SA has this SPI");
    struct sa *sa = sad_by_spi_dst(d, q->spi, &q->dst);
    if (!sa)
        return lookup_none("key_allocsa: found by SPI, but the destination differs");
    return lookup_found(sa, "key_allocsa: found by SPI, and the destination matches");
}

const struct lookup lookup_freebsd = {
    {"freebsd", "by SPI, then the destination must match, for local packets", "FreeBSD key_allocsa"}, .find = find};
