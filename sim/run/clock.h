/* clock.h - the wall clock, for progress and the manifest only; no result depends on it. */
#ifndef ESPSIM_RUN_CLOCK_H
#define ESPSIM_RUN_CLOCK_H

#include "models/base/units.h"

#include <time.h>

static inline sim_time clock_wall(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (sim_time)t.tv_sec * NS_PER_S + t.tv_nsec;
}

#endif
