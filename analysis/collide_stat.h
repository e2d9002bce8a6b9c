/* collide_stat.h - confidence intervals that models/measure/stats.h has not. `level` is two-sided, e.g. 0.99. */
#ifndef ESPSIM_ANALYSIS_COLLIDE_STAT_H
#define ESPSIM_ANALYSIS_COLLIDE_STAT_H

#include "models/measure/stats.h"

/* Garwood (1936): the mean number of events of a Poisson process that showed k. */
struct interval stat_poisson(uint64_t k, double level);

/* Empirical Bernstein bound (Audibert, Munos, Szepesvari 2009): the mean of n > 0 values in [0, 1] with this mean and
 * variance (divisor n). Holds for any distribution and has a width even where all values were equal. */
struct interval stat_bounded(double mean, double variance, uint64_t n, double level);

/* Ratio of the sums of two series that belong together, by the residuals from the line through 0. n > 1, and the sum of
 * b > 0. */
struct interval stat_ratio(const double *a, const double *b, size_t n, double level);

#endif
