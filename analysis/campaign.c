#include "analysis/campaign.h"

#include "analysis/table.h"
#include "models/measure/metric.h"
#include "models/measure/stats.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What a sweep is asked for, from one run. METRIC_NONE: the run has it not. */
struct question {
    const char *name; /* of files, too */
    const char *heading;
    const char *axis; /* of the figure */
    double (*of)(const struct run_result *r);
};

static double goodput(const struct run_result *r)
{
    double sum = 0;
    for (size_t i = 0; i < r->n_flows; i++)
        sum += r->flows[i].goodput_bps;
    return sum / 1e6;
}

static double worst_p95(const struct run_result *r)
{
    double worst = METRIC_NONE;
    for (size_t i = 0; i < r->n_flows; i++)
        if (r->flows[i].packets_received && !(r->flows[i].delay_p95_s * 1000 <= worst))
            worst = r->flows[i].delay_p95_s * 1000;
    return worst;
}

static double overhead(const struct run_result *r)
{
    if (!r->link.inner_octets)
        return METRIC_NONE;
    return 100 * ((double)r->link.wire_octets / (double)r->link.inner_octets - 1);
}

static double loss(const struct run_result *r)
{
    uint64_t sent = 0, received = 0;
    for (size_t i = 0; i < r->n_flows; i++) {
        sent += r->flows[i].packets_sent;
        received += r->flows[i].packets_received;
    }
    return sent ? 100 * (1 - (double)received / (double)sent) : METRIC_NONE;
}

static double worst_r(const struct run_result *r)
{
    double worst = METRIC_NONE;
    for (size_t i = 0; i < r->n_flows; i++)
        if (r->flows[i].groups & GROUP_VOIP && !(r->flows[i].r_factor_worst >= worst))
            worst = r->flows[i].r_factor_worst;
    return worst;
}

static const struct question questions[] = {
    {"goodput", "goodput\nMbit/s", "goodput of all flows (Mbit/s)", goodput},
    {"delay", "worst\ndelay\np95 ms", "one-way delay p95 of the slowest flow (ms)", worst_p95},
    {"loss", "lost\n%", "packets lost (%)", loss},
    {"overhead", "link\noverhead\n%", "octets on the link beyond the hosts' packets (%)", overhead},
    {"r-factor", "worst\ncall R", "R factor of the worst call (ITU-T G.107)", worst_r},
};
enum { N_QUESTIONS = sizeof questions / sizeof *questions };

void campaign_fini(struct campaign *c)
{
    for (size_t i = 0; i < c->n_rows; i++) {
        for (size_t k = 0; k < c->n_axes; k++)
            free(c->rows[i].values[k]);
        free(c->rows[i].values);
        run_result_fini(&c->rows[i].result);
    }
    for (size_t k = 0; k < c->n_axes; k++)
        free(c->axes[k]);
    free(c->axes);
    free(c->rows);
    *c = (struct campaign){0};
}

/* ---- CSV ---- */

static void csv_word(FILE *to, const char *word)
{
    bool quote = strpbrk(word, ",\"\n") != NULL;
    if (quote)
        fputc('"', to);
    for (; *word; word++) {
        if (*word == '"')
            fputc('"', to);
        fputc(*word, to);
    }
    fputs(quote ? "\"," : ",", to);
}

static void csv_line(FILE *to, const struct campaign *c, const struct campaign_row *row, const char *of,
                     const struct metric *m, const void *from)
{
    double value = metric_value(m, from);
    for (size_t k = 0; k < c->n_axes; k++)
        csv_word(to, row->values[k]);
    csv_word(to, row->run);
    fprintf(to, "%llu,%s,%s,", (unsigned long long)row->replicate, of, m->key);
    if (value == value)
        fprintf(to, "%.12g", value);
    fputc('\n', to);
}

void campaign_csv(const struct campaign *c, FILE *to)
{
    for (size_t k = 0; k < c->n_axes; k++)
        csv_word(to, c->axes[k]);
    fputs("run,replicate,of,metric,value\n", to);
    for (size_t i = 0; i < c->n_rows; i++) {
        const struct campaign_row *row = &c->rows[i];
        for (size_t f = 0; f < row->result.n_flows; f++)
            for (size_t m = 0; m < metric_flow.n_rows; m++)
                if (!metric_flow.rows[m].group || metric_flow.rows[m].group & row->result.flows[f].groups)
                    csv_line(to, c, row, row->result.flows[f].name, &metric_flow.rows[m], &row->result.flows[f]);
        for (size_t m = 0; m < metric_link.n_rows; m++)
            csv_line(to, c, row, "link", &metric_link.rows[m], &row->result.link);
    }
}

/* ---- means ---- */

/* Mean and half the interval of a question over the replicates of row `first`'s point and run. */
static struct sample mean_of(const struct campaign *c, size_t first, const struct question *q, double *half)
{
    double *x = calloc(c->n_rows, sizeof *x);
    size_t n = 0;
    assert(x);
    for (size_t i = first; i < c->n_rows; i++) {
        const struct campaign_row *row = &c->rows[i];
        double value = q->of(&row->result);
        if (row->point == c->rows[first].point && !strcmp(row->run, c->rows[first].run) && value == value)
            x[n++] = value;
    }
    struct sample s = stats_sample(x, n);
    struct interval interval = stats_mean_interval(s, 0.95);
    *half = n > 1 ? (interval.high - interval.low) / 2 : METRIC_NONE;
    free(x);
    return s;
}

static bool is_first_of_its_kind(const struct campaign *c, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (c->rows[k].point == c->rows[i].point && !strcmp(c->rows[k].run, c->rows[i].run))
            return false;
    return true;
}

