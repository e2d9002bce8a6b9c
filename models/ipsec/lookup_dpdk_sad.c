/* DPDK's librte_ipsec: the owner of an SA chooses its key, here by the addresses that the SA has: SPI, SPI and
 * destination, or SPI, destination and source. The longest match wins; an SA with the key of an earlier one replaces
 * it. Unlike `rfc4301`, an SA that has addresses is never found without them. The application asks about every ESP
 * packet, as ipsec-secgw does, and knows no AH. */
#include "models/ipsec/lookup.h"

static struct lookup_answer found(struct sa *first, const struct lookup_query *q, const char *why)
{
    if (first->next_same[SA_SPI_DST_SRC])
        return lookup_found_any(first->prev_same[SA_SPI_DST_SRC], q,
                                "of the SAs with this key, the last, which has replaced the others");
    return lookup_found_any(first, q, why);
}

static struct lookup_answer find(const struct sad *d, const struct lookup_query *q)
{
    static const struct addr none;
    struct sa *sa;
    if (q->ah)
        return lookup_nothing(q, "AH is not asked about");
    if ((sa = sad_by_spi_dst_src(d, q->spi, &q->dst, &q->src)))
        return found(sa, q, "the key of three (SPI, destination, source) is equal");
    if ((sa = sad_by_spi_dst_src(d, q->spi, &q->dst, &none)))
        return found(sa, q, "the key of two (SPI, destination) is equal");
    if ((sa = sad_by_spi_dst_src(d, q->spi, &none, &none)))
        return found(sa, q, "the key is the SPI alone");
    return lookup_nothing(q, sad_by_spi(d, q->spi) ? "an SA has this SPI, but its key has addresses that differ"
                                                   : "no SA has this SPI");
}

const struct lookup lookup_dpdk_sad = {{"dpdk-sad",
                                        "the longest of SPI+destination+source, SPI+destination, SPI that is some SA's "
                                        "whole key; whoever the packet is for",
                                        "DPDK librte_ipsec rte_ipsec_sad_lookup"},
                                       .find = find,
                                       .transit = true};
