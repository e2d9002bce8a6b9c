/* E-model: ITU-T G.107's own figures, a table of delays and losses worked out by hand from its formulas, and the laws
 * that any rating must keep. */
#include "models/measure/emodel.h"
#include "models/traffic/codec.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void assert_near(const char *what, double is, double should, double tolerance)
{
    if (!(fabs(is - should) <= tolerance))
        fail_msg("%s: %.6f, expected %.6f +- %g", what, is, should, tolerance);
}

static const struct codec *codec(const char *name)
{
    struct err e;
    const struct codec *c = codec_find(name, &e);
    if (!c)
        fail_msg("%s: %s", name, e.text);
    return c;
}

/* G.107 table 2: "the rating R = 93.2 with all parameters at their default values"; annex B: MOS of R. */
static void test_published(void **state)
{
    (void)state;
    assert_near("R with defaults", emodel_r(&emodel_defaults), 93.2, 0.05);
    assert_near("MOS with defaults", emodel_mos(emodel_r(&emodel_defaults)), 4.41, 0.005);
    static const struct {
        double r, mos;
    } table_b1[] = {{90, 4.34}, {80, 4.03}, {70, 3.60}, {60, 3.10}, {50, 2.58}};
    for (size_t i = 0; i < sizeof table_b1 / sizeof table_b1[0]; i++)
        assert_near("table B.1", emodel_mos(table_b1[i].r), table_b1[i].mos, 0.01);
    assert_near("MOS of R 100", emodel_mos(100), 4.5, 1e-12);
    assert_near("MOS above R 100", emodel_mos(120), 4.5, 0);
    assert_near("MOS of R 0", emodel_mos(0), 1, 0);
    assert_near("MOS below R 0", emodel_mos(-20), 1, 0);
}

/* Idd and Ie-eff written out once more, in the simplest way, over a table of delays and losses. */
static void test_delays_and_losses(void **state)
{
    (void)state;
    static const double delays[] = {0, 50, 100, 101, 150, 177.3, 200, 250, 270, 300, 400, 500, 560, 1000};
    static const double losses[] = {0, 0.1, 0.5, 1, 2, 3, 5, 10, 20, 50, 100};
    static const char *const names[] = {"g711", "g711-no-plc", "g729", "g723", "gsm-efr"};
    double r0 = emodel_r(&emodel_defaults);
    for (size_t c = 0; c < sizeof names / sizeof names[0]; c++)
        for (size_t d = 0; d < sizeof delays / sizeof delays[0]; d++)
            for (size_t l = 0; l < sizeof losses / sizeof losses[0]; l++) {
                double ta = delays[d], ppl = losses[l], ie = codec(names[c])->ie, bpl = codec(names[c])->bpl, idd = 0;
                if (ta > 100) {
                    double x = log(ta / 100) / log(2);
                    idd = 25 * (pow(1 + pow(x, 6), 1.0 / 6) - 3 * pow(1 + pow(x / 3, 6), 1.0 / 6) + 2);
                }
                double r = r0 - idd - (ie + (95 - ie) * ppl / (ppl + bpl));
                assert_near(names[c], emodel_voip(ie, bpl, ta, ppl, 1), r, 1e-9);
            }
}

/* By hand: Ta 270 ms: X = 1.43296, Idd = 25 (9.6577^(1/6) - 3 * 1.011876^(1/6) + 2) = 25 (1.45930 - 3.00591 + 2)
 * = 11.335; G.729, 1 %: Ie-eff = 11 + 84 / 20 = 15.2. So 93.206 - 11.335 - 15.2 = 66.671, MOS 3.4373. */
static void test_geo_call(void **state)
{
    (void)state;
    double clean = emodel_voip(11, 19, 270, 0, 1), lossy = emodel_voip(11, 19, 270, 1, 1);
    assert_near("GEO, G.729, no loss", clean, 93.206 - 11.335 - 11, 0.002);
    assert_near("GEO, G.729, 1 %", lossy, 66.671, 0.002);
    assert_near("its MOS", emodel_mos(lossy), 3.4373, 0.0001);
    assert_near("G.711 without delay or loss", emodel_voip(0, 25.1, 0, 0, 1), 93.2, 0.05);
}

