/* trace.h - recorded links: delay, rate and loss over time, read from text in memory (family `trace-format`).
 *
 * A trace is a list of steps, each in force until the next. What a format does not say (mahimahi: delay and loss;
 * LeoReplayer: rate and loss) is left to other settings; `has` tells. At a rate of 0 nothing is
 * sent and everything waits, as a mahimahi queue does between its opportunities; a loss of 1 is an outage.
 */
#ifndef ESPSIM_LINK_TRACE_H
#define ESPSIM_LINK_TRACE_H

#include "models/base/err.h"
#include "models/base/family.h"
#include "models/base/ini.h"
#include "models/base/units.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACE_NEVER INT64_MAX

enum trace_has { TRACE_OWD = 1, TRACE_RATE = 2, TRACE_LOSS = 4 };

struct trace_step {
    sim_time at;   /* the first is at 0 */
    sim_time owd;  /* one-way delay */
    bit_rate rate; /* of IP packets */
    double loss;   /* probability */
};

struct trace {
    struct trace_step *steps; /* at least one, ascending */
    size_t n_steps;
    sim_time period; /* it begins anew after that; 0: the last step stays */
    unsigned has;    /* of enum trace_has */
};

/* How a trace is read. */
struct trace_source {
    const char *file; /* for messages */
    const char *text;
    size_t len;
    sim_time bin; /* mahimahi: opportunities are averaged over this, > 0 */
};

#define TRACE_BIN NS_PER_MS /* of mahimahi's stamps: each opportunity where it was */

struct trace_format {
    struct member m;
    bool (*parse)(struct trace *t, const struct trace_source *s, struct err_list *bad);
};

extern const struct family trace_format_family;

const struct trace_format *trace_format_find(const char *name, struct err *e);

/* Reads the whole text. On false `t` is empty and `bad` says what is wrong, `file:line: ...` with a remedy, the first
 * TRACE_ERRORS_MAX of it. The caller frees with trace_fini and err_list_fini. Blank lines at the end and lines that
 * begin with # are no lines. */
bool trace_parse(struct trace *t, const struct trace_format *format, const struct trace_source *source,
                 struct err_list *bad);
void trace_fini(struct trace *t);

#define TRACE_ERRORS_MAX 20

/* The step in force at `now` >= 0, and when the next one begins (TRACE_NEVER: not again). Borrows from the trace. */
const struct trace_step *trace_at(const struct trace *t, sim_time now, sim_time *next);

#endif
