/* report.h - a result as a page that can be handed on: HTML in one file, Markdown, CSV, and its figures.
 *
 * All of it is made in memory. Figures are drawn by gnuplot; without it the tables still come and the page says what is
 * missing.
 */
#ifndef ESPSIM_ANALYSIS_REPORT_H
#define ESPSIM_ANALYSIS_REPORT_H

#include "models/files/set.h"
#include "models/measure/curves.h"
#include "models/measure/result.h"

#include <stdio.h>

/* How the result came about, in words: "command": "espsim run ...". */
struct report_origin {
    char *name, *value;
};

struct report {
    const struct result *result;   /* borrowed */
    const struct curves *curves;   /* borrowed; one for each run of the result, {0} where there is none */
    struct report_origin *origins; /* from manifest.json */
    size_t n_origins;
    char missing[1280]; /* why there are no figures, or "" */
};

/* Adds report.html (the figures in it), report.md (the figures beside it), report.csv (one number a line), and
 * figures/NAME.svg and NAME.png. Without gnuplot, or where it fails, there are no figures, and `missing` says so. */
void report_make(struct report *r, struct file_set *to);

void report_add_origin(struct report *r, const char *name, const char *value);
void report_fini(struct report *r);

#endif
