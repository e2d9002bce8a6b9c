/* verdict.h - the four answers about a run. Whether it works is measured: did every flow deliver? The others, and why
 * it should work, are the mode's own words (models/ipsec/mode.h); what stood in its way is told from the counters. */
#ifndef ESPSIM_RUN_VERDICT_H
#define ESPSIM_RUN_VERDICT_H

#include "models/ipsec/mode.h"
#include "models/measure/result.h"
#include "sim/config/config.h"
#include "sim/record/summary.h"
#include "sim/topo/topo.h"

/* Adds to `r`, whose flows and drops are there already. */
void verdict_add(const struct topo *t, const struct summary *s, const struct config *c, const struct mode *mode,
                 struct run_result *r);

#endif
