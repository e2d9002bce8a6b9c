#include "analysis/expect.h"

#include "analysis/compare_items.h"

#include "models/base/family.h"
#include "models/base/units.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const keys[] = {"metric", "mode", "min", "max", "why"};

static struct expectation *add_row(struct expectations *x, const struct ini_item *section)
{
    x->rows = realloc(x->rows, (x->n_rows + 1) * sizeof *x->rows);
    assert(x->rows);
    struct expectation *row = &x->rows[x->n_rows++];
    *row = (struct expectation){
        .name = strdup(section->section), .min = -(double)INFINITY, .max = (double)INFINITY, .line = section->line};
    return row;
}

static bool take_key(struct expectation *row, const struct ini_item *item, struct err *e)
{
    if (!strcmp(item->key, "min"))
        return units_parse_number(item->value, &row->min, e);
    if (!strcmp(item->key, "max"))
        return units_parse_number(item->value, &row->max, e);
    char **text = !strcmp(item->key, "metric") ? &row->metric
                  : !strcmp(item->key, "mode") ? &row->mode
                  : !strcmp(item->key, "why")  ? &row->why
                                               : NULL;
    if (text) {
        free(*text); /* a key that comes twice is reported, and read */
        *text = strdup(item->value);
        return true;
    }
    const char *near = family_suggest(item->key, keys, sizeof keys / sizeof *keys);
    return err_set(e, "unknown key; expected metric, mode, min, max or why%s%s%s", near ? "; did you mean `" : "",
                   near ? near : "", near ? "`?" : "");
}

static void check_row(const struct expectations *x, const struct expectation *row, struct err_list *bad)
{
    if (!row->metric || !row->mode || !row->why)
        err_list_add(bad, "%s:%d: [%s]: needs metric, mode (or `all`) and why", x->file, row->line, row->name);
    else if (isinf(row->min) && isinf(row->max))
        err_list_add(bad, "%s:%d: [%s]: has no bounds; expected min, max or both", x->file, row->line, row->name);
    else if (row->min > row->max)
        err_list_add(bad, "%s:%d: [%s]: min is above max", x->file, row->line, row->name);
}

bool expect_read(struct expectations *x, const char *file, const char *text, size_t len, struct err_list *bad)
{
    struct ini ini;
    *x = (struct expectations){.file = strdup(file)};
    ini_read_all(&ini, file, text, len, bad);
    for (size_t i = 0; i < ini.n_items; i++) {
        const struct ini_item *item = &ini.items[i];
        struct err e;
        if (!item->key)
            add_row(x, item);
        else if (x->n_rows && !take_key(&x->rows[x->n_rows - 1], item, &e))
            err_list_add(bad, "%s:%d: %s = %s: %s", file, item->line, item->key, item->value, e.text);
    }
    ini_fini(&ini);
    for (size_t i = 0; i < x->n_rows; i++)
        check_row(x, &x->rows[i], bad);
    if (!x->n_rows && !bad->n_errs)
        err_list_add(bad, "%s: expects nothing; expected sections with metric, mode, min, max and why", file);
    if (!bad->n_errs)
        return true;
    expect_fini(x);
    return false;
}

void expect_fini(struct expectations *x)
{
    for (size_t i = 0; i < x->n_rows; i++) {
        free(x->rows[i].name);
        free(x->rows[i].metric);
        free(x->rows[i].mode);
        free(x->rows[i].why);
    }
    free(x->rows);
    free(x->file);
    *x = (struct expectations){0};
}

static bool value_of(const struct item *item, double *value)
{
    if (item->is_number)
        *value = item->value;
    else if (!strcmp(item->text, "true") || !strcmp(item->text, "false"))
        *value = item->text[0] == 't';
    else
        return false;
    return true;
}

static void check_run(const struct expectations *x, const struct expectation *row, const struct run_result *run,
                      struct items *items, struct err_list *broken)
{
    double value = METRIC_NONE;
    if (!items->n_items)
        items_of_run(items, run);
    const struct item *item = items_find(items, row->metric);
    /* A count of 0 may be left out of a tally. */
    bool tally = !strncmp(row->metric, "drops.", 6) || !strncmp(row->metric, "counters.", 9);
    if (!item && tally)
        value = 0;
    if (!item ? !tally : !value_of(item, &value))
        err_list_add(broken, "%s:%d: [%s]: run %s has no number %s", x->file, row->line, row->name,
                     run_result_name(run), row->metric);
    else if (!(value >= row->min && value <= row->max))
        err_list_add(broken, "%s:%d: [%s]: run %s: %s is %.10g%s%s; expected %g to %g: %s", x->file, row->line,
                     row->name, run_result_name(run), row->metric, value, item && *item->unit ? " " : "",
                     item ? item->unit : "", row->min, row->max, row->why);
}

void expect_check(const struct expectations *x, const struct result *r, struct err_list *broken)
{
    struct items *items = calloc(r->n_runs + 1, sizeof *items); /* of the runs that a row asks for */
    assert(items);
    for (size_t i = 0; i < x->n_rows; i++) {
        const struct expectation *row = &x->rows[i];
        size_t n_met = 0;
        for (size_t k = 0; k < r->n_runs; k++) {
            if (strcmp(row->mode, "all") && strcmp(row->mode, r->runs[k].mode))
                continue;
            n_met++;
            check_run(x, row, &r->runs[k], &items[k], broken);
        }
        if (!n_met)
            err_list_add(broken, "%s:%d: [%s]: the result has no run in mode %s", x->file, row->line, row->name,
                         row->mode);
    }
    for (size_t k = 0; k < r->n_runs; k++)
        items_fini(&items[k]);
    free(items);
}
