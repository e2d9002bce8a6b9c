/* Traces: what each format says, bad lines refused with their number, and no text that crashes the readers. */
#include "models/base/rng.h"
#include "models/link/trace.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct trace_format *format(const char *name)
{
    struct err e;
    const struct trace_format *f = trace_format_find(name, &e);
    if (!f)
        fail_msg("%s: %s", name, e.text);
    return f;
}

static struct trace read_good(const char *name, const char *text, sim_time bin)
{
    struct trace t;
    struct err_list bad = {0};
    struct trace_source s = {"f", text, strlen(text), bin};
    if (!trace_parse(&t, format(name), &s, &bad))
        fail_msg("%s: %s", name, bad.errs[0].text);
    assert_int_equal(bad.n_errs, 0);
    return t;
}

static struct trace_step at(const struct trace *t, sim_time now, sim_time next)
{
    sim_time is;
    struct trace_step step = *trace_at(t, now, &is);
    if (is != next)
        fail_msg("at %lld: the next step is at %lld, expected %lld", (long long)now, (long long)is, (long long)next);
    return step;
}

static void test_mahimahi(void **state)
{
    (void)state;
    /* 30 ms, bins of 10: 3 chances up to 10 ms, 1 at 20, 2 up to 30, and all over again. */
    struct trace t = read_good("mahimahi", "1\n1\n10\n20\n29\n30\n", 10 * NS_PER_MS);
    assert_int_equal(t.has, TRACE_RATE);
    assert_int_equal(t.period, 30 * NS_PER_MS);
    assert_int_equal(at(&t, 0, 10 * NS_PER_MS).rate, 3 * 1200000);
    assert_int_equal(at(&t, 10 * NS_PER_MS, 20 * NS_PER_MS).rate, 1200000);
    assert_int_equal(at(&t, 25 * NS_PER_MS, 30 * NS_PER_MS).rate, 2 * 1200000);
    assert_int_equal(at(&t, 30 * NS_PER_MS, 40 * NS_PER_MS).rate, 3 * 1200000);
    assert_int_equal(at(&t, 3000000 * NS_PER_MS + 15 * NS_PER_MS, 3000000 * NS_PER_MS + 20 * NS_PER_MS).rate, 1200000);
    trace_fini(&t);
    /* Unless they are wanted coarser, each chance is the millisecond that ends at its stamp. */
    t = read_good("mahimahi", "1\n1\n9\n20", TRACE_BIN);
    assert_int_equal(at(&t, 0, NS_PER_MS).rate, 24000000);
    assert_int_equal(at(&t, NS_PER_MS, 8 * NS_PER_MS).rate, 0);
    assert_int_equal(at(&t, 8 * NS_PER_MS, 9 * NS_PER_MS).rate, 12000000);
    assert_int_equal(at(&t, 9 * NS_PER_MS, 19 * NS_PER_MS).rate, 0);
    assert_int_equal(at(&t, 19 * NS_PER_MS, 20 * NS_PER_MS).rate, 12000000);
    trace_fini(&t);
    t = read_good("mahimahi", "# 12 Mbit/s, as in mahimahi's own traces/12mbps\r\n1\r\n", TRACE_BIN);
    assert_int_equal(at(&t, 0, NS_PER_MS).rate, 12000000);
    assert_int_equal(at(&t, 77 * NS_PER_MS + 5, 78 * NS_PER_MS).rate, 12000000);
    trace_fini(&t);
    t = read_good("mahimahi", "0\n0\n12\n15", 10 * NS_PER_MS); /* a last bin of 5 ms */
    assert_int_equal(at(&t, 0, 10 * NS_PER_MS).rate, 2 * 1200000);
    assert_int_equal(at(&t, 14 * NS_PER_MS, 15 * NS_PER_MS).rate, 4800000);
    trace_fini(&t);
    t = read_good("mahimahi", "3\n95", 10 * NS_PER_MS); /* a long pause is one step */
    assert_int_equal(t.n_steps, 3);
    trace_fini(&t);
}

/* Whatever the bins, the octets of a period are those of the chances. */
static void test_mahimahi_keeps_all_octets(void **state)
{
    (void)state;
    struct rng r;
    rng_init(&r, 1, "mahimahi");
    static char text[200000];
    for (int round = 0; round < 50; round++) {
        size_t len = 0, n = 1 + rng_below(&r, 5000);
        uint64_t ms = 0;
        for (size_t i = 0; i < n; i++) {
            ms += rng_below(&r, 4);
            if (i + 1 == n)
                ms++;
            len += (size_t)snprintf(text + len, sizeof text - len, "%llu\n", (unsigned long long)ms);
        }
        struct trace t;
        struct err_list bad = {0};
        struct trace_source s = {"f", text, len, (sim_time)(1 + rng_below(&r, 300)) * NS_PER_MS};
        assert_true(trace_parse(&t, format("mahimahi"), &s, &bad));
        double bits = 0;
        for (size_t i = 0; i < t.n_steps; i++) {
            sim_time end = i + 1 < t.n_steps ? t.steps[i + 1].at : t.period;
            assert_true(end > t.steps[i].at);
            bits += (double)t.steps[i].rate * (double)(end - t.steps[i].at) / 1e9;
        }
        assert_true(fabs(bits - (double)n * 12000) < 1e-3 * (double)t.n_steps + (double)t.period / 1e9);
        trace_fini(&t);
    }
}

