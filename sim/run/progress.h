/* progress.h - one line on a terminal that says how far the runs are and when they will be done:
 * `62 %  4 s left  beet 26 %  wildcard 30 %`. */
#ifndef ESPSIM_RUN_PROGRESS_H
#define ESPSIM_RUN_PROGRESS_H

#include "models/base/units.h"

#include <stdbool.h>
#include <stddef.h>

enum progress_kind {
    PROGRESS_NONE,
    PROGRESS_LINE,    /* on a terminal: the line, drawn anew */
    PROGRESS_WARNING, /* elsewhere: one line of its own, once, where it will take more than a minute */
};

struct progress {
    enum progress_kind kind;
    bool warned;
    sim_time started, last; /* wall clock */
};

void progress_begin(struct progress *p, enum progress_kind kind);
/* How much longer it will take if it goes on as until now, seconds; -1: not known yet. */
double progress_left(const struct progress *p, const volatile double *share, size_t n);
/* `share[i]` of run i is done. Draws at most five times a second. */
void progress_show(struct progress *p, const volatile double *share, const char *const *names, size_t n);
void progress_end(struct progress *p);

#endif
