/* trace_lines.h - the lines of a trace, and steps and errors being collected: for trace_*.c alone. */
#ifndef ESPSIM_LINK_TRACE_LINES_H
#define ESPSIM_LINK_TRACE_LINES_H

#include "models/link/trace.h"

#define TRACE_LINE_MAX 255

struct trace_lines {
    const struct trace_source *source;
    struct err_list *bad;
    size_t at; /* offset of the next line */
    int number;
    char line[TRACE_LINE_MAX + 1]; /* without its end, without white space around it */
};

/* The next line that is no comment; false at the end of the text, or after TRACE_ERRORS_MAX errors. A blank line before
 * the end, one that is too long or has octets that are no text is an error and is passed over. */
bool trace_lines_next(struct trace_lines *l);

/* `file:line: WHAT; REMEDY` about the current line. */
void trace_lines_bad(struct trace_lines *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A decimal integer and nothing else, up to `max`. */
bool trace_lines_integer(struct trace_lines *l, uint64_t max, uint64_t *n);

void trace_add(struct trace *t, const struct trace_step *step);

extern const struct trace_format trace_mahimahi, trace_leoreplayer, trace_csv;

#endif
