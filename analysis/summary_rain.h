/* summary_rain.h - how deep it may rain: what a fade of the link leaves of each mode. */
#ifndef ESPSIM_ANALYSIS_SUMMARY_RAIN_H
#define ESPSIM_ANALYSIS_SUMMARY_RAIN_H

#include "models/measure/result.h"

#include <stdio.h>

/* A line for each direction in which it rained; else nothing. */
void summary_say_rain(const struct result *r, FILE *to);

#endif
