#include "models/measure/stats.h"

#include "models/measure/metric.h"

#define MATHLIB_STANDALONE
#include <Rmath.h>
#include <assert.h>
#include <math.h>
#include <stdlib.h>

struct sample stats_sample(const double *x, size_t n)
{
    struct sample s = {n, METRIC_NONE, METRIC_NONE};
    if (!n)
        return s;
    double mean = 0, squares = 0; /* Welford: no cancellation where the spread is small against the mean */
    for (size_t i = 0; i < n; i++) {
        double delta = x[i] - mean;
        mean += delta / (double)(i + 1);
        squares += delta * (x[i] - mean);
    }
    s.mean = mean;
    if (n >= 2)
        s.sd = sqrt(squares / (double)(n - 1));
    return s;
}

struct interval stats_mean_interval(struct sample s, double level)
{
    assert(level > 0 && level < 1);
    if (s.n < 2)
        return (struct interval){(double)-INFINITY, (double)INFINITY};
    double half = qt(0.5 + level / 2, (double)(s.n - 1), 1, 0) * s.sd / sqrt((double)s.n);
    return (struct interval){s.mean - half, s.mean + half};
}

struct paired stats_paired(const double *base, const double *cand, size_t n, double level)
{
    double *diff = calloc(n ? n : 1, sizeof *diff);
    assert(diff);
    for (size_t i = 0; i < n; i++)
        diff[i] = cand[i] - base[i];
    struct paired d = {.diff = stats_sample(diff, n), .p = 1};
    free(diff);
    d.interval = stats_mean_interval(d.diff, level);
    if (n >= 2 && d.diff.sd > 0)
        d.p = 2 * pt(-fabs(d.diff.mean) * sqrt((double)n) / d.diff.sd, (double)(n - 1), 1, 0);
    else if (n >= 2 && d.diff.mean != 0)
        d.p = 0;
    return d;
}

struct ranked {
    double p;
    size_t at;
};

static int by_p(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;
    if (a->p != b->p)
        return a->p < b->p ? -1 : 1;
    return a->at < b->at ? -1 : a->at > b->at;
}

void stats_holm(const double *p, size_t n, double *adjusted)
{
    struct ranked *ranked = calloc(n ? n : 1, sizeof *ranked);
    assert(ranked);
    for (size_t i = 0; i < n; i++)
        ranked[i] = (struct ranked){p[i], i};
    qsort(ranked, n, sizeof *ranked, by_p);
    double floor = 0;
    for (size_t i = 0; i < n; i++) {
        floor = fmax(floor, fmin(1, ranked[i].p * (double)(n - i)));
        adjusted[ranked[i].at] = floor;
    }
    free(ranked);
}

struct interval stats_wilson(uint64_t k, uint64_t n, double level)
{
    assert(n > 0 && k <= n && level > 0 && level < 1);
    double z = qnorm5(0.5 + level / 2, 0, 1, 1, 0), trials = (double)n, share = (double)k / trials;
    double centre = share + z * z / (2 * trials);
    double half = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials));
    double scale = 1 + z * z / trials;
    return (struct interval){k ? (centre - half) / scale : 0, k < n ? (centre + half) / scale : 1};
}

struct interval stats_clopper_pearson(uint64_t k, uint64_t n, double level)
{
    assert(n > 0 && k <= n && level > 0 && level < 1);
    double tail = (1 - level) / 2, hits = (double)k, misses = (double)(n - k);
    return (struct interval){k ? qbeta(tail, hits, misses + 1, 1, 0) : 0,
                             k < n ? qbeta(tail, hits + 1, misses, 0, 0) : 1};
}
