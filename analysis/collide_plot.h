/* collide_plot.h - collisions over the number of SAs and the size of the range: a table of points, and its figure. */
#ifndef ESPSIM_ANALYSIS_COLLIDE_PLOT_H
#define ESPSIM_ANALYSIS_COLLIDE_PLOT_H

#include "analysis/collide.h"
#include "models/files/set.h"

#define SWEEP_VALUES_MOST 64

/* Values of an axis; none: the axis is not swept. */
struct collide_axis {
    uint64_t value[SWEEP_VALUES_MOST];
    size_t n;
};

struct collide_sweep {
    struct collide_axis n, m, range; /* host SAs, gateway SAs, size of one range for both sides, from 0x100 on */
    size_t n_axes;                   /* that have values */
};

struct collide_point {
    uint64_t n, m, range;
    struct collide_result result;
    bool agrees;
    struct err why; /* where it does not */
};

/* `n=10,100,1000,R=2^16,2^28`: axes n, m, R; a value is a number or a power as 2^28; `10..1000` gives three values a
 * decade, 10, 20, 50, 100, ... */
bool collide_sweep_parse(const char *text, struct collide_sweep *s, struct err *e);

/* Every combination, n fastest; what is not swept is as in `ask`. Only p_any is simulated. Gives *n_points points,
 * which the caller frees, or NULL and `e`. */
struct collide_point *collide_sweep_run(const struct collide_sweep *s, const struct collide_ask *ask, size_t *n_points,
                                        struct err *e);

/* Adds collide.tsv, collide.gp, which draws the same from it, collide.svg and collide.png. Where gnuplot is missing or
 * fails: false and `e`, and the first two only. */
bool collide_plot(const struct collide_point *points, size_t n_points, struct file_set *to, struct err *e);

#endif
