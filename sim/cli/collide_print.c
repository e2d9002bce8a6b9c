#include "sim/cli/collide_print.h"

#include "models/base/units.h"
#include "models/spi/collision_draws.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static json_t *number(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static json_t *estimate_json(const struct collide_estimate *x)
{
    if (!x->is_known)
        return json_pack("{s:n, s:n}", "estimate", "ci99");
    return json_pack("{s:o, s:[o, o]}", "estimate", number(x->value), "ci99", number(x->ci.low), number(x->ci.high));
}

static json_t *side_json(const struct collision_side *s)
{
    char range[SPI_RANGE_TEXT_CAP];
    return json_pack("{s:s, s:s, s:I, s:I, s:o, s:o}", "allocator", s->source.allocator->member.name, "range",
                     spi_range_text(s->source.range, range), "sas", (json_int_t)s->n_sas, "systems",
                     (json_int_t)s->n_systems, "rekey_s", number(s->period_s), "overlap_s", number(s->overlap_s));
}

static const char *method_of(const struct collide_result *r)
{
    return !r->n_trials ? "none" : r->by_importance ? "importance" : "plain";
}

static const char *interval_of(const struct collide_result *r)
{
    return r->by_importance ? "empirical Bernstein" : "Clopper-Pearson";
}

static double even_chance(const struct collision_case *c)
{
    return (double)collision_birthday_draws(0.5, spi_range_size(c->host.source.range));
}

/* Why there is no closed form of how often pairs come; NULL: there is one. */
static const char *why_unknown(const struct collision_case *c, const struct collision *f)
{
    bool both = c->host.source.allocator->law == SPI_COUNTER && c->gateway.source.allocator->law == SPI_COUNTER;
    if (!isnan(f->rate_per_s))
        return NULL;
    return both ? "both sides count: it hangs on where they stand and on their speeds"
                : "one side counts past what the other draws: it hangs on where it stands";
}

static json_t *result_json(const struct collide_asked *a, const struct collide_result *r, bool agrees)
{
    const struct collision_case *c = &a->ask.c;
    const struct collision *f = &r->closed;
    json_t *p = estimate_json(&r->p_any);
    json_object_set_new(p, "exact", number(f->p_any));
    json_object_set_new(p, "is_exact", json_boolean(f->p_any_is_exact));
    json_object_set_new(p, "method", json_string(method_of(r)));
    json_object_set_new(p, "interval", json_string(interval_of(r)));
    json_object_set_new(p, "trials", json_integer((json_int_t)r->n_trials));
    json_object_set_new(p, "hits", json_integer((json_int_t)r->n_hits));
    json_object_set_new(p, "draws", json_integer((json_int_t)r->n_draws));
    json_t *simulated =
        json_pack("{s:o, s:o, s:o, s:b, s:I, s:I, s:o}", "rate_per_s", estimate_json(&r->rate_per_s),
                  "mean_time_to_first_s", estimate_json(&r->first_s), "mean_duration_s", estimate_json(&r->duration_s),
                  "thinned", r->is_thinned, "new_pairs", (json_int_t)r->n_new_pairs, "rekeyings",
                  (json_int_t)r->n_rekeyings, "simulated_s", number(r->simulated_s));
    json_t *all = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:b, s:o}", "p_any", p, "expected_pairs",
                            number(f->expected_pairs), "rate_per_s", number(f->rate_per_s), "mean_time_to_first_s",
                            number(f->first_s), "mean_duration_s", number(f->duration_s), "pairs_in_force",
                            number(f->pairs_in_force), "outage_s_per_host_year", number(f->outage_s_year), "never",
                            collision_is_impossible(c), "agrees", agrees, "simulated", simulated);
    const char *why = why_unknown(c, f);
    json_object_set_new(all, "why_unknown", why ? json_string(why) : json_null());
    json_object_set_new(all, "averaged",
                        json_pack("{s:o, s:o}", "rate_per_s", number(f->average_rate_per_s), "mean_duration_s",
                                  number(f->average_duration_s)));
    json_object_set_new(all, "birthday",
                        json_pack("{s:o, s:o}", "p_hosts_alike", number(f->p_alike), "half_at",
                                  number(isnan(f->p_alike) ? COLLISION_UNKNOWN : even_chance(c))));
    if (a->observe_s > 0)
        json_object_set_new(all, "observed",
                            json_pack("{s:o, s:o}", "time_s", number(a->observe_s), "p_any",
                                      number(collision_p_within(c, f, a->observe_s))));
    json_object_set_new(all, "case",
                        json_pack("{s:o, s:o, s:I, s:b, s:o, s:I}", "host", side_json(&c->host), "gateway",
                                  side_json(&c->gateway), "sites", (json_int_t)c->n_sites, "at_once", c->at_once,
                                  "redraw_s", number(c->redraw_s), "seed", (json_int_t)a->ask.seed));
    return all;
}

