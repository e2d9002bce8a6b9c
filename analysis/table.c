#include "analysis/table.h"

#include "models/base/text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char *const tone_codes[] = {"", "\033[32m", "\033[31m", "\033[2m"};
static const char *const tone_classes[] = {"", "good", "bad", "dim"};

void table_column(struct table *t, enum table_align align, const char *heading)
{
    assert(!t->n_cells);
    t->columns = realloc(t->columns, (t->n_columns + 1) * sizeof *t->columns);
    assert(t->columns);
    t->columns[t->n_columns++] = (struct table_column){strdup(heading), align};
}

void table_cell(struct table *t, enum table_tone tone, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    assert(len >= 0);
    t->cells = realloc(t->cells, (t->n_cells + 1) * sizeof *t->cells);
    assert(t->cells);
    t->cells[t->n_cells++] = (struct table_cell){text, tone};
}

void table_fini(struct table *t)
{
    for (size_t i = 0; i < t->n_columns; i++)
        free(t->columns[i].heading);
    for (size_t i = 0; i < t->n_cells; i++)
        free(t->cells[i].text);
    free(t->columns);
    free(t->cells);
    *t = (struct table){0};
}

/* Columns that `len` octets of UTF-8 take: continuation octets take none. */
static size_t columns_of(const char *text, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        n += ((unsigned char)text[i] & 0xc0) != 0x80;
    return n;
}

