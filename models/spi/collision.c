#include "models/spi/collision.h"

#include "models/spi/collision_draws.h"
#include "models/spi/spread.h"

#include <assert.h>
#include <stdlib.h>

/* ---- one side ------------------------------------------------------------------------------------------------ */

static enum spi_law law(const struct collision_side *s)
{
    return s->source.allocator->law;
}

/* SAs that hold a number of their own: of SPI_SHARED, one a system. */
static uint64_t n_numbers(const struct collision_side *s)
{
    return law(s) == SPI_SHARED ? s->n_systems : s->n_sas;
}

/* Are the draws of the side independent of each other? */
static bool is_independent(const struct collision_side *s)
{
    return !s->source.allocator->avoids_own || s->n_systems == s->n_sas;
}

/* Does the side hold n_numbers different numbers for certain? */
static bool is_distinct(const struct collision_side *s)
{
    return n_numbers(s) == 1 || (s->n_systems == 1 && s->source.allocator->avoids_own);
}

static double rekeyings_per_s(const struct collision_side *s)
{
    return (double)n_numbers(s) / s->period_s;
}

/* Old SAs in an overlap receive, too: SAs in force for one that sends. */
static double in_force(const struct collision_side *s)
{
    return isinf(s->period_s) ? 1 : 1 + s->overlap_s / s->period_s;
}

static double life_s(const struct collision_side *s)
{
    return s->period_s + s->overlap_s;
}

/* log of the probability that the SPIs of a side that draws avoid g given numbers of its range. */
static double side_log_avoid(const struct collision_side *s, uint64_t g)
{
    uint64_t range = spi_range_size(s->source.range), n = n_numbers(s);
    if (is_independent(s) || law(s) == SPI_SHARED)
        return collision_log_avoid(n, g, range);
    uint64_t few = n / s->n_systems, n_with_more = n % s->n_systems;
    double all = (double)(s->n_systems - n_with_more) * collision_log_avoid_distinct(few, g, range);
    return n_with_more ? all + (double)n_with_more * collision_log_avoid_distinct(few + 1, g, range) : all;
}

static uint64_t listed_in(const struct collision_side *s, uint64_t n, struct spi_range range)
{
    assert(n <= s->source.n_list);
    uint64_t n_in = 0;
    for (uint64_t i = 0; i < n; i++)
        n_in += spi_range_has(range, s->source.list[i]);
    return n_in;
}

static uint64_t one_system_counted_in(const struct collision_side *s, uint64_t n, struct spi_range range)
{
    if (!n)
        return 0;
    if (s->source.list)
        return listed_in(s, n, range);
    assert(n <= spi_range_size(s->source.range));
    struct spi_range given = {s->source.range.lo, (uint32_t)(s->source.range.lo + (n - 1))};
    return spi_range_overlap(given, range);
}

uint64_t collision_counted_in(const struct collision_side *s, struct spi_range range, uint64_t *n_sas)
{
    uint64_t few = s->n_sas / s->n_systems, n_with_more = s->n_sas % s->n_systems;
    uint64_t in_few = one_system_counted_in(s, few, range);
    uint64_t in_more = n_with_more ? one_system_counted_in(s, few + 1, range) : in_few;
    *n_sas = (s->n_systems - n_with_more) * in_few + n_with_more * in_more;
    return in_more; /* every system counts from the same start: the longest has all numbers */
}

/* Probability that `drawing` hits, over the spread of what it can hit. */
static double p_hit_spread(const struct collision_side *drawing, const struct spread *s)
{
    double sum = 0, total = 0;
    for (uint64_t i = 0; i < s->n; i++) {
        if (s->weight[i] < SPREAD_WEIGHT_FLOOR)
            continue;
        sum += s->weight[i] * collision_p_but(side_log_avoid(drawing, s->first + i));
        total += s->weight[i];
    }
    return sum / total;
}

/* ---- p_any --------------------------------------------------------------------------------------------------- */

