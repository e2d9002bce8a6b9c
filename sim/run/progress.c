#include "sim/run/progress.h"

#include "sim/run/clock.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { REDRAW_MS = 200, LINE_CAP = 512, MINUTES_FROM_S = 100 };

void progress_begin(struct progress *p, bool on)
{
    *p = (struct progress){on, clock_wall(), 0};
}

/* One less than the terminal has, so that the cursor stays in the line. */
static size_t line_len_max(void)
{
    struct winsize size;
    size_t columns = !ioctl(STDERR_FILENO, TIOCGWINSZ, &size) && size.ws_col ? size.ws_col : 80;
    return (columns < LINE_CAP ? columns : LINE_CAP) - 1;
}

static int add_left(char *at, size_t cap, double done, double spent)
{
    double left = done > 0.02 ? (spent / done - spent) / NS_PER_S : -1;
    if (left < 0)
        return 0;
    if (left < MINUTES_FROM_S)
        return snprintf(at, cap, "  %.0f s left", left);
    return snprintf(at, cap, "  %.0f min left", left / 60);
}

/* All together first, so that a narrow terminal cuts off what matters least. */
static void draw(double spent, const volatile double *share, const char *const *names, size_t n)
{
    char line[LINE_CAP];
    double done = 0;
    size_t max = line_len_max();
    for (size_t i = 0; i < n; i++)
        done += share[i] / (double)n;
    size_t len = (size_t)snprintf(line, sizeof line, "%.0f %%", 100 * done);
    len += (size_t)add_left(line + len, sizeof line - len, done, spent);
    for (size_t i = 0; i < n && n > 1 && len < max; i++)
        if (share[i] > 0 && share[i] < 1)
            len += (size_t)snprintf(line + len, sizeof line - len, "  %s %.0f %%", names[i], 100 * share[i]);
    fprintf(stderr, "\r\033[K%.*s", (int)max, line);
    fflush(stderr);
}

void progress_show(struct progress *p, const volatile double *share, const char *const *names, size_t n)
{
    sim_time now = clock_wall();
    if (!p->on || now - p->last < REDRAW_MS * NS_PER_MS)
        return;
    p->last = now;
    draw((double)(now - p->started), share, names, n);
}

void progress_end(struct progress *p)
{
    if (p->on)
        fputs("\r\033[K", stderr);
}
