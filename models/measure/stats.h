/* stats.h - what a handful of repeated runs lets one say.
 *
 * The distributions are those of R's stand-alone mathematics library (libRmath, GPL-2+; GSL is GPL-3 and must not be
 * linked with ns-3, which is GPL-2 only). `level` is a confidence level such as 0.95.
 */
#ifndef ESPSIM_MEASURE_STATS_H
#define ESPSIM_MEASURE_STATS_H

#include <stddef.h>
#include <stdint.h>

struct interval {
    double low, high;
};

/* A sample's mean and standard deviation (n - 1 in the denominator). n = 0: mean is METRIC_NONE; n < 2: sd is
 * METRIC_NONE. */
struct sample {
    size_t n;
    double mean, sd;
};

struct sample stats_sample(const double *x, size_t n);

/* Student's interval of the mean; with fewer than two values it is (-INFINITY, INFINITY). */
struct interval stats_mean_interval(struct sample s, double level);

/* Differences cand[i] - base[i] of runs that share everything but what is compared (here: the seed). */
struct paired {
    struct sample diff;
    struct interval interval; /* Student's, of the mean difference */
    double p;                 /* two-sided, of "the mean difference is 0"; 1 with fewer than two pairs */
};

/* Differences without spread give p = 0 where they are not 0, and 1 where they are. */
struct paired stats_paired(const double *base, const double *cand, size_t n, double level);

/* Holm's step-down correction: `adjusted[i]` is the p value to hold against the family-wise error rate; the order of
 * the input is kept, and `adjusted` may be `p`. */
void stats_holm(const double *p, size_t n, double *adjusted);

/* Intervals of a share of k hits among n > 0 trials, k <= n: Wilson's score interval without continuity correction,
 * and the exact one of Clopper and Pearson, which covers at least `level`. */
struct interval stats_wilson(uint64_t k, uint64_t n, double level);
struct interval stats_clopper_pearson(uint64_t k, uint64_t n, double level);

#endif