/* What `hit` holds, seen as a number that is certain or spread, and `drawing` that may hit it. False: not this way. */
static bool p_any_given(const struct collision_side *hit, const struct collision_side *drawing, double *p)
{
    uint64_t range = spi_range_size(hit->source.range), n = n_numbers(hit);
    uint64_t overlap = spi_range_overlap(hit->source.range, drawing->source.range);
    if (is_distinct(hit) && overlap == range) {
        *p = collision_p_but(side_log_avoid(drawing, n));
        return true;
    }
    if (n * 1.0 > SPREAD_CAP && !is_distinct(hit))
        return false;
    if (!is_distinct(hit) && !is_independent(hit) && law(hit) != SPI_SHARED)
        return false;
    struct spread s = is_distinct(hit) ? spread_distinct(n, range, overlap) : spread_independent(n, range, overlap);
    if (!s.weight)
        return false;
    *p = p_hit_spread(drawing, &s);
    free(s.weight);
    return true;
}

static uint64_t counted_pairs(const struct collision_case *c)
{
    const struct collision_side *g = &c->gateway;
    uint64_t n_pairs = 0, n_sas;
    for (uint64_t i = 0; i < g->n_sas; i++) {
        uint32_t spi = g->source.list ? g->source.list[i % g->source.n_list] : (uint32_t)(g->source.range.lo + i);
        collision_counted_in(&c->host, (struct spi_range){spi, spi}, &n_sas);
        n_pairs += n_sas;
    }
    return n_pairs;
}

/* The two sides of a case where one or both only count. Fills what is certain at the start. */
static void solve_counted(const struct collision_case *c, struct collision *out)
{
    bool both = law(&c->host) == SPI_COUNTER && law(&c->gateway) == SPI_COUNTER;
    if (both) {
        out->expected_pairs = (double)counted_pairs(c);
        out->p_any = out->expected_pairs > 0;
        return;
    }
    const struct collision_side *counts = law(&c->host) == SPI_COUNTER ? &c->host : &c->gateway;
    const struct collision_side *draws = counts == &c->host ? &c->gateway : &c->host;
    uint64_t n_sas, n_in = collision_counted_in(counts, draws->source.range, &n_sas);
    out->p_any = collision_p_but(side_log_avoid(draws, n_in));
    out->expected_pairs = (double)n_sas * (double)draws->n_sas / (double)spi_range_size(draws->source.range);
}

static void solve_drawn(const struct collision_case *c, struct collision *out)
{
    const struct collision_side *h = &c->host, *g = &c->gateway;
    out->expected_pairs = (double)h->n_sas * (double)g->n_sas * out->p_pair;
    out->p_any_is_exact = p_any_given(g, h, &out->p_any) || p_any_given(h, g, &out->p_any);
    if (!out->p_any_is_exact)
        out->p_any = collision_p_but((double)n_numbers(h) * log1p(-(double)n_numbers(g) * out->p_pair));
}

/* ---- rekeying ------------------------------------------------------------------------------------------------ */

/* Mean of min(c, U), U uniform in (0, b). */
static double mean_of_lesser(double c, double b)
{
    if (isinf(b))
        return c;
    return c <= b ? c - c * c / (2 * b) : b / 2;
}

/* Is every number of a counting side where the other draws? Then each meets a drawn one with equal probability. */
static bool is_inside(const struct collision_side *counts, struct spi_range range)
{
    if (!counts->source.list)
        return spi_range_overlap(counts->source.range, range) == spi_range_size(counts->source.range);
    for (size_t i = 0; i < counts->source.n_list; i++)
        if (!spi_range_has(range, counts->source.list[i]))
            return false;
    return true;
}

/* Probability that a given host SA and a given gateway SA are a pair; COLLISION_UNKNOWN where it moves with the
 * counters. */
static double p_pair(const struct collision_case *c)
{
    const struct collision_side *h = &c->host, *g = &c->gateway;
    double h_range = (double)spi_range_size(h->source.range), g_range = (double)spi_range_size(g->source.range);
    if (collision_is_impossible(c))
        return 0;
    if (law(h) == SPI_COUNTER && law(g) == SPI_COUNTER)
        return COLLISION_UNKNOWN;
    if (law(g) == SPI_COUNTER)
        return is_inside(g, h->source.range) ? 1 / h_range : COLLISION_UNKNOWN;
    if (law(h) == SPI_COUNTER)
        return is_inside(h, g->source.range) ? 1 / g_range : COLLISION_UNKNOWN;
    return (double)spi_range_overlap(h->source.range, g->source.range) / h_range / g_range;
}

