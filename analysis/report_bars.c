/* Bars of a report: what each mode adds to a packet, and what was dropped. */
#include "analysis/report_figures.h"
#include "analysis/summary.h"
#include "models/base/text.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

/* ---- overhead per packet, stacked ---- */

struct part {
    const char *name, *colour;
    size_t offset; /* in struct ledger */
};

static const struct part parts[] = {
    {"outer IP header", "#0072B2", offsetof(struct ledger, ip)},
    {"UDP", "#F0E442", offsetof(struct ledger, udp)},
    {"SPI, sequence number", "#56B4E9", offsetof(struct ledger, esp)},
    {"IV", "#009E73", offsetof(struct ledger, iv)},
    {"TFC padding", "#4d4d4d", offsetof(struct ledger, tfc)},
    {"padding", "#999999", offsetof(struct ledger, padding)},
    {"trailer", "#CC79A7", offsetof(struct ledger, trailer)},
    {"ICV", "#E69F00", offsetof(struct ledger, icv)},
    {"framing", "#D55E00", offsetof(struct ledger, framing)},
    {"link padding", "#8c564b", offsetof(struct ledger, link_padding)},
};

#define N_PARTS (sizeof parts / sizeof *parts)

/* Octets of a part per packet of the hosts. What the hosts' packets had themselves is in `ip` and `payload`. */
static double part_octets(const struct run_result *run, size_t part)
{
    const struct link_result *link = &run->link;
    double octets = (double)*(const uint64_t *)(const void *)((const char *)&link->ledger + parts[part].offset);
    if (part == 0)
        octets += (double)link->ledger.payload - (double)link->inner_octets;
    return octets / (double)link->inner_packets;
}

static bool carries(const struct run_result *run)
{
    return run->verdict[VERDICT_WORKS].value != ANSWER_NO && run->link.inner_packets > 0;
}

static bool is_drawn(const struct report *r, size_t part)
{
    for (size_t i = 0; i < r->result->n_runs; i++)
        if (carries(&r->result->runs[i]) && part_octets(&r->result->runs[i], part) > 0.005)
            return true;
    return false;
}

static bool overhead_data(const struct report *r, FILE *to)
{
    size_t n = 0;
    fputs("$overhead << EOD\n", to);
    for (size_t i = 0; i < r->result->n_runs; i++) {
        const struct run_result *run = &r->result->runs[i];
        if (!carries(run))
            continue;
        for (size_t part = 0; part < N_PARTS; part++)
            figure_number(to, part_octets(run, part));
        figure_number(to, summary_overhead(run));
        putc('\n', to);
        n++;
    }
    fputs("EOD\n", to);
    return n > 0;
}

/* Stacked bars of the runs that have one, with room for a number above the highest; their names are turned where they
 * do not fit beside each other. */
static void say_bars(FILE *to, const struct result *r, bool (*has_bar)(const struct run_result *), double most,
                     const char *label)
{
    size_t n = 0, letters = 0;
    fputs("reset\nset xtics (", to);
    for (size_t i = 0; i < r->n_runs; i++) {
        const char *name = run_result_name(&r->runs[i]);
        if (!has_bar(&r->runs[i]))
            continue;
        fputs(n ? ", " : "", to);
        text_gnuplot_tic(to, name);
        fprintf(to, " %zu", n++);
        letters += strlen(name);
    }
    fprintf(to,
            ")\nset style data histograms\nset style histogram rowstacked\nset boxwidth 0.6\n"
            "set style fill solid 0.9 border lc rgb 'black'\nset ylabel '%s'\nset xrange [-0.7:%zu.7]\n"
            "set yrange [0:%.6g]\nset grid y lc rgb '#808080' lw 0.4\nset tics nomirror\n%s",
            label, n - 1, most * 1.12, n + letters > 50 ? "set xtics rotate by -25\n" : "");
}

static void overhead_plot(const struct report *r, FILE *to)
{
    double most = 0;
    for (size_t i = 0; i < r->result->n_runs; i++)
        if (carries(&r->result->runs[i]))
            most = fmax(most, summary_overhead(&r->result->runs[i]));
    say_bars(to, r->result, carries, most, "octets per packet of the hosts");
    fputs("set key outside right top invert reverse Left\nplot ", to);
    const char *before = "";
    for (size_t part = 0; part < N_PARTS; part++) {
        if (!is_drawn(r, part))
            continue;
        fprintf(to, "%s$overhead using %zu title '%s' lc rgb '%s'", before, part + 1, parts[part].name,
                parts[part].colour);
        before = ", ";
    }
    fprintf(to, "%s$overhead using 0:%zu:(sprintf('%%.1f', $%zu)) with labels offset 0,0.7 notitle\n", before,
            N_PARTS + 1, N_PARTS + 1);
}

