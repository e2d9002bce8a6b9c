#include "analysis/collide_course.h"

#include "analysis/collide_set.h"

#include <math.h>

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

uint64_t course_n_units(const struct collision_side *s)
{
    return s->source.allocator->law == SPI_SHARED ? s->n_systems : s->n_sas;
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
    *s = (struct course_side){.side = side, .n_units = course_n_units(side)};
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

bool course_follow(const struct collide_ask *ask, struct rng r, double watched_s, struct course_seen *seen,
                   struct err *e)
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
    *seen = (struct course_seen){
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

void course_follow_thinned(const struct collide_ask *ask, double p_pair, struct rng r, double watched_s,
                           struct course_seen *seen)
{
    const struct collision_side *side[] = {&ask->c.host, &ask->c.gateway};
    *seen = (struct course_seen){.watched_s = watched_s, .waited_s = watched_s, .began_without = true};
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
