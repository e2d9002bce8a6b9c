/* When a host and a gateway had an SPI in common, and what it did: a line for each flow that met it, per run. */
#include "analysis/report_figures.h"
#include "models/base/text.h"

#include <math.h>
#include <string.h>

enum { ROWS_MAX = 30 };

/* A run and a flow of it that has episodes. */
struct rows {
    size_t run[ROWS_MAX];
    const char *flow[ROWS_MAX];
    size_t n;
};

static bool is_collision(const struct episode *e)
{
    return !strcmp(e->kind, "collision");
}

static void add_row(struct rows *rows, size_t run, const char *flow)
{
    for (size_t i = 0; i < rows->n; i++)
        if (rows->run[i] == run && !strcmp(rows->flow[i], flow))
            return;
    if (rows->n == ROWS_MAX)
        return;
    rows->run[rows->n] = run;
    rows->flow[rows->n++] = flow;
}

static struct rows find_rows(const struct report *r)
{
    struct rows rows = {.n = 0};
    for (size_t i = 0; i < r->result->n_runs; i++) {
        const struct run_result *run = &r->result->runs[i];
        for (size_t k = 0; k < run->n_episodes; k++)
            if (is_collision(&run->episodes[k]))
                add_row(&rows, i, run->episodes[k].flow);
    }
    return rows;
}

/* What an episode did to the packets that met it. */
static const struct effect {
    const char *block, *title, *colour;
} effects[] = {
    {"taken", "packets lost", "#D55E00"},
    {"unhurt", "packets passed on", "#0072B2"},
    {"unmet", "no packet came", "#7f7f7f"},
};
enum { N_EFFECTS = sizeof effects / sizeof *effects };

static size_t effect_of(const struct episode *e)
{
    return e->lost ? 0 : e->packets ? 1 : 2;
}

/* `$taken`, ...: from, row, length; an episode shorter than a pixel still shows. */
static bool spi_data(const struct report *r, FILE *to)
{
    struct rows rows = find_rows(r);
    for (size_t effect = 0; effect < N_EFFECTS; effect++) {
        fprintf(to, "$%s << EOD\n", effects[effect].block);
        for (size_t row = 0; row < rows.n; row++) {
            const struct run_result *run = &r->result->runs[rows.run[row]];
            for (size_t k = 0; k < run->n_episodes; k++) {
                const struct episode *e = &run->episodes[k];
                if (is_collision(e) && !strcmp(e->flow, rows.flow[row]) && effect_of(e) == effect)
                    fprintf(to, "%.9g %zu %.9g\n", e->from_s, row, fmax(e->to_s - e->from_s, run->duration_s / 500));
            }
        }
        fputs("NaN NaN NaN\nEOD\n", to); /* gnuplot wants data in each block */
    }
    return rows.n > 0;
}

static void spi_plot(const struct report *r, FILE *to)
{
    struct rows rows = find_rows(r);
    double end = 0;
    for (size_t i = 0; i < r->result->n_runs; i++)
        end = fmax(end, r->result->runs[i].duration_s);
    fprintf(to, "reset\n" FIGURE_KEY_ABOVE "set xlabel 'simulated time, s'\nset xrange [0:%.9g]\n", end);
    fprintf(to, "set yrange [%zu.5:-0.5]\nset ytics (", rows.n - 1);
    for (size_t row = 0; row < rows.n; row++) {
        char label[2 * RESULT_NAME_MAX + 3];
        snprintf(label, sizeof label, "%s, %s", run_result_name(&r->result->runs[rows.run[row]]), rows.flow[row]);
        fputs(row ? ", " : "", to);
        text_gnuplot_tic(to, label);
        fprintf(to, " %zu", row);
    }
    fputs(")\nplot ", to);
    for (size_t effect = 0; effect < N_EFFECTS; effect++)
        fprintf(to, "%s$%s using 1:2:3:(0) with vectors nohead lw 6 lc rgb '%s' title '%s'", effect ? ", " : "",
                effects[effect].block, effects[effect].colour, effects[effect].title);
    putc('\n', to);
}

const struct figure figure_spi = {
    "spi", "When a host and a gateway had the same SPI",
    "Each bar is a stretch in which an SA of a host had the SPI of an SA of the gateway that its ESP passes; by run "
    "and "
    "flow, as long as either SA lived. What became of the packets that came in it is the colour.",
    spi_data, spi_plot};
