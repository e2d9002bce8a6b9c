#include "analysis/collide_stat.h"

#include <math.h>
#include <stdbool.h>

#define MATHLIB_STANDALONE
#include <Rmath.h>

struct interval stat_poisson(uint64_t k, double level)
{
    double tail = (1 - level) / 2, n = (double)k;
    return (struct interval){k ? qgamma(tail, n, 1, true, false) : 0, qgamma(tail, n + 1, 1, false, false)};
}

struct interval stat_bounded(double mean, double variance, uint64_t n, double level)
{
    double weight = log(3 / (1 - level)) / (double)n;
    double reach = sqrt(2 * fmax(variance, 0) * weight) + 3 * weight;
    return (struct interval){fmax(0, mean - reach), fmin(1, mean + reach)};
}

struct interval stat_ratio(const double *a, const double *b, size_t n, double level)
{
    double sum_a = 0, sum_b = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        sum_a += a[i];
        sum_b += b[i];
    }
    double ratio = sum_a / sum_b, size = (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (a[i] - ratio * b[i]) * (a[i] - ratio * b[i]);
    double reach = qt((1 - level) / 2, size - 1, false, false) * sqrt(squares * size / (size - 1)) / sum_b;
    return (struct interval){fmax(0, ratio - reach), ratio + reach};
}
