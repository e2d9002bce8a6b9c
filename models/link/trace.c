#include "models/link/trace.h"
#include "models/link/trace_lines.h"

#include <assert.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct member *const members[] = {&trace_mahimahi.m, &trace_leoreplayer.m, &trace_csv.m};

const struct family trace_format_family = {"trace-format", "how a recorded link is written down", members,
                                           sizeof members / sizeof members[0]};

const struct trace_format *trace_format_find(const char *name, struct err *e)
{
    return (const struct trace_format *)family_find(&trace_format_family, name, e);
}

static bool is_blank(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!isspace((unsigned char)text[i]))
            return false;
    return true;
}

static bool is_text(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (iscntrl((unsigned char)text[i]) && text[i] != '\t')
            return false;
    return true;
}

/* Cuts the next line out of the text and trims it. */
static void cut_line(struct trace_lines *l, const char **line, size_t *len)
{
    const char *text = l->source->text + l->at;
    size_t left = l->source->len - l->at;
    const char *end = memchr(text, '\n', left);
    size_t n = end ? (size_t)(end - text) : left;
    l->at += n + (end != NULL);
    l->number++;
    while (n && isspace((unsigned char)text[n - 1]))
        n--;
    while (n && isspace((unsigned char)*text)) {
        text++;
        n--;
    }
    *line = text;
    *len = n;
}

/* What Windows' programs put in front of UTF-8. */
static void skip_byte_order_mark(struct trace_lines *l)
{
    static const char mark[] = "\xef\xbb\xbf";
    if (l->at == 0 && l->source->len >= 3 && !memcmp(l->source->text, mark, 3))
        l->at = 3;
}

bool trace_lines_next(struct trace_lines *l)
{
    skip_byte_order_mark(l);
    while (l->at < l->source->len && l->bad->n_errs < TRACE_ERRORS_MAX) {
        const char *line;
        size_t len;
        cut_line(l, &line, &len);
        if (!len && is_blank(l->source->text + l->at, l->source->len - l->at))
            return false;
        l->line[0] = 0;
        if (!len)
            trace_lines_bad(l, "a blank line inside of the trace; remove it");
        else if (len > TRACE_LINE_MAX)
            trace_lines_bad(l, "a line of %zu characters; expected at most %d", len, TRACE_LINE_MAX);
        else if (!is_text(line, len))
            trace_lines_bad(l, "control characters; expected a text file");
        else if (*line != '#') {
            memcpy(l->line, line, len);
            l->line[len] = 0;
            return true;
        }
    }
    return false;
}

void trace_lines_bad(struct trace_lines *l, const char *format, ...)
{
    struct err e;
    va_list args;
    va_start(args, format);
    vsnprintf(e.text, sizeof e.text, format, args);
    va_end(args);
    if (l->line[0])
        err_list_add(l->bad, "%s:%d: `%.40s`: %s", l->source->file, l->number, l->line, e.text);
    else
        err_list_add(l->bad, "%s:%d: %s", l->source->file, l->number, e.text);
}

bool trace_lines_integer(struct trace_lines *l, uint64_t max, uint64_t *n)
{
    *n = 0;
    for (const char *c = l->line; *c; c++) {
        if (*c < '0' || *c > '9' || *n > (max - (uint64_t)(*c - '0')) / 10)
            return false;
        *n = *n * 10 + (uint64_t)(*c - '0');
    }
    return true;
}

void trace_add(struct trace *t, const struct trace_step *step)
{
    /* Room doubles whenever the count is a power of two. */
    if (!(t->n_steps & (t->n_steps - 1))) {
        t->steps = realloc(t->steps, (t->n_steps ? 2 * t->n_steps : 1) * sizeof *t->steps);
        assert(t->steps);
    }
    t->steps[t->n_steps++] = *step;
}

bool trace_parse(struct trace *t, const struct trace_format *format, const struct trace_source *source,
                 struct err_list *bad)
{
    *t = (struct trace){0};
    size_t before = bad->n_errs;
    if (format->parse(t, source, bad) && bad->n_errs == before && !t->n_steps)
        err_list_add(bad, "%s: the trace is empty; expected at least one line of %s", source->file, format->m.name);
    if (bad->n_errs > before) {
        trace_fini(t);
        return false;
    }
    assert(t->steps[0].at == 0);
    return true;
}

void trace_fini(struct trace *t)
{
    free(t->steps);
    *t = (struct trace){0};
}

const struct trace_step *trace_at(const struct trace *t, sim_time now, sim_time *next)
{
    sim_time lap = t->period ? now / t->period * t->period : 0, at = now - lap;
    size_t low = 0, high = t->n_steps; /* steps[low].at <= at < steps[high].at */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        *(t->steps[middle].at <= at ? &low : &high) = middle;
    }
    if (high < t->n_steps)
        *next = lap + t->steps[high].at;
    else
        *next = t->period ? lap + t->period : TRACE_NEVER;
    return &t->steps[low];
}
