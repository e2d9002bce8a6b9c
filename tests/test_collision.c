#include "models/spi/allocators.h"
#include "models/spi/collision.h"
#include "models/spi/collision_draws.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define HOUR_S 3600.0

static void near(const char *what, double got, double want, double relative)
{
    if (!(fabs(got - want) <= relative * fabs(want)))
        fail_msg("%s: %.12g, expected %.12g", what, got, want);
}

static struct collision_side side(const struct spi_allocator *a, uint64_t n, uint64_t n_systems)
{
    struct collision_side s = {.n_sas = n, .n_systems = n_systems, .period_s = HOUR_S};
    struct err e;
    assert_true(spi_source_init(&s.source, a, NULL, &e));
    return s;
}

static struct collision_side side_in(uint32_t lo, uint32_t hi, uint64_t n, uint64_t n_systems)
{
    struct collision_side s = side(&spi_uniform, n, n_systems);
    s.source.range = (struct spi_range){lo, hi};
    return s;
}

static struct collision_side side_of(const uint32_t *list, size_t n_list)
{
    struct collision_side s = {.n_sas = n_list, .n_systems = 1, .period_s = HOUR_S};
    spi_source_init_list(&s.source, list, n_list);
    return s;
}

static struct collision_case pair_of(struct collision_side host, struct collision_side gateway)
{
    return (struct collision_case){.host = host, .gateway = gateway, .n_sites = 1, .redraw_s = COLLISION_NEVER};
}

/* facts/esp.md: 50 % at 19,291 draws of 2^28 and 77,163 of 2^32; the textbook's 23 of 365. */
static void birthdays(void **state)
{
    (void)state;
    assert_int_equal(collision_birthday_draws(0.5, 365), 23);
    assert_int_equal(collision_birthday_draws(0.5, 1ull << 28), 19291);
    /* Half is passed between two whole numbers: 0.49999989 at 77,163, and the one after it is above. */
    near("77163 of 2^32", collision_birthday(77163, 1ull << 32), 0.5, 3e-7);
    assert_int_equal(collision_birthday_draws(0.5, 1ull << 32), 77164);
    near("19291 of 2^28", collision_birthday(19291, 1ull << 28), 0.5, 1e-5);
    near("23 of 365", collision_birthday(23, 365), 0.507297234323986, 1e-13);
    assert_true(collision_birthday(0, 365) == 0 && collision_birthday(1, 365) == 0);
    near("2 of 2^32", collision_birthday(2, 1ull << 32), 0x1p-32, 1e-15);
    assert_true(collision_birthday(366, 365) == 1);
    assert_true(collision_birthday(1ull << 32, 1ull << 32) == 1);
}

/* The sum of many terms is that of the terms one by one. */
static void sums_of_many_terms(void **state)
{
    (void)state;
    static const struct {
        uint64_t n, range;
    } rows[] = {{100000, 1ull << 32}, {1000000, 1ull << 32}, {1000000, 1ull << 28}, {1 << 20, 1 << 20},
                {32769, 1ull << 28},  {700000, 1 << 20},     {1000000, 1ull << 50}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        long double none = 0, avoid = 0;
        uint64_t g = rows[k].range - rows[k].n < 40000 ? rows[k].range - rows[k].n : 40000;
        for (uint64_t i = 0; i < rows[k].n; i++) {
            none += log1pl(-(long double)i / rows[k].range);
            avoid += log1pl(-(long double)g / (rows[k].range - i));
        }
        near("birthday", collision_birthday(rows[k].n, rows[k].range), (double)-expm1l(none), 1e-11);
        near("hit", collision_hit_distinct(rows[k].n, g, rows[k].range), (double)-expm1l(avoid), 1e-11);
    }
}

