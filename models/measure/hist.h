/* hist.h - a histogram of times in nanoseconds with bounded memory and a relative error of at most 0.1 %.
 *
 * Log-linear: values below HIST_LINEAR are kept exactly; above, each octave is cut into HIST_SUB equal buckets, so
 * that the middle of a bucket is at most 1/(2 * HIST_SUB) = 0.098 % away from any value in it. An octave takes 4 KiB
 * and is allocated when its first value comes: delays of one link touch three or four. Count, sum, least and greatest
 * value are exact.
 */
#ifndef ESPSIM_MEASURE_HIST_H
#define ESPSIM_MEASURE_HIST_H

#include "models/base/units.h"

#include <stddef.h>
#include <stdint.h>

#define HIST_SUB_BITS 9
#define HIST_SUB      (1u << HIST_SUB_BITS) /* buckets an octave */
#define HIST_LINEAR   (2 * HIST_SUB)        /* below: one bucket a nanosecond */
#define HIST_OCTAVES  (64 - HIST_SUB_BITS)

struct hist {
    uint64_t *octave[HIST_OCTAVES]; /* HIST_SUB counts each, or NULL; [0] and [1] are the linear part */
    uint64_t count;
    sim_time min, max; /* 0 while count is 0 */
    double sum;        /* nanoseconds; exact up to 2^53 */
};

/* A struct hist begins as {0}; hist_fini frees what it grew and makes it {0} again. */
void hist_fini(struct hist *h);

/* Takes one value; a negative one is our own mistake (assert). */
void hist_add(struct hist *h, sim_time value);

/* Adds all of `from` (borrowed) to `to`; the result is that of adding each value. */
void hist_merge(struct hist *to, const struct hist *from);

/* The least value that at least the share `q` of all values does not exceed (nearest rank), q in [0, 1], within 0.1 %;
 * q = 0 gives the exact minimum, q = 1 the exact maximum. METRIC_NONE, in nanoseconds, where there is no value. */
double hist_quantile(const struct hist *h, double q);

/* METRIC_NONE where there is no value. */
double hist_mean(const struct hist *h);

/* One point of the distribution function: `share` of the values are at most `value`. */
struct hist_point {
    double value; /* nanoseconds */
    double share; /* in (0, 1] */
};

/* The distribution function in at most `cap` points (cap >= 2), ascending in both fields, the first at the minimum and
 * the last at (max, 1); returns how many were filled, 0 for an empty histogram. */
size_t hist_cdf(const struct hist *h, struct hist_point *points, size_t cap);

#endif