/* traces/README.md of SpaceNetLab/LeoCC: line 1: 24, line 2: 18: 0-10 ms 24 ms, 10-20 ms 18 ms. */
static void test_leoreplayer(void **state)
{
    (void)state;
    struct trace t = read_good("leoreplayer", "24\n18\n18\n", TRACE_BIN);
    assert_int_equal(t.has, TRACE_OWD);
    assert_int_equal(t.period, 30 * NS_PER_MS);
    assert_int_equal(at(&t, 0, 10 * NS_PER_MS).owd, 24 * NS_PER_MS);
    assert_int_equal(at(&t, 9999999, 10 * NS_PER_MS).owd, 24 * NS_PER_MS);
    assert_int_equal(at(&t, 10 * NS_PER_MS, 30 * NS_PER_MS).owd, 18 * NS_PER_MS);
    assert_int_equal(at(&t, 25 * NS_PER_MS, 30 * NS_PER_MS).owd, 18 * NS_PER_MS);
    assert_int_equal(at(&t, 30 * NS_PER_MS, 40 * NS_PER_MS).owd, 24 * NS_PER_MS);
    trace_fini(&t);
}

static void test_csv(void **state)
{
    (void)state;
    struct trace t = read_good("csv", "t,owd,rate,loss\n0,270,10000000,0\n1.5, 0.28 s , 8 Mbit/s ,0.1 %\n", TRACE_BIN);
    assert_int_equal(t.has, TRACE_OWD | TRACE_RATE | TRACE_LOSS);
    assert_int_equal(t.period, 0);
    struct trace_step first = at(&t, 0, 1500 * NS_PER_MS), second = at(&t, 1500 * NS_PER_MS, TRACE_NEVER);
    assert_int_equal(first.owd, 270 * NS_PER_MS);
    assert_int_equal(first.rate, 10000000);
    assert_int_equal(second.owd, 280 * NS_PER_MS);
    assert_int_equal(second.rate, 8000000);
    assert_true(fabs(second.loss - 0.001) < 1e-12);
    assert_int_equal(at(&t, 1000 * NS_PER_S, TRACE_NEVER).rate, 8000000);
    trace_fini(&t);
    /* Ping times with their clock: t counts from the first row, rtt is both ways. */
    t = read_good("csv",
                  "\xef\xbb\xbf" /* as a spreadsheet writes it */
                  "time,rtt_ms\r\n1700000000.25,41.5\r\n1700000001.25,62\r\n",
                  TRACE_BIN);
    assert_int_equal(t.has, TRACE_OWD);
    assert_int_equal(at(&t, 0, NS_PER_S).owd, 20750 * NS_PER_US);
    trace_fini(&t);
    t = read_good("csv", "0,25,5000000\n2,30,0\n", TRACE_BIN); /* no header; it stands still */
    assert_int_equal(t.has, TRACE_OWD | TRACE_RATE);
    assert_int_equal(at(&t, 2 * NS_PER_S, TRACE_NEVER).rate, 0);
    trace_fini(&t);
    t = read_good("csv", "loss_percent,rate_mbps,t_ms\n2,1.5,0\n0,2,250\n",
                  TRACE_BIN); /* any order, units in the header */
    assert_int_equal(at(&t, 0, 250 * NS_PER_MS).rate, 1500000);
    assert_true(fabs(at(&t, 0, 250 * NS_PER_MS).loss - 0.02) < 1e-12);
    trace_fini(&t);
}

