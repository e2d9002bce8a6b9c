#include "analysis/collide.h"
#include "analysis/collide_blocks.h"
#include "analysis/collide_course.h"
#include "analysis/collide_plot.h"
#include "analysis/collide_set.h"
#include "analysis/collide_stat.h"
#include "models/spi/allocators.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define HOUR_S 3600.0

static struct collide_ask ask(const struct spi_allocator *host, uint64_t n, const struct spi_allocator *gateway,
                              uint64_t m)
{
    struct collide_ask a = {.c = {.n_sites = 1, .redraw_s = COLLISION_NEVER}, .seed = 1, .n_jobs = 2};
    struct err e;
    a.c.host = (struct collision_side){.n_sas = n, .n_systems = n, .period_s = HOUR_S};
    a.c.gateway = (struct collision_side){.n_sas = m, .n_systems = 1, .period_s = HOUR_S};
    assert_true(spi_source_init(&a.c.host.source, host, NULL, &e));
    assert_true(spi_source_init(&a.c.gateway.source, gateway, NULL, &e));
    return a;
}

static void in_range(struct collide_ask *a, uint32_t size)
{
    a->c.host.source.range = a->c.gateway.source.range = (struct spi_range){0x1000, 0x1000 + size - 1};
}

static struct collide_result run(const char *what, const struct collide_ask *a)
{
    struct collide_result r;
    struct err e;
    if (!collide_run(a, &r, &e))
        fail_msg("%s: %s", what, e.text);
    return r;
}

static void inside(const char *what, const char *figure, double closed, double error, const struct collide_estimate *x)
{
    double slack = fabs(closed) * (error + 1e-9);
    if (!x->is_known || closed + slack < x->ci.low || closed - slack > x->ci.high)
        fail_msg("%s: %s is %.8g by formula, %.8g by simulation (%.8g to %.8g)", what, figure, closed, x->value,
                 x->ci.low, x->ci.high);
}

/* ---- the parts -----------------------------------------------------------------------------------------------------
 */

/* The set against a plain count of what was added and removed. */
static void a_set_counts_what_was_added(void **state)
{
    (void)state;
    enum { N_SPIS = 200, N_STEPS = 200000, CAP = 400 };
    uint32_t n_of[N_SPIS] = {0}, n_all = 0;
    struct collide_set s;
    struct rng r;
    rng_init(&r, 1, "set");
    collide_set_init(&s, CAP);
    for (int step = 0; step < N_STEPS; step++) {
        uint32_t which = (uint32_t)rng_below(&r, N_SPIS), spi = which * which * 77777u; /* 0 among them */
        if (n_all < CAP && rng_below(&r, 2)) {
            if (rng_below(&r, 2)) {
                collide_set_add(&s, spi);
                n_of[which]++, n_all++;
            } else {
                bool is_new = collide_set_add_new(&s, spi);
                assert_int_equal(is_new, n_of[which] == 0);
                n_of[which] += is_new, n_all += is_new;
            }
        } else if (n_of[which]) {
            collide_set_remove(&s, spi);
            n_of[which]--, n_all--;
        }
        which = (uint32_t)rng_below(&r, N_SPIS);
        assert_int_equal(collide_set_count(&s, which * which * 77777u), n_of[which]);
        if (which)
            assert_true(collide_set_may_have(&s, which * which * 77777u) || !n_of[which]);
    }
    collide_set_clear(&s);
    for (uint32_t which = 0; which < N_SPIS; which++)
        assert_int_equal(collide_set_count(&s, which * which * 77777u), 0);
    collide_set_fini(&s);
}

static void intervals_of_the_textbooks(void **state)
{
    (void)state;
    /* Garwood's table: 95 % limits of 0 and 10 events. */
    assert_true(fabs(stat_poisson(0, 0.95).high - 3.6889) < 1e-4);
    assert_true(fabs(stat_poisson(10, 0.95).low - 4.7954) < 1e-4);
    assert_true(fabs(stat_poisson(10, 0.95).high - 18.3904) < 1e-4);
    struct interval b = stat_bounded(1, 0, 1000, 0.99);
    assert_true(b.high == 1 && fabs(b.low - (1 - 3 * log(300) / 1000)) < 1e-12);
    static const double x[] = {2, 4, 6}, y[] = {1, 2, 3}, z[] = {2, 4, 7};
    struct interval same = stat_ratio(x, y, 3, 0.99), other = stat_ratio(z, y, 3, 0.99);
    assert_true(fabs(same.low - 2) < 1e-12 && fabs(same.high - 2) < 1e-12);
    assert_true(other.low < 13.0 / 6 && other.high > 13.0 / 6 && other.high > other.low + 0.1);
}

