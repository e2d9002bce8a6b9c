#include "analysis/collide_plot.h"

#include "analysis/gnuplot.h"
#include "models/base/units.h"
#include "models/spi/allocators.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the words --------------------------------------------------------------------------------------------------- */

static bool parse_value(const char *text, uint64_t *value, struct err *e)
{
    if (strncmp(text, "2^", 2))
        return units_parse_count(text, value, e);
    uint64_t bits;
    if (!units_parse_count(text + 2, &bits, e))
        return false;
    if (bits > 32)
        return err_set(e, "%s: an SPI has 32 bits; the largest power is 2^32", text);
    *value = 1ull << bits;
    return true;
}

static bool axis_add(struct collide_axis *axis, uint64_t value, struct err *e)
{
    if (!value || value > 1ull << 32)
        return err_set(e, "%" PRIu64 ": expected 1 to 2^32", value);
    if (axis->n == SWEEP_VALUES_MOST)
        return err_set(e, "more than %d values of one axis", SWEEP_VALUES_MOST);
    axis->value[axis->n++] = value;
    return true;
}

/* 1, 2, 5, 10, ... between the ends, which belong to it. */
static bool axis_add_decades(struct collide_axis *axis, uint64_t from, uint64_t to, struct err *e)
{
    static const uint64_t steps[] = {1, 2, 5};
    if (from >= to)
        return err_set(e, "%" PRIu64 "..%" PRIu64 ": the first number is not below the last", from, to);
    if (!axis_add(axis, from, e))
        return false;
    for (uint64_t decade = 1; decade <= to; decade *= 10)
        for (size_t i = 0; i < 3; i++)
            if (steps[i] * decade > from && steps[i] * decade < to && !axis_add(axis, steps[i] * decade, e))
                return false;
    return axis_add(axis, to, e);
}

static bool parse_values(char *word, struct collide_axis *axis, struct err *e)
{
    uint64_t from, to;
    char *dots = strstr(word, "..");
    if (!dots)
        return parse_value(word, &from, e) && axis_add(axis, from, e);
    *dots = 0;
    return parse_value(word, &from, e) && parse_value(dots + 2, &to, e) && axis_add_decades(axis, from, to, e);
}

static struct collide_axis *axis_named(struct collide_sweep *s, const char *name)
{
    return !strcmp(name, "n") ? &s->n : !strcmp(name, "m") ? &s->m : !strcmp(name, "R") ? &s->range : NULL;
}

bool collide_sweep_parse(const char *text, struct collide_sweep *s, struct err *e)
{
    *s = (struct collide_sweep){.n_axes = 0};
    char *copy = strdup(text), *rest = copy;
    if (!copy)
        abort();
    struct collide_axis *axis = NULL;
    bool ok = true;
    for (char *word; ok && (word = strsep(&rest, ","));) {
        char *equals = strchr(word, '=');
        if (equals) {
            *equals = 0;
            axis = axis_named(s, word);
            word = equals + 1;
        }
        ok = axis ? parse_values(word, axis, e) : err_set(e, "expected n=..., m=... or R=...");
    }
    free(copy);
    s->n_axes = (s->n.n > 0) + (s->m.n > 0) + (s->range.n > 0);
    return ok;
}

/* ---- the points -------------------------------------------------------------------------------------------------- */

static void set_sas(struct collision_side *s, uint64_t n_sas)
{
    bool each_its_own = s->n_systems == s->n_sas;
    s->n_sas = n_sas;
    s->n_systems = each_its_own && s->n_systems > 1 ? n_sas : s->n_systems < n_sas ? s->n_systems : n_sas;
}

static bool set_range(struct collision_side *s, uint64_t size, struct err *e)
{
    uint64_t last = SPI_LEGAL_FIRST + size - 1;
    struct spi_range range = {SPI_LEGAL_FIRST, last < UINT32_MAX ? (uint32_t)last : UINT32_MAX};
    if (last > UINT32_MAX) /* 2^32 numbers: reserved ones take part */
        range.lo = (uint32_t)(UINT32_MAX - (size - 1));
    if (spi_source_init(&s->source, &spi_uniform, &range, e))
        return true;
    return false;
}

