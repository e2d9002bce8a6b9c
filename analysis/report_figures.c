#include "analysis/report_figures.h"

#include "analysis/summary.h"
#include "models/crypto/suite.h"
#include "models/ipsec/mode.h"
#include "models/ipsec/size.h"
#include "models/link/framing.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Okabe and Ito 2008, without black and yellow, which vanish on dark and on light paper. */
static const char *const colours[] = {"#7f7f7f", "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9"};

#define N_COLOURS (sizeof colours / sizeof *colours)

/* Marks beside colours: for black and white, and where lines lie on each other. */
static void say_line(FILE *to, size_t run)
{
    static const int marks[] = {4, 7, 5, 9, 13, 11, 3};
    fprintf(to, "linespoints pn 9 pt %d ps 0.8 lw 1.6 lc rgb '%s'", marks[run % N_COLOURS], colours[run % N_COLOURS]);
}

/* gnuplot's strings in double quotes know escapes. */
static void say_text(FILE *to, const char *text)
{
    putc('"', to);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            putc('\\', to);
        putc(*text, to);
    }
    putc('"', to);
}

static void say_number(FILE *to, double value)
{
    if (isfinite(value))
        fprintf(to, " %.9g", value);
    else
        fputs(" NaN", to);
}

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
        say_text(to, run_result_name(run));
        for (size_t part = 0; part < N_PARTS; part++)
            say_number(to, part_octets(run, part));
        say_number(to, summary_overhead(run));
        putc('\n', to);
        n++;
    }
    fputs("EOD\n", to);
    return n > 0;
}

/* Stacked bars, with room for a number above the highest of n. */
static void say_bars(FILE *to, size_t n, double most, const char *label)
{
    fprintf(to,
            "reset\nset style data histograms\nset style histogram rowstacked\nset boxwidth 0.6\n"
            "set style fill solid 0.9 border lc rgb 'black'\nset ylabel '%s'\nset xrange [-0.7:%zu.7]\n"
            "set yrange [0:%.6g]\nset grid y lc rgb '#808080' lw 0.4\nset tics nomirror\n%s",
            label, n - 1, most * 1.12, n > 6 ? "set xtics rotate by -25\n" : "");
}

static void overhead_plot(const struct report *r, FILE *to)
{
    size_t n = 0;
    double most = 0;
    for (size_t i = 0; i < r->result->n_runs; i++)
        if (carries(&r->result->runs[i])) {
            n++;
            most = fmax(most, summary_overhead(&r->result->runs[i]));
        }
    say_bars(to, n, most, "octets per packet of the hosts");
    fputs("set key outside right top invert reverse Left\nplot ", to);
    const char *before = "";
    for (size_t part = 0; part < N_PARTS; part++) {
        if (!is_drawn(r, part))
            continue;
        fprintf(to, "%s$overhead using %zu:xtic(1) title '%s' lc rgb '%s'", before, part + 2, parts[part].name,
                parts[part].colour);
        before = ", ";
    }
    fprintf(to, "%s$overhead using 0:%zu:(sprintf('%%.1f', $%zu)) with labels offset 0,0.7 notitle\n", before,
            N_PARTS + 2, N_PARTS + 2);
}

static const struct figure overhead = {
    "overhead", "What each mode adds to a packet",
    "Octets on the link beyond the hosts' own packets, on average over the packets of this run, both directions.",
    overhead_data, overhead_plot};

/* ---- over time ---- */

static const struct flow_result *flow_of(const struct run_result *run, const char *name)
{
    for (size_t i = 0; i < run->n_flows; i++)
        if (!strcmp(run->flows[i].name, name))
            return &run->flows[i];
    return NULL;
}

/* The flow whose delay is shown: of the VoIP flows (of all, where there are none) the one with the greatest p95 in any
 * mode. NULL where nothing arrived. */
static const char *slowest_flow(const struct result *r)
{
    const char *slowest = NULL;
    double most = -1;
    bool voip = false;
    for (size_t i = 0; i < r->n_runs; i++)
        for (size_t f = 0; f < r->runs[i].n_flows; f++)
            voip |= r->runs[i].flows[f].groups & GROUP_VOIP;
    for (size_t i = 0; i < r->n_runs; i++)
        for (size_t f = 0; f < r->runs[i].n_flows; f++) {
            const struct flow_result *flow = &r->runs[i].flows[f];
            if ((voip && !(flow->groups & GROUP_VOIP)) || !(flow->delay_p95_s > most))
                continue;
            most = flow->delay_p95_s;
            slowest = flow->name;
        }
    return slowest;
}

/* Whether a flow's goodput is summed: TCP flows, or all where there are none. */
static bool is_summed(const struct result *r, const struct flow_result *flow)
{
    for (size_t i = 0; i < r->n_runs; i++)
        for (size_t f = 0; f < r->runs[i].n_flows; f++)
            if (r->runs[i].flows[f].groups & GROUP_TCP)
                return flow->groups & GROUP_TCP;
    return true;
}