static bool square(void *shared, size_t block, struct err *e)
{
    ((size_t *)shared)[block] = block * block;
    return block % 7 == 5 ? err_set(e, "block %zu", block) : true;
}

static void blocks_are_all_done_and_the_first_failure_is_told(void **state)
{
    (void)state;
    size_t done[100];
    struct err e;
    for (unsigned n_jobs = 1; n_jobs < 9; n_jobs++) {
        memset(done, 0xff, sizeof done);
        assert_false(blocks_run(square, done, 100, n_jobs, &e));
        assert_string_equal(e.text, "block 5");
        for (size_t i = 0; i < 100; i++)
            assert_int_equal(done[i], i * i);
        assert_true(blocks_run(square, done, 5, n_jobs, &e));
    }
}

/* ---- formulas against simulation ------------------------------------------------------------------------------------
 */

/* A grid of sizes, ranges and allocators with fixed seeds: the closed form of p_any lies in the 99 % interval, by plain
 * trials and by importance sampling, down to 1e-9 and below. */
static void p_any_agrees_over_a_grid(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        const struct spi_allocator *host, *gateway;
        uint64_t n, n_hosts, m;
        uint32_t size; /* of a common range; 0: the allocators' own */
    } rows[] = {
        {"one against one of 64", &spi_uniform, &spi_uniform, 1, 1, 1, 64},
        {"half-full range", &spi_uniform, &spi_uniform, 5, 5, 30, 64},
        {"nearly full range, by the allocator itself", &spi_uniform, &spi_uniform, 2, 1, 60, 64},
        {"different numbers of one host", &spi_uniform, &spi_uniform, 20, 1, 20, 1000},
        {"some hosts with some SAs each", &spi_uniform, &spi_uniform, 20, 7, 20, 1000},
        {"hundreds", &spi_uniform, &spi_uniform, 300, 300, 200, 100000},
        {"an odd number of draws", &spi_uniform, &spi_uniform, 301, 301, 201, 100000},
        {"thousands of 2^28", &spi_strongswan, &spi_strongswan, 1000, 1000, 1000, 0},
        {"ranges that overlap", &spi_libreswan, &spi_linux_pfkey, 3000, 3000, 3000, 0},
        {"the smaller range on the hosts' side", &spi_freebsd, &spi_openbsd_iked, 3000, 3000, 3000, 0},
        {"Junos", &spi_junos_manual, &spi_junos_manual, 40, 10, 8, 0},
        {"VPP repeats itself", &spi_vpp, &spi_vpp, 5000, 5000, 5000, 0},
        {"Cilium against Cilium", &spi_cilium_keyid, &spi_cilium_keyid, 12, 3, 9, 0},
        {"Cilium against VPP", &spi_cilium_keyid, &spi_vpp, 100, 100, 1000, 0},
        {"counting against drawing", &spi_sequential, &spi_linux_pfkey, 2000, 1, 2000, 0},
        {"drawing against counting", &spi_linux_pfkey, &spi_sequential, 2000, 500, 2000, 0},
        {"2e-10", &spi_vpp, &spi_vpp, 1, 1, 1, 0},
        {"2e-9", &spi_libreswan, &spi_openbsd_iked, 2, 2, 5, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int method = COLLIDE_PLAIN; method <= COLLIDE_IMPORTANCE; method++) {
            struct collide_ask a = ask(rows[i].host, rows[i].n, rows[i].gateway, rows[i].m);
            a.c.host.n_systems = rows[i].n_hosts;
            a.method = (enum collide_method)method;
            a.n_trials = 4000;
            a.seed = i;
            if (rows[i].size)
                in_range(&a, rows[i].size);
            struct collide_result r = run(rows[i].what, &a);
            inside(rows[i].what, "p_any", r.closed.p_any, 0, &r.p_any);
            if (method == COLLIDE_IMPORTANCE) {
                assert_true(r.by_importance && r.p_any.value > 0);
                assert_true(r.p_any.ci.high - r.p_any.ci.low < r.closed.expected_pairs);
            }
        }
}

