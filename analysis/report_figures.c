#include "analysis/report_figures.h"

#include <math.h>

/* Okabe and Ito 2008, without black and yellow, which vanish on dark and on light paper. */
static const char *const colours[] = {"#7f7f7f", "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9"};

#define N_COLOURS (sizeof colours / sizeof *colours)

const char *figure_colour(size_t run)
{
    return colours[run % N_COLOURS];
}

/* Marks beside colours: for black and white, and where lines lie on each other. Where colours return, other marks and
 * dashes. */
void figure_line(FILE *to, size_t run)
{
    static const int marks[2][N_COLOURS] = {{4, 7, 5, 9, 13, 11, 3}, {6, 8, 10, 12, 1, 2, 14}};
    size_t round = run / N_COLOURS % 2;
    fprintf(to, "linespoints pn 9 pt %d ps 0.8 lw 1.6 dt %zu lc rgb '%s'", marks[round][run % N_COLOURS], round + 1,
            figure_colour(run));
}

void figure_number(FILE *to, double value)
{
    if (isfinite(value))
        fprintf(to, " %.9g", value);
    else
        fputs(" NaN", to);
}

extern const struct figure figure_overhead, figure_goodput, figure_delay, figure_cdf, figure_sizes, figure_drops,
    figure_spi;

const struct figure *const figures[] = {&figure_overhead, &figure_goodput, &figure_delay, &figure_cdf,
                                        &figure_sizes,    &figure_drops,   &figure_spi,   NULL};