static void hits(void **state)
{
    (void)state;
    near("1 of 2^32 against 1", collision_hit(1, 1, 1ull << 32), 0x1p-32, 1e-15);
    near("2 against 3 of 10", collision_hit(2, 3, 10), 1 - 0.49, 1e-15);
    near("2 different against 3 of 10", collision_hit_distinct(2, 3, 10), 1 - 7.0 * 6 / 90, 1e-14);
    near("10^-15", collision_hit(1, 1, 1000000000000000), 1e-15, 1e-12);
    assert_true(collision_hit(5, 10, 10) == 1);
    assert_true(collision_hit_distinct(8, 3, 10) == 1);
    assert_true(collision_hit_distinct(7, 3, 10) < 1);
    near("all but one of 2^32", collision_hit_distinct(UINT32_MAX, 1, 1ull << 32), 1 - 0x1p-32, 1e-12);
    near("half against half of 2^32", collision_hit_distinct(1ull << 31, 1ull << 31, 1ull << 32), 1, 1e-15);
    assert_true(collision_hit(1ull << 32, 1ull << 32, 1ull << 32) == 1);
}

/* Every way to place few SPIs in small ranges is counted, and the share with a pair must be p_any. */
static double counted(const struct collision_side *h, const struct collision_side *g)
{
    struct spi_range hr = h->source.range, gr = g->source.range;
    uint64_t n = h->n_sas + g->n_sas, n_all = 1, n_lawful = 0, n_pair = 0;
    uint32_t spi[8];
    for (uint64_t i = 0; i < n; i++)
        n_all *= spi_range_size(i < h->n_sas ? hr : gr);
    for (uint64_t code = 0; code < n_all; code++) {
        uint64_t rest = code;
        bool lawful = true, pair = false;
        for (uint64_t i = 0; i < n; i++) {
            struct spi_range range = i < h->n_sas ? hr : gr;
            spi[i] = (uint32_t)(range.lo + rest % spi_range_size(range));
            rest /= spi_range_size(range);
        }
        for (uint64_t i = 0; i < n; i++)
            for (uint64_t k = 0; k < i; k++) {
                bool is_host = i < h->n_sas, both = is_host == (k < h->n_sas);
                const struct collision_side *s = is_host ? h : g;
                if (spi[i] == spi[k] && both && s->source.allocator->avoids_own && s->n_systems == 1)
                    lawful = false;
                if (spi[i] == spi[k] && !both)
                    pair = true;
            }
        n_lawful += lawful;
        n_pair += lawful && pair;
    }
    return (double)n_pair / (double)n_lawful;
}

static void p_any_is_that_of_counting(void **state)
{
    (void)state;
    struct spi_allocator careless = spi_uniform;
    careless.avoids_own = false;
    static const struct spi_range ranges[][2] = {
        {{256, 261}, {256, 261}}, {{256, 263}, {258, 261}}, {{258, 261}, {256, 263}},
        {{256, 260}, {259, 264}}, {{256, 256}, {256, 259}}, {{256, 259}, {260, 263}},
    };
    for (size_t k = 0; k < sizeof ranges / sizeof *ranges; k++)
        for (uint64_t n = 1; n <= 3; n++)
            for (uint64_t m = 1; m <= 3; m++)
                for (int laws = 0; laws < 8; laws++) {
                    uint64_t h_size = spi_range_size(ranges[k][0]), g_size = spi_range_size(ranges[k][1]);
                    bool one_host = laws & 4;
                    if ((n > h_size && one_host && !(laws & 1)) || (m > g_size && !(laws & 2)))
                        continue;
                    struct collision_side h = side_in(ranges[k][0].lo, ranges[k][0].hi, n, one_host ? 1 : n);
                    struct collision_side g = side_in(ranges[k][1].lo, ranges[k][1].hi, m, 1);
                    h.source.allocator = laws & 1 ? &careless : &spi_uniform;
                    g.source.allocator = laws & 2 ? &careless : &spi_uniform;
                    struct collision_case c = pair_of(h, g);
                    struct collision got = collision_solve(&c);
                    double want = counted(&h, &g);
                    if (fabs(got.p_any - want) > 1e-12 || !got.p_any_is_exact)
                        fail_msg("ranges %zu, n %u, m %u, laws %d: %.15g, counted %.15g, exact %d", k, (unsigned)n,
                                 (unsigned)m, laws, got.p_any, want, got.p_any_is_exact);
                    double pairs = (double)(n * m * spi_range_overlap(ranges[k][0], ranges[k][1])) / (double)h_size /
                                   (double)g_size;
                    assert_true(fabs(got.expected_pairs - pairs) < 1e-12);
                }
}