/* A rare event gets an estimate with a small relative error, not 0. */
static void rare_events_are_estimated(void **state)
{
    (void)state;
    struct collide_ask a = ask(&spi_libreswan, 2, &spi_libreswan, 2);
    a.n_trials = 20000;
    struct collide_result r = run("1e-9", &a);
    assert_true(r.by_importance);
    assert_true(r.p_any.value > 9.3e-10 && r.p_any.value < 9.4e-10);
    assert_true(r.p_any.ci.low > 0.99 * r.p_any.value);
    inside("1e-9", "p_any", r.closed.p_any, 0, &r.p_any);
    a = ask(&spi_uniform, 1, &spi_uniform, 1);
    a.c.host.source.range = (struct spi_range){0x100, 0x10000000};
    a.c.gateway.source.range = (struct spi_range){0x10000000, 0xffffffff};
    a.n_collisions = 200;
    r = run("one number in common", &a);
    assert_true(r.p_any.value > 9e-19 && r.p_any.value < 1e-18);
    inside("one number in common", "p_any", r.closed.p_any, 0, &r.p_any);
    inside("one number in common", "rate", r.closed.rate_per_s, 0, &r.rate_per_s);
    /* The trials see what the formula leaves out: two pairs at once. */
    a = ask(&spi_uniform, 3, &spi_uniform, 3);
    in_range(&a, 4);
    a.method = COLLIDE_IMPORTANCE;
    a.n_trials = 100000;
    a.c.host.period_s = a.c.gateway.period_s = COLLISION_NEVER;
    r = run("three of four", &a);
    inside("three of four", "p_any", 1 - pow(0.25, 3), 0, &r.p_any);
    assert_true(r.n_hits > 0);
}

static void inside_all(const char *what, const struct collide_result *r)
{
    struct err e;
    inside(what, "rate", r->closed.rate_per_s, 0, &r->rate_per_s);
    inside(what, "duration", r->closed.duration_s, 0, &r->duration_s);
    inside(what, "first", r->closed.first_s, r->closed.first_error, &r->first_s);
    assert_true(collide_agrees(r, &e));
}

static void rekeying_agrees(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        uint64_t n, n_hosts, m;
        uint32_t size;
        double host_s, gateway_s, overlap_s, redraw_s;
    } rows[] = {
        {"equal periods", 50, 50, 40, 1 << 18, 3600, 3600, 0, HUGE_VAL},
        {"unequal periods", 50, 50, 40, 1 << 18, 600, 3600, 0, HUGE_VAL},
        {"a gateway that is never rekeyed", 50, 50, 40, 1 << 18, 600, HUGE_VAL, 0, HUGE_VAL},
        {"hosts with ten SAs each", 50, 5, 40, 1 << 18, 3600, 1800, 0, HUGE_VAL},
        {"overlap", 50, 50, 40, 1 << 18, 3600, 3600, 900, HUGE_VAL},
        {"redraw", 50, 50, 40, 1 << 18, 3600, 3600, 0, 300},
        {"redraw with overlap", 50, 50, 40, 1 << 18, 3600, 1800, 300, 600},
        {"many pairs at once", 50, 50, 40, 4096, 3600, 3600, 0, HUGE_VAL},
        {"so rare that draws are passed over", 2, 2, 3, 0x80000000, 3600, 1800, 0, HUGE_VAL},
        {"and with overlap and redraw", 2, 2, 3, 0x80000000, 3600, 1800, 300, 600},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct collide_ask a = ask(&spi_uniform, rows[i].n, &spi_uniform, rows[i].m);
        in_range(&a, rows[i].size);
        a.c.host.n_systems = rows[i].n_hosts;
        a.c.host.period_s = rows[i].host_s;
        a.c.gateway.period_s = rows[i].gateway_s;
        a.c.host.overlap_s = rows[i].overlap_s;
        a.c.gateway.overlap_s = rows[i].overlap_s;
        a.c.redraw_s = rows[i].redraw_s;
        a.n_collisions = 800;
        a.n_trials = 1000;
        a.seed = 100 + i;
        struct collide_result r = run(rows[i].what, &a);
        assert_int_equal(r.is_thinned, rows[i].size == 0x80000000);
        inside_all(rows[i].what, &r);
    }
}

