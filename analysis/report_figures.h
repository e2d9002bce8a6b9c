/* report_figures.h - the figures of a report: one const descriptor each (report_bars.c, report_time.c, report_sizes.c,
 * report_spi.c), drawn by gnuplot from its own data.
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

/* Adds figures/NAME.svg and NAME.png of all that the result has. Without gnuplot, or where it fails, `missing` says
 * so. */
void report_draw(struct report *r, struct file_set *to);

/* Words of gnuplot that the figures share: the style of a run's curve and its colour; a number with a blank before it,
 * NaN where there is none; the key above, a grid. Names stand in strings (text_gnuplot), never among data. */
void figure_line(FILE *to, size_t run);
const char *figure_colour(size_t run);
void figure_number(FILE *to, double value);
#define FIGURE_KEY_ABOVE                                                                                               \
    "set key outside top center horizontal maxrows 2 samplen 2\nset grid lc rgb '#808080' lw 0.4\nset tics nomirror\n"

#endif
