/* report.h - a result as a page that can be handed on: HTML in one file, Markdown, CSV, and its figures.
 *
 * Everything is written into a folder that exists. Figures are drawn by gnuplot; without it the tables still come and
 * the page says what is missing.
 */
#ifndef ESPSIM_ANALYSIS_REPORT_H
#define ESPSIM_ANALYSIS_REPORT_H

#include "models/base/err.h"
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

/* Draws the figures into FOLDER/figures: NAME.svg and NAME.png. Without gnuplot, or where it fails, `missing` says so;
 * false only where the folder cannot be written. */
bool report_draw(struct report *r, const char *folder, struct err *e);

/* FOLDER/report.html (the figures in it), report.md (the figures beside it), report.csv (one number a line). */
bool report_write(const struct report *r, const char *folder, struct err *e);

void report_add_origin(struct report *r, const char *name, const char *value);
void report_fini(struct report *r);

#endif
