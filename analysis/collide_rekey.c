#include "analysis/collide_blocks.h"
#include "analysis/collide_parts.h"
#include "analysis/collide_set.h"
#include "analysis/collide_stat.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

enum { N_BLOCKS = 128 };

static const double REKEYINGS_MOST = 1.5e8;  /* of all blocks */
static const double PERIODS_BY_DEFAULT = 20; /* watched a block, where no closed form says how long it takes */

/* ---- one side in the course of events -------------------------------------------------------------------------- */

/* What is rekeyed by itself: an SA, or all SAs of a system that share one SPI. Units are in order of their phase; unit
 * i belongs to system i % n_systems. */
struct unit {
    double phase_s; /* of its rekeyings, in [0, period) */
    uint32_t spi;
    uint32_t old; /* SPI of the SA that was succeeded */
    bool has_old;
};

/* Goes round the units for ever: the next unit and the time of its turn. */
struct round {
    uint64_t unit;
    double base_s; /* of the present round */
};

struct course_side {
    const struct collision_side *side;
    uint64_t n_units;
    struct unit *unit;
    struct spi_source *source; /* one a system where it remembers, else one for all */
    bool is_one_source;
    struct collide_set live; /* old SAs included */
    struct round rekey, expire;
};

static uint64_t n_units_of(const struct collision_side *s)
{
    return s->source.allocator->law == SPI_SHARED ? s->n_systems : s->n_sas;
}

static double per_s(const struct collision_side *s)
{
    return (double)n_units_of(s) / s->period_s;
}

static void round_next(const struct course_side *s, struct round *r)
{
    if (++r->unit == s->n_units) {
        r->unit = 0;
        r->base_s += s->side->period_s;
    }
}

static double rekey_s(const struct course_side *s)
{
    return isinf(s->side->period_s) ? COLLISION_NEVER : s->rekey.base_s + s->unit[s->rekey.unit].phase_s;
}

static double expire_s(const struct course_side *s)
{
    return s->side->overlap_s > 0 ? s->expire.base_s + s->unit[s->expire.unit].phase_s + s->side->overlap_s
                                  : COLLISION_NEVER;
}

/* The system of the unit that draws. */
struct owner {
    const struct course_side *s;
    uint64_t system;
};

static bool is_own(const void *whose, uint32_t spi)
{
    const struct owner *owner = whose;
    const struct course_side *s = owner->s;
    if (!collide_set_count(&s->live, spi) || s->side->n_systems == 1)
        return collide_set_count(&s->live, spi) > 0;
    for (uint64_t i = owner->system; i < s->n_units; i += s->side->n_systems)
        if (s->unit[i].spi == spi || (s->unit[i].has_old && s->unit[i].old == spi))
            return true;
    return false;
}

static bool draw(struct course_side *s, uint64_t i, struct rng *r, uint32_t *spi, struct err *e)
{
    struct owner owner = {s, i % s->side->n_systems};
    struct spi_source *source = &s->source[s->is_one_source ? 0 : owner.system];
    if (spi_next(source, r, is_own, &owner, spi))
        return true;
    return err_set(e, "%s gave up while an SA was rekeyed: its range is all but full; ask for fewer SAs",
                   source->allocator->member.name);
}

/* Sorted uniform phases without sorting: n + 1 exponential gaps, scaled to the period. */
static void draw_phases(struct course_side *s, struct rng *r)
{
    double at = 0;
    for (uint64_t i = 0; i < s->n_units; i++)
        s->unit[i].phase_s = at += rng_exp(r, 1);
    at += rng_exp(r, 1);
    for (uint64_t i = 0; i < s->n_units; i++)
        s->unit[i].phase_s *= s->side->period_s / at;
}

/* A unit whose last rekeying, a period before its first here, is not an overlap ago still has its old SA. */
static bool start_unit(struct course_side *s, uint64_t i, struct rng *r, struct err *e)
{
    struct unit *u = &s->unit[i];
    bool has_old = s->side->overlap_s > 0 && u->phase_s - s->side->period_s + s->side->overlap_s > 0;
    if (has_old) {
        if (!draw(s, i, r, &u->old, e))
            return false;
        u->has_old = true;
        collide_set_add(&s->live, u->old);
    } else if (s->expire.unit == i) {
        round_next(s, &s->expire);
    }
    if (!draw(s, i, r, &u->spi, e))
        return false;
    collide_set_add(&s->live, u->spi);
    return true;
}

static bool course_side_init(struct course_side *s, const struct collision_side *side, struct rng *r, struct err *e)
{
    *s = (struct course_side){.side = side, .n_units = n_units_of(side)};
    s->is_one_source = side->source.allocator->law == SPI_UNIFORM;
    uint64_t n_sources = s->is_one_source ? 1 : side->n_systems;
    s->unit = calloc(s->n_units, sizeof *s->unit);
    s->source = calloc(n_sources, sizeof *s->source);
    if (!s->unit || !s->source)
        abort();
    for (uint64_t i = 0; i < n_sources; i++)
        s->source[i] = side->source;
    collide_set_init(&s->live, s->n_units * 2);
    if (!isinf(side->period_s)) {
        draw_phases(s, r);
        s->expire.base_s = -side->period_s;
    }
    for (uint64_t i = 0; i < s->n_units; i++)
        if (!start_unit(s, i, r, e))
            return false;
    return true;
}