static void solve_staggered(const struct collision_case *c, struct collision *out)
{
    const struct collision_side *h = &c->host, *g = &c->gateway;
    double q = out->p_pair, h_live = in_force(h), g_live = in_force(g);
    /* New pairs by a draw of a host and by a draw of the gateway; their lives end with the first of the two SAs. */
    double by_host = (double)h->n_sas / h->period_s * (double)g->n_sas * g_live * q;
    double by_gateway = (double)g->n_sas / g->period_s * (double)h->n_sas * h_live * q;
    double h_life = life_s(h), g_life = life_s(g);
    double of_host = mean_of_lesser(fmin(h_life, c->redraw_s), g_life);
    double of_gateway = mean_of_lesser(fmin(g_life, c->redraw_s), h_life);
    if (!isinf(c->redraw_s)) {
        /* A redraw is one more draw of the gateway, for each pair that lives to see it. */
        double h_sees = h_life > c->redraw_s ? fmax(0, 1 - c->redraw_s / g_life) : 0;
        double g_sees = g_life > c->redraw_s ? fmax(0, 1 - c->redraw_s / h_life) : 0;
        double hits = (double)h->n_sas * h_live * q;
        by_gateway = (by_gateway + hits * h_sees * by_host) / (1 - hits * g_sees);
    }
    out->rate_per_s = by_host + by_gateway;
    out->duration_s = (by_host * of_host + by_gateway * of_gateway) / out->rate_per_s;
    out->pairs_in_force = out->rate_per_s * out->duration_s;

    double g_numbers = (double)n_numbers(g) * g_live, h_numbers = (double)n_numbers(h) * h_live;
    if (law(h) != SPI_UNIFORM && law(g) != SPI_UNIFORM)
        return; /* two that count: the draws are not independent of each other */
    out->hazard_per_s =
        -rekeyings_per_s(h) * log1p(-fmin(1, g_numbers * q)) - rekeyings_per_s(g) * log1p(-fmin(1, h_numbers * q));
    out->first_s = exp(log1p(-out->p_any) * h_live * g_live) / out->hazard_per_s;
    double smaller = fmin((double)spi_range_size(h->source.range), (double)spi_range_size(g->source.range));
    out->first_error = fmin(1, 2 * (g_numbers + h_numbers) / smaller);
}

/* Every period is a new trial: geometric. */
static void solve_at_once(const struct collision_case *c, struct collision *out)
{
    double period_s = c->host.period_s;
    out->duration_s = period_s;
    out->rate_per_s = out->expected_pairs / period_s;
    out->pairs_in_force = out->expected_pairs;
    bool counts = law(&c->host) != SPI_UNIFORM && law(&c->gateway) != SPI_UNIFORM;
    if (counts)
        return;
    out->hazard_per_s = -log1p(-out->p_any) / period_s;
    out->first_s = period_s * (1 / out->p_any - 1);
}

/* Can the side ever give this number? */
static bool side_has(const struct collision_side *s, uint32_t spi)
{
    if (!s->source.list)
        return spi_range_has(s->source.range, spi);
    for (size_t i = 0; i < s->source.n_list; i++)
        if (s->source.list[i] == spi)
            return true;
    return false;
}

/* A counter that stands anywhere gives each of its numbers alike, as one that draws. */
static double p_pair_anywhere(const struct collision_side *a, const struct collision_side *b)
{
    double n_common = 0, n_a = (double)spi_range_size(a->source.range), n_b = (double)spi_range_size(b->source.range);
    if (!a->source.list && b->source.list)
        return p_pair_anywhere(b, a);
    if (a->source.list) {
        n_a = (double)a->source.n_list;
        n_b = b->source.list ? (double)b->source.n_list : n_b;
        for (size_t i = 0; i < a->source.n_list; i++)
            n_common += side_has(b, a->source.list[i]);
    } else {
        n_common = (double)spi_range_overlap(a->source.range, b->source.range);
    }
    return n_common / n_a / n_b;
}

/* Sides with counters, averaged over where these may stand. The counters' ages are spread as those of draws are: what a
 * new number meets has a uniform rest of its life. */
static void solve_anywhere(const struct collision_case *c, struct collision *out)
{
    struct collision anywhere = *out;
    anywhere.p_pair = p_pair_anywhere(&c->host, &c->gateway);
    anywhere.expected_pairs = (double)c->host.n_sas * (double)c->gateway.n_sas * anywhere.p_pair;
    if (c->at_once)
        solve_at_once(c, &anywhere);
    else
        solve_staggered(c, &anywhere);
    out->average_rate_per_s = anywhere.rate_per_s;
    out->average_duration_s = anywhere.duration_s;
}

