#include "models/spi/allocators.h"
#include "models/spi/spi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* What the implementations' own sources say; kept apart from the descriptors on purpose. */
static void ranges_are_those_of_the_sources(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t lo, hi;
    } rows[] = {
        {"strongswan", 0xc0000000, 0xcfffffff}, {"libreswan", 0x1000, 0xffffffff},
        {"linux-pfkey", 0x100, 0x0fffffff},     {"freebsd", 0x100, 0x0fffffff},
        {"openbsd-iked", 0x100, 0xfffffffe},    {"vpp", 0, 0xffffffff},
        {"junos-manual", 256, 16639},           {"cilium-keyid", 1, 15},
        {"sequential", 0x100, 0xffffffff},      {"uniform", 0x100, 0xffffffff},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct member *m = family_get(&spi_family, rows[i].name);
        assert_non_null(m);
        assert_int_equal(spi_allocator_of(m)->range.lo, rows[i].lo);
        assert_int_equal(spi_allocator_of(m)->range.hi, rows[i].hi);
    }
    assert_int_equal(spi_family.n_members, sizeof rows / sizeof *rows + 1);
}

static void start(struct spi_source *s, const struct spi_allocator *a)
{
    static const uint32_t list[] = {0x10, 0x20, 0x30};
    struct err e;
    if (a == &spi_manual)
        spi_source_init_list(s, list, 3);
    else
        assert_true(spi_source_init(s, a, NULL, &e));
}

static void members_say_what_they_are_and_stay_in_their_range(void **state)
{
    (void)state;
    for (size_t i = 0; i < spi_family.n_members; i++) {
        const struct spi_allocator *a = spi_allocator_of(spi_family.members[i]);
        assert_true(a->member.what && a->member.source && a->when_used);
        struct spi_source s;
        start(&s, a);
        struct rng r;
        rng_init(&r, 1, a->member.name);
        for (int k = 0; k < 20000; k++) {
            uint32_t spi;
            assert_true(spi_next(&s, &r, NULL, NULL, &spi));
            assert_true(spi_range_has(s.range, spi));
        }
        assert_int_equal(s.n_given, 20000);
    }
}

/* 16 equal parts of the range, 16,000 draws: chi-square with 15 degrees of freedom is below 37.7 in 99.9 %. */
static void uniform_allocators_are_uniform(void **state)
{
    (void)state;
    for (size_t i = 0; i < spi_family.n_members; i++) {
        const struct spi_allocator *a = spi_allocator_of(spi_family.members[i]);
        if (a->law != SPI_UNIFORM)
            continue;
        struct spi_source s;
        start(&s, a);
        struct rng r;
        rng_init(&r, 2, a->member.name);
        double n_in[16] = {0}, chi2 = 0;
        for (int k = 0; k < 16000; k++) {
            uint32_t spi;
            assert_true(spi_next(&s, &r, NULL, NULL, &spi));
            n_in[(uint64_t)(spi - s.range.lo) * 16 / spi_range_size(s.range)]++;
        }
        for (int k = 0; k < 16; k++)
            chi2 += (n_in[k] - 1000) * (n_in[k] - 1000) / 1000;
        assert_true(chi2 < 37.7);
    }
}

/* What is in use, for the tests: a count of questions, and all numbers but one. */
struct used {
    int n_asked;
    int free_at; /* the question that is answered with "free"; 0: never */
};

static bool used_until(const void *whose, uint32_t spi)
{
    struct used *u = (struct used *)(uintptr_t)whose;
    (void)spi;
    return ++u->n_asked != u->free_at;
}

static void duplicates_are_met_as_the_implementation_does(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        const struct spi_allocator *allocator;
        int free_at; /* the draw that finds a free number; 0: none does */
        bool given;
        int n_asked;
    } rows[] = {
        {"strongSwan: the first is free", &spi_strongswan, 1, true, 1},
        {"strongSwan: 5,000 used ones do not matter", &spi_strongswan, 5001, true, 5001},
        {"Libreswan: the same kernel", &spi_libreswan, 5001, true, 5001},
        {"PF_KEY: the same kernel", &spi_linux_pfkey, 5001, true, 5001},
        {"OpenBSD: the 100th draw still counts", &spi_openbsd_iked, 100, true, 100},
        {"OpenBSD: gives up after 100", &spi_openbsd_iked, 0, false, 100},
        {"FreeBSD: the 999th draw counts", &spi_freebsd, 999, true, 999},
        {"FreeBSD: a number found by the 1000th draw is thrown away", &spi_freebsd, 1000, false, 1000},
        {"FreeBSD: 1000 used ones, and the last is given", &spi_freebsd, 0, true, 1000},
        {"VPP does not look", &spi_vpp, 0, true, 0},
        {"Cilium shares", &spi_cilium_keyid, 0, true, 0},
        {"Junos: gives up when every number was looked at", &spi_junos_manual, 0, false, 2 * 16384},
        {"Junos: finds the last free one", &spi_junos_manual, 20000, true, 20000},
        {"manual: three numbers, all used", &spi_manual, 0, false, 3},
        {"manual: the third is free", &spi_manual, 3, true, 3},
        {"sequential: skips two", &spi_sequential, 3, true, 3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct spi_source s;
        start(&s, rows[i].allocator);
        struct rng r;
        rng_init(&r, 3, rows[i].what);
        struct used u = {.free_at = rows[i].free_at};
        uint32_t spi = 0xdead;
        bool given = spi_next(&s, &r, used_until, &u, &spi);
        if (given != rows[i].given || u.n_asked != rows[i].n_asked)
            fail_msg("%s: given %d after %d questions", rows[i].what, given, u.n_asked);
        if (!given)
            assert_int_equal(spi, 0xdead);
        assert_int_equal(s.n_given, given);
    }
}

