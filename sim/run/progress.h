/* progress.h - one line on a terminal that says how far the runs are and when they will be done:
 * `62 %  4 s left  beet 26 %  wildcard 30 %`. */
#ifndef ESPSIM_RUN_PROGRESS_H
#define ESPSIM_RUN_PROGRESS_H

#include "models/base/units.h"

#include <stdbool.h>
#include <stddef.h>

struct progress {
    bool on;
    sim_time started, last; /* wall clock */
};

void progress_begin(struct progress *p, bool on);
/* `share[i]` of run i is done. Draws at most five times a second. */
void progress_show(struct progress *p, const volatile double *share, const char *const *names, size_t n);
void progress_end(struct progress *p);

#endif
