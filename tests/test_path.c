/* Paths over time: constants, LEO slots at their second, rain that becomes MODCOD and rate, traces. */
#include "models/link/path.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct path_kind *kind(const char *name)
{
    struct err e;
    const struct path_kind *k = path_find(name, &e);
    if (!k)
        fail_msg("%s: %s", name, e.text);
    return k;
}

static struct path start(const char *name, const struct path_settings *s, uint64_t seed)
{
    struct path p;
    struct err e;
    if (!path_check(kind(name), s, &e))
        fail_msg("%s: %s", name, e.text);
    path_init(&p, kind(name), s, seed);
    return p;
}

static void test_constant(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        sim_time least, most;
    } rows[] = {{"geo", 250 * NS_PER_MS, 280 * NS_PER_MS},
                {"meo", 50 * NS_PER_MS, 90 * NS_PER_MS},
                {"leo", 5 * NS_PER_MS, 40 * NS_PER_MS}};
    for (size_t i = 0; i < 3; i++) {
        struct path p = start(rows[i].name, &path_defaults, 1);
        struct path_now n = path_at(&p, 5 * NS_PER_S);
        assert_true(n.delay >= rows[i].least && n.delay <= rows[i].most);
        assert_true(n.up && n.loss < 0 && n.rate == path_defaults.rate && n.next == PATH_NEVER);
        struct path_settings s = path_defaults;
        s.delay = 123;
        p = start(rows[i].name, &s, 1);
        assert_int_equal(path_at(&p, 0).delay, 123);
    }
}

/* A run that starts on the minute: changes at :12, :27, :42, :57 of every minute, and at no other time. */
static void test_slots(void **state)
{
    (void)state;
    struct path_settings s = path_defaults;
    s.drift = 0;
    struct path p = start("leo-slots", &s, 3);
    sim_time now = 0, before = 0;
    int new_delays = 0;
    for (int i = 0; i < 400; i++) {
        struct path_now n = path_at(&p, now);
        assert_true(n.up && n.delay >= s.delay_min && n.delay <= s.delay_max);
        new_delays += n.delay != before;
        before = n.delay;
        assert_int_equal(n.next % (60 * NS_PER_S) % (15 * NS_PER_S), 12 * NS_PER_S);
        assert_int_equal(path_at(&p, n.next - 1).delay, n.delay);
        now = n.next;
    }
    assert_true(new_delays > 395);
    assert_int_equal(now, (12 + 15 * 399) * NS_PER_S);
}

/* The walk from change to change sees every value there is: looking at any time gives the same. */
static void test_walk_equals_look(const char *name, const struct path_settings *s)
{
    struct path walk = start(name, s, 9), look = start(name, s, 9);
    struct path_now n = path_at(&walk, 0);
    for (sim_time now = 0; now < 500 * NS_PER_S; now += 137 * NS_PER_MS) {
        while (n.next <= now)
            n = path_at(&walk, n.next);
        struct path_now m = path_at(&look, now);
        if (m.delay != n.delay || m.rate != n.rate || m.up != n.up || m.modcod != n.modcod)
            fail_msg("%s at %lld ns: delay %lld and %lld, rate %llu and %llu", name, (long long)now, (long long)n.delay,
                     (long long)m.delay, (unsigned long long)n.rate, (unsigned long long)m.rate);
    }
}

static void test_slots_drift_and_outage(void **state)
{
    (void)state;
    struct path_settings s = path_defaults;
    s.outage = 50 * NS_PER_MS;
    s.outage_hops = 3;
    test_walk_equals_look("leo-slots", &s);
    struct path p = start("leo-slots", &s, 5);
    for (int slot = 0; slot < 50; slot++) {
        sim_time begin = (12 + 15 * slot) * NS_PER_S;
        struct path_now before = path_at(&p, begin - 1), after = path_at(&p, begin);
        assert_true(before.up && !after.up);
        /* LeoEM: 3 d_old + 3 d_new of the ground-satellite hop, here on top of 50 ms. */
        sim_time outage = s.outage + 3 * (before.delay + after.delay) / 2;
        assert_int_equal(after.next, begin + outage);
        assert_true(path_at(&p, begin + outage).up);
    }
    p = start("leo-slots", &s, 6);
    bool drifts = false;
    for (int second = 13; second < 26; second++) {
        sim_time a = path_at(&p, second * NS_PER_S).delay, b = path_at(&p, (second + 1) * NS_PER_S).delay;
        assert_true(llabs(b - a) <= s.drift + 1);
        drifts |= a != b;
    }
    assert_true(drifts);
}

static void test_slots_depend_on_the_seed_alone(void **state)
{
    (void)state;
    struct path a = start("leo-slots", &path_defaults, 1), b = start("leo-slots", &path_defaults, 1),
                c = start("leo-slots", &path_defaults, 2);
    int same = 0;
    path_at(&a, 3 * NS_PER_S);
    for (int i = 0; i < 100; i++) {
        sim_time now = (20 + 15 * i) * NS_PER_S;
        assert_int_equal(path_at(&a, now).delay, path_at(&b, now).delay);
        same += path_at(&a, now).delay == path_at(&c, now).delay;
    }
    assert_true(same < 5);
}

