#include "analysis/collide_draw.h"
#include "analysis/collide_blocks.h"
#include "analysis/collide_parts.h"
#include "analysis/collide_stat.h"

#include <math.h>
#include <stdio.h>

enum { N_BLOCKS_MOST = 64 };

static const double DRAWS_BY_DEFAULT = 1e8;
static const double TRIALS_MOST = 1e6, TRIALS_LEAST = 100;
static const double HITS_ENOUGH = 100; /* below, plain trials say little */

struct block_sum {
    uint64_t n_hits, n_draws;
    double weight, weight_squared;
};

struct trials {
    const struct collide_ask *ask;
    bool by_importance;
    uint64_t n_trials;
    size_t n_blocks;
    struct block_sum sums[N_BLOCKS_MOST];
};

static bool counts(const struct collision_side *s)
{
    return s->source.allocator->law == SPI_COUNTER;
}

/* The SA number i of a side stands in system i % n_systems, there in place i / n_systems. */
static uint32_t counted_spi(const struct collision_side *s, uint64_t i)
{
    uint64_t place = i / s->n_systems;
    return s->source.list ? s->source.list[place] : (uint32_t)(s->source.range.lo + place);
}

/* One (host SA, gateway SA), every pair that can be equal alike, and the number that both have. */
static struct collide_forced forced_pair(const struct collision_case *c, struct rng *r)
{
    const struct collision_side *h = &c->host, *g = &c->gateway;
    uint64_t host_sa = rng_below(r, h->n_sas);
    struct collide_forced forced = {.system = host_sa % h->n_systems};
    if (!counts(h) && !counts(g)) {
        struct spi_range a = h->source.range, b = g->source.range;
        forced.spi = spi_draw(r, (struct spi_range){a.lo > b.lo ? a.lo : b.lo, a.hi < b.hi ? a.hi : b.hi});
        return forced;
    }
    const struct collision_side *counting = counts(h) ? h : g, *drawing = counts(h) ? g : h;
    do
        forced.spi = counted_spi(counting, rng_below(r, counting->n_sas));
    while (!spi_range_has(drawing->source.range, forced.spi));
    return forced;
}

static bool one_trial(const struct trials *t, struct rng *r, struct collide_draw *host, struct collide_draw *gateway,
                      uint64_t *n_pairs, struct err *e)
{
    struct collide_forced forced;
    if (t->by_importance)
        forced = forced_pair(&t->ask->c, r);
    const struct collide_forced *given = t->by_importance ? &forced : NULL;
    return collide_draw_one(gateway, r, given, e) && collide_draw_against(host, r, given, &gateway->own, n_pairs, e);
}

static bool run_block(void *shared, size_t block, struct err *e)
{
    struct trials *t = shared;
    struct block_sum *sum = &t->sums[block];
    uint64_t first = t->n_trials * block / t->n_blocks, end = t->n_trials * (block + 1) / t->n_blocks;
    struct rng r;
    char stream[48];
    snprintf(stream, sizeof stream, "collide.trials.%zu", block);
    rng_init(&r, t->ask->seed, stream);
    struct collide_draw host, gateway;
    collide_draw_init(&host, &t->ask->c.host);
    collide_draw_init(&gateway, &t->ask->c.gateway);
    bool ok = true;
    for (uint64_t i = first; ok && i < end; i++) {
        uint64_t n_pairs = 0;
        ok = one_trial(t, &r, &host, &gateway, &n_pairs, e);
        if (ok && t->by_importance) {
            sum->n_hits += n_pairs > 1;
            sum->weight += 1.0 / (double)n_pairs;
            sum->weight_squared += 1.0 / (double)n_pairs / (double)n_pairs;
        } else {
            sum->n_hits += n_pairs > 0;
        }
    }
    sum->n_draws = host.n_draws + gateway.n_draws;
    collide_draw_fini(&host);
    collide_draw_fini(&gateway);
    return ok;
}

static uint64_t n_trials_by_default(const struct collide_ask *ask)
{
    double size = (double)ask->c.host.n_sas + (double)ask->c.gateway.n_sas;
    return (uint64_t)fmax(TRIALS_LEAST, fmin(TRIALS_MOST, DRAWS_BY_DEFAULT / size));
}

static bool wants_importance(const struct collide_ask *ask, uint64_t n_trials, double p_any)
{
    if (ask->method != COLLIDE_AUTO)
        return ask->method == COLLIDE_IMPORTANCE && p_any > 0;
    bool is_certain = counts(&ask->c.host) && counts(&ask->c.gateway);
    return !is_certain && p_any > 0 && p_any < 0.1 && p_any * (double)n_trials < HITS_ENOUGH;
}

/* Karp and Luby: the sum of the probabilities of all pairs, times the mean of 1 / pairs over configurations in which
 * one pair, drawn among all, is forced. */
static struct interval weighted_interval(const struct collide_result *out, const struct block_sum *all, double level)
{
    double n = (double)out->n_trials, mean = all->weight / n, pairs = out->closed.expected_pairs;
    struct interval weight = stat_bounded(mean, all->weight_squared / n - mean * mean, out->n_trials, level);
    return (struct interval){weight.low * pairs, weight.high * pairs};
}

bool collide_trials(const struct collide_ask *ask, struct collide_result *out, struct err *e)
{
    struct trials t = {.ask = ask, .n_trials = ask->n_trials ? ask->n_trials : n_trials_by_default(ask)};
    t.n_blocks = t.n_trials < N_BLOCKS_MOST ? (size_t)t.n_trials : N_BLOCKS_MOST;
    t.by_importance = wants_importance(ask, t.n_trials, out->closed.p_any);
    if (!blocks_run(run_block, &t, t.n_blocks, ask->n_jobs, e))
        return false;
    struct block_sum all = {0};
    for (size_t i = 0; i < t.n_blocks; i++) {
        all.n_hits += t.sums[i].n_hits;
        all.n_draws += t.sums[i].n_draws;
        all.weight += t.sums[i].weight;
        all.weight_squared += t.sums[i].weight_squared;
    }
    out->by_importance = t.by_importance;
    out->n_trials = t.n_trials;
    out->n_hits = all.n_hits;
    out->n_draws = all.n_draws;
    struct collide_estimate *p = &out->p_any;
    p->is_known = true;
    if (t.by_importance) {
        p->value = out->closed.expected_pairs * all.weight / (double)t.n_trials;
        p->ci = weighted_interval(out, &all, COLLIDE_CONFIDENCE);
        p->far = weighted_interval(out, &all, COLLIDE_FAR);
    } else {
        p->value = (double)all.n_hits / (double)t.n_trials;
        p->ci = stats_clopper_pearson(all.n_hits, t.n_trials, COLLIDE_CONFIDENCE);
        p->far = stats_clopper_pearson(all.n_hits, t.n_trials, COLLIDE_FAR);
    }
    return true;
}
