#include "sim/cli/collide_words.h"

#include "models/base/units.h"
#include "models/spi/allocators.h"
#include "sim/cli/words.h"

#include <argp.h>
#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N_LIST_MOST = 4096 };

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

static bool parse_allocator(const char *name, struct collide_asked_side *s, struct err *e)
{
    const struct member *m = family_find(&spi_family, name, e);
    if (!m)
        return false;
    s->allocator = spi_allocator_of(m);
    return true;
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
    if (!parse_seconds(text, s, e)) {
        struct err why = *e;
        return err_set(e, "%s; or never", why.text);
    }
    return *s > 0 ? true : err_set(e, "must be longer than 0; or never");
}

static bool parse_range(const char *text, struct collide_asked_side *s, struct err *e)
{
    s->has_range = true;
    return spi_range_parse(text, &s->range, e);
}

static bool list_add(void *ctx, const char *word, struct err *e)
{
    struct collide_asked_side *s = ctx;
    uint64_t spi;
    if (!units_parse_count(word, &spi, e))
        return false;
    if (!spi || spi > UINT32_MAX)
        return err_set(e, "an SPI is 1-0xffffffff");
    if (s->n_list == N_LIST_MOST)
        return err_set(e, "more than %d SPIs; use --range", N_LIST_MOST);
    for (size_t i = 0; i < s->n_list; i++)
        if (s->list[i] == spi)
            return err_set(e, "stands twice; SAs of one system need different SPIs");
    s->list[s->n_list++] = (uint32_t)spi;
    return true;
}

static bool parse_list(const char *text, struct collide_asked_side *s, struct err *e)
{
    free(s->list); /* said twice: the last holds */
    s->n_list = 0;
    s->list = calloc(N_LIST_MOST, sizeof *s->list);
    s->allocator = &spi_manual;
    assert(s->list);
    return list_each(text, list_add, s, e);
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

static bool parse_side_word(int key, const char *arg, struct collide_asked *a, struct err *e)
{
    switch (key) {
    case KEY_HOST_ALLOCATOR:
        return parse_allocator(arg, &a->host, e);
    case KEY_GATEWAY_ALLOCATOR:
        return parse_allocator(arg, &a->gateway, e);
    case KEY_HOST_SAS:
        return count_parse(arg, 1, 1ull << 32, &a->host.n_sas, e);
    case KEY_GATEWAY_SAS:
        return count_parse(arg, 1, 1ull << 32, &a->gateway.n_sas, e);
    case KEY_HOSTS:
        return count_parse(arg, 1, 1ull << 32, &a->n_hosts, e);
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

static bool parse_other_word(int key, const char *arg, struct collide_asked *a, struct err *e)
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
        return count_parse(arg, 1, 1000000000, &a->ask.c.n_sites, e);
    case KEY_OBSERVE:
        return parse_seconds(arg, &a->observe_s, e);
    case KEY_TRIALS:
        return count_parse(arg, 1, 1000000000000, &a->ask.n_trials, e);
    case KEY_COLLISIONS:
        return count_parse(arg, 0, 1000000, &a->ask.n_collisions, e);
    case KEY_METHOD:
        return parse_method(arg, &a->ask.method, e);
    case KEY_SEED:
        return units_parse_count(arg, &a->ask.seed, e);
    case KEY_JOBS:
        if (!count_parse(arg, 1, 1024, &n, e))
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

static error_t take_word(int key, char *arg, struct argp_state *state)
{
    struct collide_asked *a = state->input;
    struct err e;
    if (key == ARGP_KEY_ARG)
        argp_error(state, "`%s`: one word too many", arg);
    if (key < KEY_HOST_ALLOCATOR || key > KEY_PLOT)
        return ARGP_ERR_UNKNOWN;
    if (!(is_side_word(key) ? parse_side_word(key, arg, a, &e) : parse_other_word(key, arg, a, &e)))
        argp_error(state, "--%s%s%s: %s", option_name(options, key), arg ? " " : "", arg ? arg : "", e.text);
    return 0;
}

/* ---- from words to a question ------------------------------------------------------------------------------------ */

static bool make_side(const struct collide_asked *a, const struct collide_asked_side *s, const char *whose,
                      uint64_t n_systems, struct collision_side *side, struct err *e)
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

static bool make_case(struct collide_asked *a, struct err *e)
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

bool collide_words_read(struct collide_asked *a, int argc, char **argv, struct err *e)
{
    static const struct argp argp = {
        .options = options,
        .parser = take_word,
        .doc = "How often do LAN hosts with IPsec of their own and the gateway in front of them choose the same SPI? "
               "Closed forms beside simulation; see espsim-collide(1).",
    };
    static const double HOUR_S = 3600;
    *a = (struct collide_asked){
        .host = {.allocator = &spi_strongswan},
        .gateway = {.allocator = &spi_strongswan},
        .period_s = HOUR_S,
        .ask = {.c = {.n_sites = 1, .redraw_s = COLLISION_NEVER}, .n_collisions = 200, .seed = 1, .n_jobs = 1},
    };
    argp_parse(&argp, argc, argv, 0, NULL, a);
    return make_case(a, e);
}

void collide_words_fini(struct collide_asked *a)
{
    free(a->host.list);
    free(a->gateway.list);
}
