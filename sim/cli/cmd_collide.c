/* espsim collide: how often LAN hosts and the gateway in front of them choose the same SPI. */
#include "analysis/collide.h"
#include "analysis/collide_plot.h"
#include "models/base/units.h"
#include "models/spi/allocators.h"
#include "sim/cli/command.h"

#include <argp.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_LIST_MOST = 4096 };

/* One side as it was asked for, until all words are read. */
struct asked_side {
    const struct spi_allocator *allocator;
    struct spi_range range;
    bool has_range;
    uint32_t *list; /* owned */
    size_t n_list;
    uint64_t n_sas; /* 0: not said */
    bool has_period;
    double period_s; /* if said for this side alone */
};

struct asked {
    struct asked_side host, gateway;
    uint64_t n_hosts; /* 0: one SA each */
    double period_s, overlap_s, observe_s;
    struct collide_ask ask;
    struct collide_sweep sweep;
    bool json;
    const char *plot;
};

/* ---- words ------------------------------------------------------------------------------------------------------- */

enum {
    KEY_HOST_ALLOCATOR = 256,
    KEY_GATEWAY_ALLOCATOR,
    KEY_HOST_SAS,
    KEY_GATEWAY_SAS,
    KEY_HOSTS,
    KEY_REKEY,
    KEY_HOST_REKEY,
    KEY_GATEWAY_REKEY,
    KEY_OVERLAP,
    KEY_REDRAW,
    KEY_AT_ONCE,
    KEY_SITES,
    KEY_RANGE,
    KEY_HOST_RANGE,
    KEY_GATEWAY_RANGE,
    KEY_HOST_SPIS,
    KEY_GATEWAY_SPIS,
    KEY_OBSERVE,
    KEY_TRIALS,
    KEY_COLLISIONS,
    KEY_METHOD,
    KEY_SEED,
    KEY_JOBS,
    KEY_JSON,
    KEY_SWEEP,
    KEY_PLOT,
};

static const struct argp_option options[] = {
    {NULL, 0, NULL, 0, "Who draws SPIs:", 1},
    {"host-allocator", KEY_HOST_ALLOCATOR, "NAME", 0, "of the LAN hosts (strongswan; `espsim list allocator`)", 1},
    {"gateway-allocator", KEY_GATEWAY_ALLOCATOR, "NAME", 0, "of the gateway (strongswan)", 1},
    {"host-sas", KEY_HOST_SAS, "N", 0, "inbound SAs of all hosts behind the gateway (1000)", 1},
    {"gateway-sas", KEY_GATEWAY_SAS, "M", 0, "inbound SAs of the gateway (1000)", 1},
    {"hosts", KEY_HOSTS, "K", 0, "hosts that share the host SAs (as many as SAs)", 1},
    {"sites", KEY_SITES, "S", 0, "independent sites like this one (1)", 1},
    {"range", KEY_RANGE, "A-B", 0, "both sides draw from A-B, as 0x100-0xffff", 1},
    {"host-range", KEY_HOST_RANGE, "A-B", 0, "the hosts do", 1},
    {"gateway-range", KEY_GATEWAY_RANGE, "A-B", 0, "the gateway does", 1},
    {"host-spis", KEY_HOST_SPIS, "SPI,...", 0, "manual SPIs of one host", 1},
    {"gateway-spis", KEY_GATEWAY_SPIS, "SPI,...", 0, "manual SPIs of the gateway", 1},
    {NULL, 0, NULL, 0, "When:", 2},
    {"rekey", KEY_REKEY, "TIME", 0, "an SA is rekeyed so often, or `never` (1h)", 2},
    {"host-rekey", KEY_HOST_REKEY, "TIME", 0, "SAs of hosts only", 2},
    {"gateway-rekey", KEY_GATEWAY_REKEY, "TIME", 0, "SAs of the gateway only", 2},
    {"overlap", KEY_OVERLAP, "TIME", 0, "the old SA is kept so long beside the new one (0)", 2},
    {"redraw", KEY_REDRAW, "TIME", 0, "the gateway sees a collision and takes another SPI, so long after it began", 2},
    {"at-once", KEY_AT_ONCE, NULL, 0, "all SAs are rekeyed at the same moment, not spread over the period", 2},
    {"observe", KEY_OBSERVE, "TIME", 0, "also: the probability of a collision within this time", 2},
    {NULL, 0, NULL, 0, "Simulation:", 3},
    {"trials", KEY_TRIALS, "T", 0, "all SPIs are drawn so many times (as 100 million draws allow)", 3},
    {"collisions", KEY_COLLISIONS, "C", 0, "rekeying is followed for about C collisions, 0: not at all (200)", 3},
    {"method", KEY_METHOD, "NAME", 0, "of the trials: auto, plain, importance (auto)", 3},
    {"seed", KEY_SEED, "S", 0, "(1)", 3},
    {"jobs", KEY_JOBS, "N", 0, "threads; the figures are the same for any number (1)", 3},
    {NULL, 0, NULL, 0, "Results:", 4},
    {"json", KEY_JSON, NULL, 0, "for programs", 4},
    {"sweep", KEY_SWEEP, "n=..,R=..", 0, "a table over host SAs n, gateway SAs m and sizes R of a common range", 4},
    {"plot", KEY_PLOT, "DIR", 0, "of a sweep: collide.svg, collide.png, collide.tsv and collide.gp in DIR", 4},
    {0}};

