/* compare_rules.h - the tolerance file of `espsim compare`: which differences are allowed, and why.
 *
 *     [rule.start-up]
 *     metric = flows.*.delay_max_s     a shell pattern over the metric's path
 *     mode = tunnel                    patterns too; `*` where left out
 *     scenario = sat-link
 *     class = informative              judge it as this class
 *     threshold = 5 %                  relative difference that is allowed
 *     reason = the first packet waits for ARP
 *
 * The first rule that fits a metric holds. `metric` and `reason` are mandatory, and `class` or `threshold`.
 */
#ifndef ESPSIM_ANALYSIS_COMPARE_RULES_H
#define ESPSIM_ANALYSIS_COMPARE_RULES_H

#include "models/base/ini.h"
#include "models/measure/metric.h"

#include <stdbool.h>
#include <stddef.h>

struct rule {
    char *name; /* of `[rule.NAME]` */
    int line;
    char *metric, *mode, *scenario, *reason;
    bool has_class, has_threshold;
    enum metric_class class;
    double threshold; /* share of the base value */
    size_t n_uses;    /* metrics that it was applied to */
};

struct rules {
    struct rule *rules;
    size_t n_rules;
};

/* Reads a tolerance file. On false, `bad` holds all that is wrong, each with file and line, and `rules` is empty. */
bool rules_read(struct rules *rules, const char *file, const char *text, size_t len, struct err_list *bad);
void rules_fini(struct rules *rules);

/* The first rule that fits, counted as used; NULL where none does. */
const struct rule *rules_find(struct rules *rules, const char *scenario, const char *mode, const char *metric);

#endif
