#include "models/measure/series.h"

#include "models/measure/metric.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

void series_init(struct series *s, sim_time first_width)
{
    assert(first_width > 0);
    *s = (struct series){.width = first_width, .bins = calloc(SERIES_BINS, sizeof *s->bins)};
    assert(s->bins);
}

void series_fini(struct series *s)
{
    free(s->bins);
    *s = (struct series){0};
}

static struct series_bin join(struct series_bin a, struct series_bin b)
{
    return (struct series_bin){a.count + b.count, a.sum + b.sum, fmax(a.max, b.max)};
}

static void widen(struct series *s)
{
    for (size_t i = 0; i < SERIES_BINS / 2; i++)
        s->bins[i] = join(s->bins[2 * i], s->bins[2 * i + 1]);
    for (size_t i = SERIES_BINS / 2; i < SERIES_BINS; i++)
        s->bins[i] = (struct series_bin){0};
    s->width *= 2;
    s->n_bins = (s->n_bins + 1) / 2;
}

void series_add(struct series *s, sim_time now, double value)
{
    assert(now >= 0 && value >= 0);
    while (now / s->width >= SERIES_BINS)
        widen(s);
    size_t i = (size_t)(now / s->width);
    s->bins[i] = join(s->bins[i], (struct series_bin){1, value, value});
    if (i >= s->n_bins)
        s->n_bins = i + 1;
}

double series_value(const struct series *s, enum series_kind kind, size_t i)
{
    assert(i < s->n_bins);
    const struct series_bin *bin = &s->bins[i];
    if (kind == SERIES_RATE)
        return bin->sum / ((double)s->width / NS_PER_S);
    if (!bin->count)
        return METRIC_NONE;
    return kind == SERIES_MEAN ? bin->sum / (double)bin->count : bin->max;
}
