#include "sim/run/progress.h"

#include "sim/run/clock.h"

#include <math.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { REDRAW_MS = 200, LINE_CAP = 512, MINUTES_FROM_S = 100, SURE_FROM_S = 2, WARN_FROM_S = 60 };
#define KNOWN_FROM 0.02 /* share of the work after which its end can be told */

void progress_begin(struct progress *p, enum progress_kind kind)
{
    *p = (struct progress){.kind = kind, .started = clock_wall()};
}

static double mean_of(const volatile double *share, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += share[i];
    return sum / (double)n;
}

double progress_left(const struct progress *p, const volatile double *share, size_t n)
{
    double done = mean_of(share, n), spent = (double)(clock_wall() - p->started) / NS_PER_S;
    return done > KNOWN_FROM ? spent / done - spent : -1;
}

/* One less than the terminal has, so that the cursor stays in the line. */
static size_t line_len_max(void)
{
    struct winsize size;
    size_t columns = !ioctl(STDERR_FILENO, TIOCGWINSZ, &size) && size.ws_col ? size.ws_col : 80;
    return (columns < LINE_CAP ? columns : LINE_CAP) - 1;
}

static int add_left(char *at, size_t cap, double left)
{
    if (left < 0)
        return 0;
    if (left < MINUTES_FROM_S)
        return snprintf(at, cap, "  %.0f s left", left);
    return snprintf(at, cap, "  %.0f min left", left / 60);
}

/* To the descriptor: standard error shows control sequences as text (main.c). */
static void write_line(size_t max, const char *line)
{
    fflush(stderr);
    dprintf(STDERR_FILENO, "\r\033[K%.*s", (int)max, line);
}

/* All together first, so that a narrow terminal cuts off what matters least. */
static void draw(double left, const volatile double *share, const char *const *names, size_t n)
{
    char line[LINE_CAP];
    size_t max = line_len_max();
    size_t len = (size_t)snprintf(line, sizeof line, "%.0f %%", 100 * mean_of(share, n));
    len += (size_t)add_left(line + len, sizeof line - len, left);
    for (size_t i = 0; i < n && n > 1 && len < max; i++)
        if (share[i] > 0 && share[i] < 1)
            len += (size_t)snprintf(line + len, sizeof line - len, "  %s %.0f %%", names[i], 100 * share[i]);
    write_line(max, line);
}

static void warn(struct progress *p, double left)
{
    double spent = (double)(clock_wall() - p->started) / NS_PER_S;
    if (p->warned || spent < SURE_FROM_S || spent + left < WARN_FROM_S)
        return;
    p->warned = true;
    fprintf(stderr, "espsim: this will take about %.0f min; --timeout ends it earlier\n", ceil((spent + left) / 60));
}

void progress_show(struct progress *p, const volatile double *share, const char *const *names, size_t n)
{
    sim_time now = clock_wall();
    if (p->kind == PROGRESS_NONE || now - p->last < REDRAW_MS * NS_PER_MS)
        return;
    p->last = now;
    double left = progress_left(p, share, n);
    if (p->kind == PROGRESS_LINE)
        draw(left, share, names, n);
    else if (left >= 0)
        warn(p, left);
}

void progress_end(struct progress *p)
{
    if (p->kind == PROGRESS_LINE)
        write_line(0, "");
}
