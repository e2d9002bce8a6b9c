/* RFC 4301 4.1: the longest match of SPI + destination + source, SPI + destination, SPI. A unicast SA may be found by
 * its SPI alone, whatever its addresses; a multicast SA (its destination is a group) may not. Of the two ways that 4.1
 * leaves open, ESP and AH have SPIs of their own here. `rfc4301-local` asks the first question of section 5.2 before:
 * is the packet addressed to me? */
#include "models/ipsec/lookup.h"

static bool is_multicast(const struct addr *a)
{
    return a->version == 4 ? a->bytes[0] >= 224 && a->bytes[0] < 240 : a->version == 6 && a->bytes[0] == 0xff;
}

static const char *why_none(struct sa *same_spi, const struct lookup_query *q)
{
    if (!same_spi)
        return "no SA has this SPI";
    if (!lookup_of_protocol(same_spi, SA_SPI, q))
        return q->ah ? "the SPI is an ESP SA's, and AH has SPIs of its own"
                     : "the SPI is an AH SA's, and ESP has SPIs of its own";
    return "the SPI is a multicast SA's, and the addresses differ";
}

/* How many SAs of a chain match, two standing for any more, and the first of them. */
static int matches(struct sa *first, enum sa_key k, const struct lookup_query *q, struct sa **sa)
{
    int n = 0;
    for (struct sa *at = lookup_of_protocol(first, k, q); at && n < 2;
         at = lookup_of_protocol(at->next_same[k], k, q)) {
        if (k == SA_SPI && is_multicast(&at->p.dst))
            continue;
        *sa = n++ ? *sa : at;
    }
    return n;
}

/* A group's SA that has a source is for that one. */
static int matches_destination(const struct sad *d, const struct lookup_query *q, struct sa **sa)
{
    static const struct addr none;
    if (is_multicast(&q->dst))
        return matches(sad_by_spi_dst_src(d, q->spi, &q->dst, &none), SA_SPI_DST_SRC, q, sa);
    return matches(sad_by_spi_dst(d, q->spi, &q->dst), SA_SPI_DST, q, sa);
}

static struct lookup_answer longest_match(const struct sad *d, const struct lookup_query *q)
{
    struct sa *sa = NULL;
    const char *why = "longest match: SPI, destination and source";
    int n = matches(sad_by_spi_dst_src(d, q->spi, &q->dst, &q->src), SA_SPI_DST_SRC, q, &sa);
    if (!n) {
        why = "longest match: SPI and destination";
        n = matches_destination(d, q, &sa);
    }
    if (!n) {
        why = "nothing matches longer, so by the SPI alone, as a unicast SA may be";
        n = matches(sad_by_spi(d, q->spi), SA_SPI, q, &sa);
    }
    if (n > 1)
        return (struct lookup_answer){LOOKUP_AMBIGUOUS, NULL,
                                      "several SAs match equally long, and no rule chooses between them"};
    return n ? lookup_found(sa, why) : lookup_nothing(q, why_none(sad_by_spi(d, q->spi), q));
}

static struct lookup_answer local_longest_match(const struct sad *d, const struct lookup_query *q)
{
    if (!q->to_me)
        return lookup_not_mine("addressed to another host: section 5.2 looks nothing up for it");
    return longest_match(d, q);
}

const struct lookup lookup_rfc4301 = {
    {"rfc4301", "longest match of SPI+destination+source, SPI+destination, SPI; whoever the packet is for",
     "RFC 4301 4.1"},
    .find = longest_match,
    .transit = true};
const struct lookup lookup_rfc4301_local = {
    {"rfc4301-local", "only packets addressed to the gateway; then as rfc4301", "RFC 4301 5.2 and 4.1"},
    .find = local_longest_match};
