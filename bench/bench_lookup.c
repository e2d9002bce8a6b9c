/* bench_lookup: what a lookup costs in a SAD of up to a million SAs, for every policy that finds: with an SPI each,
 * with one SPI and as many destinations, with one SPI and as many sources. A hash that grows costs cache misses; a scan
 * would cost a thousand times more. Not among the latter two is `prefix`, which searches the SAs of an SPI in their
 * order, as VPP searches its policies. */
#include "models/base/rng.h"
#include "models/base/units.h"
#include "models/ipsec/lookup.h"

#include <argp.h>
#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { N_QUERIES = 4096, ROUNDS = 64, POLICIES_CAP = 11 };

static const size_t sizes[] = {1000, 10000, 100000, 1000000};
enum { N_SIZES = sizeof sizes / sizeof *sizes };

/* The bar: a million SAs may cost this many times what a thousand do. Caches lie between the two (a thousand SAs stay
 * in the first, a million in none); a scan would be a thousand times as long. */
static const double bar = 20;

struct kind {
    const char *name, *what;
    bool one_spi, one_dst;
    const char *policies[POLICIES_CAP]; /* those whose key tells such SAs apart */
};

/* `wildrecv` finds nothing for ESP. */
static const struct kind kinds[] = {
    {"spi-each",
     "every SA has its own SPI",
     false,
     true,
     {"linux", "openbsd", "freebsd", "rfc4301", "rfc4301-local", "dpdk-sad", "spi", "prefix", "source-spi", "trial"}},
    {"one-spi",
     "all SAs have one SPI and their own destination",
     true,
     false,
     {"linux", "openbsd", "rfc4301", "rfc4301-local", "dpdk-sad"}},
    {"one-spi-dst",
     "all SAs have one SPI, one destination and their own source",
     true,
     true,
     {"rfc4301", "rfc4301-local", "dpdk-sad", "source-spi"}},
};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

struct settings {
    bool json;
    uint64_t most;
};