static bool parse_allocator(const char *name, struct asked_side *s, struct err *e)
{
    const struct member *m = family_find(&spi_family, name, e);
    if (!m)
        return false;
    s->allocator = spi_allocator_of(m);
    return true;
}

static bool parse_count(const char *text, uint64_t least, uint64_t most, uint64_t *n, struct err *e)
{
    if (!units_parse_count(text, n, e))
        return false;
    return *n >= least && *n <= most ? true : err_set(e, "expected a number from %" PRIu64 " to %" PRIu64, least, most);
}

static bool parse_seconds(const char *text, double *s, struct err *e)
{
    sim_time ns;
    if (!units_parse_time(text, &ns, e))
        return false;
    *s = (double)ns / NS_PER_S;
    return true;
}

static bool parse_period(const char *text, double *s, struct err *e)
{
    if (!strcmp(text, "never")) {
        *s = COLLISION_NEVER;
        return true;
    }
    if (!parse_seconds(text, s, e))
        return err_at(e, "(or never)");
    return *s > 0 ? true : err_set(e, "must be longer than 0; or never");
}

static bool parse_range(const char *text, struct asked_side *s, struct err *e)
{
    s->has_range = true;
    return spi_range_parse(text, &s->range, e);
}

static bool list_add(struct asked_side *s, uint64_t spi, struct err *e)
{
    if (!spi || spi > UINT32_MAX)
        return err_set(e, "0x%" PRIx64 ": an SPI is 1-0xffffffff", spi);
    if (s->n_list == N_LIST_MOST)
        return err_set(e, "more than %d SPIs; use --range", N_LIST_MOST);
    for (size_t i = 0; i < s->n_list; i++)
        if (s->list[i] == spi)
            return err_set(e, "0x%" PRIx64 " stands twice; SAs of one system need different SPIs", spi);
    s->list[s->n_list++] = (uint32_t)spi;
    return true;
}

static bool parse_list(const char *text, struct asked_side *s, struct err *e)
{
    s->list = calloc(N_LIST_MOST, sizeof *s->list);
    s->allocator = &spi_manual;
    char *copy = strdup(text), *rest = copy;
    if (!s->list || !copy)
        abort();
    bool ok = true;
    for (char *word; ok && (word = strsep(&rest, ","));) {
        uint64_t spi;
        ok = units_parse_count(word, &spi, e) && list_add(s, spi, e);
    }
    free(copy);
    return ok;
}

