/* bench_collide: SPIs drawn and checked per second by the trials of espsim collide, beside bare loops that draw 32-bit
 * numbers of the same generator and do nothing with them but keep them alive.
 *
 * Two bare loops: `halves` takes both halves of a 64-bit word, as the trials do, and `words` one number a word. The bar
 * is a quarter of the faster one. The three take turns, and the figure of each is its median turn; one thread. */
#include "analysis/collide.h"
#include "models/spi/allocators.h"

#include <argp.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { N_TURNS = 15, N_DRAWS = 20000000 };
static const double BAR = 0.25;

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static volatile uint32_t keep;

static double words_per_s(struct rng *r)
{
    uint32_t sum = 0;
    double began_s = now_s();
    for (int i = 0; i < N_DRAWS; i++)
        sum ^= (uint32_t)(rng_u64(r) >> 32);
    keep = sum;
    return N_DRAWS / (now_s() - began_s);
}

static double halves_per_s(struct rng *r)
{
    uint32_t sum = 0;
    double began_s = now_s();
    for (int i = 0; i < N_DRAWS / 2; i++) {
        uint64_t word = rng_u64(r);
        sum ^= (uint32_t)(word >> 32) ^ (uint32_t)word;
    }
    keep = sum;
    return N_DRAWS / (now_s() - began_s);
}

static double trials_per_s(const struct collide_ask *ask)
{
    struct collide_result result;
    struct err e;
    double began_s = now_s();
    if (!collide_run(ask, &result, &e)) {
        fprintf(stderr, "bench_collide: %s\n", e.text);
        exit(3);
    }
    return (double)result.n_draws / (now_s() - began_s);
}

static int compare_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values)
{
    qsort(values, N_TURNS, sizeof *values, compare_double);
    return values[N_TURNS / 2];
}

static struct collide_ask ask_of(const struct spi_allocator *a, uint64_t n_sas)
{
    struct collide_ask ask = {
        .c = {.n_sites = 1, .redraw_s = COLLISION_NEVER},
        .method = COLLIDE_PLAIN,
        .n_trials = N_DRAWS / (2 * n_sas),
        .seed = 1,
        .n_jobs = 1,
    };
    ask.c.host = (struct collision_side){.n_sas = n_sas, .n_systems = n_sas, .period_s = COLLISION_NEVER};
    ask.c.gateway = (struct collision_side){.n_sas = n_sas, .n_systems = 1, .period_s = COLLISION_NEVER};
    if (!spi_source_init(&ask.c.host.source, a, NULL, NULL) || !spi_source_init(&ask.c.gateway.source, a, NULL, NULL))
        exit(3);
    return ask;
}

struct figures {
    double words, halves, trials, ratio;
};

static struct figures measure(const struct spi_allocator *a, uint64_t n_sas)
{
    double words[N_TURNS], halves[N_TURNS], trials[N_TURNS];
    struct collide_ask ask = ask_of(a, n_sas);
    struct rng r;
    rng_init(&r, 1, "bench.collide");
    for (int i = 0; i < N_TURNS; i++) {
        words[i] = words_per_s(&r);
        trials[i] = trials_per_s(&ask);
        halves[i] = halves_per_s(&r);
    }
    struct figures f = {.words = median(words), .halves = median(halves), .trials = median(trials)};
    f.ratio = f.trials / (f.words > f.halves ? f.words : f.halves);
    return f;
}

static error_t take_word(int key, char *arg, struct argp_state *state)
{
    (void)arg;
    if (key != 'j')
        return ARGP_ERR_UNKNOWN;
    *(bool *)state->input = true;
    return 0;
}

int main(int argc, char **argv)
{
    static const struct argp_option options[] = {{"json", 'j', NULL, 0, "For programs", 0}, {0}};
    static const struct argp argp = {.options = options,
                                     .parser = take_word,
                                     .doc = "SPIs drawn and checked a second and core, beside bare loops over the "
                                            "generator. Exit 1 where the bar is missed."};
    static const struct {
        const struct spi_allocator *allocator;
        uint64_t n_sas;
    } rows[] = {{&spi_strongswan, 100},
                {&spi_strongswan, 1000},
                {&spi_linux_pfkey, 1000},
                {&spi_vpp, 1000},
                {&spi_libreswan, 10000}};
    bool json = false, met = true;
    argp_parse(&argp, argc, argv, 0, NULL, &json);
    json_t *all = json_array();
    if (!json)
        printf("%-14s %8s %12s %12s %12s %8s\n", "allocator", "SAs", "draws/s", "bare words", "bare halves", "ratio");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct figures f = measure(rows[i].allocator, rows[i].n_sas);
        const char *name = rows[i].allocator->member.name;
        met = met && f.ratio >= BAR;
        if (!json)
            printf("%-14s %8llu %12.4g %12.4g %12.4g %8.3f\n", name, (unsigned long long)rows[i].n_sas, f.trials,
                   f.words, f.halves, f.ratio);
        json_array_append_new(all, json_pack("{s:s, s:I, s:f, s:f, s:f, s:f, s:f}", "allocator", name, "sas_a_side",
                                             (json_int_t)rows[i].n_sas, "draws_per_s", f.trials, "bare_words_per_s",
                                             f.words, "bare_halves_per_s", f.halves, "ratio", f.ratio, "bar", BAR));
    }
    if (json) {
        json_dumpf(all, stdout, JSON_INDENT(2));
        putchar('\n');
    }
    json_decref(all);
    return met ? 0 : 1;
}
