/* By SPI alone, whatever the destination and the protocol: the wildcard. DPDK's ipsec-secgw does so for transport SAs,
 * and compares the addresses of tunnels afterwards. `trial` differs in what follows: a packet whose ICV fails was
 * somebody else's with the same SPI, and goes on unchanged. */
#include "models/ipsec/lookup.h"

static struct lookup_answer find(const struct sad *d, const struct lookup_query *q)
{
    struct sa *sa = sad_by_spi(d, q->spi);
    if (!sa && q->to_me)
        return lookup_none("no SA has this SPI");
    if (!sa)
        return lookup_not_mine("no SA has this SPI, and the packet is for another host");
    if (sa->next_same[SA_SPI])
        return (struct lookup_answer){LOOKUP_AMBIGUOUS, NULL, "several SAs have this SPI, and nothing else is asked"};
    return lookup_found_any(sa, q, "the SPI is this SA's, and nothing else is asked");
}

const struct lookup lookup_spi = {
    {"spi", "the SPI alone, also of packets in transit: the wildcard", "DPDK ipsec-secgw; RFC 4301 4.1"},
    .find = find,
    .transit = true};
const struct lookup lookup_trial = {{"trial", "the SPI alone; when the ICV fails the packet goes on unchanged",
                                     "a mitigation; no implementation known"},
                                    .find = find,
                                    .transit = true,
                                    .pass_on_bad_icv = true};
