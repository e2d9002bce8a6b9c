/* What each mode adds on the link by the size of the packet: the steps that padding and cells make. */
#include "analysis/report_figures.h"
#include "models/base/text.h"
#include "models/crypto/suite.h"
#include "models/ipsec/mode.h"
#include "models/ipsec/size.h"
#include "models/link/framing.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- overhead by packet size ---- */

enum { SIZE_FIRST = 40, SIZE_LAST = 1500, N_SIZES = SIZE_LAST - SIZE_FIRST + 1, NAMES_MOST = 3 };

/* Link octets beyond a packet of each size in the run's mode; false where the mode or framing is not known here. */
static bool sizes_of(const struct run_result *run, double *octets)
{
    struct err e;
    const struct mode *mode = mode_get(run->mode);
    const struct framing_kind *framing = framing_find(run->framing, &e);
    struct size_of how = {.mode = mode, .udp = run->link.ledger.udp > 0};
    if (!mode || !framing || (*run->algorithm && !suite_parse(run->algorithm, &how.suite, &e)) ||
        (mode->esp && !*run->algorithm))
        return false;
    uint8_t version = run->n_flows && strchr(run->flows[0].from, ':') ? 6 : 4;
    for (size_t i = 0; i < N_SIZES; i++) {
        struct shape shape = {.inner_version = version, .outer_version = version, .inner_len = SIZE_FIRST + i};
        size_t wire = size_wire(&how, &shape);
        octets[i] = framing_alone(framing, &framing_defaults, NULL, wire).octets - (double)shape.inner_len;
    }
    return true;
}

/* Modes with the same curve share a line: the first of them stands for all. */
struct size_curves {
    double octets[16][N_SIZES];
    size_t stands[16]; /* index of the run whose curve it is; n_runs where there is none */
    size_t n;
};

static struct size_curves *size_curves(const struct report *r)
{
    struct size_curves *s = calloc(1, sizeof *s);
    assert(s);
    s->n = r->result->n_runs < 16 ? r->result->n_runs : 16;
    for (size_t i = 0; i < s->n; i++) {
        s->stands[i] = sizes_of(&r->result->runs[i], s->octets[i]) ? i : s->n;
        for (size_t j = 0; j < i && s->stands[i] == i; j++)
            if (s->stands[j] == j && !memcmp(s->octets[i], s->octets[j], sizeof s->octets[i]))
                s->stands[i] = j;
    }
    return s;
}

static bool sizes_data(const struct report *r, FILE *to)
{
    struct size_curves *s = size_curves(r);
    bool any = false;
    for (size_t i = 0; i < s->n; i++) {
        if (s->stands[i] != i)
            continue;
        fprintf(to, "$sizes%zu << EOD\n", i);
        for (size_t k = 0; k < N_SIZES; k++)
            fprintf(to, "%zu %.9g\n", SIZE_FIRST + k, s->octets[i][k]);
        fputs("EOD\n", to);
        any = true;
    }
    free(s);
    return any;
}

/* The runs whose curve is that of run `first`; a key has room for a few names only. */
static void name_alike(const struct report *r, const struct size_curves *s, size_t first, FILE *to)
{
    char names[(RESULT_NAME_MAX + 2) * NAMES_MOST + 40] = "";
    size_t n = 0, said = 0, len = 0;
    for (size_t j = first; j < s->n; j++)
        n += s->stands[j] == first;
    for (size_t j = first; j < s->n && said < NAMES_MOST; j++)
        if (s->stands[j] == first)
            len += (size_t)snprintf(names + len, sizeof names - len, "%s%s", said++ ? ", " : "",
                                    run_result_name(&r->result->runs[j]));
    if (n > said)
        snprintf(names + len, sizeof names - len, " and %zu more", n - said);
    text_gnuplot(to, names);
}

static void sizes_plot(const struct report *r, FILE *to)
{
    struct size_curves *s = size_curves(r);
    fputs("reset\n" FIGURE_KEY_ABOVE "set xlabel 'packet of the host, octets'\nset ylabel 'octets added on the link'\n"
          "set xrange [0:1500]\nset yrange [0:*]\n",
          to);
    const char *before = "plot ";
    for (size_t i = 0; i < s->n; i++) {
        if (s->stands[i] != i)
            continue;
        fprintf(to, "%s$sizes%zu using 1:2 with steps lw 1.2 lc rgb '%s' title ", before, i, figure_colour(i));
        name_alike(r, s, i, to);
        before = ", ";
    }
    fputs("\n", to);
    free(s);
}

const struct figure figure_sizes = {
    "sizes", "Overhead by packet size",
    "Computed, one packet alone on an idle link with the framing at its default settings and no MTU. The steps are the "
    "padding of ESP and of the link's cells.",
    sizes_data, sizes_plot};
