/* Histogram, statistics and series: laws over random values, and values worked out elsewhere. */
#include "models/base/rng.h"
#include "models/measure/hist.h"
#include "models/measure/meter.h"
#include "models/measure/series.h"
#include "models/measure/stats.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int by_time(const void *a, const void *b)
{
    sim_time x = *(const sim_time *)a, y = *(const sim_time *)b;
    return x < y ? -1 : x > y;
}

static void near(const char *what, double got, double want, double relative)
{
    if (!(fabs(got - want) <= relative * fabs(want) + 1e-300))
        fail_msg("%s: %.12g, expected %.12g within %g", what, got, want, relative);
}

/* Delay distributions as they come: what they are, and how one value is drawn. */
static sim_time draw_small(struct rng *r)
{
    return (sim_time)rng_below(r, HIST_LINEAR);
}

static sim_time draw_geo(struct rng *r)
{
    return 270 * NS_PER_MS + (sim_time)rng_exp(r, 40 * NS_PER_MS);
}

static sim_time draw_octaves(struct rng *r)
{
    return (sim_time)(rng_u64(r) >> (1 + rng_below(r, 63)));
}

static sim_time draw_constant(struct rng *r)
{
    (void)r;
    return 123456789;
}

static const struct {
    const char *what;
    sim_time (*draw)(struct rng *r);
} draws[] = {
    {"below the linear limit", draw_small},
    {"GEO delays", draw_geo},
    {"all octaves of int64", draw_octaves},
    {"one value", draw_constant},
};

static void quantiles_are_within_a_thousandth(void **state)
{
    (void)state;
    enum { N = 20000 };
    static sim_time values[N];
    static const double shares[] = {0, 1e-5, 0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1};
    for (size_t d = 0; d < sizeof draws / sizeof *draws; d++) {
        struct rng r;
        rng_init(&r, 7, draws[d].what);
        struct hist h = {0};
        double sum = 0;
        for (int i = 0; i < N; i++) {
            values[i] = draws[d].draw(&r);
            sum += (double)values[i];
            hist_add(&h, values[i]);
        }
        qsort(values, N, sizeof *values, by_time);
        assert_int_equal(h.count, N);
        assert_int_equal(h.min, values[0]);
        assert_int_equal(h.max, values[N - 1]);
        near(draws[d].what, hist_mean(&h), sum / N, 1e-12);
        for (size_t s = 0; s < sizeof shares / sizeof *shares; s++) {
            size_t rank = (size_t)ceil(shares[s] * N - 1e-9);
            near(draws[d].what, hist_quantile(&h, shares[s]), (double)values[rank ? rank - 1 : 0], 0.001);
        }
        hist_fini(&h);
    }
}

static void every_bucket_edge_is_within_a_thousandth(void **state)
{
    (void)state;
    for (int bit = 0; bit < 63; bit++)
        for (sim_time offset = -1; offset <= 1; offset++) {
            sim_time v = ((sim_time)1 << bit) + offset;
            struct hist h = {0};
            hist_add(&h, 0);
            hist_add(&h, v);
            hist_add(&h, INT64_MAX);
            double got = hist_quantile(&h, 0.5);
            if (v < (sim_time)HIST_LINEAR)
                assert_true(got == (double)v);
            else
                near("edge", got, (double)v, 0.001);
            hist_fini(&h);
        }
}

static void merging_is_adding(void **state)
{
    (void)state;
    struct rng r;
    rng_init(&r, 1, "merge");
    struct hist all = {0}, parts[3] = {{{0}, 0, 0, 0, 0}}, merged = {0};
    for (int i = 0; i < 5000; i++) {
        sim_time v = draw_octaves(&r) >> 20;
        hist_add(&all, v);
        hist_add(&parts[i % 2], v); /* the third part stays empty */
    }
    for (int i = 0; i < 3; i++) {
        hist_merge(&merged, &parts[i]);
        hist_fini(&parts[i]);
    }
    assert_int_equal(merged.count, all.count);
    assert_int_equal(merged.min, all.min);
    assert_int_equal(merged.max, all.max);
    for (int i = 0; i <= 100; i++)
        assert_true(hist_quantile(&merged, i / 100.0) == hist_quantile(&all, i / 100.0));
    hist_fini(&all);
    hist_fini(&merged);
}

