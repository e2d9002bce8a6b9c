#include "analysis/collide_blocks.h"
#include "analysis/collide_course.h"
#include "analysis/collide_parts.h"
#include "analysis/collide_stat.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

enum { N_BLOCKS = 128 };

static const double REKEYINGS_MOST = 1.5e8;  /* of all blocks */
static const double PERIODS_BY_DEFAULT = 20; /* watched a block, where no closed form says how long it takes */

struct watch {
    const struct collide_ask *ask;
    double watched_s; /* a block */
    bool is_thinned;
    double p_pair;
    struct course_seen seen[N_BLOCKS];
};

static bool run_block(void *shared, size_t block, struct err *e)
{
    struct watch *w = shared;
    struct rng r;
    char stream[48];
    snprintf(stream, sizeof stream, "collide.rekey.%zu", block);
    rng_init(&r, w->ask->seed, stream);
    if (!w->is_thinned)
        return course_follow(w->ask, r, w->watched_s, &w->seen[block], e);
    course_follow_thinned(w->ask, w->p_pair, r, w->watched_s, &w->seen[block]);
    return true;
}

static double per_s(const struct collision_side *s)
{
    return (double)course_n_units(s) / s->period_s;
}

/* Long enough for the collisions that were asked for, if the closed form is right; it decides nothing else. */
static void choose_watch(const struct collide_ask *ask, const struct collision *closed, struct watch *w)
{
    double rekeyings_per_s = per_s(&ask->c.host) + per_s(&ask->c.gateway);
    double most_s = REKEYINGS_MOST / rekeyings_per_s / N_BLOCKS;
    double slower = fmin(ask->c.host.period_s, ask->c.gateway.period_s);
    bool has_rate = closed->rate_per_s > 0;
    double want_s = has_rate ? (double)ask->n_collisions / closed->rate_per_s / N_BLOCKS : PERIODS_BY_DEFAULT * slower;
    bool may_thin = ask->c.host.source.allocator->law == SPI_UNIFORM &&
                    ask->c.gateway.source.allocator->law == SPI_UNIFORM && has_rate;
    w->is_thinned = may_thin && want_s > most_s;
    w->watched_s = w->is_thinned ? want_s : fmin(want_s, most_s);
    w->p_pair = closed->p_pair;
}

/* Units that share an SPI bring as many pairs as SAs. */
static double pairs_of_units(const struct collision_case *c)
{
    return (double)c->host.n_sas / (double)course_n_units(&c->host) * (double)c->gateway.n_sas /
           (double)course_n_units(&c->gateway);
}

/* Poisson's interval, and that of the blocks' own spread: pairs may come in clusters. The wider one holds. */
static struct interval rate_interval(uint64_t n_new, const double *n_of_block, double watched_s, double level)
{
    struct interval poisson = stat_poisson(n_new, level);
    struct interval spread = stats_mean_interval(stats_sample(n_of_block, N_BLOCKS), level);
    double low = fmin(poisson.low, spread.low * N_BLOCKS), high = fmax(poisson.high, spread.high * N_BLOCKS);
    return (struct interval){fmax(0, low) / watched_s, high / watched_s};
}

static void estimate_rate(const struct watch *w, struct collide_result *out)
{
    double n_of_block[N_BLOCKS], n_new = 0, watched_s = w->watched_s * N_BLOCKS / pairs_of_units(&w->ask->c);
    for (size_t i = 0; i < N_BLOCKS; i++)
        n_new += n_of_block[i] = w->seen[i].n_new;
    out->n_new_pairs = (uint64_t)n_new;
    out->rate_per_s = (struct collide_estimate){
        .is_known = true,
        .value = n_new / watched_s,
        .ci = rate_interval(out->n_new_pairs, n_of_block, watched_s, COLLIDE_CONFIDENCE),
        .far = rate_interval(out->n_new_pairs, n_of_block, watched_s, COLLIDE_FAR),
    };
}

/* With redraw nearly all pairs last the same; the few that do not may not have been seen, and residuals say nothing of
 * them: a kind of pair that n have not shown is rarer than log(2 / risk) / n. */
static struct interval duration_interval(const struct watch *w, const double *seconds, const double *n_of_block,
                                         double n_new, double level)
{
    struct interval residuals = stat_ratio(seconds, n_of_block, N_BLOCKS, level);
    double most_s = w->ask->c.redraw_s;
    if (!isinf(most_s))
        residuals.low = fmax(0, residuals.low - most_s * log(2 / (1 - level)) / n_new);
    return residuals;
}

/* Pair-seconds by new pairs: those that a block's start and end cut balance each other. */
static void estimate_duration(const struct watch *w, struct collide_result *out)
{
    enum { ENOUGH = 20 }; /* pairs; below, the residuals say nothing */
    double seconds[N_BLOCKS], n_new[N_BLOCKS], all_seconds = 0;
    for (size_t i = 0; i < N_BLOCKS; i++) {
        all_seconds += seconds[i] = w->seen[i].pair_seconds;
        n_new[i] = w->seen[i].n_new;
    }
    if (out->n_new_pairs < ENOUGH)
        return;
    out->duration_s = (struct collide_estimate){
        .is_known = true,
        .value = all_seconds / (double)out->n_new_pairs,
        .ci = duration_interval(w, seconds, n_new, (double)out->n_new_pairs, COLLIDE_CONFIDENCE),
        .far = duration_interval(w, seconds, n_new, (double)out->n_new_pairs, COLLIDE_FAR),
    };
}

/* Blocks end before they saw a collision, so waiting times are cut: waited seconds by first collisions, the estimate of
 * largest likelihood for a constant hazard; times the probability of a start without collision. */
static struct interval first_interval(double waited_s, uint64_t n_firsts, struct interval p_any, double level)
{
    struct interval events = stat_poisson(n_firsts, level);
    return (struct interval){(1 - p_any.high) * waited_s / events.high, (1 - p_any.low) * waited_s / events.low};
}

static void estimate_first(const struct watch *w, struct collide_result *out)
{
    enum { ENOUGH = 20 };
    double waited_s = 0;
    uint64_t n_firsts = 0;
    for (size_t i = 0; i < N_BLOCKS; i++) {
        const struct course_seen *s = &w->seen[i];
        waited_s += s->began_without ? s->waited_s : 0;
        n_firsts += s->saw_first;
    }
    if (n_firsts < ENOUGH)
        return;
    const struct collide_estimate *p = &out->p_any;
    out->first_s = (struct collide_estimate){
        .is_known = true,
        .value = (1 - p->value) * waited_s / (double)n_firsts,
        .ci = first_interval(waited_s, n_firsts, p->ci, COLLIDE_CONFIDENCE),
        .far = first_interval(waited_s, n_firsts, p->far, COLLIDE_FAR),
    };
}

bool collide_rekey(const struct collide_ask *ask, struct collide_result *out, struct err *e)
{
    assert(!ask->c.at_once);
    struct watch w = {.ask = ask};
    choose_watch(ask, &out->closed, &w);
    if (!blocks_run(run_block, &w, N_BLOCKS, ask->n_jobs, e))
        return false;
    for (size_t i = 0; i < N_BLOCKS; i++)
        out->n_rekeyings += w.seen[i].n_rekeyings;
    out->is_thinned = w.is_thinned;
    out->simulated_s = w.watched_s * N_BLOCKS;
    estimate_rate(&w, out);
    estimate_duration(&w, out);
    estimate_first(&w, out);
    return true;
}
