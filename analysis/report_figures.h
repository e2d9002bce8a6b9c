/* report_figures.h - the figures of a report: one const descriptor each, drawn by gnuplot from its own data.
 *
 * Colours are those of Okabe and Ito, told apart by people with any kind of colour vision; a mode has the same colour
 * and dash in every figure.
 */
#ifndef ESPSIM_ANALYSIS_REPORT_FIGURES_H
#define ESPSIM_ANALYSIS_REPORT_FIGURES_H

#include "analysis/report.h"

struct figure {
    const char *name;    /* of its files */
    const char *title;   /* of its section */
    const char *caption; /* what to see and how it was made */
    /* Writes data blocks and settings; false where the result has nothing to draw. */
    bool (*data)(const struct report *r, FILE *script);
    /* Writes the plot command; called for each terminal. */
    void (*plot)(const struct report *r, FILE *script);
};

extern const struct figure *const figures[]; /* ends with NULL */

#endif
