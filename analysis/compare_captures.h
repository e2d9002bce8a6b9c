/* compare_captures.h - where two captures part: the first packet, octet and field that differ. */
#ifndef ESPSIM_ANALYSIS_COMPARE_CAPTURES_H
#define ESPSIM_ANALYSIS_COMPARE_CAPTURES_H

#include "models/measure/result.h"

#include <stddef.h>

/* Fills `text` with one line about the captures RUN/NAME beside the two result.json files, or with why there is none
 * to compare. `run` is the base's. */
void captures_explain(const char *base_result, const char *cand_result, const struct run_result *run, const char *name,
                      char *text, size_t cap);

/* The same for two capture files; `run` (NULL: none) knows the SAs of the packets. */
void captures_difference(const char *base, const char *cand, const struct run_result *run, char *text, size_t cap);

#endif