static void empty_histogram_has_no_quantile(void **state)
{
    (void)state;
    struct hist h = {0};
    struct hist_point points[2];
    assert_true(isnan(hist_quantile(&h, 0.5)));
    assert_true(isnan(hist_mean(&h)));
    assert_int_equal(hist_cdf(&h, points, 2), 0);
}

static void cdf_agrees_with_the_quantiles(void **state)
{
    (void)state;
    for (size_t d = 0; d < sizeof draws / sizeof *draws; d++) {
        struct rng r;
        rng_init(&r, 3, draws[d].what);
        struct hist h = {0};
        for (int i = 0; i < 3000; i++)
            hist_add(&h, draws[d].draw(&r));
        for (size_t cap = 2; cap <= 200; cap += 33) {
            struct hist_point points[200];
            size_t n = hist_cdf(&h, points, cap);
            assert_true(n >= 1 && n <= cap);
            assert_true(points[n - 1].value == (double)h.max && points[n - 1].share == 1);
            for (size_t i = 0; i < n; i++) {
                if (i)
                    assert_true(points[i].value >= points[i - 1].value && points[i].share > points[i - 1].share);
                if (i && i + 1 < n)
                    near(draws[d].what, points[i].value, hist_quantile(&h, points[i].share), 0.001);
            }
        }
        hist_fini(&h);
    }
}

/* R 4.2: qt, t.test, p.adjust, binom.test; Wilson: Newcombe 1998, table I, method 3. */
static void student_intervals_are_those_of_the_tables(void **state)
{
    (void)state;
    static const double base[] = {10.1, 9.8, 10.4, 10.0, 9.9}, cand[] = {10.4, 10.0, 10.5, 10.4, 10.2};
    struct paired p = stats_paired(base, cand, 5, 0.95);
    near("mean difference", p.diff.mean, 0.26, 1e-12);
    near("sd", p.diff.sd, 0.114017542509914, 1e-9);
    near("low", p.interval.low, 0.26 - 2.776445105198 * 0.114017542509914 / sqrt(5), 1e-9);
    near("high", p.interval.high, 0.26 + 2.776445105198 * 0.114017542509914 / sqrt(5), 1e-9);
    assert_true(p.p > 0.006 && p.p < 0.008); /* t = 5.099 with 4 degrees of freedom */
    struct paired alone = stats_paired(base, cand, 1, 0.95);
    assert_true(isinf(alone.interval.low) && isinf(alone.interval.high) && alone.p == 1);
    struct paired same = stats_paired(base, base, 5, 0.95);
    assert_true(same.p == 1 && same.interval.low == 0 && same.interval.high == 0);
    static const double shifted[] = {11.0, 11.0, 11.0}, level[] = {10.0, 10.0, 10.0};
    assert_true(stats_paired(level, shifted, 3, 0.95).p == 0);
}

static void holm_steps_down(void **state)
{
    (void)state;
    static const double p[] = {0.01, 0.04, 0.03, 0.005}, want[] = {0.03, 0.06, 0.06, 0.02};
    double got[4];
    stats_holm(p, 4, got);
    for (int i = 0; i < 4; i++)
        near("Holm", got[i], want[i], 1e-12);
    double one = 0.7;
    stats_holm(&one, 1, &one);
    assert_true(one == 0.7);
    stats_holm(NULL, 0, NULL);
}