/* The goodput of all summed flows of a run. Widths are the first one times a power of two (series.h), so narrower bins
 * are joined into those of the widest curve. */
static struct curve total_goodput(const struct report *r, size_t run)
{
    const struct curves *c = &r->curves[run];
    const struct run_result *of = &r->result->runs[run];
    struct curve total = {.of = "all"};
    size_t most = 0;
    for (size_t f = 0; f < of->n_flows; f++) {
        const struct curve *curve = curves_find(c, of->flows[f].name, "goodput_bps");
        if (!curve || !is_summed(r->result, &of->flows[f]))
            continue;
        total.bin_s = fmax(total.bin_s, curve->bin_s);
        most = curve->n_values > most ? curve->n_values : most;
    }
    total.values = calloc(most + 1, sizeof *total.values);
    assert(total.values);
    for (size_t f = 0; f < of->n_flows; f++) {
        const struct curve *curve = curves_find(c, of->flows[f].name, "goodput_bps");
        if (!curve || !is_summed(r->result, &of->flows[f]))
            continue;
        size_t join = (size_t)lround(total.bin_s / curve->bin_s);
        for (size_t i = 0; i < curve->n_values; i++)
            total.values[i / join] += curve->values[i] / (double)join;
        size_t n = (curve->n_values + join - 1) / join;
        total.n_values = n > total.n_values ? n : total.n_values;
    }
    return total;
}

/* Bins are averaged to about a second, so that modes can be told apart. */
static void write_curve(FILE *to, const char *block, size_t run, const struct curve *curve, double scale)
{
    size_t join = curve->bin_s < 1 ? (size_t)ceil(1 / curve->bin_s) : 1;
    fprintf(to, "$%s%zu << EOD\n", block, run);
    for (size_t i = 0; i < curve->n_values; i += join) {
        double sum = 0;
        size_t n = 0;
        for (size_t j = i; j < i + join && j < curve->n_values; j++)
            if (!isnan(curve->values[j])) {
                sum += curve->values[j];
                n++;
            }
        if (n)
            fprintf(to, "%.6g %.9g\n", ((double)i + (double)join / 2) * curve->bin_s, scale * sum / (double)n);
    }
    fputs("EOD\n", to);
}

/* Writes `$blockI` for each run that has the curve; says which through `has`. */
static bool goodput_data(const struct report *r, FILE *to)
{
    bool any = false;
    for (size_t i = 0; i < r->result->n_runs; i++) {
        struct curve total = total_goodput(r, i);
        any |= total.n_values > 0;
        if (total.n_values)
            write_curve(to, "goodput", i, &total, 1e-6);
        free(total.values);
    }
    return any;
}

static void say_runs(const struct report *r, FILE *to, const char *block, bool (*has)(const struct report *, size_t))
{
    const char *before = "plot ";
    for (size_t i = 0; i < r->result->n_runs; i++) {
        if (!has(r, i))
            continue;
        fprintf(to, "%s$%s%zu using 1:2 with ", before, block, i);
        say_line(to, i);
        fputs(" title ", to);
        say_text(to, run_result_name(&r->result->runs[i]));
        before = ", ";
    }
    fputs("\n", to);
}

static bool has_goodput(const struct report *r, size_t run)
{
    struct curve total = total_goodput(r, run);
    free(total.values);
    return total.n_values > 0;
}

#define KEY_ABOVE                                                                                                      \
    "set key outside top center horizontal maxrows 2 samplen 2\nset grid lc rgb '#808080' lw 0.4\nset tics nomirror\n"

static void over_time(const struct report *r, FILE *to)
{
    double end = 0;
    for (size_t i = 0; i < r->result->n_runs; i++)
        end = fmax(end, r->result->runs[i].duration_s);
    fprintf(to, "reset\n%sset xlabel 'simulated time, s'\nset xrange [0:%.9g]\n", KEY_ABOVE, end);
}

static void goodput_plot(const struct report *r, FILE *to)
{
    over_time(r, to);
    fputs("set yrange [0:*]\nset ylabel 'goodput, Mbit/s'\n", to);
    say_runs(r, to, "goodput", has_goodput);
}

static const struct figure goodput = {
    "goodput", "Goodput over time",
    "What the receiving applications got, all TCP flows together (all flows, where there is no TCP), seconds averaged.",
    goodput_data, goodput_plot};

static bool has_delay(const struct report *r, size_t run)
{
    const char *flow = slowest_flow(r->result);
    const struct curve *curve = flow ? curves_find(&r->curves[run], flow, "delay_s") : NULL;
    const struct flow_result *of = flow ? flow_of(&r->result->runs[run], flow) : NULL;
    return curve && curve->n_values && of && of->packets_received;
}