static void dump(json_t *value)
{
    json_dumpf(value, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(value);
}

void collide_print_json(const struct collide_asked *a, const struct collide_result *r, bool agrees)
{
    dump(result_json(a, r, agrees));
}

/* ---- text -------------------------------------------------------------------------------------------------------- */

enum { TEXT_CAP = 64 };

static const char *time_text(double s, char text[TEXT_CAP])
{
    if (isnan(s))
        return "unknown";
    if (isinf(s))
        return "never";
    if (s <= 0)
        return "0 s";
    if (s >= COLLISION_YEAR_S)
        snprintf(text, TEXT_CAP, "%.*g year%s", s >= 1e5 * COLLISION_YEAR_S ? 3 : 4, s / COLLISION_YEAR_S,
                 s / COLLISION_YEAR_S < 1.00005 ? "" : "s");
    else
        units_time_human(s * NS_PER_S, text, TEXT_CAP);
    return text;
}

static const char *plain_text(double x, char text[TEXT_CAP])
{
    if (isnan(x))
        return "unknown";
    snprintf(text, TEXT_CAP, "%.6g", x);
    return text;
}

typedef const char *text_of(double x, char text[TEXT_CAP]);

static void print_row(const char *what, double closed, const struct collide_estimate *x, text_of *text)
{
    char formula[TEXT_CAP], value[TEXT_CAP], low[TEXT_CAP], high[TEXT_CAP];
    printf("  %-32s %16s", what, text(closed, formula));
    if (x && x->is_known)
        printf(" %14s   %s to %s", text(x->value, value), text(x->ci.low, low), text(x->ci.high, high));
    putchar('\n');
}

static void print_side(const char *whose, const struct collision_side *s, bool is_hosts)
{
    char range[SPI_RANGE_TEXT_CAP], period[TEXT_CAP];
    printf("%s %" PRIu64 " SA%s", whose, s->n_sas, s->n_sas == 1 ? "" : "s");
    if (is_hosts)
        printf(" of %" PRIu64 " host%s", s->n_systems, s->n_systems == 1 ? "" : "s");
    printf("%s%s", isinf(s->period_s) ? ", never rekeyed" : ", rekeyed every ",
           isinf(s->period_s) ? "" : time_text(s->period_s, period));
    printf("; SPIs: %s %s\n", s->source.allocator->member.name,
           s->source.list ? "list" : spi_range_text(s->source.range, range));
}

static void print_how(const struct collide_result *r)
{
    char span[TEXT_CAP];
    if (!r->n_trials) {
        printf("Not simulated: more than %u SAs on a side.\n", COLLIDE_SIDE_CAP);
        return;
    }
    if (r->by_importance)
        printf("Trials: %" PRIu64 ", a pair forced into each (importance sampling); interval: %s.\n", r->n_trials,
               interval_of(r));
    else
        printf("Trials: %" PRIu64 ", %" PRIu64 " with a pair; interval: %s.\n", r->n_trials, r->n_hits, interval_of(r));
    if (r->simulated_s > 0)
        printf("Rekeying: followed for %s, %" PRIu64 " new pair%s%s; intervals: Poisson, residuals.\n",
               time_text(r->simulated_s, span), r->n_new_pairs, r->n_new_pairs == 1 ? "" : "s",
               r->is_thinned ? " (misses passed over)" : "");
}

/* Where it hangs on places that nobody knows: over all of them. */
static void print_average(const struct collision *f)
{
    char often[TEXT_CAP], life[TEXT_CAP];
    if (f->average_rate_per_s > 0)
        printf("Averaged over all places where counters may stand: a collision every %s, for %s each.\n",
               time_text(1 / f->average_rate_per_s, often), time_text(f->average_duration_s, life));
}

/* Kernels take numbers below 0x100, and IKE daemons leave them alone. */
static void print_way_out(const struct collision_side *hosts)
{
    static const struct spi_range block = {0x10, SPI_RESERVED_LAST};
    char range[SPI_RANGE_TEXT_CAP];
    const char *name = hosts->source.allocator->member.name;
    if (hosts->source.list)
        printf("Disjoint numbers end it: gateway SPIs that are not in the list (--gateway-spis).\n");
    else if (spi_range_overlap(hosts->source.range, block))
        printf("No block is safe: %s gives any number, also those below 0x100, that IKE daemons leave alone.\n", name);
    else
        printf("Disjoint ranges end it: --gateway-spis out of %s, which %s never gives.\n",
               spi_range_text(block, range), name);
}

/* The answer in plain words. */
static void print_answer(const struct collision_case *c, const struct collision *f)
{
    char often[TEXT_CAP], life[TEXT_CAP], outage[TEXT_CAP];
    if (collision_is_impossible(c)) {
        printf("Safe: disjoint ranges, never a collision, however many SAs there are.\n");
        return;
    }
    if (isnan(f->rate_per_s)) {
        if (f->p_any >= 1)
            printf("Not safe: the SPIs of the start collide.\n");
        printf("No formula for later pairs: %s.\n", why_unknown(c, f));
        print_average(f);
        printf("The simulation's figures hold from the counters' start, for the time followed.\n");
        return;
    }
    if (f->rate_per_s <= 0) {
        printf("Nothing is rekeyed: a collision of the start stays, and none comes later.\n");
        return;
    }
    double interval_s = 1 / f->rate_per_s;
    const char *verdict = interval_s > 100 * COLLISION_YEAR_S ? "Safe in practice"
                          : interval_s > COLLISION_YEAR_S     ? "Rare"
                                                              : "Not safe";
    printf("%s: a collision every %s, for %s each; a host loses %s a year.\n", verdict, time_text(interval_s, often),
           time_text(f->duration_s, life), time_text(f->outage_s_year, outage));
    if (interval_s <= 100 * COLLISION_YEAR_S)
        print_way_out(&c->host);
}

void collide_print_text(const struct collide_asked *a, const struct collide_result *r)
{
    const struct collision_case *c = &a->ask.c;
    const struct collision *f = &r->closed;
    char text[TEXT_CAP];
    print_side("Hosts:  ", &c->host, true);
    print_side("Gateway:", &c->gateway, false);
    if (c->n_sites > 1)
        printf("Sites:   %" PRIu64 " of this kind; figures are for all of them together\n", c->n_sites);
    if (c->at_once)
        printf("All SAs are rekeyed at the same moment.\n");
    if (!isinf(c->redraw_s))
        printf("The gateway draws another SPI %s after a collision began.\n", time_text(c->redraw_s, text));
    if (a->overlap_s > 0)
        printf("An old SA is kept for %s beside its successor.\n", time_text(a->overlap_s, text));
    printf("\n  %-32s %16s %14s   %s\n", "", "formula", "simulation", "99 % interval");
    print_row("some pair at a given moment", f->p_any, &r->p_any, plain_text);
    print_row("pairs at that moment", f->expected_pairs, NULL, plain_text);
    print_row("new pairs a second", f->rate_per_s, &r->rate_per_s, plain_text);
    print_row("mean time to the first", f->first_s, &r->first_s, time_text);
    if (!collision_is_impossible(c))
        print_row("mean duration of a pair", f->duration_s, &r->duration_s, time_text);
    print_row("outage a host and year", f->outage_s_year, NULL, time_text);
    if (a->observe_s > 0) {
        char what[TEXT_CAP + 32];
        snprintf(what, sizeof what, "some pair within %s", time_text(a->observe_s, text));
        print_row(what, collision_p_within(c, f, a->observe_s), NULL, plain_text);
    }
    if (!isnan(f->p_alike)) {
        print_row("two hosts' SPIs alike (birthday)", f->p_alike, NULL, plain_text);
        print_row("hosts' SAs for an even chance", even_chance(c), NULL, plain_text);
    }
    putchar('\n');
    print_answer(c, f);
    print_how(r);
}

/* ---- sweeps ---- */

static json_t *point_json(const struct collide_point *p)
{
    json_t *estimate = estimate_json(&p->result.p_any);
    json_object_set_new(estimate, "exact", number(p->result.closed.p_any));
    return json_pack("{s:I, s:I, s:I, s:o, s:o, s:o, s:b}", "n", (json_int_t)p->n, "m", (json_int_t)p->m, "R",
                     (json_int_t)p->range, "p_any", estimate, "rate_per_s", number(p->result.closed.rate_per_s),
                     "mean_time_to_first_s", number(p->result.closed.first_s), "agrees", p->agrees);
}

void collide_print_points(const struct collide_point *points, size_t n, bool json)
{
    if (json) {
        json_t *all = json_array();
        for (size_t i = 0; i < n; i++)
            json_array_append_new(all, point_json(&points[i]));
        dump(all);
        return;
    }
    printf("%10s %10s %10s %11s %11s %23s  %s\n", "n", "m", "R", "p_any", "simulated", "99 % interval",
           "mean time to the first");
    for (size_t i = 0; i < n; i++) {
        const struct collide_point *p = &points[i];
        const struct collide_estimate *x = &p->result.p_any;
        char first[TEXT_CAP];
        printf("%10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %11.5g ", p->n, p->m, p->range, p->result.closed.p_any);
        if (x->is_known)
            printf("%11.5g %11.5g %11.5g  ", x->value, x->ci.low, x->ci.high);
        else
            printf("%11s %11s %11s  ", "-", "-", "-");
        printf("%s\n", time_text(p->result.closed.first_s, first));
    }
}