static void the_thousand_of_the_facts(void **state)
{
    (void)state;
    struct collision_case c =
        pair_of(side_in(0x10000000, 0x1fffffff, 1000, 1000), side_in(0x10000000, 0x1fffffff, 1000, 1));
    struct collision r = collision_solve(&c);
    near("days between collisions", 1 / r.rate_per_s / 86400, 5.59, 1e-3);
    near("rate", r.rate_per_s, 1e6 / 0x1p28 * 2 / HOUR_S, 1e-14);
    near("days to the first", r.first_s / 86400, 5.57, 2e-3);
    near("mean duration", r.duration_s, HOUR_S / 2, 1e-14);
    near("expected pairs", r.expected_pairs, 1e6 / 0x1p28, 1e-14);
    near("p_any", r.p_any, -expm1(1000 * log1p(-1000 / 0x1p28)), 1e-13);
    near("seconds a host and year", r.outage_s_year, COLLISION_YEAR_S * 1000 / 0x1p28, 1e-13);
    c.at_once = true;
    r = collision_solve(&c);
    near("all at once", r.first_s, HOUR_S * (1 / r.p_any - 1), 1e-14);
}

static void disjoint_ranges_never_collide(void **state)
{
    (void)state;
    static const uint32_t block[] = {1, 2, 3};
    struct collision_case rows[] = {
        pair_of(side(&spi_strongswan, 1000, 1000), side(&spi_linux_pfkey, 1000, 1)),
        pair_of(side(&spi_freebsd, 1000, 1000), side(&spi_strongswan, 1000, 1)),
        pair_of(side(&spi_libreswan, 1000, 1000), side_of(block, 3)),
        pair_of(side_of(block, 3), side(&spi_cilium_keyid, 3, 1)),
    };
    rows[3].gateway.source.range = (struct spi_range){4, 15};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct collision r = collision_solve(&rows[i]);
        assert_true(collision_is_impossible(&rows[i]));
        assert_true(r.p_any == 0 && r.expected_pairs == 0 && r.rate_per_s == 0 && isinf(r.first_s));
        assert_true(collision_p_within(&rows[i], &r, 1e12) == 0);
    }
}

static void periods(void **state)
{
    (void)state;
    struct collision_case c = pair_of(side_in(256, 0xffffff, 200, 200), side_in(256, 0xffffff, 50, 1));
    c.host.period_s = 600;
    c.gateway.period_s = 3600;
    struct collision r = collision_solve(&c);
    double q = 1 / (0x1p24 - 256);
    near("rate", r.rate_per_s, 200 * 50 * q * (1 / 600.0 + 1 / 3600.0), 1e-14);
    near("duration", r.duration_s, 1 / (1 / 600.0 + 1 / 3600.0), 1e-13);
    near("Little", r.rate_per_s * r.duration_s, r.expected_pairs, 1e-13);
    c.gateway.period_s = COLLISION_NEVER;
    r = collision_solve(&c);
    near("a gateway that never rekeys", r.duration_s, 600, 1e-13);
    near("Little again", r.rate_per_s * r.duration_s, r.expected_pairs, 1e-13);
    c.host.period_s = COLLISION_NEVER;
    r = collision_solve(&c);
    assert_true(r.rate_per_s == 0 && isinf(r.first_s) && isinf(r.duration_s));
    near("the start decides", collision_p_within(&c, &r, 1e9), r.p_any, 1e-14);

    c.host.period_s = c.gateway.period_s = 3600;
    c.host.overlap_s = c.gateway.overlap_s = 360;
    r = collision_solve(&c);
    near("overlap", r.pairs_in_force, 200 * 50 * q * 1.21, 1e-13);
    near("life with overlap", r.duration_s, 1980, 1e-13);
    near("a moment", r.expected_pairs, 200 * 50 * q, 1e-13);

    c.host.overlap_s = c.gateway.overlap_s = 0;
    c.redraw_s = 60;
    r = collision_solve(&c);
    near("redraw", r.duration_s, 60 - 60 * 60 / 7200.0, 1e-13);
    near("redraws draw, too", r.rate_per_s, 200 * 50 * q * 2 / 3600, 1e-4);
    assert_true(r.rate_per_s > 200 * 50 * q * 2 / 3600);
    c.redraw_s = 1e6;
    near("too late to matter", collision_solve(&c).duration_s, 1800, 1e-13);
}