static void solve_never_rekeyed(const struct collision_case *c, struct collision *out)
{
    out->rate_per_s = 0;
    out->duration_s = c->redraw_s;
    out->pairs_in_force = isinf(c->redraw_s) ? out->expected_pairs : 0;
    out->hazard_per_s = 0;
    out->first_s = COLLISION_NEVER;
    out->first_error = 0;
}

bool collision_is_impossible(const struct collision_case *c)
{
    const struct collision_side *listed = c->host.source.list ? &c->host : &c->gateway;
    const struct collision_side *other = listed == &c->host ? &c->gateway : &c->host;
    if (!listed->source.list)
        return !spi_range_overlap(listed->source.range, other->source.range);
    for (size_t i = 0; i < listed->source.n_list; i++)
        if (side_has(other, listed->source.list[i]))
            return false;
    return true;
}

static double p_of_sites(double p, uint64_t n_sites)
{
    return n_sites == 1 ? p : collision_p_but((double)n_sites * log1p(-p));
}

static void multiply_by_sites(const struct collision_case *c, struct collision *out)
{
    double n = (double)c->n_sites, p_one = out->p_any;
    out->p_any = p_of_sites(p_one, c->n_sites);
    out->expected_pairs *= n;
    out->rate_per_s *= n;
    out->average_rate_per_s *= n;
    out->pairs_in_force *= n;
    out->hazard_per_s *= n;
    if (c->n_sites == 1 || !isfinite(out->first_s))
        return;
    double none_at_start = exp(log1p(-out->p_any) * in_force(&c->host) * in_force(&c->gateway));
    out->first_s = c->at_once ? c->host.period_s * (1 / out->p_any - 1) : none_at_start / out->hazard_per_s;
}

static double p_alike(const struct collision_side *hosts)
{
    if (law(hosts) != SPI_UNIFORM || !is_independent(hosts))
        return COLLISION_UNKNOWN;
    return collision_birthday(hosts->n_sas, spi_range_size(hosts->source.range));
}

struct collision collision_solve(const struct collision_case *c)
{
    struct collision out = {
        .p_any_is_exact = true,
        .rate_per_s = COLLISION_UNKNOWN,
        .average_rate_per_s = COLLISION_UNKNOWN,
        .average_duration_s = COLLISION_UNKNOWN,
        .first_s = COLLISION_UNKNOWN,
        .duration_s = COLLISION_UNKNOWN,
        .pairs_in_force = COLLISION_UNKNOWN,
        .hazard_per_s = COLLISION_UNKNOWN,
        .outage_s_year = COLLISION_UNKNOWN,
        .p_pair = p_pair(c),
        .p_alike = p_alike(&c->host),
    };
    if (collision_is_impossible(c)) {
        out.rate_per_s = out.average_rate_per_s = out.pairs_in_force = out.hazard_per_s = out.outage_s_year = 0;
        out.first_s = COLLISION_NEVER;
        return out;
    }
    if (law(&c->host) == SPI_COUNTER || law(&c->gateway) == SPI_COUNTER)
        solve_counted(c, &out);
    else
        solve_drawn(c, &out);
    if (isinf(c->host.period_s) && isinf(c->gateway.period_s))
        solve_never_rekeyed(c, &out);
    else if (isnan(out.p_pair)) {
        solve_anywhere(c, &out);
        return multiply_by_sites(c, &out), out;
    } else if (c->at_once)
        solve_at_once(c, &out);
    else
        solve_staggered(c, &out);
    /* Old SAs of a host no longer receive: their pairs hurt nobody. */
    double hurting = out.pairs_in_force / in_force(&c->host);
    out.average_rate_per_s = out.rate_per_s;
    out.average_duration_s = out.duration_s;
    out.outage_s_year = COLLISION_YEAR_S * hurting / (double)c->host.n_systems;
    multiply_by_sites(c, &out);
    return out;
}

double collision_p_within(const struct collision_case *c, const struct collision *solved, double t_s)
{
    double n_periods = c->at_once ? floor(t_s / c->host.period_s) : 0;
    double log_none = c->at_once ? n_periods * log1p(-solved->p_any) : -solved->hazard_per_s * t_s;
    if (collision_is_impossible(c))
        return 0;
    return solved->p_any >= 1 ? 1 : collision_p_but(log1p(-solved->p_any) + log_none);
}