static bool make_point(const struct collide_sweep *s, const struct collide_ask *ask, size_t i, struct collide_point *p,
                       struct err *e)
{
    struct collide_ask here = *ask;
    struct collision_case *c = &here.c;
    size_t n_n = s->n.n ? s->n.n : 1, n_m = s->m.n ? s->m.n : 1;
    if (s->n.n)
        set_sas(&c->host, s->n.value[i % n_n]);
    if (s->m.n)
        c->gateway.n_sas = s->m.value[i / n_n % n_m];
    if (s->range.n && (!set_range(&c->host, s->range.value[i / n_n / n_m], e) ||
                       !set_range(&c->gateway, s->range.value[i / n_n / n_m], e)))
        return false;
    *p = (struct collide_point){
        .n = c->host.n_sas, .m = c->gateway.n_sas, .range = spi_range_size(c->gateway.source.range)};
    char name[80];
    snprintf(name, sizeof name, "collide.sweep.%" PRIu64 ".%" PRIu64 ".%" PRIu64, p->n, p->m, p->range);
    here.seed = rng_derive(ask->seed, name);
    here.n_collisions = 0;
    if (!collide_run(&here, &p->result, e))
        return err_at(e, "n = %" PRIu64 ", m = %" PRIu64 ", R = %" PRIu64, p->n, p->m, p->range);
    p->agrees = collide_agrees(&p->result, &p->why);
    return true;
}

struct collide_point *collide_sweep_run(const struct collide_sweep *s, const struct collide_ask *ask, size_t *n_points,
                                        struct err *e)
{
    size_t n = (s->n.n ? s->n.n : 1) * (s->m.n ? s->m.n : 1) * (s->range.n ? s->range.n : 1);
    struct collide_point *points = calloc(n, sizeof *points);
    if (!points)
        abort();
    for (size_t i = 0; i < n; i++)
        if (!make_point(s, ask, i, &points[i], e)) {
            free(points);
            return NULL;
        }
    *n_points = n;
    return points;
}

/* ---- the figure -------------------------------------------------------------------------------------------------- */

/* The x axis of the figure: the swept axis that varies fastest. */
struct abscissa {
    const char *label;
    const char *others[2]; /* what tells the curves apart */
    int column;
};

static struct abscissa abscissa_of(const struct collide_point *p, size_t n_points)
{
    static const struct abscissa of_n = {"host SAs n (number)", {"m", "R"}, 1};
    static const struct abscissa of_m = {"gateway SAs m (number)", {"n", "R"}, 2};
    static const struct abscissa of_range = {"SPIs in the range R (number)", {"n", "m"}, 3};
    return n_points < 2 || p[0].n != p[1].n ? of_n : p[0].m != p[1].m ? of_m : of_range;
}

static bool is_of_curve(const struct collide_point *p, const struct collide_point *before, int column)
{
    return (column == 1 || p->n == before->n) && (column == 2 || p->m == before->m) &&
           (column == 3 || p->range == before->range);
}

/* One block for each curve, as gnuplot's `index` counts them. */
static void write_points(FILE *f, const struct collide_point *points, size_t n_points)
{
    int column = abscissa_of(points, n_points).column;
    fprintf(f, "# n: host SAs; m: gateway SAs; R: numbers in the range; p_any: probability of a pair at a moment\n"
               "# n\tm\tR\tp_any (formula)\tp_any (simulated)\tci99 low\tci99 high\n");
    for (size_t i = 0; i < n_points; i++) {
        const struct collide_point *p = &points[i];
        if (i && !is_of_curve(p, p - 1, column))
            fprintf(f, "\n\n");
        const struct collide_estimate *x = &p->result.p_any;
        fprintf(f, "%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%.10g\t", p->n, p->m, p->range, p->result.closed.p_any);
        if (x->is_known)
            fprintf(f, "%.10g\t%.10g\t%.10g\n", x->value, x->ci.low, x->ci.high);
        else
            fprintf(f, "nan\tnan\tnan\n");
    }
}

