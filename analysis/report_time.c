/* Curves of a report: goodput and delay over time, all runs on one axis, and the distribution of delays. */
#include "analysis/report_figures.h"
#include "models/base/text.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- over time ---- */

static const struct flow_result *flow_of(const struct run_result *run, const char *name)
{
    for (size_t i = 0; i < run->n_flows; i++)
        if (!strcmp(run->flows[i].name, name))
            return &run->flows[i];
    return NULL;
}

/* The flow whose delay is shown: of the VoIP flows (of all, where there are none) the one with the greatest p95 in any
 * mode. NULL where nothing arrived. */
static const char *slowest_flow(const struct result *r)
{
    const char *slowest = NULL;
    double most = -1;
    bool voip = false;
    for (size_t i = 0; i < r->n_runs; i++)
        for (size_t f = 0; f < r->runs[i].n_flows; f++)
            voip |= r->runs[i].flows[f].groups & GROUP_VOIP;
    for (size_t i = 0; i < r->n_runs; i++)
        for (size_t f = 0; f < r->runs[i].n_flows; f++) {
            const struct flow_result *flow = &r->runs[i].flows[f];
            if ((voip && !(flow->groups & GROUP_VOIP)) || !(flow->delay_p95_s > most))
                continue;
            most = flow->delay_p95_s;
            slowest = flow->name;
        }
    return slowest;
}

/* Whether a flow's goodput is summed: TCP flows, or all where there are none. */
static bool is_summed(const struct result *r, const struct flow_result *flow)
{
    for (size_t i = 0; i < r->n_runs; i++)
        for (size_t f = 0; f < r->runs[i].n_flows; f++)
            if (r->runs[i].flows[f].groups & GROUP_TCP)
                return flow->groups & GROUP_TCP;
    return true;
}

/* Of the summed flows of a run, in their order from `*f` on; NULL: no more. */
static const struct curve *next_goodput(const struct report *r, size_t run, size_t *f)
{
    const struct run_result *of = &r->result->runs[run];
    const struct curve *curve = NULL;
    for (; *f < of->n_flows && !curve; ++*f)
        if (is_summed(r->result, &of->flows[*f]))
            curve = curves_find(&r->curves[run], of->flows[*f].name, "goodput_bps");
    return curve;
}

/* The goodput of all summed flows of a run, from its beginning to its end: nothing received is zero. Widths are the
 * first one times a power of two (series.h), so narrower bins are joined into those of the widest curve. A last bin
 * that the run's end cuts would show too little, and is left out. */
static struct curve total_goodput(const struct report *r, size_t run)
{
    struct curve total = {.of = "all"};
    const struct curve *curve;
    for (size_t f = 0; (curve = next_goodput(r, run, &f));)
        total.bin_s = fmax(total.bin_s, curve->bin_s);
    if (!(total.bin_s > 0))
        return total;
    total.n_values = (size_t)fmax(1, floor(r->result->runs[run].duration_s / total.bin_s + 1e-9));
    total.values = calloc(total.n_values, sizeof *total.values);
    assert(total.values);
    for (size_t f = 0; (curve = next_goodput(r, run, &f));) {
        size_t join = (size_t)lround(total.bin_s / curve->bin_s);
        for (size_t i = 0; i < curve->n_values && i / join < total.n_values; i++)
            total.values[i / join] += curve->values[i] / (double)join;
    }
    return total;
}

/* Bins are averaged to about a second, so that modes can be told apart. */
static void write_curve(FILE *to, const char *block, size_t run, const struct curve *curve, double scale)
{
    size_t join = curve->bin_s < 1 ? (size_t)ceil(1 / curve->bin_s) : 1;
    fprintf(to, "$%s%zu << EOD\n", block, run);
    for (size_t i = 0; i < curve->n_values; i += join) {
        double sum = 0;
        size_t n = 0;
        for (size_t j = i; j < i + join && j < curve->n_values; j++)
            if (!isnan(curve->values[j])) {
                sum += curve->values[j];
                n++;
            }
        if (n)
            fprintf(to, "%.6g %.9g\n", ((double)i + (double)join / 2) * curve->bin_s, scale * sum / (double)n);
    }
    fputs("EOD\n", to);
}

/* Writes `$blockI` for each run that has the curve; says which through `has`. */
static bool goodput_data(const struct report *r, FILE *to)
{
    bool any = false;
    for (size_t i = 0; i < r->result->n_runs; i++) {
        struct curve total = total_goodput(r, i);
        any |= total.n_values > 0;
        if (total.n_values)
            write_curve(to, "goodput", i, &total, 1e-6);
        free(total.values);
    }
    return any;
}

static void say_runs(const struct report *r, FILE *to, const char *block, bool (*has)(const struct report *, size_t))
{
    const char *before = "plot ";
    for (size_t i = 0; i < r->result->n_runs; i++) {
        if (!has(r, i))
            continue;
        fprintf(to, "%s$%s%zu using 1:2 with ", before, block, i);
        figure_line(to, i);
        fputs(" title ", to);
        text_gnuplot(to, run_result_name(&r->result->runs[i]));
        before = ", ";
    }
    fputs("\n", to);
}

