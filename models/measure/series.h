/* series.h - a quantity over simulated time, in at most SERIES_BINS bins.
 *
 * When time outgrows the bins, neighbours are joined and the bins become twice as wide, so that memory does not grow
 * and the result depends on the observations alone, not on how long the run was thought to be. Two series of one
 * scenario line up: widths are the first width times a power of two, and bin 0 begins at time 0.
 */
#ifndef ESPSIM_MEASURE_SERIES_H
#define ESPSIM_MEASURE_SERIES_H

#include "models/base/units.h"

#include <stddef.h>
#include <stdint.h>

#define SERIES_BINS        512
#define SERIES_FIRST_WIDTH (100 * NS_PER_MS)

struct series_bin {
    uint64_t count;
    double sum;
    double max; /* 0 while count is 0 */
};

struct series {
    sim_time width;          /* of a bin */
    size_t n_bins;           /* up to the latest observation */
    struct series_bin *bins; /* SERIES_BINS of them */
};

/* What a bin's value is. A bin without observations is 0 for a rate, and METRIC_NONE for a mean and a maximum. */
enum series_kind {
    SERIES_RATE, /* sum / width, per second */
    SERIES_MEAN, /* sum / count */
    SERIES_MAX,
};

void series_init(struct series *s, sim_time first_width);
void series_fini(struct series *s);

/* Takes an observation `value` >= 0 at time `now` >= 0; times need not ascend. */
void series_add(struct series *s, sim_time now, double value);

/* The value of bin i < n_bins; the rate of the last bin counts the whole bin, as all others. */
double series_value(const struct series *s, enum series_kind kind, size_t i);

#endif