static bool delay_data(const struct report *r, FILE *to)
{
    bool any = false;
    for (size_t i = 0; i < r->result->n_runs; i++) {
        if (!has_delay(r, i))
            continue;
        write_curve(to, "delay", i, curves_find(&r->curves[i], slowest_flow(r->result), "delay_s"), 1e3);
        any = true;
    }
    return any;
}

static void delay_plot(const struct report *r, FILE *to)
{
    over_time(r, to);
    fputs("set ylabel ", to);
    char label[RESULT_NAME_MAX + 40];
    snprintf(label, sizeof label, "one-way delay of %s, ms", slowest_flow(r->result));
    say_text(to, label);
    putc('\n', to);
    say_runs(r, to, "delay", has_delay);
}

static const struct figure delay = {
    "delay", "Delay over time",
    "Mean one-way delay in each second, of the VoIP flow with the greatest p95 (of any flow, where there is no VoIP).",
    delay_data, delay_plot};

/* ---- distribution of delays ---- */

static const struct distribution *distribution_of(const struct report *r, size_t run)
{
    const char *flow = slowest_flow(r->result);
    return flow ? curves_distribution(&r->curves[run], flow, "delay_s") : NULL;
}

static bool has_distribution(const struct report *r, size_t run)
{
    return distribution_of(r, run) != NULL;
}

static bool cdf_data(const struct report *r, FILE *to)
{
    bool any = false;
    for (size_t i = 0; i < r->result->n_runs; i++) {
        const struct distribution *d = distribution_of(r, i);
        if (!d)
            continue;
        fprintf(to, "$cdf%zu << EOD\n", i);
        for (size_t p = 0; p < d->n_points; p++)
            fprintf(to, "%.9g %.9g\n", d->points[p].value * 1e3, 100 * d->points[p].share);
        fputs("EOD\n", to);
        any = true;
    }
    return any;
}

static void cdf_plot(const struct report *r, FILE *to)
{
    fputs("reset\n" KEY_ABOVE "set ylabel 'packets that take at most that long, %'\nset yrange [0:100]\nset xlabel ",
          to);
    char label[RESULT_NAME_MAX + 40];
    snprintf(label, sizeof label, "one-way delay of %s, ms", slowest_flow(r->result));
    say_text(to, label);
    putc('\n', to);
    say_runs(r, to, "cdf", has_distribution);
}

static const struct figure cdf = {"delay-cdf", "Distribution of delays",
                                  "The same flow: how many of its packets arrive within a given time.", cdf_data,
                                  cdf_plot};

/* ---- overhead by packet size ---- */

enum { SIZE_FIRST = 40, SIZE_LAST = 1500, N_SIZES = SIZE_LAST - SIZE_FIRST + 1 };

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

static void sizes_plot(const struct report *r, FILE *to)
{
    struct size_curves *s = size_curves(r);
    fputs("reset\n" KEY_ABOVE "set xlabel 'packet of the host, octets'\nset ylabel 'octets added on the link'\n"
          "set xrange [0:1500]\nset yrange [0:*]\n",
          to);
    const char *before = "plot ";
    for (size_t i = 0; i < s->n; i++) {
        if (s->stands[i] != i)
            continue;
        fprintf(to, "%s$sizes%zu using 1:2 with steps lw 1.2 lc rgb '%s' title \"", before, i, colours[i % N_COLOURS]);
        const char *comma = "";
        for (size_t j = 0; j < s->n; j++)
            if (s->stands[j] == i) {
                fprintf(to, "%s%s", comma, run_result_name(&r->result->runs[j]));
                comma = ", ";
            }
        fputs("\"", to);
        before = ", ";
    }
    fputs("\n", to);
    free(s);
}

static const struct figure sizes = {
    "sizes", "Overhead by packet size",
    "Computed, one packet alone on an idle link with the framing at its default settings and no MTU. The steps are the "
    "padding of ESP and of the link's cells.",
    sizes_data, sizes_plot};

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
        say_text(to, run_result_name(run));
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
    say_bars(to, r->result->n_runs, most, "packets of the hosts, %");
    fputs("set key outside top center horizontal maxrows 2 samplen 2 font ',12'\nplot ", to);
    for (size_t k = 0; k < kinds.n; k++)
        fprintf(to, "$drops using %zu:xtic(1) title \"%s %s\" lc rgb '%s', ", k + 2, kinds.place[k], kinds.name[k],
                fills[k % 7]);
    fprintf(to, "$drops using 0:%zu:(sprintf('%%d', $%zu)) with labels offset 0,0.7 notitle\n", kinds.n + 2,
            kinds.n + 3);
}

static const struct figure drops = {
    "drops", "Dropped packets",
    "Share of the hosts' packets that did not arrive, by the place and reason of the drop; the number is packets.",
    drops_data, drops_plot};

const struct figure *const figures[] = {&overhead, &goodput, &delay, &cdf, &sizes, &drops, NULL};
