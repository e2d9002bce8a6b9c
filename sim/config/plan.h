/* plan.h - what is to be run: one run per mode of a scenario, all with the same seed (common random numbers). */
#ifndef ESPSIM_CONFIG_PLAN_H
#define ESPSIM_CONFIG_PLAN_H

#include "sim/config/config.h"

struct plan_run {
    const struct member *mode; /* of mode_family */
    uint64_t seed;
};

struct plan {
    const struct config *config; /* kept */
    struct plan_run *runs;       /* in the order of scenario.modes */
    size_t n_runs;
};

/* Keeps `c`, which must outlive the plan. */
void plan_init(struct plan *p, const struct config *c);
void plan_fini(struct plan *p);

#endif
