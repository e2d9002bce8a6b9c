/* campaign.h - many runs of a sweep: long CSV, means with confidence intervals, a figure per metric. */
#ifndef ESPSIM_ANALYSIS_CAMPAIGN_H
#define ESPSIM_ANALYSIS_CAMPAIGN_H

#include "models/base/err.h"
#include "models/files/set.h"
#include "models/measure/result.h"

#include <stdio.h>

/* One run of one replicate of one point. */
struct campaign_row {
    uint64_t point, replicate;
    char run[RESULT_NAME_MAX];
    char **values; /* of the axes, in their order; owned */
    struct run_result result;
};

struct campaign {
    char **axes; /* keys; owned */
    size_t n_axes;
    struct campaign_row *rows; /* by point, then replicate, then run */
    size_t n_rows;
};

/* Empties what campaign's maker put into it. */
void campaign_fini(struct campaign *c);

/* One line a number: the axes, run, replicate, metric, value. Every metric of every flow, and of the link's total. */
void campaign_csv(const struct campaign *c, FILE *to);

/* Means over the replicates with Student's 95 % interval, for the metrics that answer the main question. */
void campaign_print(const struct campaign *c, FILE *to, bool colour);

/* Adds METRIC.svg and METRIC.png: the metric over the last axis, a curve a run, with intervals. Needs gnuplot; false
 * and `e` where it is missing or fails. */
bool campaign_plot(const struct campaign *c, struct file_set *to, struct err *e);

#endif
