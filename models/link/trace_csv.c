#include "models/link/trace_lines.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum field { FIELD_T, FIELD_OWD, FIELD_RTT, FIELD_RATE, FIELD_LOSS, N_FIELDS };

/* What a bare number in a column counts: nanoseconds, bit/s, or 1. Cells may carry a unit of their own. */
struct column {
    const char *name;
    enum field field;
    double unit;
};

static const struct column columns[] = {
    {"t", FIELD_T, 1e9},
    {"t_s", FIELD_T, 1e9},
    {"t_ms", FIELD_T, 1e6},
    {"time", FIELD_T, 1e9},
    {"owd", FIELD_OWD, 1e6},
    {"owd_ms", FIELD_OWD, 1e6},
    {"owd_s", FIELD_OWD, 1e9},
    {"delay", FIELD_OWD, 1e6},
    {"delay_ms", FIELD_OWD, 1e6},
    {"rtt", FIELD_RTT, 1e6},
    {"rtt_ms", FIELD_RTT, 1e6},
    {"rtt_s", FIELD_RTT, 1e9},
    {"rate", FIELD_RATE, 1},
    {"rate_bps", FIELD_RATE, 1},
    {"rate_kbps", FIELD_RATE, 1e3},
    {"rate_mbps", FIELD_RATE, 1e6},
    {"loss", FIELD_LOSS, 1},
    {"loss_percent", FIELD_LOSS, 0.01},
};

enum { N_COLUMNS = sizeof columns / sizeof columns[0], CELLS_MAX = 16 };

static const double t_max = 86400e9 * 366 * 100, owd_max = 100e9, rate_max = 1e12;

struct table {
    struct trace_lines lines;
    const struct column *columns[CELLS_MAX];
    size_t n_columns;
    double t0; /* ns; time counts from the first row */
};

static const struct column *column_find(const char *name)
{
    for (size_t i = 0; i < N_COLUMNS; i++)
        if (!strcmp(columns[i].name, name))
            return &columns[i];
    return NULL;
}

/* Splits the line in place at commas and trims the cells; gives their number, CELLS_MAX + 1 where there are more. */
static size_t split(char *line, char *cells[CELLS_MAX])
{
    size_t n = 0;
    for (char *at = line; at;) {
        if (n == CELLS_MAX)
            return CELLS_MAX + 1;
        char *comma = strchr(at, ',');
        char *end = comma ? comma : at + strlen(at);
        while (isspace((unsigned char)*at))
            at++;
        while (end > at && isspace((unsigned char)end[-1]))
            end--;
        *end = 0;
        cells[n++] = at;
        at = comma ? comma + 1 : NULL;
    }
    return n;
}

static void all_columns(char *all, size_t cap)
{
    *all = 0;
    for (size_t i = 0; i < N_COLUMNS; i++)
        snprintf(all + strlen(all), cap - strlen(all), "%s%s", i ? ", " : "", columns[i].name);
}

static bool take_header(struct table *t, char *cells[], size_t n)
{
    const char *names[N_COLUMNS];
    for (size_t i = 0; i < N_COLUMNS; i++)
        names[i] = columns[i].name;
    bool seen[N_FIELDS] = {false};
    for (size_t i = 0; i < n; i++) {
        const struct column *c = column_find(cells[i]);
        if (!c) {
            const char *near = family_suggest(cells[i], names, N_COLUMNS);
            char all[512];
            all_columns(all, sizeof all);
            trace_lines_bad(&t->lines, "no such column: `%.40s`%s%s%s; expected some of %s", cells[i],
                            near ? "; did you mean `" : "", near ? near : "", near ? "`" : "", all);
            return false;
        }
        if (seen[c->field] || (c->field == FIELD_OWD && seen[FIELD_RTT]) ||
            (c->field == FIELD_RTT && seen[FIELD_OWD])) {
            trace_lines_bad(&t->lines, "column `%.40s` says again what another does; keep one of them", cells[i]);
            return false;
        }
        seen[c->field] = true;
        t->columns[t->n_columns++] = c;
    }
    if (!seen[FIELD_T] || n < 2)
        trace_lines_bad(&t->lines, "no column `t` and something beside it; expected a header such as t,owd,rate,loss");
    return seen[FIELD_T] && n >= 2;
}

