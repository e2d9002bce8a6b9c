/* compare_captures.h - where two captures part: the first packet, octet and field that differ. */
#ifndef ESPSIM_ANALYSIS_COMPARE_CAPTURES_H
#define ESPSIM_ANALYSIS_COMPARE_CAPTURES_H

#include <stddef.h>

/* Fills `text` with one line about the captures MODE/NAME beside the two result.json files, or with why there is none
 * to compare. */
void captures_explain(const char *base_result, const char *cand_result, const char *mode, const char *name, char *text,
                      size_t cap);

/* The same for two capture files. */
void captures_difference(const char *base, const char *cand, char *text, size_t cap);

#endif
