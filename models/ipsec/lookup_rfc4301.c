/* RFC 4301 4.1: the longest match of SPI + destination + source, SPI + destination, SPI. A unicast SA may be found by
 * its SPI alone, whatever its addresses; a multicast SA (its destination is a group) may not. `rfc4301-local` asks the
 * first question of section 5.2 before: is the packet addressed to me? */
#include "models/ipsec/lookup.h"

static bool is_multicast(const struct addr *a)
{
    return a->version == 4 ? a->bytes[0] >= 224 && a->bytes[0] < 240 : a->version == 6 && a->bytes[0] == 0xff;
}

enum length { NO_MATCH, BY_SPI, BY_DESTINATION, BY_SOURCE };

static const char *const whys[] = {[BY_SPI] = "nothing matches longer, so by the SPI alone, as a unicast SA may be",
                                   [BY_DESTINATION] = "longest match: SPI and destination",
                                   [BY_SOURCE] = "longest match: SPI, destination and source"};

/* The longest match so far. */
struct match {
    enum length length;
    struct sa *sa;
    bool several;
};

static void offer(struct match *m, enum length length, struct sa *sa)
{
    if (length < m->length || length == NO_MATCH)
        return;
    *m = (struct match){length, sa, length == m->length};
}

/* How much of an SA with the packet's SPI and destination matches. A group's SA that has a source is for that one. */
static enum length length_of(const struct sa *sa, const struct lookup_query *q)
{
    if (addr_equal(&sa->p.src, &q->src))
        return BY_SOURCE;
    return is_multicast(&sa->p.dst) && addr_is_set(&sa->p.src) ? NO_MATCH : BY_DESTINATION;
}

static struct lookup_answer longest_match(const struct sad *d, const struct lookup_query *q)
{
    struct match m = {NO_MATCH, NULL, false};
    struct sa *same_spi = sad_by_spi(d, q->spi);
    for (struct sa *sa = sad_by_spi_dst(d, q->spi, &q->dst); sa; sa = sa->next_same[SA_SPI_DST])
        offer(&m, length_of(sa, q), sa);
    for (struct sa *sa = same_spi; sa && m.length <= BY_SPI && !m.several; sa = sa->next_same[SA_SPI])
        offer(&m, is_multicast(&sa->p.dst) ? NO_MATCH : BY_SPI, sa);
    if (m.several)
        return (struct lookup_answer){LOOKUP_AMBIGUOUS, NULL,
                                      "several SAs match equally long, and no rule chooses between them"};
    if (m.sa)
        return lookup_found(m.sa, whys[m.length]);
    const char *why = same_spi ? "the SPI is a multicast SA's, and the addresses differ" : "no SA has this SPI";
    return q->to_me ? lookup_none(why) : lookup_not_mine(why);
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