static bool is_asked(const struct campaign *c, const struct question *q)
{
    for (size_t i = 0; i < c->n_rows; i++) {
        double value = q->of(&c->rows[i].result);
        if (value == value)
            return true;
    }
    return false;
}

static void mean_cell(struct table *t, struct sample s, double half)
{
    if (!s.n)
        table_cell(t, TONE_DIM, "-");
    else if (half == half)
        table_cell(t, TONE_PLAIN, "%.4g +- %.2g", s.mean, half);
    else
        table_cell(t, TONE_PLAIN, "%.4g", s.mean);
}

void campaign_print(const struct campaign *c, FILE *to, bool colour)
{
    struct table t = {0};
    for (size_t k = 0; k < c->n_axes; k++)
        table_column(&t, TABLE_RIGHT, c->axes[k]);
    table_column(&t, TABLE_LEFT, "run");
    for (size_t q = 0; q < N_QUESTIONS; q++)
        if (is_asked(c, &questions[q]))
            table_column(&t, TABLE_RIGHT, questions[q].heading);
    for (size_t i = 0; i < c->n_rows; i++) {
        if (!is_first_of_its_kind(c, i))
            continue;
        for (size_t k = 0; k < c->n_axes; k++)
            table_cell(&t, TONE_PLAIN, "%s", c->rows[i].values[k]);
        table_cell(&t, TONE_PLAIN, "%s", c->rows[i].run);
        for (size_t q = 0; q < N_QUESTIONS; q++) {
            double half;
            if (is_asked(c, &questions[q])) {
                struct sample s = mean_of(c, i, &questions[q], &half);
                mean_cell(&t, s, half);
            }
        }
    }
    table_print(&t, to, 0, TABLE_WIDTH, colour);
    fputs("\nMean of the replicates +- half of Student's 95 % interval.\n", to);
    table_fini(&t);
}

/* ---- figures ---- */

/* Data of one curve: position, mean, half interval; a curve is a run at fixed values of the axes but the last. */
static bool same_curve(const struct campaign *c, size_t a, size_t b)
{
    for (size_t k = 0; k + 1 < c->n_axes; k++)
        if (strcmp(c->rows[a].values[k], c->rows[b].values[k]))
            return false;
    return !strcmp(c->rows[a].run, c->rows[b].run);
}

static void put_curve(const struct campaign *c, size_t first, const struct question *q, FILE *to)
{
    fprintf(to, "$d%zu << EOD\n", first);
    for (size_t i = first; i < c->n_rows; i++) {
        double half;
        if (!same_curve(c, first, i) || !is_first_of_its_kind(c, i))
            continue;
        struct sample s = mean_of(c, i, q, &half);
        char *end;
        const char *label = c->n_axes ? c->rows[i].values[c->n_axes - 1] : "0";
        double at = strtod(label, &end);
        if (s.n)
            fprintf(to, "%.12g %.12g %.12g\n", end == label ? (double)c->rows[i].point : at, s.mean,
                    half == half ? half : 0);
    }
    fputs("EOD\n", to);
}

static bool starts_curve(const struct campaign *c, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (same_curve(c, k, i))
            return false;
    return true;
}

static void put_title(const struct campaign *c, size_t i, FILE *to)
{
    fprintf(to, "\"%s", c->rows[i].run);
    for (size_t k = 0; k + 1 < c->n_axes; k++)
        fprintf(to, ", %s = %s", c->axes[k], c->rows[i].values[k]);
    fputc('"', to);
}

static void put_script(const struct campaign *c, const struct question *q, const char *folder, FILE *to)
{
    static const char *const outputs[] = {"svg size 800,500 font 'sans,13' background '#ffffff'",
                                          "pngcairo size 1200,750 font 'sans,13'"};
    /* Okabe and Ito's colours can be told apart by everybody. */
    static const char *const colours[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000"};
    const char *unit = c->n_axes ? c->rows[0].values[c->n_axes - 1] : "";
    unit += strspn(unit, "0123456789.eE+- ");
    for (size_t i = 0; i < c->n_rows; i++)
        if (starts_curve(c, i))
            put_curve(c, i, q, to);
    fprintf(to,
            "set encoding utf8\nset xlabel \"%s%s%s%s\" noenhanced\nset ylabel \"%s\" noenhanced\n"
            "set key outside right noenhanced\nset grid\nset offsets graph 0.03, graph 0.03, graph 0.05, graph 0.05\n",
            c->n_axes ? c->axes[c->n_axes - 1] : "point", *unit ? " (" : "", unit, *unit ? ")" : "", q->axis);
    for (int o = 0; o < 2; o++) {
        fprintf(to, "set terminal %s\nset output \"%s/%s.%s\"\nplot", outputs[o], folder, q->name, o ? "png" : "svg");
        size_t n = 0;
        for (size_t i = 0; i < c->n_rows; i++) {
            if (!starts_curve(c, i))
                continue;
            fprintf(to, "%s $d%zu using 1:2:3 with yerrorlines lw 2 pt %zu lc rgb '%s' title ", n ? "," : "", i, n + 4,
                    colours[n % (sizeof colours / sizeof *colours)]);
            put_title(c, i, to);
            n++;
        }
        fputs("\nunset output\n", to);
    }
}

bool campaign_plot(const struct campaign *c, const char *folder, struct err *e)
{
    for (size_t q = 0; q < N_QUESTIONS; q++) {
        if (!is_asked(c, &questions[q]))
            continue;
        FILE *gnuplot = popen("gnuplot", "w");
        if (!gnuplot)
            return err_set(e, "gnuplot cannot be started: %s", strerror(errno));
        put_script(c, &questions[q], folder, gnuplot);
        if (pclose(gnuplot))
            return err_set(e, "gnuplot failed at the figure of %s; is gnuplot-nox installed?", questions[q].name);
    }
    return true;
}
