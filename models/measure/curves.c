#include "models/measure/curves.h"

#include "models/measure/json_read.h"
#include "models/measure/list.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DISTRIBUTION_POINTS 200

static struct curve *add_curve(struct curves *c, size_t n_values)
{
    c->curves = list_grow(c->curves, &c->n_curves, sizeof *c->curves);
    struct curve *curve = &c->curves[c->n_curves - 1];
    curve->values = calloc(n_values ? n_values : 1, sizeof *curve->values);
    assert(curve->values);
    curve->n_values = n_values;
    return curve;
}

static struct distribution *add_distribution(struct curves *c, size_t n_points)
{
    c->distributions = list_grow(c->distributions, &c->n_distributions, sizeof *c->distributions);
    struct distribution *d = &c->distributions[c->n_distributions - 1];
    d->points = calloc(n_points ? n_points : 1, sizeof *d->points);
    assert(d->points);
    d->n_points = n_points;
    return d;
}

void curves_add_series(struct curves *c, const char *of, const char *metric, const struct series *s,
                       enum series_kind kind, double scale)
{
    struct curve *curve = add_curve(c, s->n_bins);
    snprintf(curve->of, sizeof curve->of, "%s", of);
    snprintf(curve->metric, sizeof curve->metric, "%s", metric);
    curve->bin_s = (double)s->width / NS_PER_S;
    for (size_t i = 0; i < s->n_bins; i++)
        curve->values[i] = series_value(s, kind, i) * scale;
}

void curves_add_delays(struct curves *c, const char *of, const char *metric, const struct hist *h)
{
    struct hist_point points[DISTRIBUTION_POINTS];
    size_t n = hist_cdf(h, points, DISTRIBUTION_POINTS);
    if (!n)
        return;
    struct distribution *d = add_distribution(c, n);
    snprintf(d->of, sizeof d->of, "%s", of);
    snprintf(d->metric, sizeof d->metric, "%s", metric);
    for (size_t i = 0; i < n; i++)
        d->points[i] = (struct hist_point){points[i].value / NS_PER_S, points[i].share};
}

const struct curve *curves_find(const struct curves *c, const char *of, const char *metric)
{
    for (size_t i = 0; i < c->n_curves; i++)
        if (!strcmp(c->curves[i].of, of) && !strcmp(c->curves[i].metric, metric))
            return &c->curves[i];
    return NULL;
}

const struct distribution *curves_distribution(const struct curves *c, const char *of, const char *metric)
{
    for (size_t i = 0; i < c->n_distributions; i++)
        if (!strcmp(c->distributions[i].of, of) && !strcmp(c->distributions[i].metric, metric))
            return &c->distributions[i];
    return NULL;
}

void curves_fini(struct curves *c)
{
    for (size_t i = 0; i < c->n_curves; i++)
        free(c->curves[i].values);
    for (size_t i = 0; i < c->n_distributions; i++)
        free(c->distributions[i].points);
    free(c->curves);
    free(c->distributions);
    *c = (struct curves){0};
}

static json_t *real_json(double value)
{
    return isnan(value) ? json_null() : json_real(value);
}

static json_t *curve_json(const struct curve *curve)
{
    json_t *values = json_array();
    for (size_t i = 0; i < curve->n_values; i++)
        json_array_append_new(values, real_json(curve->values[i]));
    return json_pack("{s:s, s:s, s:f, s:o}", "of", curve->of, "metric", curve->metric, "bin_s", curve->bin_s, "values",
                     values);
}

static json_t *distribution_json(const struct distribution *d)
{
    json_t *points = json_array();
    for (size_t i = 0; i < d->n_points; i++)
        json_array_append_new(points, json_pack("[f, f]", d->points[i].value, d->points[i].share));
    return json_pack("{s:s, s:s, s:o}", "of", d->of, "metric", d->metric, "points", points);
}

char *curves_text(const struct curves *c)
{
    json_t *curves = json_array(), *distributions = json_array();
    for (size_t i = 0; i < c->n_curves; i++)
        json_array_append_new(curves, curve_json(&c->curves[i]));
    for (size_t i = 0; i < c->n_distributions; i++)
        json_array_append_new(distributions, distribution_json(&c->distributions[i]));
    json_t *root = json_pack("{s:i, s:s, s:o, s:o}", "schema", CURVES_SCHEMA, "mode", c->mode, "curves", curves,
                             "distributions", distributions);
    assert(root);
    char *text = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(10));
    json_decref(root);
    assert(text);
    return text;
}

static void read_curve(struct reading *r, json_t *from, void *to)
{
    char of[RESULT_NAME_MAX] = "", metric[RESULT_NAME_MAX] = "";
    reading_name(r, from, "of", NAME_DIRECTION, of);
    reading_name(r, from, "metric", NAME_PLAIN, metric);
    double bin_s = reading_real(r, from, "bin_s", false);
    if (r->ok && !(bin_s > 0))
        reading_refuse(r, "`bin_s` is not above 0");
    json_t *values = reading_take(r, from, "values", JSON_ARRAY), *value;
    struct curve *curve = add_curve(to, json_array_size(values));
    memcpy(curve->of, of, sizeof of);
    memcpy(curve->metric, metric, sizeof metric);
    curve->bin_s = bin_s;
    size_t i;
    json_array_foreach(values, i, value) curve->values[i] = reading_real_of(r, "values", value, false);
    json_decref(values);
}

static bool is_point(const json_t *json)
{
    return json_array_size(json) == 2 && json_is_number(json_array_get(json, 0)) &&
           json_is_number(json_array_get(json, 1));
}

static bool follows(const struct hist_point *p, const struct hist_point *before)
{
    return isfinite(p->value) && p->value >= before->value && p->share > before->share && p->share <= 1;
}

static void read_distribution(struct reading *r, json_t *from, void *to)
{
    char of[RESULT_NAME_MAX] = "", metric[RESULT_NAME_MAX] = "";
    reading_name(r, from, "of", NAME_DIRECTION, of);
    reading_name(r, from, "metric", NAME_PLAIN, metric);
    json_t *points = reading_take(r, from, "points", JSON_ARRAY), *point;
    struct distribution *d = add_distribution(to, json_array_size(points));
    memcpy(d->of, of, sizeof of);
    memcpy(d->metric, metric, sizeof metric);
    size_t i;
    json_array_foreach(points, i, point)
    {
        d->points[i] = (struct hist_point){json_number_value(json_array_get(point, 0)),
                                           json_number_value(json_array_get(point, 1))};
        if (!is_point(point) || !follows(&d->points[i], i ? &d->points[i - 1] : &(struct hist_point){0}))
            reading_refuse(r, "points[%zu] is no [value, share] with values that do not fall and shares that grow to 1",
                           i);
    }
    json_decref(points);
}

bool curves_read(struct curves *c, const char *file, const char *text, size_t len, struct err *e)
{
    struct reading r;
    json_t *root = reading_load(&r, file, text, len, e);
    reading_schema(&r, root, CURVES_SCHEMA, "a series.json of `espsim run`");
    if (r.ok) {
        reading_name(&r, root, "mode", NAME_RUN, c->mode);
        reading_list(&r, root, "curves", read_curve, c);
        reading_list(&r, root, "distributions", read_distribution, c);
        reading_end(&r, root);
    }
    json_decref(root);
    if (!r.ok)
        curves_fini(c);
    return r.ok;
}