static void course_side_fini(struct course_side *s)
{
    free(s->unit);
    free(s->source);
    collide_set_fini(&s->live);
}

/* ---- the course of events ---------------------------------------------------------------------------------------- */

struct redraw {
    double at_s;
    uint32_t spi;
};

struct redraws { /* first in, first out: all wait the same time */
    struct redraw *item;
    size_t first, n, cap;
};

struct course {
    struct course_side host, gateway;
    struct redraws redraws;
    double redraw_s;
    struct rng r;
    double now_s, from_s; /* measured from then on */
    uint64_t n_pairs, n_new, n_rekeyings;
    double pair_seconds;
    double first_s; /* < 0: none yet */
};

/* What one block has seen. */
struct seen {
    double n_new, pair_seconds, watched_s;
    double waited_s; /* without a collision, of those that began without */
    bool began_without, saw_first;
    uint64_t n_rekeyings;
};

static void redraws_push(struct redraws *q, double at_s, uint32_t spi)
{
    if (q->n == q->cap) {
        q->cap = q->cap ? 2 * q->cap : 16;
        q->item = realloc(q->item, q->cap * sizeof *q->item);
        if (!q->item)
            abort();
    }
    q->item[q->n++] = (struct redraw){at_s, spi};
}

static double redraws_s(const struct redraws *q)
{
    return q->first < q->n ? q->item[q->first].at_s : COLLISION_NEVER;
}

static void advance(struct course *c, double to_s)
{
    double from_s = fmax(c->now_s, c->from_s);
    if (to_s > from_s)
        c->pair_seconds += (double)c->n_pairs * (to_s - from_s);
    c->now_s = to_s;
}

/* An SA comes: `on` is its side, `across` the other. */
static void come(struct course *c, struct course_side *on, const struct course_side *across, uint32_t spi)
{
    uint32_t n = collide_set_count(&across->live, spi);
    collide_set_add(&on->live, spi);
    if (!n)
        return;
    c->n_pairs += n;
    if (c->now_s >= c->from_s)
        c->n_new += n;
    if (c->first_s < 0)
        c->first_s = c->now_s;
    if (!isinf(c->redraw_s))
        redraws_push(&c->redraws, c->now_s + c->redraw_s, spi);
}

static void go(struct course *c, struct course_side *on, const struct course_side *across, uint32_t spi)
{
    c->n_pairs -= collide_set_count(&across->live, spi);
    collide_set_remove(&on->live, spi);
}

static bool rekey(struct course *c, struct course_side *on, const struct course_side *across, struct err *e)
{
    struct unit *u = &on->unit[on->rekey.unit];
    uint32_t spi;
    if (!draw(on, on->rekey.unit, &c->r, &spi, e)) /* the present SA is still there */
        return false;
    if (on->side->overlap_s > 0) {
        u->old = u->spi;
        u->has_old = true;
    } else {
        go(c, on, across, u->spi);
    }
    u->spi = spi;
    come(c, on, across, spi);
    round_next(on, &on->rekey);
    c->n_rekeyings++;
    return true;
}

static void expire(struct course *c, struct course_side *on, const struct course_side *across)
{
    struct unit *u = &on->unit[on->expire.unit];
    if (u->has_old)
        go(c, on, across, u->old);
    u->has_old = false;
    round_next(on, &on->expire);
}

/* The gateway gives up the SPI that a host has, too. Its rekeying keeps its turn. */
static bool redraw(struct course *c, uint32_t spi, struct err *e)
{
    struct course_side *g = &c->gateway;
    if (!collide_set_count(&c->host.live, spi))
        return true;
    for (uint64_t i = 0; i < g->n_units && collide_set_count(&g->live, spi); i++) {
        struct unit *u = &g->unit[i];
        if (u->has_old && u->old == spi) {
            go(c, g, &c->host, spi);
            u->has_old = false;
        }
        if (u->spi != spi)
            continue;
        if (!draw(g, i, &c->r, &u->spi, e))
            return false;
        go(c, g, &c->host, spi);
        come(c, g, &c->host, u->spi);
    }
    return true;
}

static void pairs_at_start(struct course *c)
{
    for (uint64_t i = 0; i < c->gateway.n_units; i++) {
        const struct unit *u = &c->gateway.unit[i];
        uint32_t both[] = {u->spi, u->old};
        for (int k = 0; k < 1 + u->has_old; k++) {
            uint32_t n = collide_set_count(&c->host.live, both[k]);
            c->n_pairs += n;
            if (n && !isinf(c->redraw_s))
                redraws_push(&c->redraws, c->redraw_s, both[k]);
        }
    }
    if (c->n_pairs)
        c->first_s = 0;
}