const struct figure figure_overhead = {
    "overhead", "What each mode adds to a packet",
    "Octets on the link beyond the hosts' own packets, on average over the packets of this run, both directions.",
    overhead_data, overhead_plot};

/* ---- drops ---- */

/* The kinds of drops of all runs, "gw1 no-sa-out", in the order of their coming. */
struct drop_kinds {
    char place[32][RESULT_NAME_MAX], name[32][RESULT_NAME_MAX];
    size_t n;
};

static uint64_t dropped(const struct run_result *run, const char *place, const char *name)
{
    for (size_t p = 0; p < run->drops.n_lists; p++)
        for (size_t t = 0; t < run->drops.lists[p].n_tallies; t++)
            if (!strcmp(run->drops.lists[p].place, place) && !strcmp(run->drops.lists[p].tallies[t].name, name))
                return run->drops.lists[p].tallies[t].n;
    return 0;
}

static void add_kind(struct drop_kinds *k, const char *place, const char *name)
{
    for (size_t i = 0; i < k->n; i++)
        if (!strcmp(k->place[i], place) && !strcmp(k->name[i], name))
            return;
    if (k->n == 32)
        return;
    snprintf(k->place[k->n], RESULT_NAME_MAX, "%s", place);
    snprintf(k->name[k->n++], RESULT_NAME_MAX, "%s", name);
}

static void find_kinds(const struct result *r, struct drop_kinds *k)
{
    k->n = 0;
    for (size_t i = 0; i < r->n_runs; i++)
        for (size_t p = 0; p < r->runs[i].drops.n_lists; p++) {
            const struct tally_list *list = &r->runs[i].drops.lists[p];
            for (size_t t = 0; t < list->n_tallies; t++)
                if (list->tallies[t].n)
                    add_kind(k, list->place, list->tallies[t].name);
        }
}

static bool drops_data(const struct report *r, FILE *to)
{
    struct drop_kinds kinds;
    find_kinds(r->result, &kinds);
    fputs("$drops << EOD\n", to);
    for (size_t i = 0; i < r->result->n_runs; i++) {
        const struct run_result *run = &r->result->runs[i];
        double in = run->balance.in ? (double)run->balance.in : 1;
        uint64_t all = 0;
        for (size_t k = 0; k < kinds.n; k++) {
            uint64_t n = dropped(run, kinds.place[k], kinds.name[k]);
            fprintf(to, " %.9g", 100 * (double)n / in);
            all += n;
        }
        fprintf(to, " %.9g %" PRIu64 "\n", 100 * (double)all / in, all);
    }
    fputs("EOD\n", to);
    return kinds.n > 0;
}

static bool is_run(const struct run_result *run)
{
    return run != NULL;
}

static double share_dropped(const struct run_result *run)
{
    return run->balance.in ? 100 * (double)places_total(&run->drops) / (double)run->balance.in : 0;
}

static void drops_plot(const struct report *r, FILE *to)
{
    static const char *const fills[] = {"#D55E00", "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#7f7f7f"};
    struct drop_kinds kinds;
    find_kinds(r->result, &kinds);
    double most = 0;
    for (size_t i = 0; i < r->result->n_runs; i++)
        most = fmax(most, share_dropped(&r->result->runs[i]));
    say_bars(to, r->result, is_run, most, "packets of the hosts, %");
    fputs("set key outside top center horizontal maxrows 2 samplen 2 font ',12'\nplot ", to);
    for (size_t k = 0; k < kinds.n; k++) {
        char kind[2 * RESULT_NAME_MAX];
        snprintf(kind, sizeof kind, "%s %s", kinds.place[k], kinds.name[k]);
        fprintf(to, "$drops using %zu title ", k + 1);
        text_gnuplot(to, kind);
        fprintf(to, " lc rgb '%s', ", fills[k % 7]);
    }
    fprintf(to, "$drops using 0:%zu:(sprintf('%%d', $%zu)) with labels offset 0,0.7 notitle\n", kinds.n + 1,
            kinds.n + 2);
}

const struct figure figure_drops = {
    "drops", "Dropped packets",
    "Share of the hosts' packets that did not arrive, by the place and reason of the drop; the number is packets.",
    drops_data, drops_plot};