static void counters_are_rekeyed_as_they_count(void **state)
{
    (void)state;
    struct collide_ask a = ask(&spi_uniform, 40, &spi_sequential, 30);
    in_range(&a, 1 << 16);
    a.n_collisions = 1000;
    a.n_trials = 1000;
    struct collide_result r = run("a counting gateway", &a);
    inside("a counting gateway", "rate", r.closed.rate_per_s, 0, &r.rate_per_s);
    inside("a counting gateway", "duration", r.closed.duration_s, 0, &r.duration_s);
    a = ask(&spi_cilium_keyid, 30, &spi_cilium_keyid, 20);
    a.c.host.n_systems = 3;
    a.n_collisions = 50000;
    r = run("Cilium against Cilium", &a);
    inside("Cilium against Cilium", "rate", r.closed.rate_per_s, 0, &r.rate_per_s);
    assert_false(isfinite(r.closed.first_s));
}

/* Counters that begin anywhere, followed again and again, against the average of the formula. */
static void counters_that_stand_anywhere(void **state)
{
    (void)state;
    enum { N_RUNS = 4000, N_LIST = 40 };
    static const double watched_s = 60;
    uint32_t list[N_LIST];
    for (uint32_t i = 0; i < N_LIST; i++)
        list[i] = 0x1000 + 7 * i;
    for (int row = 0; row < 5; row++) {
        struct collide_ask a = ask(&spi_sequential, 6, row == 3 ? &spi_uniform : &spi_sequential, 5);
        in_range(&a, 200);
        a.c.host.n_systems = row == 1 ? 3 : 1;
        a.c.host.period_s = 10;
        a.c.gateway.period_s = row == 2 ? 10 : 7;
        a.c.host.overlap_s = a.c.gateway.overlap_s = row == 4 ? 2 : 0;
        if (row >= 3) /* half of what it counts lies where the gateway's numbers are */
            a.c.host.source.range = (struct spi_range){0x1064, 0x112b};
        if (row == 4)
            spi_source_init_list(&a.c.gateway.source, list, N_LIST);
        struct collision closed = collision_solve(&a.c);
        assert_true(isnan(closed.rate_per_s));
        double n_new = 0, squares = 0, seconds = 0;
        struct rng where;
        rng_init(&where, 1, "where");
        for (uint64_t i = 0; i < N_RUNS; i++) {
            struct course_seen seen;
            struct err e;
            struct rng r;
            rng_init(&r, i, "course");
            a.c.host.source.at = rng_below(&where, spi_range_size(a.c.host.source.range));
            a.c.gateway.source.at = row == 4   ? rng_below(&where, N_LIST)
                                    : row == 3 ? 0
                                               : rng_below(&where, spi_range_size(a.c.gateway.source.range));
            assert_true(course_follow(&a, r, watched_s, &seen, &e));
            n_new += seen.n_new;
            squares += seen.n_new * seen.n_new;
            seconds += seen.pair_seconds;
        }
        double mean = n_new / N_RUNS, error = sqrt((squares / N_RUNS - mean * mean) / N_RUNS) / watched_s;
        double rate = mean / watched_s;
        if (fabs(rate - closed.average_rate_per_s) > 3 * error)
            fail_msg("row %d: %.6g new pairs a second, the formula has %.6g (standard error %.2g)", row, rate,
                     closed.average_rate_per_s, error);
        if (fabs(seconds / n_new / closed.average_duration_s - 1) > 0.05)
            fail_msg("row %d: a pair lasts %.6g s, the formula has %.6g", row, seconds / n_new,
                     closed.average_duration_s);
    }
}

