/* table.h - one table, printed for a terminal, as Markdown, as HTML or as CSV; what its cells hold is text there and no
 * more (models/base/text.h).
 *
 * A table begins as {0}: columns first, then cells row by row from left to right. On a terminal columns are as wide as
 * their widest cell; the last one may be a text that is broken into lines. It reads without colour: colour only
 * repeats what a cell says.
 */
#ifndef ESPSIM_ANALYSIS_TABLE_H
#define ESPSIM_ANALYSIS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TABLE_WIDTH 100 /* columns of the terminal that our output is made for */

enum table_align {
    TABLE_LEFT,
    TABLE_RIGHT,
    TABLE_TEXT, /* left, and broken into lines where it would pass the width; for the last column */
};

enum table_tone {
    TONE_PLAIN,
    TONE_GOOD,
    TONE_BAD,
    TONE_DIM,
};

struct table_column {
    char *heading; /* lines divided by '\n'; the last ones stand on one line */
    enum table_align align;
};

struct table_cell {
    char *text;
    enum table_tone tone;
};

struct table {
    struct table_column *columns;
    size_t n_columns;
    struct table_cell *cells;
    size_t n_cells;
};

void table_column(struct table *t, enum table_align align, const char *heading);
void table_cell(struct table *t, enum table_tone tone, const char *format, ...) __attribute__((format(printf, 3, 4)));
void table_fini(struct table *t);

/* `indent` spaces in front of each line; `width` is for a TABLE_TEXT column. */
void table_print(const struct table *t, FILE *to, size_t indent, size_t width, bool colour);
void table_markdown(const struct table *t, FILE *to);
void table_html(const struct table *t, FILE *to);
void table_csv(const struct table *t, FILE *to);

/* Whether `to` is a terminal that wants colour: NO_COLOR (no-color.org) and TERM=dumb say no. */
bool table_wants_colour(FILE *to);

/* The width to print for: TABLE_WIDTH, or that of the terminal `to` where it is narrower. */
size_t table_width(FILE *to);

/* Prints `text`, made fit for a terminal, broken at spaces so that no line passes `width`, each line after `indent`
 * spaces. */
void table_wrap(FILE *to, const char *text, size_t indent, size_t width);

/* For a cell: 1,234,567; borrows `text`. */
const char *table_count(unsigned long long n, char *text, size_t cap);

#endif
