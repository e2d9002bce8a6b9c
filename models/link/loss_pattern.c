#include "models/link/loss_kinds.h"

#include <errno.h>
#include <stdlib.h>

/* A decimal number without sign at *at; moves *at behind it. */
static bool take_number(const char **at, uint64_t *n)
{
    if (**at < '0' || **at > '9')
        return false;
    char *end;
    errno = 0;
    *n = strtoull(*at, &end, 10);
    *at = end;
    return errno == 0;
}

static bool take_range(const char **at, struct loss_range *range)
{
    if (!take_number(at, &range->first))
        return false;
    range->last = range->first;
    if (**at != '-')
        return true;
    ++*at;
    return take_number(at, &range->last) && range->last >= range->first;
}

bool loss_pattern_parse(const char *text, struct loss_pattern *p, struct err *e)
{
    *p = (struct loss_pattern){0};
    const char *at = text;
    do {
        if (p->n_ranges == LOSS_RANGES_MAX)
            return err_set(e, "more than %d parts; make them ranges", LOSS_RANGES_MAX);
        if (!take_range(&at, &p->ranges[p->n_ranges++]))
            return err_set(e, "no pattern of lost packets; expected packet numbers and ranges from 0, ascending, and "
                              "`/period`, such as `3,7-9/100`");
    } while (*at++ == ',');
    at--;
    if (*at == '/' && (++at, !take_number(&at, &p->period) || !p->period))
        return err_set(e, "no period behind `/`; expected a number of packets such as `/100`");
    if (*at)
        return err_set(e, "`%s` is too much; expected a pattern such as `3,7-9/100`", at);
    for (size_t i = 0; i < p->n_ranges; i++) {
        if (i && p->ranges[i].first <= p->ranges[i - 1].last)
            return err_set(e, "packet %llu comes after %llu; write the numbers in ascending order, each once",
                           (unsigned long long)p->ranges[i].first, (unsigned long long)p->ranges[i - 1].last);
        if (p->period && p->ranges[i].last >= p->period)
            return err_set(e, "packet %llu is outside of a period of %llu, which counts from 0",
                           (unsigned long long)p->ranges[i].last, (unsigned long long)p->period);
    }
    return true;
}

static bool pattern_offer(struct loss *l, struct rng *r, sim_time now)
{
    (void)r, (void)now;
    const struct loss_pattern *p = &l->set.pattern;
    uint64_t n = p->period ? l->n % p->period : l->n;
    for (size_t i = 0; i < p->n_ranges && p->ranges[i].first <= n; i++)
        if (n <= p->ranges[i].last)
            return true;
    return false;
}

static double pattern_mean(const struct loss_settings *s)
{
    uint64_t lost = 0;
    for (size_t i = 0; i < s->pattern.n_ranges; i++)
        lost += s->pattern.ranges[i].last - s->pattern.ranges[i].first + 1;
    return s->pattern.period ? (double)lost / (double)s->pattern.period : 0;
}

const struct loss_kind loss_pattern = {
    .m = {"pattern", "the packets named by number are lost, and no others", "as picoquic's loss patterns"},
    .offer = pattern_offer,
    .mean = pattern_mean,
};