static void all_at_once_is_geometric(void **state)
{
    (void)state;
    struct collide_ask a = ask(&spi_uniform, 50, &spi_uniform, 40);
    in_range(&a, 1 << 16);
    a.c.at_once = true;
    a.n_trials = 20000;
    struct collide_result r = run("all at once", &a);
    inside("all at once", "first", r.closed.first_s, 0, &r.first_s);
    assert_true(fabs(r.closed.first_s - HOUR_S * (1 / r.closed.p_any - 1)) < 1e-6);
    a.c.n_sites = 10;
    struct collide_result ten = run("ten sites", &a);
    inside("ten sites", "p_any", ten.closed.p_any, 0, &ten.p_any);
    inside("ten sites", "first", ten.closed.first_s, 0, &ten.first_s);
    assert_true(ten.p_any.value > 5 * r.p_any.value);
}

/* facts/esp.md: 1,000 and 1,000 SAs of 2^28 numbers, rekeyed every hour: 5.6 days. */
static void the_thousand_of_the_facts(void **state)
{
    (void)state;
    struct collide_ask a = ask(&spi_strongswan, 1000, &spi_strongswan, 1000);
    a.n_collisions = 150;
    a.n_trials = 20000;
    struct collide_result r = run("thousands", &a);
    assert_true(fabs(1 / r.closed.rate_per_s / 86400 - 5.59) < 0.005);
    assert_false(r.is_thinned);
    inside("thousands", "p_any", r.closed.p_any, 0, &r.p_any);
    inside_all("thousands", &r);
    assert_true(1 / r.rate_per_s.value / 86400 > 4.5 && 1 / r.rate_per_s.value / 86400 < 7);

    a = ask(&spi_strongswan, 1000, &spi_linux_pfkey, 1000);
    a.n_collisions = 150;
    a.n_trials = 20000;
    r = run("strongSwan against PF_KEY", &a);
    assert_true(r.closed.p_any == 0 && isinf(r.closed.first_s));
    assert_true(r.n_hits == 0 && r.n_new_pairs == 0 && r.n_rekeyings > 1000000);
    struct err e;
    assert_true(collide_agrees(&r, &e));
}

/* ---- laws
 * ------------------------------------------------------------------------------------------------------------ */

static bool same(const struct collide_estimate *a, const struct collide_estimate *b)
{
    return a->is_known == b->is_known && !memcmp(&a->value, &b->value, sizeof a->value) &&
           !memcmp(&a->ci, &b->ci, sizeof a->ci);
}

static void jobs_do_not_matter(void **state)
{
    (void)state;
    struct collide_ask a = ask(&spi_uniform, 100, &spi_uniform, 100);
    in_range(&a, 1 << 18);
    a.n_trials = 5001;
    a.n_collisions = 300;
    for (int method = COLLIDE_PLAIN; method <= COLLIDE_IMPORTANCE; method++) {
        a.method = (enum collide_method)method;
        a.n_jobs = 1;
        struct collide_result one = run("one job", &a);
        for (unsigned n_jobs = 2; n_jobs < 6; n_jobs++) {
            a.n_jobs = n_jobs;
            struct collide_result more = run("more jobs", &a);
            assert_true(same(&one.p_any, &more.p_any) && same(&one.rate_per_s, &more.rate_per_s));
            assert_true(same(&one.first_s, &more.first_s) && same(&one.duration_s, &more.duration_s));
            assert_int_equal(one.n_draws, more.n_draws);
        }
    }
    a.seed++;
    struct collide_result other = run("another seed", &a);
    a.seed--;
    struct collide_result again = run("the seed again", &a);
    assert_false(same(&other.rate_per_s, &again.rate_per_s));
}