static void sites(void **state)
{
    (void)state;
    struct collision_case c = pair_of(side(&spi_strongswan, 1000, 1000), side(&spi_strongswan, 1000, 1));
    struct collision one = collision_solve(&c);
    c.n_sites = 100;
    struct collision all = collision_solve(&c);
    near("p_any", all.p_any, 1 - pow(1 - one.p_any, 100), 1e-12);
    near("rate", all.rate_per_s, 100 * one.rate_per_s, 1e-14);
    near("a host's outage", all.outage_s_year, one.outage_s_year, 1e-14);
    near("a year", collision_p_within(&c, &all, COLLISION_YEAR_S), 1, 1e-9);
    near("an hour", collision_p_within(&c, &one, HOUR_S), 2.0 * one.p_any + one.p_any, 2e-2);
}

static void counters(void **state)
{
    (void)state;
    static const uint32_t list[] = {5, 0x1000, 0x2000, 0xffffffff};
    struct collision_case c = pair_of(side_in(0x1000, 0x1fff, 10, 10), side_of(list, 4));
    struct collision r = collision_solve(&c);
    near("one of the four lies in the hosts' range", r.p_any, collision_hit(10, 1, 0x1000), 1e-14);
    near("pairs", r.expected_pairs, 10.0 / 0x1000, 1e-14);
    assert_true(isnan(r.rate_per_s));
    c.host = side(&spi_sequential, 0x1001 - 0x100, 1);
    r = collision_solve(&c);
    assert_true(r.p_any == 1 && r.expected_pairs == 1);
    c.host.n_sas--;
    assert_true(collision_solve(&c).p_any == 0);
    c = pair_of(side_in(0x100, 0x1fff, 10, 10), side(&spi_sequential, 100, 1));
    c.gateway.source.range = (struct spi_range){0x1000, 0x1fff};
    r = collision_solve(&c);
    near("a counter inside the hosts' range", r.rate_per_s, 1000.0 / 0x1f00 * 2 / HOUR_S, 1e-13);
    c = pair_of(side(&spi_cilium_keyid, 10, 10), side(&spi_cilium_keyid, 7, 1));
    r = collision_solve(&c);
    near("ten clusters against one", r.p_any, 1 - pow(14.0 / 15, 10), 1e-13);
    near("seven SAs each", r.expected_pairs, 70.0 / 15, 1e-13);
}

/* No figure leaves its domain or becomes NaN, whatever the sizes. */
static void large_sides(void **state)
{
    (void)state;
    static const uint64_t n[] = {1, 2, 1000, 1 << 20, 1ull << 28, 0xffffff00u};
    for (size_t i = 0; i < sizeof n / sizeof *n; i++)
        for (size_t k = 0; k < sizeof n / sizeof *n; k++)
            for (int kind = 0; kind < 4; kind++) {
                struct collision_case c = pair_of(side(&spi_uniform, n[i], kind & 1 ? 1 : n[i]),
                                                  side(kind & 2 ? &spi_vpp : &spi_uniform, n[k], 1));
                struct collision r = collision_solve(&c);
                if (!(r.p_any > 0 && r.p_any <= 1))
                    fail_msg("n %.0f, m %.0f, kind %d: p_any %g", (double)n[i], (double)n[k], kind, r.p_any);
                assert_true(r.expected_pairs > 0 && r.rate_per_s > 0 && r.first_s >= 0);
                assert_true(r.p_any <= r.expected_pairs * (1 + 1e-12));
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(birthdays),
        cmocka_unit_test(sums_of_many_terms),
        cmocka_unit_test(hits),
        cmocka_unit_test(p_any_is_that_of_counting),
        cmocka_unit_test(the_thousand_of_the_facts),
        cmocka_unit_test(disjoint_ranges_never_collide),
        cmocka_unit_test(periods),
        cmocka_unit_test(sites),
        cmocka_unit_test(counters),
        cmocka_unit_test(large_sides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
