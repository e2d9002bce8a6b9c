/* compare_judge.h - one metric of two sides, over the seeds that both have: whether it changed, and whether that fails.
 *
 * Each metric is judged by its class (metric.h), or by that of the rule of the tolerance file that fits it:
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
#ifndef ESPSIM_ANALYSIS_COMPARE_JUDGE_H
#define ESPSIM_ANALYSIS_COMPARE_JUDGE_H

#include "analysis/compare_items.h"
#include "analysis/compare_rules.h"
#include "models/measure/stats.h"

#define COMPARE_FLOAT_THRESHOLD 1e-9
#define COMPARE_THRESHOLD       0.01 /* of statistical metrics */
#define COMPARE_LEVEL           0.95

/* Of an alarm by noise alone, over all metrics of a comparison. What is promised is five alarms in a hundred; a rate of
 * exactly 5 % would break that promise in four hundreds out of ten. */
#define COMPARE_FALSE_ALARM 0.02

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
    char *metric, *base, *cand;  /* owned; base and cand: of `seed`, the means where it is statistical */
    char *detail;                /* more about it, owned; NULL: nothing */
    const char *unit;
    enum metric_class class; /* as judged */
    enum status status;
    size_t n_seeds, n_moved;
    uint64_t seed;            /* the first in which it moved */
    double change;            /* relative to the base; METRIC_NONE for texts */
    struct interval interval; /* of the mean paired difference, in the metric's unit; statistical only */
    double p;                 /* Holm's; statistical only */
    const struct rule *rule;  /* that was applied, or NULL */
};

void finding_fini(struct finding *f);

/* Whether the finding makes the comparison fail. */
bool finding_fails(const struct finding *f);

/* The values of one metric in the seeds that both sides have; n of each, at least one. */
struct pairs {
    struct item *base, *cand;
    uint64_t *seeds;
    size_t n;
};

/* Gives the finding of a metric under `rule` (NULL: none), for finding_fini; scenario, mode and detail are the caller's
 * to fill. Where it is statistical, judge_statistics has the last word. */
struct finding judge_pairs(const struct pairs *p, const struct rule *rule, bool allow_better);

/* Holm's correction over the statistical metrics that moved: those that are not significant, or small, are within after
 * all. */
void judge_statistics(struct finding *findings, size_t n_findings, bool allow_better);

#endif
