/* DVB-S2 MODCODs: the published efficiencies come out of Kbch and the modulation; ACM keeps its margin. */
#include "models/link/modcod.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* EN 302 307-1 V1.4.1 table 13: spectral efficiency of normal frames without pilots, in order of MODCOD number. */
static const double table_13[MODCOD_N] = {
    0.490243, 0.656448, 0.789412, 0.988858, 1.188304, 1.322253, 1.487473, 1.587196, 1.654663, 1.766451,
    1.788612, 1.779991, 1.980636, 2.228124, 2.478562, 2.646012, 2.679207, 2.637201, 2.966728, 3.165623,
    3.300184, 3.523143, 3.567342, 3.703295, 3.951571, 4.119540, 4.397854, 4.453027,
};

static const struct modcod *get(const char *name)
{
    struct err e;
    const struct modcod *m = modcod_find(name, &e);
    if (!m)
        fail_msg("%s: %s", name, e.text);
    return m;
}

static void test_efficiencies(void **state)
{
    (void)state;
    for (size_t i = 0; i < MODCOD_N; i++) {
        assert_int_equal(modcods[i].number, i + 1);
        assert_ptr_equal(get(modcods[i].m.name), &modcods[i]);
        /* The table is cut after the sixth decimal in some rows and rounded in others. */
        if (fabs(modcod_efficiency(&modcods[i], false) - table_13[i]) >= 1e-6)
            fail_msg("%s: %.7f, table 13 has %.6f", modcods[i].m.name, modcod_efficiency(&modcods[i], false),
                     table_13[i]);
        assert_true(modcods[i].kbch % 8 == 0);
    }
}

/* Figures that are no product of our own arithmetic: slots and pilots of EN 302 307-1 section 5.5.2. */
static void test_plframes(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t slots, symbols, with_pilots;
    } rows[] = {{"qpsk-1/2", 360, 32490, 33282},
                {"8psk-3/4", 240, 21690, 22194},
                {"16apsk-5/6", 180, 16290, 16686},
                {"32apsk-9/10", 144, 13050, 13338}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(modcod_slots(get(rows[i].name)), rows[i].slots);
        assert_int_equal(modcod_symbols(get(rows[i].name), false), rows[i].symbols);
        assert_int_equal(modcod_symbols(get(rows[i].name), true), rows[i].with_pilots);
    }
    assert_int_equal(modcod_field_len(get("qpsk-1/4")), 2001 - 10);
}

/* No threshold beats Shannon, and within a modulation both threshold and efficiency rise with the code rate. */
static void test_thresholds(void **state)
{
    (void)state;
    for (size_t i = 0; i < MODCOD_N; i++) {
        const struct modcod *m = &modcods[i];
        double shannon = 10 * log10(pow(2, modcod_efficiency(m, false)) - 1);
        assert_true(m->es_n0 > shannon && m->es_n0 < shannon + 4);
        if (i && modcods[i - 1].bits == m->bits) {
            assert_true(modcods[i - 1].es_n0 < m->es_n0);
            assert_true(modcods[i - 1].kbch < m->kbch);
        }
    }
}

static void test_rates(void **state)
{
    (void)state;
    assert_int_equal(modcod_symbol_rate(36e6, 0.2), 30000000);
    /* 30 Msymbol/s, 8PSK 3/4: 66.95 Mbit/s of BBFRAMEs, of which 66.84 carry packets. */
    bit_rate rate = modcod_rate(get("8psk-3/4"), 30000000, false);
    assert_int_equal(rate, 30000000ull * 48408 / 21690);
    assert_true(fabs((double)rate * (48408 - 80) / 48408 - 30e6 * 2.228124) < 100);
    assert_true(modcod_rate(get("8psk-3/4"), 30000000, true) < rate);
}

static void test_names_that_do_not_exist(void **state)
{
    (void)state;
    struct err e;
    assert_null(modcod_find("8psk-1/2", &e));
    assert_null(modcod_find("", &e));
    assert_non_null(strstr(e.text, "expected"));
}

static void test_acm(void **state)
{
    (void)state;
    struct acm acm = {.margin = 1, .hysteresis = 0.5};
    static const struct {
        const char *what, *current;
        double es_n0;
        const char *chosen;
    } rows[] = {
        {"clear sky", NULL, 20, "32apsk-9/10"},
        {"exactly the margin", NULL, 2.0, "qpsk-1/2"},
        {"8PSK 3/5 is as good as QPSK 9/10 and cheaper", NULL, 7.45, "qpsk-9/10"},
        {"not even the most robust pair", NULL, -1.36, NULL},
        {"below the margin of the pair in use: down at once", "qpsk-2/3", 4.0, "qpsk-3/5"},
        {"margin of the next pair, but not the hysteresis: stay", "qpsk-1/2", 3.5, "qpsk-1/2"},
        {"margin and hysteresis of the next pair: up", "qpsk-1/2", 3.75, "qpsk-3/5"},
        {"a long way up at once", "qpsk-1/4", 20, "32apsk-9/10"},
        {"the pair in use lost: out", "qpsk-1/4", -2, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct modcod *m = acm_choose(&acm, rows[i].current ? get(rows[i].current) : NULL, rows[i].es_n0);
        const char *name = m ? m->m.name : "none";
        if (strcmp(name, rows[i].chosen ? rows[i].chosen : "none") != 0)
            fail_msg("%s: %s, expected %s", rows[i].what, name, rows[i].chosen ? rows[i].chosen : "none");
    }
}

/* However the sky moves, the pair chosen has its margin, and one that is left alone does not flap within hysteresis. */
static void test_acm_laws(void **state)
{
    (void)state;
    struct acm acm = {.margin = 0.7, .hysteresis = 0.6};
    const struct modcod *m = NULL;
    int changes = 0;
    for (int i = 0; i < 4000; i++) {
        const struct modcod *before = m;
        m = acm_choose(&acm, m, 8 + 11 * sin(i / 300.));
        if (m)
            assert_true(m->es_n0 + acm.margin <= 8 + 11 * sin(i / 300.));
        changes += m != before;
    }
    assert_true(changes > 50);
    m = acm_choose(&acm, NULL, 9.3);
    for (int i = 0; i < 1000; i++)
        assert_ptr_equal(acm_choose(&acm, m, 9.3 + 0.05 * sin(i)), m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_efficiencies),
        cmocka_unit_test(test_plframes),
        cmocka_unit_test(test_thresholds),
        cmocka_unit_test(test_rates),
        cmocka_unit_test(test_names_that_do_not_exist),
        cmocka_unit_test(test_acm),
        cmocka_unit_test(test_acm_laws),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