static void shares_have_published_intervals(void **state)
{
    (void)state;
    static const struct {
        uint64_t k, n;
        double wilson_low, wilson_high, exact_low, exact_high;
    } rows[] = {
        {81, 263, 0.2553, 0.3662, 0.2527, 0.3676},
        {15, 148, 0.0624, 0.1605, 0.0578, 0.1617},
        {0, 20, 0, 0.1611, 0, 0.1684},
        {1, 29, 0.0061, 0.1718, 0.0009, 0.1776},
        {29, 29, 0.8830, 1, 0.8806, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct interval w = stats_wilson(rows[i].k, rows[i].n, 0.95);
        struct interval e = stats_clopper_pearson(rows[i].k, rows[i].n, 0.95);
        assert_true(fabs(w.low - rows[i].wilson_low) < 6e-5 && fabs(w.high - rows[i].wilson_high) < 6e-5);
        assert_true(fabs(e.low - rows[i].exact_low) < 6e-5 && fabs(e.high - rows[i].exact_high) < 6e-5);
    }
}

static void series_keep_the_sum_while_bins_widen(void **state)
{
    (void)state;
    struct series s;
    series_init(&s, SERIES_FIRST_WIDTH);
    struct rng r;
    rng_init(&r, 5, "series");
    double sum = 0, max = 0;
    for (int i = 0; i < 100000; i++) {
        double octets = (double)rng_below(&r, 1500);
        sum += octets;
        max = fmax(max, octets);
        series_add(&s, i * 37 * NS_PER_MS, octets);
    }
    assert_true(s.n_bins <= SERIES_BINS && s.n_bins > SERIES_BINS / 2);
    assert_int_equal(s.width % SERIES_FIRST_WIDTH, 0);
    double total = 0, greatest = 0, observed = 0;
    for (size_t i = 0; i < s.n_bins; i++) {
        total += series_value(&s, SERIES_RATE, i) * (double)s.width / NS_PER_S;
        greatest = fmax(greatest, series_value(&s, SERIES_MAX, i));
        observed += (double)s.bins[i].count;
    }
    near("sum", total, sum, 1e-9);
    assert_true(greatest == max && observed == 100000);
    series_fini(&s);
}

static void series_do_not_hang_on_order(void **state)
{
    (void)state;
    struct series up, down;
    series_init(&up, SERIES_FIRST_WIDTH);
    series_init(&down, SERIES_FIRST_WIDTH);
    for (int i = 0; i < 3000; i++) {
        series_add(&up, i * 100 * NS_PER_MS, i);
        series_add(&down, (2999 - i) * 100 * NS_PER_MS, 2999 - i);
    }
    assert_int_equal(up.width, 8 * SERIES_FIRST_WIDTH);
    assert_int_equal(up.width, down.width);
    assert_int_equal(up.n_bins, down.n_bins);
    for (size_t i = 0; i < up.n_bins; i++)
        assert_true(series_value(&up, SERIES_MEAN, i) == series_value(&down, SERIES_MEAN, i));
    series_fini(&up);
    series_fini(&down);
}

static void a_bin_without_observations_has_a_rate_but_no_mean(void **state)
{
    (void)state;
    struct series s;
    series_init(&s, NS_PER_S);
    series_add(&s, 0, 125);
    series_add(&s, 2 * NS_PER_S, 250);
    assert_int_equal(s.n_bins, 3);
    assert_true(series_value(&s, SERIES_RATE, 0) == 125);
    assert_true(series_value(&s, SERIES_RATE, 1) == 0);
    assert_true(isnan(series_value(&s, SERIES_MEAN, 1)) && isnan(series_value(&s, SERIES_MAX, 1)));
    series_fini(&s);
}

/* Six packets of 100 octets, one a second; the second overtakes the first, the fourth is lost, the sixth comes twice.
 */
static void a_meter_counts_what_it_is_told(void **state)
{
    (void)state;
    static const sim_time delays_ms[] = {1500, 300, 310, -1, 270, 290};
    struct meter m;
    meter_init(&m);
    for (int i = 0; i < 6; i++)
        meter_sent(&m, 100);
    static const int order[] = {1, 0, 2, 4, 5};
    for (int i = 0; i < 5; i++) {
        sim_time sent_at = order[i] * NS_PER_S, now = sent_at + delays_ms[order[i]] * NS_PER_MS;
        meter_received(&m, now, sent_at, 100);
        meter_delivered(&m, now, 60);
    }
    meter_duplicate(&m);
    struct flow_result f = {0};
    meter_result(&m, 6 * NS_PER_S, &f);
    assert_int_equal(f.packets_sent, 6);
    assert_int_equal(f.packets_received, 5);
    assert_int_equal(f.reordered, 1);
    assert_int_equal(f.duplicates, 1);
    near("goodput", f.goodput_bps, 5 * 60 * 8 / 6.0, 1e-12);
    near("loss", f.loss_ratio, 1 / 6.0, 1e-12);
    near("mean", f.delay_mean_s, (1.5 + 0.3 + 0.31 + 0.27 + 0.29) / 5, 1e-12);
    near("median", f.delay_p50_s, 0.3, 0.001);
    assert_true(f.delay_min_s == 0.27 && f.delay_max_s == 1.5);
    double jitter = 0;
    static const double steps[] = {1.2, 1.19, 0.04, 0.02};
    for (int i = 0; i < 4; i++)
        jitter += (steps[i] - jitter) / 16;
    near("jitter", f.jitter_s, jitter, 1e-9);
    struct curves c = {0};
    meter_curves(&m, "call", &c);
    const struct curve *goodput = curves_find(&c, "call", "goodput_bps");
    assert_true(goodput->values[13] == 60 * 8 / 0.1 && goodput->values[14] == 0);
    assert_true(isnan(curves_find(&c, "call", "delay_s")->values[0]));
    assert_non_null(curves_distribution(&c, "call", "delay_s"));
    curves_fini(&c);
    meter_fini(&m);
}

static void a_meter_without_packets_measures_nothing(void **state)
{
    (void)state;
    struct meter m;
    meter_init(&m);
    struct flow_result f = {0};
    meter_result(&m, NS_PER_S, &f);
    assert_true(f.goodput_bps == 0 && isnan(f.loss_ratio) && isnan(f.delay_p50_s) && isnan(f.jitter_s));
    meter_fini(&m);
}

static void curves_are_read_as_they_were_written(void **state)
{
    (void)state;
    struct meter m;
    meter_init(&m);
    struct rng r;
    rng_init(&r, 9, "curves");
    for (int i = 0; i < 5000; i++) {
        meter_sent(&m, 1500);
        sim_time sent_at = i * 20 * NS_PER_MS;
        meter_received(&m, sent_at + draw_geo(&r), sent_at, 1500);
        if (i % 50 == 0)
            meter_delivered(&m, sent_at + NS_PER_S, 72400);
    }
    struct curves c = {.mode = "tunnel"}, back = {0};
    meter_curves(&m, "web", &c);
    char *text = curves_text(&c);
    struct err e = {""};
    if (!curves_read(&back, "series.json", text, strlen(text), &e))
        fail_msg("%s", e.text);
    char *again = curves_text(&back);
    assert_string_equal(text, again);
    assert_int_equal(back.n_curves, 2);
    assert_int_equal(back.n_distributions, 1);
    for (size_t len = 0; len < strlen(text); len += 1 + len / 10) {
        struct curves cut = {0};
        assert_false(curves_read(&cut, "series.json", text, len, &e));
        assert_non_null(strstr(e.text, "series.json:"));
        assert_null(cut.curves);
    }
    static const char *const foreign[] = {"{\"schema\":1}", "{\"schema\":1,\"runs\":[]}",
                                          "{\"schema\":1,\"mode\":\"x\",\"curves\":[{\"of\":\"a\",\"metric\":\"b\","
                                          "\"bin_s\":0,\"values\":[]}],\"distributions\":[]}",
                                          "{\"schema\":1,\"mode\":\"x\",\"curves\":[],\"distributions\":[{\"of\":\"a\","
                                          "\"metric\":\"b\",\"points\":[[1,0.5],[2,0.5]]}]}"};
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        assert_false(curves_read(&(struct curves){0}, "series.json", foreign[i], strlen(foreign[i]), &e));
    free(text);
    free(again);
    curves_fini(&c);
    curves_fini(&back);
    meter_fini(&m);
}

/* A series.json with one thing wrong. */
static void curves_are_refused_with_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *what, *mode, *of, *metric, *bin, *value, *point, *said;
    } rows[] = {
        {"good", "tunnel+linux", "gw1>gw2", "delay_s", "0.5", "1", "[1, 1]", NULL},
        {"a path as mode", "../x", "a", "b", "1", "1", "[1, 1]", "`mode` = `../x` is no name of a run"},
        {"a command as flow", "x", "`touch x`", "b", "1", "1", "[1, 1]", "curves[0]: `of` = `"},
        {"a line end in a metric", "x", "a", "b\\nEOD", "1", "1", "[1, 1]", "curves[0]: `metric` = `b?EOD` is no name"},
        {"a bin of no width", "x", "a", "b", "0", "1", "[1, 1]", "curves[0]: `bin_s` is not above 0"},
        {"a bin before 0", "x", "a", "b", "-1.0", "1", "[1, 1]", "curves[0]: `bin_s` = -1 is negative"},
        {"a delay before it was sent", "x", "a", "b", "1", "-0.5", "[1, 1]", "curves[0]: `values` = -0.5 is negative"},
        {"a value beyond numbers", "x", "a", "b", "1", "1e999", "[1, 1]", "no JSON"},
        {"a point before 0", "x", "a", "b", "1", "1", "[-1, 1]", "distributions[0]: points[0] is no [value, share]"},
        {"a point of texts", "x", "a", "b", "1", "1", "[\"1\", 1]", "distributions[0]: points[0] is no [value, share]"},
        {"a share of more than all", "x", "a", "b", "1", "1", "[1, 2]", "distributions[0]: points[0] is no [value"},
        {"values that fall", "x", "a", "b", "1", "1", "[2, 0.5], [1, 1]", "distributions[0]: points[1] is no [value"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[600];
        struct curves c = {0};
        struct err e = {""};
        snprintf(text, sizeof text,
                 "{\"schema\":1,\"mode\":\"%s\",\"curves\":[{\"of\":\"%s\",\"metric\":\"%s\",\"bin_s\":%s,"
                 "\"values\":[null,%s]}],\"distributions\":[{\"of\":\"%s\",\"metric\":\"%s\",\"points\":[%s]}]}",
                 rows[i].mode, rows[i].of, rows[i].metric, rows[i].bin, rows[i].value, rows[i].of, rows[i].metric,
                 rows[i].point);
        bool read = curves_read(&c, "series.json", text, strlen(text), &e);
        if (read != !rows[i].said || (!read && !strstr(e.text, rows[i].said)))
            fail_msg("%s: said `%s`, expected `%s`", rows[i].what, e.text, rows[i].said ? rows[i].said : "nothing");
        curves_fini(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_are_within_a_thousandth),
        cmocka_unit_test(every_bucket_edge_is_within_a_thousandth),
        cmocka_unit_test(merging_is_adding),
        cmocka_unit_test(empty_histogram_has_no_quantile),
        cmocka_unit_test(cdf_agrees_with_the_quantiles),
        cmocka_unit_test(student_intervals_are_those_of_the_tables),
        cmocka_unit_test(holm_steps_down),
        cmocka_unit_test(shares_have_published_intervals),
        cmocka_unit_test(series_keep_the_sum_while_bins_widen),
        cmocka_unit_test(series_do_not_hang_on_order),
        cmocka_unit_test(a_bin_without_observations_has_a_rate_but_no_mean),
        cmocka_unit_test(a_meter_counts_what_it_is_told),
        cmocka_unit_test(a_meter_without_packets_measures_nothing),
        cmocka_unit_test(curves_are_read_as_they_were_written),
        cmocka_unit_test(curves_are_refused_with_their_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
