/* result_set.h - results and where they were read: one side of a comparison.
 *
 * Two results are of one kind where scenario and settings are the same; the seed then tells them apart.
 */
#ifndef ESPSIM_ANALYSIS_RESULT_SET_H
#define ESPSIM_ANALYSIS_RESULT_SET_H

#include "models/measure/result.h"

#include <stdbool.h>
#include <stddef.h>

struct loaded_result {
    char *path; /* of its file; its captures lie beside it */
    struct result result;
};

/* {0} is an empty one. */
struct result_set {
    struct loaded_result *results;
    size_t n_results;
};

/* Takes `result`, copies `path`. */
void result_set_add(struct result_set *set, const char *path, struct result *result);
void result_set_fini(struct result_set *set);

/* Scenario and settings are the same. */
bool result_same_kind(const struct result *a, const struct result *b);

/* The result of `r`'s kind and seed; NULL where there is none. */
const struct loaded_result *result_set_find(const struct result_set *set, const struct result *r);

/* One of the same scenario with other settings; of the same seed, if there is one. NULL where there is none. */
const struct loaded_result *result_set_find_other(const struct result_set *set, const struct result *r);

#endif