static bool parse_method(const char *text, enum collide_method *method, struct err *e)
{
    static const char *const names[] = {
        [COLLIDE_AUTO] = "auto", [COLLIDE_PLAIN] = "plain", [COLLIDE_IMPORTANCE] = "importance"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(text, names[i])) {
            *method = (enum collide_method)i;
            return true;
        }
    return err_set(e, "expected auto, plain or importance");
}

static bool parse_side_word(int key, const char *arg, struct asked *a, struct err *e)
{
    switch (key) {
    case KEY_HOST_ALLOCATOR:
        return parse_allocator(arg, &a->host, e);
    case KEY_GATEWAY_ALLOCATOR:
        return parse_allocator(arg, &a->gateway, e);
    case KEY_HOST_SAS:
        return parse_count(arg, 1, 1ull << 32, &a->host.n_sas, e);
    case KEY_GATEWAY_SAS:
        return parse_count(arg, 1, 1ull << 32, &a->gateway.n_sas, e);
    case KEY_HOSTS:
        return parse_count(arg, 1, 1ull << 32, &a->n_hosts, e);
    case KEY_RANGE:
        return parse_range(arg, &a->host, e) && parse_range(arg, &a->gateway, e);
    case KEY_HOST_RANGE:
        return parse_range(arg, &a->host, e);
    case KEY_GATEWAY_RANGE:
        return parse_range(arg, &a->gateway, e);
    case KEY_HOST_SPIS:
        return parse_list(arg, &a->host, e);
    default:
        return parse_list(arg, &a->gateway, e);
    }
}

static bool parse_other_word(int key, const char *arg, struct asked *a, struct err *e)
{
    uint64_t n;
    switch (key) {
    case KEY_REKEY:
        return parse_period(arg, &a->period_s, e);
    case KEY_HOST_REKEY:
        a->host.has_period = true;
        return parse_period(arg, &a->host.period_s, e);
    case KEY_GATEWAY_REKEY:
        a->gateway.has_period = true;
        return parse_period(arg, &a->gateway.period_s, e);
    case KEY_OVERLAP:
        return parse_seconds(arg, &a->overlap_s, e);
    case KEY_REDRAW:
        return parse_seconds(arg, &a->ask.c.redraw_s, e);
    case KEY_AT_ONCE:
        a->ask.c.at_once = true;
        return true;
    case KEY_SITES:
        return parse_count(arg, 1, 1000000000, &a->ask.c.n_sites, e);
    case KEY_OBSERVE:
        return parse_seconds(arg, &a->observe_s, e);
    case KEY_TRIALS:
        return parse_count(arg, 1, 1000000000000, &a->ask.n_trials, e);
    case KEY_COLLISIONS:
        return parse_count(arg, 0, 1000000, &a->ask.n_collisions, e);
    case KEY_METHOD:
        return parse_method(arg, &a->ask.method, e);
    case KEY_SEED:
        return units_parse_count(arg, &a->ask.seed, e);
    case KEY_JOBS:
        if (!parse_count(arg, 1, 1024, &n, e))
            return false;
        a->ask.n_jobs = (unsigned)n;
        return true;
    case KEY_JSON:
        a->json = true;
        return true;
    case KEY_SWEEP:
        return collide_sweep_parse(arg, &a->sweep, e);
    default:
        a->plot = arg;
        return true;
    }
}

static bool is_side_word(int key)
{
    return (key >= KEY_HOST_ALLOCATOR && key <= KEY_HOSTS) || (key >= KEY_RANGE && key <= KEY_GATEWAY_SPIS);
}

static const char *name_of(int key)
{
    for (const struct argp_option *o = options; o->name || o->doc; o++)
        if (o->key == key)
            return o->name;
    return "";
}

