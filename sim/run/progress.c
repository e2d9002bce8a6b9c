#include "sim/run/progress.h"

#include "sim/run/clock.h"

#include <stdio.h>

enum { REDRAW_MS = 200 };

void progress_begin(struct progress *p, bool on)
{
    *p = (struct progress){on, clock_wall(), 0};
}

void progress_show(struct progress *p, const volatile double *share, const char *const *names, size_t n)
{
    sim_time now = clock_wall();
    if (!p->on || now - p->last < REDRAW_MS * NS_PER_MS)
        return;
    p->last = now;
    double done = 0;
    fputs("\r\033[K", stderr);
    for (size_t i = 0; i < n; i++) {
        double s = share[i];
        done += s / (double)n;
        fprintf(stderr, "%s %.0f %%  ", names[i], 100 * s);
    }
    char left[32];
    double spent = (double)(now - p->started);
    if (done > 0.02)
        fprintf(stderr, "%s left", units_time_human(spent / done - spent, left, sizeof left));
    fflush(stderr);
}

void progress_end(struct progress *p)
{
    if (p->on)
        fputs("\r\033[K", stderr);
}
