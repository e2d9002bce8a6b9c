#include "analysis/collide.h"

#include "analysis/collide_parts.h"

#include <math.h>

/* Before an SA is succeeded its successor is drawn: rekeying needs a number more than there are SAs. */
static bool fits(const struct collision_side *s, const char *whose, struct err *e)
{
    bool is_rekeyed = !isinf(s->period_s);
    uint64_t most = (s->n_sas + s->n_systems - 1) / s->n_systems + is_rekeyed; /* of one system */
    uint64_t n_numbers = s->source.list ? s->source.n_list : spi_range_size(s->source.range);
    char range[SPI_RANGE_TEXT_CAP];
    if (!s->source.allocator->avoids_own || most <= n_numbers)
        return true;
    return err_set(e, "%s: %llu SAs of one system%s want different SPIs, and %s %s has %llu; ask for fewer SAs%s",
                   whose, (unsigned long long)most - is_rekeyed, is_rekeyed ? " and the next one" : "",
                   s->source.allocator->member.name,
                   s->source.list ? "with this list" : spi_range_text(s->source.range, range),
                   (unsigned long long)n_numbers, is_rekeyed ? ", or for --rekey never" : "");
}

static bool can_be_simulated(const struct collision_case *c)
{
    return c->host.n_sas <= COLLIDE_SIDE_CAP && c->gateway.n_sas <= COLLIDE_SIDE_CAP;
}

static double p_of_sites(double p, double n_sites)
{
    return p >= 1 ? 1 : -expm1(n_sites * log1p(-p));
}

static struct interval interval_of(struct interval x, double (*of)(double, double), double with)
{
    double a = of(x.low, with), b = of(x.high, with);
    return (struct interval){fmin(a, b), fmax(a, b)};
}

/* `of` is monotonous. */
static void map(struct collide_estimate *x, double (*of)(double, double), double with)
{
    x->value = of(x->value, with);
    x->ci = interval_of(x->ci, of, with);
    x->far = interval_of(x->far, of, with);
}

static double times(double x, double factor)
{
    return x * factor;
}

/* From one site to all: hazards add up, and all must start without a collision. */
static void multiply_by_sites(const struct collide_ask *ask, struct collide_result *out)
{
    double n = (double)ask->c.n_sites, p_one = out->p_any.value;
    map(&out->p_any, p_of_sites, n);
    map(&out->rate_per_s, times, n);
    if (out->first_s.is_known)
        map(&out->first_s, times, (1 - out->p_any.value) / (1 - p_one) / n);
}

static double geometric(double p, double period_s)
{
    return p > 0 ? period_s * (1 / p - 1) : COLLISION_NEVER;
}

/* All at once: a period is a trial, and the trials have been made. */
static void first_by_trials(const struct collide_ask *ask, struct collide_result *out)
{
    out->first_s = out->p_any;
    out->first_s.is_known = out->p_any.value > 0;
    map(&out->first_s, geometric, ask->c.host.period_s);
}

bool collide_run(const struct collide_ask *ask, struct collide_result *out, struct err *e)
{
    *out = (struct collide_result){.by_importance = false};
    if (!fits(&ask->c.host, "host", e) || !fits(&ask->c.gateway, "gateway", e))
        return false;
    struct collide_ask one_site = *ask;
    one_site.c.n_sites = 1;
    out->closed = collision_solve(&one_site.c);
    if (can_be_simulated(&ask->c)) {
        if (!collide_trials(&one_site, out, e))
            return false;
        bool is_rekeyed = !isinf(ask->c.host.period_s) || !isinf(ask->c.gateway.period_s);
        if (is_rekeyed && !ask->c.at_once && ask->n_collisions && !collide_rekey(&one_site, out, e))
            return false;
        multiply_by_sites(ask, out);
        if (ask->c.at_once)
            first_by_trials(ask, out);
    }
    out->closed = collision_solve(&ask->c);
    return true;
}

static bool agrees(const char *name, double closed, double error, const struct collide_estimate *x, struct err *e)
{
    /* The last digits of both are rounding. */
    double slack = fabs(closed) * (error + 1e-9);
    if (!x->is_known || isnan(closed) || (closed + slack >= x->far.low && closed - slack <= x->far.high))
        return true;
    return err_set(e, "%s: the formula gives %.6g, the simulation %.6g with a %.5g %% interval of %.6g to %.6g", name,
                   closed, x->value, COLLIDE_FAR * 100, x->far.low, x->far.high);
}

bool collide_agrees(const struct collide_result *r, struct err *e)
{
    const struct collision *closed = &r->closed;
    return agrees("p_any", closed->p_any, closed->p_any_is_exact ? 0 : 1e-3, &r->p_any, e) &&
           agrees("rate_per_s", closed->rate_per_s, 0, &r->rate_per_s, e) &&
           agrees("mean_time_to_first_s", closed->first_s, closed->first_error, &r->first_s, e) &&
           agrees("mean_duration_s", closed->duration_s, 0, &r->duration_s, e);
}
