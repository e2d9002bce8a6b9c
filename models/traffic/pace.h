/* pace.h - sending at a rate without drift: what a division leaves over is kept for the next. */
#ifndef ESPSIM_TRAFFIC_PACE_H
#define ESPSIM_TRAFFIC_PACE_H

#include "models/base/units.h"

/* Time that `octets` take at `rate`, so that the sum over calls is exact; *rest starts at 0 and is kept by the caller.
 * octets < 2^30, rate > 0. */
static inline sim_time pace(uint64_t octets, bit_rate rate, uint64_t *rest)
{
    uint64_t bit_ns = octets * 8 * NS_PER_S + *rest;
    *rest = bit_ns % rate;
    return (sim_time)(bit_ns / rate);
}

/* A stretch of time of random length, in whole nanoseconds. */
static inline sim_time to_ns(double ns)
{
    return (sim_time)(ns + 0.5);
}

#endif
