/* VPP's key for route-based IPsec is the peer's address and the SPI, and the destination is not in it. A VPP as shipped
 * asks by it for packets to its own addresses only (the node hangs on ip4-local); here packets in transit are asked
 * about, too: what the key alone would do. It takes ESP, bare or in UDP, and no AH. */
#include "models/ipsec/lookup.h"

static struct lookup_answer find(const struct sad *d, const struct lookup_query *q)
{
    if (q->ah)
        return lookup_nothing(q, "AH is not asked about");
    struct sa *sa = sad_by_spi_src(d, q->spi, &q->src);
    if (sa && sa->next_same[SA_SPI_SRC]) /* clib_bihash_add_del replaces */
        return lookup_found_any(sa->prev_same[SA_SPI_SRC], q,
                                "source and SPI are equal; the destination is not asked, and of several SAs the last "
                                "has replaced the others in the hash");
    if (sa)
        return lookup_found_any(sa, q, "source and SPI are equal; the destination is not asked");
    const char *why = sad_by_spi(d, q->spi) ? "an SA has this SPI, but not this source" : "no SA has this SPI";
    return lookup_nothing(q, why);
}

const struct lookup lookup_source_spi = {{"source-spi", "source address and SPI; the destination is ignored",
                                          "VPP ipsec4_tun_protect_input (route-based IPsec)"},
                                         .find = find,
                                         .transit = true};
