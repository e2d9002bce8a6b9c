/* compare.h - holds the results of two versions against each other and says what changed.
 *
 * Results are matched by scenario, settings hash, seed and mode; metrics by their path (compare_items.h). Each is
 * judged by its class (metric.h), or by that of the rule of the tolerance file that fits it:
 *
 * - exact: equal in every seed, or within the rule's threshold;
 *
 * - float: within a relative 1e-9 in every seed;
 *
 * - statistical: several seeds, paired. It changed only if the mean difference exceeds the threshold (1 % of the base's
 *   mean), the 95 % interval of the paired difference excludes 0, and Holm's correction over all metrics that moved
 *   leaves at most COMPARE_FALSE_ALARM for noise. With one seed it is shown and not judged;
 *
 * - informative: shown, never judged.
 *
 * A change for the better is a change, too, unless it is allowed.
 */
#ifndef ESPSIM_ANALYSIS_COMPARE_H
#define ESPSIM_ANALYSIS_COMPARE_H

#include "analysis/compare_items.h"
#include "analysis/compare_rules.h"
#include "models/base/ini.h"
#include "models/measure/result.h"
#include "models/measure/stats.h"

#include <jansson.h>
#include <stdio.h>

#define COMPARE_FLOAT_THRESHOLD 1e-9
#define COMPARE_THRESHOLD       0.01 /* of statistical metrics */
#define COMPARE_LEVEL           0.95

/* Of an alarm by noise alone, over all metrics of a comparison. What is promised is five alarms in a hundred; a rate of
 * exactly 5 % would break that promise in four hundreds out of ten. */
#define COMPARE_FALSE_ALARM 0.02

/* A result and where it was read. */
struct loaded_result {
    char *path; /* of its file; its captures lie beside it */
    struct result result;
};

/* One side of a comparison. */
struct result_set {
    struct loaded_result *results;
    size_t n_results;
};

/* Takes `result`, copies `path`. */
void result_set_add(struct result_set *set, const char *path, struct result *result);
void result_set_fini(struct result_set *set);

enum status {
    STATUS_SAME,   /* equal in every seed */
    STATUS_WITHIN, /* moved, within what is allowed */
    STATUS_NOTED,  /* moved, and is not judged: informative, or one seed only */
    STATUS_BETTER,
    STATUS_WORSE,
    STATUS_DIFFERENT, /* neither way is better */
    N_STATUSES,
};

const char *status_name(enum status s);

/* One metric of one mode, over all seeds. */
struct finding {
    const char *scenario, *mode; /* borrowed from the base set */
    char metric[sizeof((struct item *)0)->path];
    const char *unit;
    enum metric_class class; /* as judged */
    enum status status;
    size_t n_seeds, n_moved;
    uint64_t seed;            /* the first in which it moved */
    char base[96], cand[96];  /* of that seed; the means where it is statistical */
    double change;            /* relative to the base; METRIC_NONE for texts */
    struct interval interval; /* of the mean paired difference, in the metric's unit; statistical only */
    double p;                 /* Holm's; statistical only */
    const struct rule *rule;  /* that was applied, or NULL */
    char detail[512];         /* more about it, or "" */
};

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

/* Whether the finding makes the comparison fail. */
bool finding_fails(const struct finding *f);

/* 0 within, 1 different or worse, 3 incomparable or missing. */
int comparison_exit(const struct comparison *c);

/* Findings that moved, what is missing, and the answer in a line. `all`: also what is the same. */
void comparison_print(const struct comparison *c, FILE *to, bool all, bool colour);
void comparison_markdown(const struct comparison *c, FILE *to);
void comparison_junit(const struct comparison *c, FILE *to);
json_t *comparison_json(const struct comparison *c); /* given */

#endif