static const struct {
    const char *format, *text, *line, *says;
} bad_texts[] = {
    {"mahimahi", "", "f: ", "empty"},
    {"mahimahi", "# nothing\n\n", "f: ", "empty"},
    {"mahimahi", "1\ntwo\n3\n", "f:2: `two`", "whole number"},
    {"mahimahi", "1\n-2\n", "f:2: ", "whole number"},
    {"mahimahi", "1\n2.5\n", "f:2: ", "whole number"},
    {"mahimahi", "5\n4\n", "f:2: ", "sort"},
    {"mahimahi", "1\n\n2\n", "f:2: ", "blank"},
    {"mahimahi", "0\n0\n", "f:2: ", "more than 0"},
    {"mahimahi", "99999999999999999999999\n", "f:1: ", "whole number"},
    {"leoreplayer", "24\n\n18\n", "f:2: ", "blank"},
    {"leoreplayer", "24 ms\n", "f:1: ", "whole number"},
    {"leoreplayer", "24\n100001\n", "f:2: ", "up to 100000"},
    {"csv", "t,owd\n", "f: ", "empty"},
    {"csv", "t,owdd\n0,1\n", "f:1: ", "did you mean `owd`"},
    {"csv", "owd,rate\n0,1\n", "f:1: ", "no column `t`"},
    {"csv", "t\n0\n", "f:1: ", "no column `t` and something"},
    {"csv", "t,owd,owd_ms\n", "f:1: ", "keep one"},
    {"csv", "t,owd,rtt\n", "f:1: ", "keep one"},
    {"csv", "0,1,2,3,4\n", "f:1: ", "no header"},
    {"csv", "0,1,2\n1,1\n", "f:2: ", "expected 3"},
    {"csv", "0,1,2\n1,x,2\n", "f:2: ", "owd = x"},
    {"csv", "t,loss\n0,1.5\n", "f:2: ", "loss = 1.5"},
    {"csv", "t,loss\n0,-0.1\n", "f:2: ", "loss = -0.1"},
    {"csv", "t,loss\n0,nan\n", "f:2: ", "loss = nan"},
    {"csv", "t,rate\n0,10 Mbps\n", "f:2: ", "10 Mbit/s"},
    {"csv", "t,rate\n0,1e300\n", "f:2: ", "rate"},
    {"csv", "t,owd\n0,\n", "f:2: ", "owd = "},
    {"csv", "t,owd\n1,5\n1,6\n", "f:3: ", "sort"},
    {"csv", "t,owd\n0,5\x01\n", "f:2: ", "control"},
    {"csv", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17\n", "f:1: ", "columns"},
};

static void test_bad_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_texts / sizeof bad_texts[0]; i++) {
        struct trace t;
        struct err_list bad = {0};
        struct trace_source s = {"f", bad_texts[i].text, strlen(bad_texts[i].text), TRACE_BIN};
        if (trace_parse(&t, format(bad_texts[i].format), &s, &bad))
            fail_msg("%s: `%s` was taken", bad_texts[i].format, bad_texts[i].text);
        assert_true(bad.n_errs >= 1);
        assert_null(t.steps);
        if (strncmp(bad.errs[0].text, bad_texts[i].line, strlen(bad_texts[i].line)) != 0 ||
            !strstr(bad.errs[0].text, bad_texts[i].says))
            fail_msg("%s: `%s`: %s", bad_texts[i].format, bad_texts[i].text, bad.errs[0].text);
        err_list_fini(&bad);
    }
}

static void test_all_bad_lines_at_once(void **state)
{
    (void)state;
    static char text[4000] = "";
    for (int i = 0; i < 100; i++)
        strcat(text, "x\n");
    struct trace t;
    struct err_list bad = {0};
    struct trace_source s = {"f", text, strlen(text), TRACE_BIN};
    assert_false(trace_parse(&t, format("leoreplayer"), &s, &bad));
    assert_int_equal(bad.n_errs, TRACE_ERRORS_MAX);
    err_list_fini(&bad);
    s.text = "1,2\n3,x\n2,y\n4,4\n";
    s.len = strlen(s.text);
    assert_false(trace_parse(&t, format("csv"), &s, &bad));
    assert_int_equal(bad.n_errs, 2);
    assert_non_null(strstr(bad.errs[1].text, "f:3:"));
    err_list_fini(&bad);
}

/* Every good text cut short anywhere and with every bit flipped is taken or refused, nothing else. */
static void test_damage(void **state)
{
    (void)state;
    static const struct {
        const char *format, *text;
    } good[] = {
        {"mahimahi", "# x\n1\n1\n9\n20\n29\n30\n"},
        {"leoreplayer", "24\n18\n18\n"},
        {"csv", "t,owd,rate,loss\n0,270,10000000,0\n1.5, 0.28 s , 8 Mbit/s ,0.1 %\n"},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        size_t len = strlen(good[i].text);
        int taken = 0, refused = 0;
        for (size_t bit = 0; bit < 8 * len + len; bit++) {
            char *text = malloc(len);
            memcpy(text, good[i].text, len);
            size_t use = bit < 8 * len ? len : bit - 8 * len;
            if (bit < 8 * len)
                text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
            struct trace t;
            struct err_list bad = {0};
            struct trace_source s = {"f", text, use, TRACE_BIN};
            bool good_now = trace_parse(&t, format(good[i].format), &s, &bad);
            assert_int_equal(good_now, bad.n_errs == 0);
            for (size_t k = 1; k < t.n_steps; k++)
                assert_true(t.steps[k].at > t.steps[k - 1].at);
            taken += good_now;
            refused += !good_now;
            trace_fini(&t);
            err_list_fini(&bad);
            free(text);
        }
        assert_true(taken > 0 && refused > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mahimahi),    cmocka_unit_test(test_mahimahi_keeps_all_octets),
        cmocka_unit_test(test_leoreplayer), cmocka_unit_test(test_csv),
        cmocka_unit_test(test_bad_lines),   cmocka_unit_test(test_all_bad_lines_at_once),
        cmocka_unit_test(test_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
