/* curves.h - what a run did over time and how its delays were distributed: the content of series.json, beside
 * result.json one file a run. Drawn by `espsim report`; nothing is compared by it.
 *
 * A curve is a list of points with the names of what they show. Times are seconds, rates bit/s.
 */
#ifndef ESPSIM_MEASURE_CURVES_H
#define ESPSIM_MEASURE_CURVES_H

#include "models/base/err.h"
#include "models/measure/hist.h"
#include "models/measure/result.h"
#include "models/measure/series.h"

#define CURVES_SCHEMA 1

/* A quantity over time: values[i] holds for [i, i + 1) * bin_s; METRIC_NONE where nothing was observed. */
struct curve {
    char of[RESULT_NAME_MAX];     /* a flow, or a direction of the link: "gw1>gw2" */
    char metric[RESULT_NAME_MAX]; /* "goodput_bps", "delay_s", "queue_octets" */
    double bin_s;
    double *values;
    size_t n_values;
};

/* The distribution function of a metric: `share` of all values are at most `value`. */
struct distribution {
    char of[RESULT_NAME_MAX];
    char metric[RESULT_NAME_MAX]; /* "delay_s" */
    struct hist_point *points;
    size_t n_points;
};

/* Begins as {0}; curves_fini frees what it grew. */
struct curves {
    char mode[RESULT_NAME_MAX];
    struct curve *curves;
    size_t n_curves;
    struct distribution *distributions;
    size_t n_distributions;
};

/* Copies the bins of `s` as `kind` times `scale` (8 for octets to bits, 1e-9 for nanoseconds to seconds). */
void curves_add_series(struct curves *c, const char *of, const char *metric, const struct series *s,
                       enum series_kind kind, double scale);

/* Copies at most 200 points of the distribution of `h`, in seconds; nothing for an empty histogram. */
void curves_add_delays(struct curves *c, const char *of, const char *metric, const struct hist *h);

const struct curve *curves_find(const struct curves *c, const char *of, const char *metric);
const struct distribution *curves_distribution(const struct curves *c, const char *of, const char *metric);
void curves_fini(struct curves *c);

/* As result_text and result_read of result.h. */
char *curves_text(const struct curves *c);
bool curves_read(struct curves *c, const char *file, const char *text, size_t len, struct err *e);

#endif
