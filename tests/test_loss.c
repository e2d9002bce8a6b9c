/* Loss models: patterns to the packet, long-run loss and burst length within 4 standard errors at fixed seeds. */
#include "models/link/loss.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct loss_kind *kind(const char *name)
{
    struct err e;
    const struct loss_kind *k = loss_find(name, &e);
    if (!k)
        fail_msg("%s: %s", name, e.text);
    return k;
}

struct seen {
    double loss, burst; /* ratio; mean run of losses */
    uint64_t n_bursts;
};

static struct seen run(const char *name, const struct loss_settings *s, uint64_t n, uint64_t seed)
{
    struct rng r;
    rng_init(&r, seed, "loss");
    struct loss l;
    loss_init(&l, kind(name), s);
    uint64_t lost = 0, bursts = 0;
    bool before = false;
    for (uint64_t i = 0; i < n; i++) {
        bool now = loss_offer(&l, &r, (sim_time)i);
        lost += now;
        bursts += now && !before;
        before = now;
    }
    return (struct seen){(double)lost / (double)n, bursts ? (double)lost / (double)bursts : 0, bursts};
}

static void test_bernoulli(void **state)
{
    (void)state;
    static const double ps[] = {0, 0.001, 0.01, 0.3, 1};
    enum { N = 1000000 };
    for (size_t i = 0; i < sizeof ps / sizeof ps[0]; i++) {
        struct loss_settings s = {.p = ps[i]};
        struct seen got = run("bernoulli", &s, N, 1 + i);
        double error = sqrt(ps[i] * (1 - ps[i]) / N);
        assert_true(fabs(got.loss - ps[i]) <= 4 * error);
        if (ps[i] > 0 && ps[i] < 1)
            assert_true(fabs(got.burst - 1 / (1 - ps[i])) < 0.05);
    }
}

static void test_gilbert_elliott(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        double p, r, good, bad, loss, burst;
    } rows[] = {
        {"draft-kuhn-quic-4-sat: 2.7 % in bursts of 1.55", 0.018, 0.645, 0, 1, 0.018 / 0.663, 1 / 0.645},
        {"long fades", 0.0005, 0.02, 0, 1, 0.0005 / 0.0205, 50},
        {"never bad", 0, 0.5, 0, 1, 0, 0},
        {"no memory: p + r = 1 is Bernoulli", 0.1, 0.9, 0, 1, 0.1, 1 / 0.9},
        {"loss in both states", 0.01, 0.1, 0.001, 0.5, (0.1 * 0.001 + 0.01 * 0.5) / 0.11, 0},
    };
    enum { N = 2000000 };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct loss_settings s = {.p = rows[i].p, .r = rows[i].r, .loss_good = rows[i].good, .loss_bad = rows[i].bad};
        struct seen got = run("gilbert-elliott", &s, N, 77);
        double mean = loss_mean(kind("gilbert-elliott"), &s), burst = loss_gilbert_elliott_burst(&s);
        assert_true(fabs(mean - rows[i].loss) < 1e-12);
        if (rows[i].burst > 0)
            assert_true(fabs(burst - rows[i].burst) < 1e-9);
        /* The variance of a two-state chain's mean is that of independent draws times (2 - p - r) / (p + r). */
        double memory = (2 - rows[i].p - rows[i].r) / (rows[i].p + rows[i].r);
        double error = sqrt(mean * (1 - mean) / N * fmax(memory, 1));
        if (fabs(got.loss - mean) > 4 * error)
            fail_msg("%s: loss %.6f, expected %.6f +- %.6f", rows[i].what, got.loss, mean, error);
        if (got.n_bursts && fabs(got.burst - burst) > 4 * burst / sqrt((double)got.n_bursts))
            fail_msg("%s: bursts of %.4f, expected %.4f", rows[i].what, got.burst, burst);
        assert_int_equal(got.n_bursts == 0, mean <= 0);
    }
}

