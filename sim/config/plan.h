/* plan.h - what is to be run: one run for each mode of a scenario, and each lookup policy where it names several; all
 * with the same seed (common random numbers). */
#ifndef ESPSIM_CONFIG_PLAN_H
#define ESPSIM_CONFIG_PLAN_H

#include "sim/config/config.h"

#define PLAN_NAME_CAP 64

struct plan_run {
    const struct member *mode;   /* of mode_family */
    const struct member *lookup; /* of lookup_family; NULL: the mode has no ESP */
    char name[PLAN_NAME_CAP];    /* in the plan, and of the run's folder: "tunnel"; of several lookups "wildcard+spi" */
    uint64_t seed;
};

struct plan {
    const struct config *config; /* kept */
    struct plan_run *runs;       /* in the order of scenario.modes, then of ipsec.lookup */
    size_t n_runs;
};

/* Keeps `c`, which must outlive the plan. A mode that is bound to a lookup policy, or has no ESP, is one run. */
void plan_init(struct plan *p, const struct config *c);
void plan_fini(struct plan *p);

#endif
