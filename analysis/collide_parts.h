/* collide_parts.h - the two simulations behind collide_run. Each fills its part of the result, for one site. */
#ifndef ESPSIM_ANALYSIS_COLLIDE_PARTS_H
#define ESPSIM_ANALYSIS_COLLIDE_PARTS_H

#include "analysis/collide.h"

/* Fills p_any, by_importance, n_trials, n_hits, n_draws; reads out->closed of one site to choose the method. */
bool collide_trials(const struct collide_ask *ask, struct collide_result *out, struct err *e);

/* Fills rate_per_s, first_s, duration_s and the numbers of the course of events; reads out->closed of one site, to
 * choose how long to watch, and out->p_any. Not for at_once. */
bool collide_rekey(const struct collide_ask *ask, struct collide_result *out, struct err *e);

#endif