static error_t take_word(int key, char *arg, struct argp_state *state)
{
    struct asked *a = state->input;
    struct err e;
    if (key == ARGP_KEY_ARG)
        argp_error(state, "`%s`: one word too many", arg);
    if (key < KEY_HOST_ALLOCATOR || key > KEY_PLOT)
        return ARGP_ERR_UNKNOWN;
    if (!(is_side_word(key) ? parse_side_word(key, arg, a, &e) : parse_other_word(key, arg, a, &e)))
        argp_error(state, "--%s%s%s: %s", name_of(key), arg ? " " : "", arg ? arg : "", e.text);
    return 0;
}

/* ---- from words to a question ------------------------------------------------------------------------------------ */

static bool make_side(const struct asked *a, const struct asked_side *s, const char *whose, uint64_t n_systems,
                      struct collision_side *side, struct err *e)
{
    uint64_t n_by_default = s->list ? s->n_list : 1000;
    /* Manual SAs have no lifetime, unless it is said. */
    double period_s = s->has_period ? s->period_s : s->list ? COLLISION_NEVER : a->period_s;
    *side = (struct collision_side){
        .n_sas = s->n_sas ? s->n_sas : n_by_default,
        .period_s = period_s,
        .overlap_s = isinf(period_s) ? 0 : a->overlap_s,
    };
    side->n_systems = n_systems ? n_systems : side->n_sas;
    if (s->list && s->allocator != &spi_manual)
        return err_set(e, "--%s-allocator %s draws, and --%s-spis are manual; leave one out", whose,
                       s->allocator->member.name, whose);
    if (s->list && s->has_range)
        return err_set(e, "--%s-spis and a range; leave one out", whose);
    if (s->allocator == &spi_manual && !s->list)
        return err_set(e, "--%s-allocator manual needs --%s-spis", whose, whose);
    if (s->list)
        spi_source_init_list(&side->source, s->list, s->n_list);
    else if (!spi_source_init(&side->source, s->allocator, s->has_range ? &s->range : NULL, e))
        return err_at(e, "--%s-allocator", whose);
    if (side->n_systems > side->n_sas)
        return err_set(e, "--hosts %" PRIu64 ": more hosts than SAs (%" PRIu64 "); raise --host-sas", side->n_systems,
                       side->n_sas);
    if (side->overlap_s > 0 && side->overlap_s >= period_s)
        return err_set(e, "--overlap: not shorter than the time between rekeyings of the %s; shorten it", whose);
    return true;
}

static bool make_case(struct asked *a, struct err *e)
{
    struct collision_case *c = &a->ask.c;
    uint64_t n_hosts = a->n_hosts ? a->n_hosts : a->host.list ? 1 : 0;
    if (!make_side(a, &a->host, "host", n_hosts, &c->host, e) ||
        !make_side(a, &a->gateway, "gateway", 1, &c->gateway, e))
        return false;
    bool is_redrawn = !isinf(c->redraw_s);
    if (c->at_once && (isinf(c->host.period_s) || c->host.period_s < c->gateway.period_s ||
                       c->host.period_s > c->gateway.period_s || a->overlap_s > 0 || is_redrawn))
        return err_set(e, "--at-once needs one --rekey time for both sides, and neither --overlap nor --redraw");
    if (is_redrawn && c->gateway.source.allocator->law == SPI_SHARED)
        return err_set(e, "--redraw: %s has one SPI for all SAs and cannot redraw one; leave it out",
                       c->gateway.source.allocator->member.name);
    if (a->plot && !a->sweep.n_axes)
        return err_set(e, "--plot draws a sweep; add --sweep n=...,R=...");
    return true;
}

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

static json_t *result_json(const struct asked *a, const struct collide_result *r, bool agrees)
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

static void print_json(json_t *value)
{
    json_dumpf(value, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(value);
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
        snprintf(text, TEXT_CAP, s >= 1e5 * COLLISION_YEAR_S ? "%.3g years" : "%.4g years", s / COLLISION_YEAR_S);
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
        printf("Rekeying: followed for %s, %" PRIu64 " new pairs%s; intervals: Poisson, residuals.\n",
               time_text(r->simulated_s, span), r->n_new_pairs, r->is_thinned ? " (misses passed over)" : "");
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
        printf("%s Two counters or a part of a range: how often later ones meet depends on where they stand.\n",
               f->p_any >= 1 ? "Not safe: the SPIs of the start collide." : "The start is as above.");
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
        printf("Disjoint ranges end it: e.g. gateway SPIs below 0x100, where only VPP draws (--gateway-spis).\n");
}

static void print_text(const struct asked *a, const struct collide_result *r)
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
    putchar('\n');
    print_answer(c, f);
    print_how(r);
}

