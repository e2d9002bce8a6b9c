/* sweep.h - a scenario over lists of values of its keys, with several seeds each, into one store.
 *
 * The points are the product of the axes in the order given, the last axis fastest; each point has `seeds` replicates,
 * each replicate every run of the scenario's plan. A unit is one run; units are numbered in that order. The seed of a
 * replicate follows from (campaign seed, replicate) alone: adding points changes no other point, and all points and
 * modes of a replicate share their random numbers.
 */
#ifndef ESPSIM_RUN_SWEEP_H
#define ESPSIM_RUN_SWEEP_H

#include "models/base/ini.h"
#include "sim/run/progress.h"

#include <stdint.h>

struct sweep_axis {
    char *key;     /* "link.delay" */
    char **values; /* as they will be set */
    size_t n_values;
};

struct sweep {
    const char *scenario; /* file */
    const char **sets;    /* for all points */
    size_t n_sets;
    struct sweep_axis *axes;
    size_t n_axes;
    uint64_t seed, n_seeds;
    const char *store;
    unsigned jobs;            /* 0: as many as there are processors */
    uint64_t shard, n_shards; /* this process runs the units with number % n_shards == shard */
    sim_time timeout;         /* wall clock; 0: none */
    enum progress_kind progress;
};

/* `link.delay=20ms,120ms`, or a range `link.loss=0:0.02:0.005` (first:last:step, a unit behind the step counts for all
 * three). */
bool sweep_axis_parse(struct sweep_axis *axis, const char *text, struct err *e);
void sweep_fini(struct sweep *s);

/* Runs what the store has not yet; a run that fails holds up no other, unless it is one of many. False: `bad` says what
 * is wrong with the points (nothing was run then), or `e` what went wrong while running; finished runs are in the
 * store. */
bool sweep_run(const struct sweep *s, struct err_list *bad, struct err *e);

#endif
