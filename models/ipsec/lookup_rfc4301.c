/* RFC 4301 4.1: the longest match of SPI + destination + source, SPI + destination, SPI. A unicast SA may be found by
 * its SPI alone, whatever its addresses; a multicast SA (its destination is a group) may not. `rfc4301-local` asks the
 * first question of section 5.2 before: is the packet addressed to me? */
#include "models/ipsec/lookup.h"

static bool is_multicast(const struct addr *a)
{
    return a->version == 4 ? a->bytes[0] >= 224 && a->bytes[0] < 240 : a->version == 6 && a->bytes[0] == 0xff;
}

static const struct {
    bool dst, src;
    const char *why;
} steps[] = {{true, true, "longest match: SPI, destination and source"},
             {true, false, "longest match: SPI and destination"},
             {false, false, "no longer match, so by SPI alone, as a unicast SA may be"}};

static bool step_takes(size_t step, const struct sa *sa, const struct lookup_query *q)
{
    if (steps[step].src && !addr_equal(&sa->p.src, &q->src))
        return false;
    if (steps[step].dst)
        return addr_equal(&sa->p.dst, &q->dst);
    return !is_multicast(&sa->p.dst);
}

static struct lookup_answer longest_match(const struct sad *d, const struct lookup_query *q)
{
    struct sa *first = sad_by_spi(d, q->spi);
    for (size_t step = 0; step < sizeof steps / sizeof *steps; step++) {
        struct sa *taken = NULL;
        for (struct sa *sa = first; sa; sa = sa->next_same_spi) {
            if (!step_takes(step, sa, q))
                continue;
            if (taken)
                return (struct lookup_answer){LOOKUP_AMBIGUOUS, NULL, "several SAs match equally long"};
            taken = sa;
        }
        if (taken)
            return lookup_found(taken, steps[step].why);
    }
    const char *why = first ? "the SPI is a multicast SA's, and the addresses differ" : "no SA has this SPI";
    return q->to_me ? lookup_none(why) : lookup_not_mine(why);
}

static struct lookup_answer local_longest_match(const struct sad *d, const struct lookup_query *q)
{
    if (!q->to_me)
        return lookup_not_mine("not addressed to this gateway, so section 5.2 forwards it without a lookup");
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