/* ---- the command ------------------------------------------------------------------------------------------------- */

static int run_one(const struct asked *a)
{
    struct collide_result result;
    struct err e;
    if (!collide_run(&a->ask, &result, &e)) {
        fprintf(stderr, "espsim collide: %s\n", e.text);
        return CMD_ASKED_WRONGLY;
    }
    bool agrees = collide_agrees(&result, &e);
    if (a->json)
        print_json(result_json(a, &result, agrees));
    else
        print_text(a, &result);
    if (!agrees)
        fprintf(stderr, "espsim collide: formula and simulation disagree: %s\n", e.text);
    return agrees ? CMD_FINE : CMD_WORSE;
}

static json_t *point_json(const struct collide_point *p)
{
    json_t *estimate = estimate_json(&p->result.p_any);
    json_object_set_new(estimate, "exact", number(p->result.closed.p_any));
    return json_pack("{s:I, s:I, s:I, s:o, s:o, s:o, s:b}", "n", (json_int_t)p->n, "m", (json_int_t)p->m, "R",
                     (json_int_t)p->range, "p_any", estimate, "rate_per_s", number(p->result.closed.rate_per_s),
                     "mean_time_to_first_s", number(p->result.closed.first_s), "agrees", p->agrees);
}

static void print_points(const struct collide_point *points, size_t n, bool json)
{
    if (json) {
        json_t *all = json_array();
        for (size_t i = 0; i < n; i++)
            json_array_append_new(all, point_json(&points[i]));
        print_json(all);
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

static int run_sweep(const struct asked *a)
{
    struct err e;
    size_t n;
    struct collide_point *points = collide_sweep_run(&a->sweep, &a->ask, &n, &e);
    if (!points) {
        fprintf(stderr, "espsim collide: --sweep: %s\n", e.text);
        return CMD_ASKED_WRONGLY;
    }
    print_points(points, n, a->json);
    int code = CMD_FINE;
    for (size_t i = 0; i < n; i++)
        if (!points[i].agrees) {
            fprintf(stderr, "espsim collide: n = %" PRIu64 ", m = %" PRIu64 ", R = %" PRIu64 ": %s\n", points[i].n,
                    points[i].m, points[i].range, points[i].why.text);
            code = CMD_WORSE;
        }
    if (a->plot && !collide_plot(a->plot, points, n, &e)) {
        fprintf(stderr, "espsim collide: --plot: %s\n", e.text);
        code = CMD_COULD_NOT;
    }
    free(points);
    return code;
}

int cmd_collide(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = take_word,
        .doc = "How often do LAN hosts with IPsec of their own and the gateway in front of them choose the same SPI? "
               "Closed forms beside simulation; see espsim-collide(1).",
    };
    static const double HOUR_S = 3600;
    struct asked a = {
        .host = {.allocator = &spi_strongswan},
        .gateway = {.allocator = &spi_strongswan},
        .period_s = HOUR_S,
        .ask = {.c = {.n_sites = 1, .redraw_s = COLLISION_NEVER}, .n_collisions = 200, .seed = 1, .n_jobs = 1},
    };
    struct err e;
    argp_parse(&argp, argc, argv, 0, NULL, &a);
    int code = CMD_ASKED_WRONGLY;
    if (!make_case(&a, &e))
        fprintf(stderr, "espsim collide: %s\n", e.text);
    else
        code = a.sweep.n_axes ? run_sweep(&a) : run_one(&a);
    free(a.host.list);
    free(a.gateway.list);
    return code;
}
