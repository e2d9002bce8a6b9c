#include "models/measure/hist.h"

#include "models/measure/metric.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

struct place {
    size_t octave, sub;
};

static struct place place_of(sim_time value)
{
    uint64_t v = (uint64_t)value;
    if (v < HIST_SUB)
        return (struct place){0, v};
    unsigned top = 63 - (unsigned)__builtin_clzll(v);
    return (struct place){top - HIST_SUB_BITS + 1, (v >> (top - HIST_SUB_BITS)) - HIST_SUB};
}

/* The middle of a bucket, cut to the exact bounds of what was seen. */
static double middle(const struct hist *h, struct place at)
{
    double value;
    if (at.octave <= 1) {
        value = (double)(at.octave * HIST_SUB + at.sub);
    } else {
        double width = ldexp(1, (int)at.octave - 1);
        value = ((double)(HIST_SUB + at.sub) + 0.5) * width;
    }
    return fmin(fmax(value, (double)h->min), (double)h->max);
}

void hist_fini(struct hist *h)
{
    for (size_t i = 0; i < HIST_OCTAVES; i++)
        free(h->octave[i]);
    *h = (struct hist){0};
}

static uint64_t *octave(struct hist *h, size_t i)
{
    assert(i < HIST_OCTAVES);
    if (!h->octave[i]) {
        h->octave[i] = calloc(HIST_SUB, sizeof *h->octave[i]);
        assert(h->octave[i]);
    }
    return h->octave[i];
}

void hist_add(struct hist *h, sim_time value)
{
    assert(value >= 0);
    struct place at = place_of(value);
    octave(h, at.octave)[at.sub]++;
    if (!h->count || value < h->min)
        h->min = value;
    if (!h->count || value > h->max)
        h->max = value;
    h->count++;
    h->sum += (double)value;
}

void hist_merge(struct hist *to, const struct hist *from)
{
    if (!from->count)
        return;
    for (size_t i = 0; i < HIST_OCTAVES; i++) {
        if (!from->octave[i])
            continue;
        uint64_t *counts = octave(to, i);
        for (size_t j = 0; j < HIST_SUB; j++)
            counts[j] += from->octave[i][j];
    }
    if (!to->count || from->min < to->min)
        to->min = from->min;
    if (!to->count || from->max > to->max)
        to->max = from->max;
    to->count += from->count;
    to->sum += from->sum;
}

double hist_quantile(const struct hist *h, double q)
{
    assert(q >= 0 && q <= 1);
    if (!h->count)
        return METRIC_NONE;
    /* 0.07 * 100 is a little more than 7: a product that should be whole must not be rounded up. */
    uint64_t rank = (uint64_t)ceil(q * (double)h->count * (1 - 4 * DBL_EPSILON));
    if (rank <= 1)
        return (double)h->min;
    if (rank >= h->count)
        return (double)h->max;
    uint64_t below = 0;
    for (size_t i = 0; i < HIST_OCTAVES; i++)
        for (size_t j = 0; h->octave[i] && j < HIST_SUB; j++) {
            below += h->octave[i][j];
            if (below >= rank)
                return middle(h, (struct place){i, j});
        }
    assert(!"counts are missing");
    return METRIC_NONE;
}

double hist_mean(const struct hist *h)
{
    if (!h->count)
        return METRIC_NONE;
    return h->sum / (double)h->count;
}

size_t hist_cdf(const struct hist *h, struct hist_point *points, size_t cap)
{
    assert(cap >= 2);
    if (!h->count)
        return 0;
    size_t n = 0;
    double step = 1.0 / (double)(cap - 1), due = 0; /* a point each time that the share has grown by a step */
    uint64_t below = 0;
    for (size_t i = 0; i < HIST_OCTAVES; i++)
        for (size_t j = 0; h->octave[i] && j < HIST_SUB; j++) {
            if (!h->octave[i][j])
                continue;
            below += h->octave[i][j];
            double share = (double)below / (double)h->count;
            if (share < due || below == h->count || n >= cap - 1)
                continue;
            points[n] = (struct hist_point){n ? middle(h, (struct place){i, j}) : (double)h->min, share};
            n++;
            due = share + step;
        }
    points[n++] = (struct hist_point){(double)h->max, 1};
    return n;
}