static bool has_goodput(const struct report *r, size_t run)
{
    struct curve total = total_goodput(r, run);
    free(total.values);
    return total.n_values > 0;
}

static void over_time(const struct report *r, FILE *to)
{
    double end = 0;
    for (size_t i = 0; i < r->result->n_runs; i++)
        end = fmax(end, r->result->runs[i].duration_s);
    fprintf(to, "reset\n%sset xlabel 'simulated time, s'\nset xrange [0:%.9g]\n", FIGURE_KEY_ABOVE, end);
}

static void goodput_plot(const struct report *r, FILE *to)
{
    over_time(r, to);
    fputs("set yrange [0:*]\nset ylabel 'goodput, Mbit/s'\n", to);
    say_runs(r, to, "goodput", has_goodput);
}

const struct figure figure_goodput = {
    "goodput", "Goodput over time",
    "What the receiving applications got, all TCP flows together (all flows, where there is no TCP), seconds averaged.",
    goodput_data, goodput_plot};

static bool has_delay(const struct report *r, size_t run)
{
    const char *flow = slowest_flow(r->result);
    const struct curve *curve = flow ? curves_find(&r->curves[run], flow, "delay_s") : NULL;
    const struct flow_result *of = flow ? flow_of(&r->result->runs[run], flow) : NULL;
    return curve && curve->n_values && of && of->packets_received;
}

static bool delay_data(const struct report *r, FILE *to)
{
    bool any = false;
    for (size_t i = 0; i < r->result->n_runs; i++) {
        if (!has_delay(r, i))
            continue;
        write_curve(to, "delay", i, curves_find(&r->curves[i], slowest_flow(r->result), "delay_s"), 1e3);
        any = true;
    }
    return any;
}

/* An axis of delays around one of them, longer where the data are: on a shorter one the numbers run into each other,
 * and microseconds look like a step. */
static void span_a_millisecond(FILE *to, char axis, double ms)
{
    fprintf(to, "set %crange [*<%.9g:%.9g<*]\n", axis, ms - 0.5, ms + 0.5);
}

static void delay_range(const struct report *r, FILE *to)
{
    for (size_t i = 0; i < r->result->n_runs; i++) {
        const struct flow_result *of = has_delay(r, i) ? flow_of(&r->result->runs[i], slowest_flow(r->result)) : NULL;
        if (of && isfinite(of->delay_p50_s)) {
            span_a_millisecond(to, 'y', of->delay_p50_s * 1e3);
            return;
        }
    }
}

static void delay_plot(const struct report *r, FILE *to)
{
    over_time(r, to);
    delay_range(r, to);
    fputs("set ylabel ", to);
    char label[RESULT_NAME_MAX + 40];
    snprintf(label, sizeof label, "one-way delay of %s, ms", slowest_flow(r->result));
    text_gnuplot(to, label);
    putc('\n', to);
    say_runs(r, to, "delay", has_delay);
}

const struct figure figure_delay = {
    "delay", "Delay over time",
    "Mean one-way delay in each second, of the VoIP flow with the greatest p95 (of any flow, where there is no VoIP).",
    delay_data, delay_plot};

/* ---- distribution of delays ---- */

static const struct distribution *distribution_of(const struct report *r, size_t run)
{
    const char *flow = slowest_flow(r->result);
    return flow ? curves_distribution(&r->curves[run], flow, "delay_s") : NULL;
}

static bool has_distribution(const struct report *r, size_t run)
{
    return distribution_of(r, run) != NULL;
}

static bool cdf_data(const struct report *r, FILE *to)
{
    bool any = false;
    for (size_t i = 0; i < r->result->n_runs; i++) {
        const struct distribution *d = distribution_of(r, i);
        if (!d)
            continue;
        fprintf(to, "$cdf%zu << EOD\n", i);
        if (d->n_points) /* nothing arrives sooner */
            fprintf(to, "%.9g 0\n", d->points[0].value * 1e3);
        for (size_t p = 0; p < d->n_points; p++)
            fprintf(to, "%.9g %.9g\n", d->points[p].value * 1e3, 100 * d->points[p].share);
        fputs("EOD\n", to);
        any = true;
    }
    return any;
}

static void cdf_range(const struct report *r, FILE *to)
{
    for (size_t i = 0; i < r->result->n_runs; i++) {
        const struct distribution *d = distribution_of(r, i);
        if (!d || !d->n_points)
            continue;
        span_a_millisecond(to, 'x', d->points[0].value * 1e3);
        return;
    }
}

static void cdf_plot(const struct report *r, FILE *to)
{
    fputs("reset\n" FIGURE_KEY_ABOVE
          "set ylabel 'packets that take at most that long, %'\nset yrange [0:100]\nset xlabel ",
          to);
    char label[RESULT_NAME_MAX + 40];
    snprintf(label, sizeof label, "one-way delay of %s, ms", slowest_flow(r->result));
    text_gnuplot(to, label);
    putc('\n', to);
    cdf_range(r, to);
    say_runs(r, to, "cdf", has_distribution);
}

const struct figure figure_cdf = {"delay-cdf", "Distribution of delays",
                                  "The same flow: how many of its packets arrive within a given time.", cdf_data,
                                  cdf_plot};
