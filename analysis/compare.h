/* compare.h - two sets of results side by side: what changed, what is missing, and the exit status that follows.
 *
 * Results are matched by scenario, settings hash, seed and mode; metrics by their path (compare_items.h). What becomes
 * of each is judged in compare_judge.h.
 */
#ifndef ESPSIM_ANALYSIS_COMPARE_H
#define ESPSIM_ANALYSIS_COMPARE_H

#include "analysis/compare_judge.h"
#include "analysis/compare_rules.h"
#include "analysis/result_set.h"
#include "models/base/err.h"

#include <jansson.h>
#include <stdio.h>

struct comparison {
    struct finding *findings; /* by scenario, mode and path, as in the base */
    size_t n_findings;
    size_t n_by_status[N_STATUSES];
    struct err_list missing; /* what cannot be compared, and why */
    struct err_list notes;   /* what only the candidate has, rules that were not used */
};

/* Compares; borrows all, keeps `base` and `rules` as long as `c` is used. `c` is {0}. */
void compare_sets(struct comparison *c, const struct result_set *base, const struct result_set *cand,
                  struct rules *rules, bool allow_better);
void comparison_fini(struct comparison *c);

/* 0 within, 1 different or worse, 3 incomparable or missing. */
int comparison_exit(const struct comparison *c);

/* Findings that moved, what is missing, and the answer in a line. `all`: also what is the same. */
void comparison_print(const struct comparison *c, FILE *to, bool all, bool colour);
void comparison_markdown(const struct comparison *c, FILE *to);
void comparison_junit(const struct comparison *c, FILE *to);
json_t *comparison_json(const struct comparison *c, bool all); /* given */

#endif