static bool step(struct course *c, double end_s, struct err *e)
{
    double h_rekey = rekey_s(&c->host), g_rekey = rekey_s(&c->gateway);
    double h_expire = expire_s(&c->host), g_expire = expire_s(&c->gateway), again = redraws_s(&c->redraws);
    double next = fmin(fmin(h_rekey, g_rekey), fmin(fmin(h_expire, g_expire), again));
    if (next >= end_s) {
        advance(c, end_s);
        return true;
    }
    advance(c, next);
    if (next == h_rekey)
        return rekey(c, &c->host, &c->gateway, e);
    if (next == g_rekey)
        return rekey(c, &c->gateway, &c->host, e);
    if (next == h_expire)
        expire(c, &c->host, &c->gateway);
    else if (next == g_expire)
        expire(c, &c->gateway, &c->host);
    else
        return redraw(c, c->redraws.item[c->redraws.first++].spi, e);
    return true;
}

static bool follow(const struct collide_ask *ask, struct rng r, double watched_s, struct seen *seen, struct err *e)
{
    struct course c = {.redraw_s = ask->c.redraw_s, .r = r, .first_s = -1};
    /* A start has more pairs than a network whose gateway redraws; after one redraw time it has not. */
    c.from_s = isinf(c.redraw_s) ? 0 : c.redraw_s;
    double end_s = c.from_s + watched_s;
    bool ok = course_side_init(&c.host, &ask->c.host, &c.r, e);
    ok = course_side_init(&c.gateway, &ask->c.gateway, &c.r, ok ? e : NULL) && ok;
    if (ok)
        pairs_at_start(&c);
    while (ok && c.now_s < end_s)
        ok = step(&c, end_s, e);
    *seen = (struct seen){
        .n_new = (double)c.n_new,
        .pair_seconds = c.pair_seconds,
        .watched_s = watched_s,
        .waited_s = c.first_s < 0 ? end_s : c.first_s,
        .began_without = c.first_s != 0,
        .saw_first = c.first_s > 0,
        .n_rekeyings = c.n_rekeyings,
    };
    course_side_fini(&c.host);
    course_side_fini(&c.gateway);
    free(c.redraws.item);
    return ok;
}

/* ---- thinned: only the draws that hit --------------------------------------------------------------------------- */

/* Draws until one hits, which each does with probability p. */
static double draws_to_hit(struct rng *r, double p)
{
    return ceil(log1p(-rng_unit(r)) / log1p(-p));
}

/* Life of a pair that a draw of one side began: its own SA is new, the other's age is uniform. */
static double life_s(const struct collision_side *fresh, const struct collision_side *met, double redraw_s,
                     struct rng *r)
{
    double rest_s = rng_unit(r) * (met->period_s + met->overlap_s);
    return fmin(fmin(fresh->period_s + fresh->overlap_s, redraw_s), isinf(met->period_s) ? COLLISION_NEVER : rest_s);
}

static double in_force(const struct collision_side *s)
{
    return (double)s->n_sas * (isinf(s->period_s) ? 1 : 1 + s->overlap_s / s->period_s);
}

/* Where a hit is so rare that none of a hundred million draws would show one, the draws between hits are passed over
 * by their geometric law. Pairs at the same time are so rare that they are taken as apart. */
static void follow_thinned(const struct collide_ask *ask, double p_pair, struct rng r, double watched_s,
                           struct seen *seen)
{
    const struct collision_side *side[] = {&ask->c.host, &ask->c.gateway};
    *seen = (struct seen){.watched_s = watched_s, .waited_s = watched_s, .began_without = true};
    for (int k = 0; k < 2; k++) {
        const struct collision_side *fresh = side[k], *met = side[1 - k];
        double draws_per_s = (double)fresh->n_sas / fresh->period_s, p = in_force(met) * p_pair, n_draws = 0;
        if (draws_per_s <= 0)
            continue;
        for (;;) {
            n_draws += draws_to_hit(&r, p);
            double at_s = (n_draws - rng_unit(&r)) / draws_per_s;
            if (at_s >= watched_s)
                break;
            seen->n_new++;
            seen->pair_seconds += life_s(fresh, met, ask->c.redraw_s, &r);
            seen->waited_s = fmin(seen->waited_s, at_s);
            seen->saw_first = true;
        }
    }
}

/* ---- blocks and estimates ---------------------------------------------------------------------------------------- */

struct watch {
    const struct collide_ask *ask;
    double watched_s; /* a block */
    bool is_thinned;
    double p_pair;
    struct seen seen[N_BLOCKS];
};

static bool run_block(void *shared, size_t block, struct err *e)
{
    struct watch *w = shared;
    struct rng r;
    char stream[48];
    snprintf(stream, sizeof stream, "collide.rekey.%zu", block);
    rng_init(&r, w->ask->seed, stream);
    if (!w->is_thinned)
        return follow(w->ask, r, w->watched_s, &w->seen[block], e);
    follow_thinned(w->ask, w->p_pair, r, w->watched_s, &w->seen[block]);
    return true;
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
    return (double)c->host.n_sas / (double)n_units_of(&c->host) * (double)c->gateway.n_sas /
           (double)n_units_of(&c->gateway);
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
        const struct seen *s = &w->seen[i];
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
