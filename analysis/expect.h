/* expect.h - bounds that a result must keep: the .expect file of a scenario.
 *
 *     [what-it-is-called]
 *     metric = flows.bulk.goodput_bps      as in result.json, names instead of indices (compare_items.h)
 *     mode = tunnel                        or `all`: every run of the result
 *     min = 9e6                            in the metric's unit; either may be left out
 *     max = 9.7e6
 *     why = what makes it so               one line, told where the bounds are broken
 *
 * Truth counts as 1, falsehood as 0; what could not be measured is in no bounds.
 */
#ifndef ESPSIM_ANALYSIS_EXPECT_H
#define ESPSIM_ANALYSIS_EXPECT_H

#include "models/base/ini.h"
#include "models/measure/result.h"

struct expectation {
    char *name, *metric, *mode, *why;
    double min, max; /* -INFINITY, INFINITY: left out */
    int line;
};

struct expectations {
    char *file;
    struct expectation *rows;
    size_t n_rows;
};

/* Reads such a file; false: `bad` says all that is wrong with it, and `x` is empty. The caller frees with expect_fini
 * and err_list_fini. */
bool expect_read(struct expectations *x, const char *file, const char *text, size_t len, struct err_list *bad);
void expect_fini(struct expectations *x);

/* Adds a line to `broken` for each value out of bounds, and for each mode or metric that the result does not have. */
void expect_check(const struct expectations *x, const struct result *r, struct err_list *broken);

#endif