static size_t count_lines(const char *text)
{
    size_t n = 1;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

/* Line i of a heading; len 0 where it has fewer. */
static const char *line_of(const char *text, size_t i, size_t *len)
{
    while (i-- && text)
        text = strchr(text, '\n') ? strchr(text, '\n') + 1 : NULL;
    *len = text ? strcspn(text, "\n") : 0;
    return text ? text : "";
}

static size_t column_width(const struct table *t, size_t column)
{
    const char *heading = t->columns[column].heading;
    size_t width = 0;
    for (size_t i = 0, len; i < count_lines(heading); i++) {
        const char *line = line_of(heading, i, &len);
        size_t n = columns_of(line, len);
        width = n > width ? n : width;
    }
    for (size_t i = column; i < t->n_cells && t->columns[column].align != TABLE_TEXT; i += t->n_columns) {
        size_t n = columns_of(t->cells[i].text, strlen(t->cells[i].text));
        width = n > width ? n : width;
    }
    return width;
}

static void spaces(FILE *to, size_t n)
{
    while (n--)
        putc(' ', to);
}

struct layout {
    FILE *to;
    size_t indent, gap;
    size_t *widths;
    bool colour;
    size_t blanks; /* due before the next text of the line, so that no line ends in blanks */
};

static void end_line(struct layout *at)
{
    at->blanks = 0;
    putc('\n', at->to);
}

static void print_cell(struct layout *at, const struct table *t, size_t column, const char *text, size_t len,
                       const char *code)
{
    size_t used = columns_of(text, len), fill = at->widths[column] - used;
    bool right = t->columns[column].align == TABLE_RIGHT, coloured = at->colour && *code;
    at->blanks += (column ? at->gap : at->indent) + (right ? fill : 0);
    if (len) {
        spaces(at->to, at->blanks);
        at->blanks = 0;
        fprintf(at->to, "%s%.*s%s", coloured ? code : "", (int)len, text, coloured ? "\033[0m" : "");
    }
    at->blanks += right ? 0 : fill;
}

static void print_heading(struct layout *at, const struct table *t)
{
    size_t lines = 0;
    for (size_t c = 0; c < t->n_columns; c++) {
        size_t n = count_lines(t->columns[c].heading);
        lines = n > lines ? n : lines;
    }
    for (size_t i = 0; i < lines; i++) {
        for (size_t c = 0; c < t->n_columns; c++) {
            size_t above = lines - count_lines(t->columns[c].heading), len = 0;
            const char *line = i < above ? "" : line_of(t->columns[c].heading, i - above, &len);
            print_cell(at, t, c, line, len, "\033[1m");
        }
        end_line(at);
    }
    for (size_t c = 0; c < t->n_columns; c++) {
        spaces(at->to, c ? at->gap : at->indent);
        for (size_t i = 0; i < at->widths[c]; i++)
            putc('-', at->to);
    }
    putc('\n', at->to);
}

/* Octets of `text` that fit into `width` columns, cut at a space where there is one. */
static size_t fitting(const char *text, size_t width)
{
    size_t len = 0, cut = 0, used = 0;
    for (; text[len] && text[len] != '\n'; len++) {
        used += ((unsigned char)text[len] & 0xc0) != 0x80;
        if (text[len] == ' ')
            cut = len;
        if (used > width)
            return cut ? cut : len;
    }
    return len;
}

static void wrap(FILE *to, const char *text, size_t indent, size_t width)
{
    size_t room = width > indent + 20 ? width - indent : 20;
    while (*text) {
        size_t len = fitting(text, room);
        spaces(to, len ? indent : 0);
        fprintf(to, "%.*s\n", (int)len, text);
        text += len;
        if (*text == ' ' || *text == '\n')
            text++;
    }
}

void table_wrap(FILE *to, const char *text, size_t indent, size_t width)
{
    char *shown = text_terminal_copy(text, TEXT_LINES);
    wrap(to, shown, indent, width);
    free(shown);
}

static void print_text(struct layout *at, const struct table_cell *cell, size_t left, size_t width)
{
    size_t room = width > left + 20 ? width - left : 20, len = fitting(cell->text, room);
    spaces(at->to, len ? at->blanks + at->gap : 0);
    fprintf(at->to, "%.*s", (int)len, cell->text);
    end_line(at);
    if (cell->text[len])
        wrap(at->to, cell->text + len + (cell->text[len] == ' '), left, width);
}

static void print_row(struct layout *at, const struct table *t, size_t row, size_t width)
{
    size_t left = at->indent;
    for (size_t c = 0; c < t->n_columns; c++) {
        const struct table_cell *cell = &t->cells[row + c];
        left += c ? at->gap : 0;
        if (t->columns[c].align == TABLE_TEXT) {
            print_text(at, cell, left, width);
            return;
        }
        print_cell(at, t, c, cell->text, strlen(cell->text), tone_codes[cell->tone]);
        left += at->widths[c];
    }
    end_line(at);
}

/* The table as a terminal may see it, which columns are as wide as; the caller empties it. */
static struct table shown_table(const struct table *t)
{
    struct table shown = {0};
    for (size_t c = 0; c < t->n_columns; c++) {
        char *heading = text_terminal_copy(t->columns[c].heading, TEXT_LINES);
        table_column(&shown, t->columns[c].align, heading);
        free(heading);
    }
    for (size_t i = 0; i < t->n_cells; i++) {
        bool is_text = t->columns[i % t->n_columns].align == TABLE_TEXT;
        char *text = text_terminal_copy(t->cells[i].text, is_text ? TEXT_LINES : TEXT_LINE);
        table_cell(&shown, t->cells[i].tone, "%s", text);
        free(text);
    }
    return shown;
}

static void print_shown(const struct table *t, FILE *to, size_t indent, size_t width, bool colour)
{
    struct layout at = {to, indent, 2, calloc(t->n_columns, sizeof(size_t)), colour, 0};
    assert(at.widths);
    size_t total = indent;
    for (size_t c = 0; c < t->n_columns; c++) {
        at.widths[c] = column_width(t, c);
        total += at.widths[c];
    }
    if (total + 2 * (t->n_columns - 1) > width)
        at.gap = 1;
    print_heading(&at, t);
    for (size_t row = 0; row < t->n_cells; row += t->n_columns)
        print_row(&at, t, row, width);
    free(at.widths);
}

void table_print(const struct table *t, FILE *to, size_t indent, size_t width, bool colour)
{
    assert(t->n_columns && t->n_cells % t->n_columns == 0);
    struct table shown = shown_table(t);
    print_shown(&shown, to, indent, width, colour);
    table_fini(&shown);
}

/* A heading on one line: a word divided by a hyphen becomes whole, and nothing parts what a slash joins. */
static void flat_heading(FILE *to, const char *heading, void (*put)(FILE *, const char *))
{
    char *flat = strdup(heading), *end = flat;
    assert(flat);
    for (char before = 0; *heading; before = *heading++) {
        if (*heading == '-' && heading[1] == '\n')
            heading++;
        else if (*heading != '\n')
            *end++ = *heading;
        else if (before != '/')
            *end++ = ' ';
    }
    *end = 0;
    put(to, flat);
    free(flat);
}

void table_markdown(const struct table *t, FILE *to)
{
    for (size_t c = 0; c < t->n_columns; c++) {
        fputs("| ", to);
        flat_heading(to, t->columns[c].heading, text_markdown_cell);
        putc(' ', to);
    }
    fputs("|\n", to);
    for (size_t c = 0; c < t->n_columns; c++)
        fputs(t->columns[c].align == TABLE_RIGHT ? "|---:" : "|---", to);
    fputs("|\n", to);
    for (size_t i = 0; i < t->n_cells; i++) {
        fputs("| ", to);
        text_markdown_cell(to, t->cells[i].text);
        fputs(i % t->n_columns == t->n_columns - 1 ? " |\n" : " ", to);
    }
}

void table_html(const struct table *t, FILE *to)
{
    fputs("<div class=\"scroll\"><table>\n<thead><tr>", to);
    for (size_t c = 0; c < t->n_columns; c++) {
        fprintf(to, "<th%s>", t->columns[c].align == TABLE_RIGHT ? " class=\"number\"" : "");
        flat_heading(to, t->columns[c].heading, text_html);
        fputs("</th>", to);
    }
    fputs("</tr></thead>\n<tbody>\n", to);
    for (size_t i = 0; i < t->n_cells; i++) {
        size_t c = i % t->n_columns;
        bool number = t->columns[c].align == TABLE_RIGHT;
        fputs(c ? "" : "<tr>", to);
        fprintf(to, "<td class=\"%s%s%s\">", number ? "number" : "", number && t->cells[i].tone ? " " : "",
                tone_classes[t->cells[i].tone]);
        text_html(to, t->cells[i].text);
        fputs(c + 1 == t->n_columns ? "</td></tr>\n" : "</td>", to);
    }
    fputs("</tbody></table></div>\n", to);
}

void table_csv(const struct table *t, FILE *to)
{
    for (size_t c = 0; c < t->n_columns; c++) {
        text_csv(to, t->columns[c].heading);
        putc(c + 1 == t->n_columns ? '\n' : ',', to);
    }
    for (size_t i = 0; i < t->n_cells; i++) {
        text_csv(to, t->cells[i].text);
        putc((i + 1) % t->n_columns ? ',' : '\n', to);
    }
}

bool table_wants_colour(FILE *to)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(fileno(to)) && !(no && *no) && term && strcmp(term, "dumb");
}

size_t table_width(FILE *to)
{
    struct winsize size;
    bool narrow = !ioctl(fileno(to), TIOCGWINSZ, &size) && size.ws_col && size.ws_col < TABLE_WIDTH;
    return narrow ? size.ws_col : TABLE_WIDTH;
}

const char *table_count(unsigned long long n, char *text, size_t cap)
{
    char plain[32];
    size_t len = (size_t)snprintf(plain, sizeof plain, "%llu", n), at = 0;
    for (size_t i = 0; i < len && at + 2 < cap; i++) {
        if (i && (len - i) % 3 == 0)
            text[at++] = ',';
        text[at++] = plain[i];
    }
    text[at] = 0;
    return text;
}