static struct addr address(uint32_t n)
{
    const uint8_t bytes[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
    struct addr a;
    addr_take(&a, 4, bytes);
    return a;
}

enum { FIRST_ADDRESS = 0x0a000000, FIRST_SPI = 0x10000 };

/* SA n of a kind; its source is its own, too. */
static void make_sa(struct sa *sa, const struct kind *k, size_t n)
{
    sa->p.spi = k->one_spi ? FIRST_SPI : (uint32_t)(FIRST_SPI + n);
    sa->p.mode = mode_get("transport");
    sa->p.dst = address((uint32_t)(FIRST_ADDRESS + (k->one_dst ? 0 : n)));
    sa->p.src = address((uint32_t)(FIRST_ADDRESS + n));
}

static struct lookup_query query_for(const struct sa *sa)
{
    return (struct lookup_query){.spi = sa->p.spi, .src = sa->p.src, .dst = sa->p.dst, .to_me = true};
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Nanoseconds a lookup: the fastest of several rounds over the same queries. */
static double measure(const struct lookup *policy, const struct sad *d, const struct lookup_query *queries)
{
    double best = 0;
    for (int round = 0; round < ROUNDS; round++) {
        double began = seconds();
        size_t n_found = 0;
        for (size_t i = 0; i < N_QUERIES; i++)
            n_found += policy->find(d, &queries[i]).outcome == LOOKUP_FOUND;
        double took = (seconds() - began) * 1e9 / N_QUERIES;
        assert(n_found == N_QUERIES);
        if (!round || took < best)
            best = took;
    }
    return best;
}

struct figures {
    double add_ns;
    double ns[POLICIES_CAP]; /* for each policy of the kind */
};

static struct figures measure_kind(const struct kind *k, size_t n)
{
    struct figures f = {0};
    struct sa *sas = calloc(n, sizeof *sas);
    struct sad *d = sad_new();
    struct lookup_query *queries = calloc(N_QUERIES, sizeof *queries);
    struct rng rng;
    assert(sas && queries);
    rng_init(&rng, 1, "queries");
    for (size_t i = 0; i < n; i++)
        make_sa(&sas[i], k, i);
    double began = seconds();
    for (size_t i = 0; i < n; i++)
        sad_add(d, &sas[i]);
    f.add_ns = (seconds() - began) * 1e9 / (double)n;
    for (size_t i = 0; i < N_QUERIES; i++)
        queries[i] = query_for(&sas[rng_below(&rng, n)]);
    for (size_t p = 0; p < POLICIES_CAP && k->policies[p]; p++)
        f.ns[p] = measure(lookup_get(k->policies[p]), d, queries);
    sad_free(d);
    free(queries);
    free(sas);
    return f;
}

/* The worst ratio of any SAD to the smallest one. */
static double worst_of(const struct kind *k, const struct figures *f, size_t n_sizes)
{
    double worst = 0;
    for (size_t p = 0; p < POLICIES_CAP && k->policies[p]; p++)
        for (size_t i = 0; i < n_sizes; i++)
            worst = f[i].ns[p] / f[0].ns[p] > worst ? f[i].ns[p] / f[0].ns[p] : worst;
    return worst;
}

/* Columns as wide as their headings, and as a figure. */
static int column_of(const char *policy)
{
    return strlen(policy) > 7 ? (int)strlen(policy) : 7;
}

static void report(const struct kind *k, const struct figures *f, size_t n_sizes)
{
    printf("%s: %s; ns a lookup; add: ns an SA\n%-8s", k->name, k->what, "SAs");
    for (size_t p = 0; p < POLICIES_CAP && k->policies[p]; p++)
        printf(" %*s", column_of(k->policies[p]), k->policies[p]);
    printf(" %7s\n", "add");
    for (size_t i = 0; i < n_sizes; i++) {
        printf("%-8zu", sizes[i]);
        for (size_t p = 0; p < POLICIES_CAP && k->policies[p]; p++)
            printf(" %*.1f", column_of(k->policies[p]), f[i].ns[p]);
        printf(" %7.1f\n", f[i].add_ns);
    }
    putchar('\n');
}

static json_t *json_of(const struct kind *k, const struct figures *f, size_t n_sizes)
{
    json_t *all = json_object();
    for (size_t p = 0; p < POLICIES_CAP && k->policies[p]; p++) {
        json_t *by_size = json_object();
        for (size_t i = 0; i < n_sizes; i++) {
            char size[24];
            snprintf(size, sizeof size, "%zu", sizes[i]);
            json_object_set_new(by_size, size, json_real(f[i].ns[p]));
        }
        json_object_set_new(all, k->policies[p], by_size);
    }
    return all;
}

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    struct settings *s = state->input;
    struct err e;
    switch (key) {
    case 'j':
        s->json = true;
        return 0;
    case 'n':
        if (!units_parse_count(arg, &s->most, &e) || s->most < sizes[0])
            argp_error(state, "--sas %s: expected at least %zu", arg, sizes[0]);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int main(int argc, char **argv)
{
    static const struct argp_option options[] = {{"json", 'j', NULL, 0, "one JSON object instead of tables", 0},
                                                 {"sas", 'n', "N", 0, "at most so many SAs (default 1000000)", 0},
                                                 {0}};
    static const struct argp argp = {options, take_option, NULL, "What a lookup costs in a SAD of up to a million SAs.",
                                     NULL,    NULL,        NULL};
    struct settings settings = {.most = sizes[N_SIZES - 1]};
    argp_err_exit_status = 2;
    argp_parse(&argp, argc, argv, 0, NULL, &settings);
    json_t *all = json_object();
    double worst = 0;
    for (size_t k = 0; k < N_KINDS; k++) {
        struct figures f[N_SIZES];
        size_t n = 0;
        for (; n < N_SIZES && sizes[n] <= settings.most; n++)
            f[n] = measure_kind(&kinds[k], sizes[n]);
        double ratio = worst_of(&kinds[k], f, n);
        if (settings.json)
            json_object_set_new(all, kinds[k].name, json_of(&kinds[k], f, n));
        else
            report(&kinds[k], f, n);
        worst = ratio > worst ? ratio : worst;
    }
    if (settings.json) {
        json_dumpf(all, stdout, JSON_INDENT(2));
        putchar('\n');
    } else {
        printf("a larger SAD costs at most %.1f times the smallest; bar %.0f\n", worst, bar);
    }
    json_decref(all);
    return worst > bar;
}