static void counters_count(void **state)
{
    (void)state;
    struct spi_source s;
    struct err e;
    struct rng r;
    uint32_t spi;
    rng_init(&r, 4, "");
    assert_true(spi_source_init(&s, &spi_sequential, &(struct spi_range){0x2000, 0x2002}, &e));
    for (uint32_t i = 0; i < 7; i++) {
        assert_true(spi_next(&s, &r, NULL, NULL, &spi));
        assert_int_equal(spi, 0x2000 + i % 3);
    }
    start(&s, &spi_cilium_keyid);
    assert_true(spi_next(&s, &r, NULL, NULL, &spi));
    for (int i = 0; i < 40; i++) {
        uint32_t next;
        assert_true(spi_next(&s, &r, NULL, NULL, &next));
        assert_int_equal(next, spi == 15 ? 1 : spi + 1);
        spi = next;
    }
    start(&s, &spi_manual);
    for (uint32_t i = 0; i < 7; i++) {
        assert_true(spi_next(&s, &r, NULL, NULL, &spi));
        assert_int_equal(spi, 0x10 * (i % 3 + 1));
    }
}

static bool in_bitmap(const void *whose, uint32_t spi)
{
    return ((const bool *)whose)[spi - 256];
}

static void a_range_can_be_used_up(void **state)
{
    (void)state;
    struct spi_source s;
    struct err e;
    struct rng r;
    bool used[64] = {false};
    rng_init(&r, 5, "");
    assert_true(spi_source_init(&s, &spi_sequential, &(struct spi_range){256, 319}, &e));
    for (int i = 0; i < 64; i++) {
        uint32_t spi;
        assert_true(spi_next(&s, &r, in_bitmap, used, &spi));
        assert_false(used[spi - 256]);
        used[spi - 256] = true;
    }
    uint32_t spi;
    assert_false(spi_next(&s, &r, in_bitmap, used, &spi));
    assert_true(spi_source_init(&s, &spi_uniform, &(struct spi_range){256, 319}, &e));
    assert_false(spi_next(&s, &r, in_bitmap, used, &spi));
    for (int i = 0; i < 64; i++) {
        used[i] = false;
        assert_true(spi_next(&s, &r, in_bitmap, used, &spi));
        assert_int_equal(spi, 256 + i);
        used[i] = true;
    }
}

static void ranges(void **state)
{
    (void)state;
    struct spi_range r;
    struct err e;
    char text[SPI_RANGE_TEXT_CAP];
    assert_true(spi_range_parse("0x100-0x0fffffff", &r, &e));
    assert_string_equal(spi_range_text(r, text), "0x100-0xfffffff");
    assert_true(spi_range_parse("256-16639", &r, &e));
    assert_int_equal(spi_range_size(r), 16384);
    assert_true(spi_range_parse("0x100-0xffffffff", &r, &e));
    assert_int_equal(spi_range_size(r), 0xffffff00);
    static const char *const bad[] = {"",
                                      "-",
                                      "256",
                                      "256-",
                                      "-256",
                                      "a-b",
                                      "300-256",
                                      "0-300",
                                      "255-300",
                                      "256-0x100000000",
                                      "256-300-400",
                                      "256 300",
                                      "00000000000000000000000000000000000000000000-1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        e.text[0] = 0;
        if (spi_range_parse(bad[i], &r, &e) || !e.text[0])
            fail_msg("`%s` was taken as a range", bad[i]);
    }
    struct spi_range strongswan = {0xc0000000, 0xcfffffff}, pfkey = {0x100, 0x0fffffff}, all = {0x100, 0xffffffff};
    assert_int_equal(spi_range_overlap(strongswan, pfkey), 0);
    assert_int_equal(spi_range_overlap(strongswan, all), 0x10000000);
    assert_int_equal(spi_range_overlap((struct spi_range){5, 10}, (struct spi_range){10, 12}), 1);
    struct spi_source s;
    assert_false(spi_source_init(&s, &spi_vpp, &pfkey, &e));
    assert_non_null(strstr(e.text, "uniform"));
    assert_false(spi_source_init(&s, &spi_manual, NULL, &e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_are_those_of_the_sources),
        cmocka_unit_test(members_say_what_they_are_and_stay_in_their_range),
        cmocka_unit_test(uniform_allocators_are_uniform),
        cmocka_unit_test(duplicates_are_met_as_the_implementation_does),
        cmocka_unit_test(counters_count),
        cmocka_unit_test(a_range_can_be_used_up),
        cmocka_unit_test(ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
