/* espsim collide: how often LAN hosts and the gateway in front of them choose the same SPI. */
#include "models/files/place.h"
#include "sim/cli/collide_print.h"
#include "sim/cli/collide_words.h"
#include "sim/cli/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int run_one(const struct collide_asked *a)
{
    struct collide_result result;
    struct err e;
    if (!collide_run(&a->ask, &result, &e)) {
        fprintf(stderr, "espsim collide: %s\n", e.text);
        return CMD_ASKED_WRONGLY;
    }
    bool agrees = collide_agrees(&result, &e);
    if (a->json)
        collide_print_json(a, &result, agrees);
    else
        collide_print_text(a, &result);
    if (!agrees)
        fprintf(stderr, "espsim collide: formula and simulation disagree: %s\n", e.text);
    return agrees ? CMD_FINE : CMD_WORSE;
}

static const struct place_kind figures_place = {.name = "figures", .option = "--plot"};

/* The table comes without gnuplot, too. */
static bool plot(const char *folder, const struct collide_point *points, size_t n_points, struct err *e)
{
    struct file_set set = {0};
    bool drawn = collide_plot(points, n_points, &set, e);
    struct err why;
    bool written = place_save(folder, &figures_place, &set, NULL, &why);
    file_set_fini(&set);
    if (!written)
        *e = why;
    return drawn && written;
}

static int run_sweep(const struct collide_asked *a)
{
    struct err e;
    size_t n;
    if (a->plot && !place_check(a->plot, &figures_place, &e)) {
        fprintf(stderr, "espsim collide: %s\n", e.text);
        return CMD_COULD_NOT;
    }
    struct collide_point *points = collide_sweep_run(&a->sweep, &a->ask, &n, &e);
    if (!points) {
        fprintf(stderr, "espsim collide: --sweep: %s\n", e.text);
        return CMD_ASKED_WRONGLY;
    }
    int code = CMD_FINE;
    bool plotted = !a->plot || plot(a->plot, points, n, &e);
    collide_print_points(points, n, a->json);
    for (size_t i = 0; i < n; i++)
        if (!points[i].agrees) {
            fprintf(stderr, "espsim collide: n = %" PRIu64 ", m = %" PRIu64 ", R = %" PRIu64 ": %s\n", points[i].n,
                    points[i].m, points[i].range, points[i].why.text);
            code = CMD_WORSE;
        }
    if (!plotted) {
        fprintf(stderr, "espsim collide: --plot: %s\n", e.text);
        code = CMD_COULD_NOT;
    }
    free(points);
    return code;
}

int cmd_collide(int argc, char **argv)
{
    struct collide_asked a;
    struct err e;
    int code = CMD_ASKED_WRONGLY;
    if (!collide_words_read(&a, argc, argv, &e))
        fprintf(stderr, "espsim collide: %s\n", e.text);
    else
        code = a.sweep.n_axes ? run_sweep(&a) : run_one(&a);
    collide_words_fini(&a);
    return code;
}