static void test_rain(void **state)
{
    (void)state;
    static const struct fade_point fade[] = {{10 * NS_PER_S, 0}, {20 * NS_PER_S, 10}, {30 * NS_PER_S, 10},
                                             {40 * NS_PER_S, 0}, {50 * NS_PER_S, 30}, {60 * NS_PER_S, 0}};
    struct path_settings s = path_defaults;
    s.fade = fade;
    s.n_fade = 6;
    s.es_n0 = 12.55; /* clear sky: 16APSK 5/6 needs 11.61 + 1 dB: no; 4/5 needs 11.03 + 1: yes */
    struct path p = start("rain-fade", &s, 1);
    struct path_now n = path_at(&p, 0);
    assert_string_equal(n.modcod->m.name, "16apsk-4/5");
    assert_true(llabs((long long)n.rate - (long long)s.rate) < 100);
    assert_true(n.up && n.delay == 270 * NS_PER_MS);
    n = path_at(&p, 25 * NS_PER_S); /* 2.55 dB: QPSK 1/2 needs 2.0 */
    assert_string_equal(n.modcod->m.name, "qpsk-1/2");
    assert_true(fabs(n.es_n0 - 2.55) < 1e-9);
    /* Same symbols, fewer bits: the ratio of the rates is that of Kbch / symbols. */
    double ratio = 32208.0 / modcod_symbols(n.modcod, false) * 16290 / 51648;
    assert_true(fabs((double)n.rate / (double)s.rate - ratio) < 1e-4);
    n = path_at(&p, 49 * NS_PER_S); /* 27 dB: no link */
    assert_true(!n.up && !n.modcod && n.rate > 0);
    n = path_at(&p, 70 * NS_PER_S);
    assert_string_equal(n.modcod->m.name, "16apsk-4/5");
    assert_int_equal(n.next, PATH_NEVER);
    test_walk_equals_look("rain-fade", &s);
}

static void test_rain_event(void **state)
{
    (void)state;
    struct path p = start("rain-fade", &path_defaults, 1);
    double least = 100;
    bit_rate clear = path_at(&p, 0).rate, before = clear;
    bool rising = false;
    for (int second = 0; second < 500; second++) {
        struct path_now n = path_at(&p, second * NS_PER_S);
        least = fmin(least, n.es_n0);
        rising |= n.rate > before;
        assert_true(rising || n.rate <= before); /* down, then up */
        before = n.rate;
    }
    assert_true(fabs(least - (path_defaults.es_n0 - path_defaults.fade_depth)) < 1e-9);
    assert_true(rising && before == clear);
    test_walk_equals_look("rain-fade", &path_defaults);
}

static void test_trace_path(void **state)
{
    (void)state;
    struct trace_step steps[] = {{0, 20 * NS_PER_MS, 5000000, 0.1}, {NS_PER_S, 30 * NS_PER_MS, 0, 0}};
    struct trace t = {steps, 2, 2 * NS_PER_S, TRACE_OWD | TRACE_RATE | TRACE_LOSS};
    struct path_settings s = path_defaults;
    s.trace = &t;
    struct path p = start("trace", &s, 1);
    struct path_now n = path_at(&p, 0);
    assert_true(n.up && n.rate == 5000000 && n.delay == 20 * NS_PER_MS && n.next == NS_PER_S);
    assert_true(fabs(n.loss - 0.1) < 1e-12);
    n = path_at(&p, 1500 * NS_PER_MS);
    assert_true(n.up && !n.rate && n.delay == 30 * NS_PER_MS && n.next == 2 * NS_PER_S); /* stands still */
    assert_true(path_at(&p, 2 * NS_PER_S).rate == 5000000);
    t.has = TRACE_RATE; /* the rest from the settings */
    s.delay = 77 * NS_PER_MS;
    p = start("trace", &s, 1);
    n = path_at(&p, 0);
    assert_true(n.delay == 77 * NS_PER_MS && n.loss < 0);
}

static void test_fades_as_written(void **state)
{
    (void)state;
    struct fade_point points[FADE_POINTS_MAX];
    size_t n;
    struct err e;
    assert_true(path_fade_parse("60 s: 0, 90 s: 8.5 dB, 3 min: 0", points, &n, &e));
    assert_int_equal(n, 3);
    assert_int_equal(points[2].at, 180 * NS_PER_S);
    assert_true(fabs(points[1].db - 8.5) < 1e-12);
    static const char *const bad[] = {"",         "60 s",     "60: 1",      "60 s: x",    "60 s: 1, 60 s: 2",
                                      "60 s: -1", "60 s: 1,", "60 s: 1 db", "60 s: 1 dBm"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (path_fade_parse(bad[i], points, &n, &e))
            fail_msg("`%s` was taken for a fade", bad[i]);
}

static void test_bad_settings_are_refused(void **state)
{
    (void)state;
    struct err e;
    struct path_settings s = path_defaults;
    s.rate = 0;
    assert_false(path_check(kind("geo"), &s, &e));
    s = path_defaults;
    s.first_slot = 16 * NS_PER_S;
    assert_false(path_check(kind("leo-slots"), &s, &e));
    s = path_defaults;
    s.delay_max = s.delay_min - 1;
    assert_false(path_check(kind("leo-slots"), &s, &e));
    s = path_defaults;
    s.outage = s.slot;
    assert_false(path_check(kind("leo-slots"), &s, &e));
    s = path_defaults;
    s.es_n0 = -2;
    assert_false(path_check(kind("rain-fade"), &s, &e));
    assert_non_null(strstr(e.text, "expected"));
    s = path_defaults;
    assert_false(path_check(kind("trace"), &s, &e));
    assert_null(path_find("leo-slot", &e));
    assert_non_null(strstr(e.text, "leo-slots"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_constant),
        cmocka_unit_test(test_slots),
        cmocka_unit_test(test_slots_drift_and_outage),
        cmocka_unit_test(test_slots_depend_on_the_seed_alone),
        cmocka_unit_test(test_rain),
        cmocka_unit_test(test_rain_event),
        cmocka_unit_test(test_trace_path),
        cmocka_unit_test(test_fades_as_written),
        cmocka_unit_test(test_bad_settings_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