static void test_patterns(void **state)
{
    (void)state;
    static const struct {
        const char *text, *lost; /* of the first 12 packets */
    } rows[] = {
        {"0", "x..........."},       {"3,7-9", "...x...xxx.."}, {"0/4", "x...x...x..."}, {"1-2/5", ".xx...xx...x"},
        {"0-1,3/6", "xx.x..xx.x.."}, {"11", "...........x"},    {"0/1", "xxxxxxxxxxxx"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct loss_settings s = {0};
        struct err e;
        if (!loss_pattern_parse(rows[i].text, &s.pattern, &e))
            fail_msg("%s: %s", rows[i].text, e.text);
        struct loss l;
        loss_init(&l, kind("pattern"), &s);
        char lost[13] = "";
        for (int k = 0; k < 12; k++)
            lost[k] = loss_offer(&l, NULL, 0) ? 'x' : '.';
        assert_string_equal(lost, rows[i].lost);
    }
}

static void test_bad_patterns_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",     "-1", "3-",  "5-3", "1,",   "1,,2", "a",   "1 2",
                                      "/5",   "1/", "1/0", "7/5", "1/5x", "3,2",  "3,3", "99999999999999999999999",
                                      "0-9/5"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct loss_pattern p;
        struct err e = {""};
        if (loss_pattern_parse(bad[i], &p, &e))
            fail_msg("`%s` was taken for a pattern", bad[i]);
        assert_true(strlen(e.text) > 20);
    }
}

static void test_trace(void **state)
{
    (void)state;
    static const struct loss_step steps[] = {{100, 1}, {200, 0}, {300, 0.5}};
    struct loss_settings s = {.steps = steps, .n_steps = 3};
    struct rng r;
    rng_init(&r, 1, "trace");
    struct loss l;
    loss_init(&l, kind("trace"), &s);
    assert_false(loss_offer(&l, &r, 0));
    assert_false(loss_offer(&l, &r, 99));
    assert_true(loss_offer(&l, &r, 100));
    assert_true(loss_offer(&l, &r, 199));
    assert_false(loss_offer(&l, &r, 200));
    assert_false(loss_offer(&l, &r, 299));
    int lost = 0;
    for (int i = 0; i < 10000; i++)
        lost += loss_offer(&l, &r, 300 + i);
    assert_true(abs(lost - 5000) < 200);
}

/* What is lost does not depend on when packets come, except under a trace; and the streams stay in step. */
static void test_streams_stay_in_step(void **state)
{
    (void)state;
    struct loss_settings s[2] = {{.p = 0.2, .r = 0.5, .loss_bad = 1}, {.p = 0.01, .r = 0.9, .loss_bad = 0.3}};
    for (size_t i = 0; i < loss_family.n_members; i++) {
        const struct loss_kind *k = (const struct loss_kind *)loss_family.members[i];
        struct rng r[2];
        struct loss l[2];
        for (int j = 0; j < 2; j++) {
            rng_init(&r[j], 4, "step");
            loss_init(&l[j], k, &s[j]);
            for (int n = 0; n < 1000; n++)
                loss_offer(&l[j], &r[j], n);
        }
        assert_memory_equal(&r[0], &r[1], sizeof r[0]);
    }
}

static void test_bad_settings_are_refused(void **state)
{
    (void)state;
    struct err e;
    struct loss_settings s = {.p = 1.5, .r = 0.5};
    assert_false(loss_check(kind("bernoulli"), &s, &e));
    assert_false(loss_check(kind("gilbert-elliott"), &s, &e));
    s.p = nan("");
    assert_false(loss_check(kind("bernoulli"), &s, &e));
    s = (struct loss_settings){.p = 0.1};
    assert_false(loss_check(kind("gilbert-elliott"), &s, &e)); /* never out of the bad state */
    static const struct loss_step back[] = {{200, 0.1}, {100, 0.1}}, high[] = {{0, 2}};
    s = (struct loss_settings){.steps = back, .n_steps = 2};
    assert_false(loss_check(kind("trace"), &s, &e));
    s = (struct loss_settings){.steps = high, .n_steps = 1};
    assert_false(loss_check(kind("trace"), &s, &e));
    assert_null(loss_find("gilbert-eliott", &e));
    assert_non_null(strstr(e.text, "gilbert-elliott"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bernoulli),
        cmocka_unit_test(test_gilbert_elliott),
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_bad_patterns_are_refused),
        cmocka_unit_test(test_trace),
        cmocka_unit_test(test_streams_stay_in_step),
        cmocka_unit_test(test_bad_settings_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