/* A formula that is wrong by a quarter is found out. */
static void disagreement_is_told(void **state)
{
    (void)state;
    struct collide_ask a = ask(&spi_uniform, 100, &spi_uniform, 100);
    in_range(&a, 1 << 16);
    a.n_trials = 50000;
    a.n_collisions = 5000;
    struct collide_result r = run("right", &a), wrong;
    struct err e;
    assert_true(collide_agrees(&r, &e));
    wrong = r;
    wrong.closed.p_any *= 1.25;
    assert_false(collide_agrees(&wrong, &e));
    assert_non_null(strstr(e.text, "p_any"));
    wrong = r;
    wrong.closed.rate_per_s *= 1.25;
    assert_false(collide_agrees(&wrong, &e));
    wrong = r;
    wrong.closed.duration_s *= 1.25;
    assert_false(collide_agrees(&wrong, &e));
    wrong = r;
    wrong.closed.first_s *= 3;
    assert_false(collide_agrees(&wrong, &e));
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    struct collide_ask a = ask(&spi_uniform, 1, &spi_uniform, 65);
    struct collide_result r;
    struct err e;
    in_range(&a, 64);
    assert_false(collide_run(&a, &r, &e));
    assert_non_null(strstr(e.text, "ask for fewer SAs"));
    a.c.gateway.n_sas = 64; /* rekeying needs one more */
    assert_false(collide_run(&a, &r, &e));
    a.c.host.period_s = a.c.gateway.period_s = COLLISION_NEVER;
    a.c.gateway.source.allocator = &spi_openbsd_iked; /* gives up after 100 draws of a full range */
    a.n_trials = 100;
    assert_false(collide_run(&a, &r, &e));
    assert_non_null(strstr(e.text, "openbsd-iked gave up"));
}

static void sweeps(void **state)
{
    (void)state;
    struct collide_sweep s;
    struct err e;
    assert_true(collide_sweep_parse("n=10..100,300,R=2^16,65537", &s, &e));
    static const uint64_t n[] = {10, 20, 50, 100, 300};
    assert_int_equal(s.n.n, 5);
    assert_memory_equal(s.n.value, n, sizeof n);
    assert_true(s.range.n == 2 && s.range.value[0] == 65536 && s.range.value[1] == 65537 && s.m.n == 0);
    static const char *const bad[] = {"", "10", "x=1", "n=", "n=0", "n=1..1", "n=2^33", "n=1,,2", "n=5..x", "n=1=2"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (collide_sweep_parse(bad[i], &s, &e))
            fail_msg("`%s` was taken as a sweep", bad[i]);

    assert_true(collide_sweep_parse("n=10,100,R=2^16,2^32", &s, &e));
    struct collide_ask a = ask(&spi_strongswan, 1000, &spi_strongswan, 50);
    a.n_trials = 500;
    size_t n_points;
    struct collide_point *p = collide_sweep_run(&s, &a, &n_points, &e);
    assert_non_null(p);
    assert_int_equal(n_points, 4);
    for (size_t i = 0; i < n_points; i++) {
        assert_int_equal(p[i].n, i % 2 ? 100 : 10);
        assert_int_equal(p[i].range, i / 2 ? 1ull << 32 : 65536);
        assert_true(p[i].agrees && p[i].result.p_any.value > 0);
    }
    struct file_set set = {0};
    bool is_plotted = collide_plot(p, n_points, &set, &e);
    if (!is_plotted)
        assert_non_null(strstr(e.text, "gnuplot"));
    static const char *const names[] = {"collide.tsv", "collide.gp", "collide.svg", "collide.png"};
    assert_int_equal(set.n_files, is_plotted ? 4 : 2);
    for (size_t i = 0; i < set.n_files; i++)
        assert_string_equal(set.files[i].name, names[i]);
    assert_non_null(strstr(set.files[0].octets, "10\t50\t65536\t"));
    assert_non_null(strstr(set.files[1].octets, "'collide.tsv' index 1"));
    file_set_fini(&set);
    free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_counts_what_was_added),
        cmocka_unit_test(intervals_of_the_textbooks),
        cmocka_unit_test(blocks_are_all_done_and_the_first_failure_is_told),
        cmocka_unit_test(p_any_agrees_over_a_grid),
        cmocka_unit_test(rare_events_are_estimated),
        cmocka_unit_test(rekeying_agrees),
        cmocka_unit_test(counters_are_rekeyed_as_they_count),
        cmocka_unit_test(counters_that_stand_anywhere),
        cmocka_unit_test(all_at_once_is_geometric),
        cmocka_unit_test(the_thousand_of_the_facts),
        cmocka_unit_test(jobs_do_not_matter),
        cmocka_unit_test(disagreement_is_told),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(sweeps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
