#include "analysis/campaign.h"

#include "analysis/gnuplot.h"
#include "analysis/table.h"
#include "models/base/text.h"
#include "models/measure/metric.h"
#include "models/measure/stats.h"

#include <assert.h>
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
    text_csv(to, word);
    putc(',', to);
}

static void csv_line(FILE *to, const struct campaign *c, const struct campaign_row *row, const char *of,
                     const struct metric *m, const void *from)
{
    double value = metric_value(m, from);
    for (size_t k = 0; k < c->n_axes; k++)
        csv_word(to, row->values[k]);
    csv_word(to, row->run);
    fprintf(to, "%llu,", (unsigned long long)row->replicate);
    csv_word(to, of);
    csv_word(to, m->key);
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

/* One past the last row of row `first`'s point. */
static size_t point_end(const struct campaign *c, size_t first)
{
    size_t i = first;
    while (i < c->n_rows && c->rows[i].point == c->rows[first].point)
        i++;
    return i;
}

/* Mean and half the interval of a question over the replicates of row `first`'s point and run. */
static struct sample mean_of(const struct campaign *c, size_t first, const struct question *q, double *half)
{
    size_t end = point_end(c, first), n = 0;
    double *x = calloc(end - first, sizeof *x);
    assert(x);
    for (size_t i = first; i < end; i++) {
        double value = q->of(&c->rows[i].result);
        if (!strcmp(c->rows[i].run, c->rows[first].run) && value == value)
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
    for (size_t k = i; k-- > 0 && c->rows[k].point == c->rows[i].point;)
        if (!strcmp(c->rows[k].run, c->rows[i].run))
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

/* A figure's curves are the runs at fixed values of the axes but the last, which is what x means. The rows of such a
 * panel follow each other, since the last axis varies fastest. */
static bool same_panel(const struct campaign *c, size_t a, size_t b)
{
    for (size_t k = 0; k + 1 < c->n_axes; k++)
        if (strcmp(c->rows[a].values[k], c->rows[b].values[k]))
            return false;
    return true;
}

static bool starts_curve(const struct campaign *c, size_t i)
{
    for (size_t k = i; k-- > 0 && same_panel(c, k, i);)
        if (!strcmp(c->rows[k].run, c->rows[i].run))
            return false;
    return true;
}

static const char *last_value(const struct campaign *c, size_t row)
{
    return c->n_axes ? c->rows[row].values[c->n_axes - 1] : "";
}

/* What stands behind the number of an axis value: its unit. */
static const char *unit_of(const char *value)
{
    char *end;
    strtod(value, &end);
    return end + strspn(end, " ");
}

/* Values are places on a scale where they are several numbers of one unit; otherwise they are names, side by side. */
static bool is_scale(const struct campaign *c)
{
    bool several = false;
    for (size_t i = 0; i < c->n_rows; i++) {
        const char *value = last_value(c, i), *unit = unit_of(value);
        if (unit == value || !strchr("0123456789.+-", *value) || strcmp(unit, unit_of(last_value(c, 0))))
            return false;
        several |= strcmp(value, last_value(c, 0)) != 0;
    }
    return several;
}

/* Where a value that is a name stands, `first` being a row of its panel's first point. */
static uint64_t place(const struct campaign *c, size_t first, size_t row)
{
    return c->rows[row].point - c->rows[first].point;
}

/* The names below the figure; room for each is from half a place before it to half a place behind it. */
static void put_names(const struct campaign *c, FILE *to)
{
    uint64_t n = 0;
    fputs("set xtics (", to);
    for (size_t i = 0, first = 0; i < c->n_rows; i = point_end(c, i)) {
        if (!same_panel(c, first, i))
            first = i;
        for (; n <= place(c, first, i); n++) {
            fputs(n ? ", " : "", to);
            text_gnuplot_tic(to, last_value(c, i));
            fprintf(to, " %llu", (unsigned long long)n);
        }
    }
    fprintf(to, ")\nset xrange [-0.5:%llu.5]\n", (unsigned long long)n - 1);
}

struct range {
    double low, high;
};

/* Data of one curve: position, mean, ends of its interval; `y` grows to hold them. */
static void put_curve(const struct campaign *c, size_t first, const struct question *q, bool scale, struct range *y,
                      FILE *to)
{
    fprintf(to, "$d%zu << EOD\n", first);
    for (size_t i = first; i < c->n_rows && same_panel(c, first, i); i = point_end(c, i)) {
        size_t row = i, end = point_end(c, i);
        while (row < end && strcmp(c->rows[row].run, c->rows[first].run))
            row++;
        if (row == end)
            continue;
        double half;
        struct sample s = mean_of(c, row, q, &half);
        if (!s.n)
            continue;
        half = half == half ? half : 0;
        /* Student's interval knows no bounds; what is asked does, and no picture shows a negative goodput. */
        double low = s.mean >= 0 ? fmax(s.mean - half, 0) : s.mean - half, high = s.mean + half;
        fprintf(to, "%.12g %.12g %.12g %.12g\n",
                scale ? strtod(last_value(c, row), NULL) : (double)place(c, first, row), s.mean, low, high);
        y->low = fmin(y->low, low);
        y->high = fmax(y->high, high);
    }
    fputs("EOD\n", to);
}

static void put_title(const struct campaign *c, size_t i, FILE *to)
{
    char *title = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&title, &len);
    assert(f);
    fputs(c->rows[i].run, f);
    for (size_t k = 0; k + 1 < c->n_axes; k++)
        fprintf(f, ", %s = %s", c->axes[k], c->rows[i].values[k]);
    fclose(f);
    text_gnuplot(to, title);
    free(title);
}

/* The axis that is varied last, with the unit of its values where they are numbers. */
static void put_x_label(const struct campaign *c, bool scale, FILE *to)
{
    const char *axis = c->n_axes ? c->axes[c->n_axes - 1] : "point", *unit = scale ? unit_of(last_value(c, 0)) : "";
    char *label = NULL;
    if (asprintf(&label, "%s%s%s%s", axis, *unit ? " (" : "", unit, *unit ? ")" : "") < 0)
        abort();
    fputs("set xlabel ", to);
    text_gnuplot(to, label);
    fputs(" offset 0,0.3\n", to);
    free(label);
}

/* The key stands below, a line a curve. */
static const struct canvas {
    const char *terminal, *style;
    unsigned width, height, line;
} canvases[] = {
    {"svg", "noenhanced font 'sans,13' background '#ffffff'", 800, 460, 18},
    {"pngcairo", "noenhanced font 'sans,13'", 1200, 690, 25},
};
enum { N_CANVASES = sizeof canvases / sizeof *canvases };

static void put_script(const struct campaign *c, const struct question *q, FILE *to)
{
    /* Okabe and Ito's colours can be told apart by everybody. */
    static const char *const colours[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000"};
    bool scale = is_scale(c);
    struct range y = {(double)INFINITY, -(double)INFINITY};
    unsigned n_curves = 0;
    for (size_t i = 0; i < c->n_rows; i++)
        if (starts_curve(c, i)) {
            put_curve(c, i, q, scale, &y, to);
            n_curves++;
        }
    fputs("set encoding utf8\n", to);
    put_x_label(c, scale, to);
    fprintf(to,
            "set ylabel \"%s\"\nset key below left Left reverse maxcols 1\nset grid\nset autoscale xfix\n"
            "set offsets graph 0.03, graph 0.03, graph 0.05, graph 0.05\n",
            q->axis);
    if (!scale)
        put_names(c, to);
    if (y.low == y.high) /* all the same: gnuplot wants a range that is not empty */
        fprintf(to, "set yrange [%.12g:%.12g]\n", y.low - fmax(fabs(y.low) / 10, 0.1),
                y.low + fmax(fabs(y.low) / 10, 0.1));
    for (size_t o = 0; o < N_CANVASES; o++) {
        const struct canvas *v = &canvases[o];
        fprintf(to, "set terminal %s size %u,%u %s\nplot", v->terminal, v->width, v->height + n_curves * v->line,
                v->style);
        size_t n = 0;
        for (size_t i = 0; i < c->n_rows; i++) {
            if (!starts_curve(c, i))
                continue;
            /* beside each other where they have the same places */
            double shift = scale ? 0 : ((double)n + 0.5) / n_curves * 0.6 - 0.3;
            fprintf(to, "%s $d%zu using ($1+%.3f):2:3:4 with %s lw 2 pt %zu lc rgb '%s' title ", n ? "," : "", i, shift,
                    scale ? "yerrorlines" : "yerrorbars", n + 4, colours[n % (sizeof colours / sizeof *colours)]);
            put_title(c, i, to);
            n++;
        }
        putc('\n', to);
    }
}

bool campaign_plot(const struct campaign *c, struct file_set *to, struct err *e)
{
    for (size_t q = 0; q < N_QUESTIONS; q++) {
        if (!is_asked(c, &questions[q]))
            continue;
        FILE *script = gnuplot_begin(e);
        if (!script)
            return false;
        put_script(c, &questions[q], script);
        if (!gnuplot_draw(script, questions[q].name, to, e))
            return false;
    }
    return true;
}