/* 2^{28} in gnuplot's notation, or the number as it is. */
static const char *power_text(uint64_t x, char text[24])
{
    bool is_power = x >= 1024 && !(x & (x - 1));
    snprintf(text, 24, is_power ? "2^{%" PRIu64 "}" : "%" PRIu64, is_power ? (uint64_t)__builtin_ctzll(x) : x);
    return text;
}

/* `data` is what gnuplot reads the points from. */
static void write_curve(FILE *f, const char *data, const struct collide_point *p, size_t curve,
                        const struct abscissa *x)
{
    /* Okabe and Ito's colours, which the colour-blind tell apart; the marks differ, too. */
    static const char *const colours[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"};
    static const int marks[] = {7, 5, 9, 11, 13, 4, 6};
    size_t k = curve % (sizeof colours / sizeof *colours);
    char first[24], second[24];
    power_text(x->column == 1 ? p->m : p->n, first);
    power_text(x->column == 3 ? p->m : p->range, second);
    fprintf(f,
            "%s  %s index %zu using %d:4 with lines lw 2 lc rgb '%s' title '%s = %s, %s = %s', \\\n"
            "  %s index %zu using %d:5:6:7 with yerrorbars pt %d ps 0.8 lc rgb '%s' %s",
            curve ? ", \\\n" : "", data, curve, x->column, colours[k], x->others[0], first, x->others[1], second, data,
            curve, x->column, marks[k], colours[k], curve ? "notitle" : "title 'simulated, 99 % interval'");
}

/* The labels have powers, so text is `enhanced`; they hold numbers alone. */
static void write_plot(FILE *f, const char *data, const struct collide_point *points, size_t n_points)
{
    struct abscissa x = abscissa_of(points, n_points);
    fprintf(f,
            "set datafile separator tab\nset logscale xy\nset format x '10^{%%L}'\nset format y '10^{%%L}'\n"
            "set xlabel '%s'\nset ylabel 'probability of an SPI collision at a moment (1)'\n"
            "set key outside right top\nset grid xtics ytics lc rgb '#cccccc'\nset bars 0.5\n"
            "set title 'SPI collisions: n host SAs against m gateway SAs'\nplot \\\n",
            x.label);
    size_t curve = 0;
    for (size_t i = 0; i < n_points; i++)
        if (!i || !is_of_curve(&points[i], &points[i - 1], x.column))
            write_curve(f, data, &points[i], curve++, &x);
    putc('\n', f);
}

#define PNG_TERMINAL "set terminal pngcairo size 960,600 font 'sans,12'\n"
#define SVG_TERMINAL "set terminal svg size 960,600 font 'sans,14' background 'white'\n"

/* For the reader: beside the table, and on its own. */
static void write_script(FILE *f, const struct collide_point *points, size_t n_points)
{
    fputs(PNG_TERMINAL "set output 'collide.png'\n", f);
    write_plot(f, "'collide.tsv'", points, n_points);
    fputs(SVG_TERMINAL "set output 'collide.svg'\nreplot\nunset output\n", f);
}

static bool draw(const struct collide_point *points, size_t n_points, struct file_set *to, struct err *e)
{
    FILE *script = gnuplot_begin(e);
    if (!script)
        return false;
    fputs("$points << EOD\n", script);
    write_points(script, points, n_points);
    fputs("EOD\n" SVG_TERMINAL, script);
    write_plot(script, "$points", points, n_points);
    fputs(PNG_TERMINAL "replot\n", script);
    return gnuplot_draw(script, "collide", to, e);
}

static void add_text(struct file_set *to, const char *name, void (*write)(FILE *, const struct collide_point *, size_t),
                     const struct collide_point *points, size_t n_points)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);
    if (!f)
        abort();
    write(f, points, n_points);
    fclose(f);
    file_set_add(to, name, text, len);
}

bool collide_plot(const struct collide_point *points, size_t n_points, struct file_set *to, struct err *e)
{
    add_text(to, "collide.tsv", write_points, points, n_points);
    add_text(to, "collide.gp", write_script, points, n_points);
    return draw(points, n_points, to, e);
}