/* Without a header: t, owd, rate, loss, as many as there are. */
static bool assume_header(struct table *t, size_t n)
{
    static const char *const usual[] = {"t", "owd", "rate", "loss"};
    if (n < 2 || n > 4)
        trace_lines_bad(&t->lines, "%zu columns and no header; expected t,owd[,rate[,loss]] or a header", n);
    else
        for (t->n_columns = 0; t->n_columns < n; t->n_columns++)
            t->columns[t->n_columns] = column_find(usual[t->n_columns]);
    return t->n_columns > 0;
}

/* A cell in the unit of its field: ns, bit/s or a ratio. */
static bool take_cell(const struct column *c, const char *cell, double *value, struct err *e)
{
    static const char *const expected[N_FIELDS] = {
        "seconds such as 12.5 or a time such as 12500 ms", "milliseconds such as 270 or a time such as 0.27 s",
        "milliseconds such as 540 or a time such as 0.54 s", "bit/s such as 10000000 or a rate such as 10 Mbit/s",
        "a ratio such as 0.001 or 0.1 %"};
    static const double max[N_FIELDS] = {t_max, owd_max, 2 * owd_max, rate_max, 1};
    sim_time ns;
    bit_rate bps;
    bool good;
    if (units_parse_number(cell, value, NULL)) {
        *value *= c->unit;
        good = true;
    } else if (c->field == FIELD_RATE) {
        good = units_parse_rate(cell, &bps, NULL);
        *value = good ? (double)bps : 0;
    } else if (c->field == FIELD_LOSS) {
        good = units_parse_ratio(cell, value, NULL);
    } else {
        good = units_parse_time(cell, &ns, NULL);
        *value = good ? (double)ns : 0;
    }
    if (good && *value >= 0 && *value <= max[c->field])
        return true;
    return err_set(e, "%s = %.40s: expected %s, 0 or more and in bounds", c->name, cell, expected[c->field]);
}

static void take_row(struct table *t, struct trace *trace, char *cells[], size_t n)
{
    if (n != t->n_columns) {
        trace_lines_bad(&t->lines, "%zu columns; expected %zu as in the first line", n, t->n_columns);
        return;
    }
    struct trace_step step = {0};
    double values[N_FIELDS] = {0};
    for (size_t i = 0; i < n; i++) {
        struct err e;
        if (!take_cell(t->columns[i], cells[i], &values[t->columns[i]->field], &e)) {
            trace_lines_bad(&t->lines, "%s", e.text);
            return;
        }
    }
    if (!trace->n_steps)
        t->t0 = values[FIELD_T];
    step.at = (sim_time)llround(values[FIELD_T] - t->t0);
    step.owd = (sim_time)llround(values[FIELD_OWD] + values[FIELD_RTT] / 2);
    step.rate = (bit_rate)values[FIELD_RATE];
    step.loss = values[FIELD_LOSS];
    if (trace->n_steps && step.at <= trace->steps[trace->n_steps - 1].at)
        trace_lines_bad(&t->lines, "t is not later than in the row before; sort the trace by t, each time once");
    else
        trace_add(trace, &step);
}

static bool parse(struct trace *trace, const struct trace_source *source, struct err_list *bad)
{
    static const unsigned gives[N_FIELDS] = {0, TRACE_OWD, TRACE_OWD, TRACE_RATE, TRACE_LOSS};
    struct table t = {.lines = {.source = source, .bad = bad}};
    size_t before = bad->n_errs;
    while (trace_lines_next(&t.lines)) {
        char line[TRACE_LINE_MAX + 1], *cells[CELLS_MAX];
        memcpy(line, t.lines.line, sizeof line); /* messages show the line as it was */
        size_t n = split(line, cells);
        if (n > CELLS_MAX) {
            trace_lines_bad(&t.lines, "more than %d columns; expected t,owd,rate,loss or some of them", CELLS_MAX);
        } else if (t.n_columns) {
            take_row(&t, trace, cells, n);
        } else if (isalpha((unsigned char)cells[0][0])) {
            if (!take_header(&t, cells, n))
                return false;
        } else {
            if (!assume_header(&t, n))
                return false;
            take_row(&t, trace, cells, n);
        }
    }
    for (size_t i = 0; i < t.n_columns; i++)
        trace->has |= gives[t.columns[i]->field];
    return bad->n_errs == before;
}

const struct trace_format trace_csv = {
    .m = {"csv", "t,owd,rate,loss or some of them, or rtt; a header names columns and units",
          "RFC 4180 without quotes"},
    .parse = parse,
};