/* The parts, as the Recommendation names them, with defaults. */
static void test_parts(void **state)
{
    (void)state;
    assert_near("Ro", emodel_ro(&emodel_defaults), 94.7688, 1e-3);
    assert_near("Is", emodel_is(&emodel_defaults), 1.4136, 1e-3);
    assert_near("Id", emodel_id(&emodel_defaults), 0.1490, 1e-3);
    assert_near("Ie-eff", emodel_ie_eff(&emodel_defaults), 0, 0);
    assert_near("sum", emodel_r(&emodel_defaults),
                emodel_ro(&emodel_defaults) - emodel_is(&emodel_defaults) - emodel_id(&emodel_defaults), 1e-12);
}

static void test_echo(void **state)
{
    (void)state;
    struct emodel m = emodel_defaults;
    m.ta = 270;
    double cancelled = emodel_r(&m);
    m.t = 270;
    m.tr = 540;
    double with_telr_65 = emodel_r(&m);
    assert_true(with_telr_65 < cancelled - 3);
    m.telr = 45; /* echo that a telephone without cancelling sends back */
    assert_true(emodel_r(&m) < with_telr_65 - 20);
    m = emodel_defaults;
    m.stmr = 5;
    double low_sidetone = emodel_r(&m);
    m.stmr = 25;
    m.t = 50;
    assert_true(low_sidetone < 93 && emodel_r(&m) < 93);
}

static void test_other_impairments(void **state)
{
    (void)state;
    struct emodel m = emodel_defaults;
    m.qdu = 14; /* the old rule's limit for an international connection */
    assert_true(emodel_r(&m) < emodel_r(&emodel_defaults) - 5);
    m = emodel_defaults;
    m.ps = m.pr = 60;
    assert_true(emodel_r(&m) < emodel_r(&emodel_defaults) - 5);
    m = emodel_defaults;
    m.a = 20; /* "access to hard-to-reach locations, e.g. via multi-hop satellite": table 1 */
    assert_near("advantage", emodel_r(&m), emodel_r(&emodel_defaults) + 20, 1e-12);
}

/* More delay, more loss and burstier loss never help. */
static void test_laws(void **state)
{
    (void)state;
    for (size_t c = 0; c < codec_family.n_members; c++) {
        const struct codec *k = (const struct codec *)codec_family.members[c];
        double before = 1000;
        for (double ta = 0; ta <= 2000; ta += 7) {
            double r = emodel_voip(k->ie, k->bpl, ta, 1, 1);
            assert_true(r <= before);
            before = r;
        }
        before = 1000;
        for (double ppl = 0; ppl <= 100; ppl += 0.5) {
            double r = emodel_voip(k->ie, k->bpl, 100, ppl, 1);
            assert_true(r < before);
            assert_true(emodel_voip(k->ie, k->bpl, 100, ppl, 2) <= r);
            before = r;
        }
    }
    double before = 0;
    for (double r = -10; r <= 110; r += 0.25) {
        double mos = emodel_mos(r);
        assert_true(mos >= before && mos >= 1 && mos <= 4.5);
        before = mos;
    }
}

static void test_burst_ratio(void **state)
{
    (void)state;
    assert_near("nothing lost", emodel_burst_ratio(1000, 0, 0), 1, 0);
    assert_near("nothing sent", emodel_burst_ratio(0, 0, 0), 1, 0);
    assert_near("all lost", emodel_burst_ratio(10, 10, 1), 1, 0);
    assert_near("random", emodel_burst_ratio(1000, 100, 90), 1, 1e-12);
    assert_near("bursts of 3 at 10 %", emodel_burst_ratio(3000, 300, 100), 3 * 0.9, 1e-12);
    assert_near("spread more evenly than chance", emodel_burst_ratio(1000, 500, 500), 1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published), cmocka_unit_test(test_delays_and_losses),
        cmocka_unit_test(test_geo_call),  cmocka_unit_test(test_parts),
        cmocka_unit_test(test_echo),      cmocka_unit_test(test_other_impairments),
        cmocka_unit_test(test_laws),      cmocka_unit_test(test_burst_ratio),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
