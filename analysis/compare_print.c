/* What a comparison looks like: for a terminal, as Markdown, as JUnit XML and as JSON. */
#include "analysis/compare.h"

#include "analysis/table.h"
#include "models/base/text.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#define SHOWN 60 /* findings on a terminal and in Markdown; JSON and JUnit have all */

static bool is_listed(const struct finding *f, bool all)
{
    return all || finding_fails(f) || f->status == STATUS_NOTED;
}

static enum table_tone tone(enum status s)
{
    return s == STATUS_WORSE || s == STATUS_DIFFERENT ? TONE_BAD : s == STATUS_BETTER ? TONE_GOOD : TONE_PLAIN;
}

static void change_cell(struct table *t, double change)
{
    if (isnan(change))
        table_cell(t, TONE_DIM, "-");
    else if (isinf(change))
        table_cell(t, TONE_PLAIN, "from 0");
    else
        table_cell(t, TONE_PLAIN, fabs(change) < 1e-4 ? "%+.2g %%" : "%+.2f %%", 100 * change);
}

/* Not where a side could not measure it in a seed. */
static bool is_paired(const struct finding *f)
{
    return f->class == CLASS_STATISTICAL && !isnan(f->change);
}

/* More about a finding than the table has, or nothing. */
static void say_why(const struct finding *f, FILE *to)
{
    const char *before = "";
    if (!is_paired(f) && f->n_seeds > 1) {
        fprintf(to, "in %zu of %zu seeds, first in seed %" PRIu64, f->n_moved, f->n_seeds, f->seed);
        before = "; ";
    }
    if (is_paired(f) && f->n_seeds > 1) {
        fprintf(to, "%s95 %% interval of the difference %.4g to %.4g %s over %zu seeds, p %.2g", before,
                f->interval.low, f->interval.high, f->unit, f->n_seeds, f->p);
        before = "; ";
    }
    if (is_paired(f) && f->n_seeds == 1) {
        fprintf(to, "%sone seed has no interval: compare several", before);
        before = "; ";
    }
    if (f->detail) {
        fprintf(to, "%s%s", before, f->detail);
        before = "; ";
    }
    if (f->rule)
        fprintf(to, "%s[%s] %s", before, f->rule->name, f->rule->reason);
}

static char *why_text(const struct finding *f)
{
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    assert(to);
    say_why(f, to);
    fclose(to);
    return text;
}

/* `with_why`: in a column of its own, for where lines are long. */
static void fill_findings(const struct comparison *c, struct table *t, bool all, bool with_why)
{
    table_column(t, TABLE_LEFT, "mode");
    table_column(t, TABLE_LEFT, "metric");
    table_column(t, TABLE_RIGHT, "base");
    table_column(t, TABLE_RIGHT, "candidate");
    table_column(t, TABLE_RIGHT, "change");
    table_column(t, TABLE_LEFT, "verdict");
    table_column(t, TABLE_LEFT, "class");
    if (with_why)
        table_column(t, TABLE_TEXT, "why");
    size_t n = 0;
    for (size_t i = 0; i < c->n_findings; i++) {
        const struct finding *f = &c->findings[i];
        if (!is_listed(f, all) || (!all && n++ >= SHOWN))
            continue;
        table_cell(t, TONE_PLAIN, "%s", f->mode);
        table_cell(t, TONE_PLAIN, "%s", f->metric);
        table_cell(t, TONE_PLAIN, "%.16s", f->base);
        table_cell(t, TONE_PLAIN, "%.16s", f->cand);
        change_cell(t, f->change);
        table_cell(t, tone(f->status), "%s", status_name(f->status));
        table_cell(t, TONE_PLAIN, "%s", metric_class_name(f->class));
        if (!with_why)
            continue;
        char *why = why_text(f);
        table_cell(t, TONE_PLAIN, "%s", why);
        free(why);
    }
}

/* Below the table, where a terminal's lines are too short for another column. */
static void print_whys(const struct comparison *c, FILE *to, bool all)
{
    size_t n = 0;
    for (size_t i = 0; i < c->n_findings; i++) {
        const struct finding *f = &c->findings[i];
        if (!is_listed(f, all) || (!all && n++ >= SHOWN) || f->status == STATUS_SAME)
            continue;
        char *why = why_text(f), *line = NULL;
        if (*why && asprintf(&line, "%s %s: %s", f->mode, f->metric, why) >= 0)
            table_wrap(to, line, 2, TABLE_WIDTH);
        free(line);
        free(why);
    }
}

static size_t n_listed(const struct comparison *c, bool all)
{
    size_t n = 0;
    for (size_t i = 0; i < c->n_findings; i++)
        n += is_listed(&c->findings[i], all);
    return n;
}

static const char *answer(const struct comparison *c)
{
    static const char *const answers[] = {"within tolerance", "different or worse", "", "incomparable or incomplete"};
    return answers[comparison_exit(c)];
}

static void say_counts(const struct comparison *c, FILE *to)
{
    fprintf(to, "%zu metrics: %zu same, %zu within, %zu not judged, %zu better, %zu worse, %zu different; %zu missing",
            c->n_findings, c->n_by_status[STATUS_SAME], c->n_by_status[STATUS_WITHIN], c->n_by_status[STATUS_NOTED],
            c->n_by_status[STATUS_BETTER], c->n_by_status[STATUS_WORSE], c->n_by_status[STATUS_DIFFERENT],
            c->missing.n_errs);
}

void comparison_print(const struct comparison *c, FILE *to, bool all, bool colour)
{
    struct table t = {0};
    fill_findings(c, &t, all, false);
    if (t.n_cells)
        table_print(&t, to, 0, TABLE_WIDTH, colour);
    table_fini(&t);
    print_whys(c, to, all);
    size_t n = n_listed(c, all);
    if (!all && n > SHOWN)
        fprintf(to, "and %zu more; --json and --junit have all\n", n - SHOWN);
    for (size_t i = 0; i < c->missing.n_errs; i++)
        text_line(to, "missing: %s", c->missing.errs[i].text);
    for (size_t i = 0; i < c->notes.n_errs; i++)
        text_line(to, "note: %s", c->notes.errs[i].text);
    say_counts(c, to);
    fprintf(to, "\n%s\n", answer(c));
}

static void markdown_list(FILE *to, const char *what, const struct err_list *list)
{
    for (size_t i = 0; i < list->n_errs; i++) {
        fprintf(to, "\n- %s: ", what);
        text_markdown(to, list->errs[i].text);
    }
}

void comparison_markdown(const struct comparison *c, FILE *to)
{
    fprintf(to, "### espsim compare: %s\n\n", answer(c));
    say_counts(c, to);
    fputs("\n\n", to);
    struct table t = {0};
    fill_findings(c, &t, false, true);
    if (t.n_cells)
        table_markdown(&t, to);
    table_fini(&t);
    size_t n = n_listed(c, false);
    if (n > SHOWN)
        fprintf(to, "\nand %zu more.\n", n - SHOWN);
    markdown_list(to, "missing", &c->missing);
    markdown_list(to, "note", &c->notes);
    fputs("\n", to);
}

static void junit_case(const struct finding *f, FILE *to)
{
    fputs("    <testcase classname=\"", to);
    text_xml(to, f->scenario);
    putc('.', to);
    text_xml(to, f->mode);
    fputs("\" name=\"", to);
    text_xml(to, f->metric);
    if (!finding_fails(f)) {
        fputs("\"/>\n", to);
        return;
    }
    fprintf(to, "\">\n      <failure type=\"%s\" message=\"", status_name(f->status));
    text_xml(to, f->base);
    fputs(" -&gt; ", to);
    text_xml(to, f->cand);
    putc(' ', to);
    text_xml(to, f->unit);
    fputs("\">", to);
    char *why = why_text(f);
    text_xml(to, why);
    free(why);
    fputs("</failure>\n    </testcase>\n", to);
}

void comparison_junit(const struct comparison *c, FILE *to)
{
    size_t failures = 0;
    for (size_t i = 0; i < c->n_findings; i++)
        failures += finding_fails(&c->findings[i]);
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", to);
    fprintf(to, "  <testsuite name=\"espsim compare\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\">\n",
            c->n_findings + c->missing.n_errs, failures, c->missing.n_errs);
    for (size_t i = 0; i < c->n_findings; i++)
        junit_case(&c->findings[i], to);
    for (size_t i = 0; i < c->missing.n_errs; i++) {
        fprintf(to, "    <testcase classname=\"missing\" name=\"missing %zu\">\n      <error message=\"", i + 1);
        text_xml(to, c->missing.errs[i].text);
        fputs("\"/>\n    </testcase>\n", to);
    }
    fputs("  </testsuite>\n</testsuites>\n", to);
}

static json_t *real_json(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *finding_json(const struct finding *f)
{
    json_t *to = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:s, s:o}", "scenario", f->scenario, "mode",
                           f->mode, "metric", f->metric, "unit", f->unit, "class", metric_class_name(f->class),
                           "status", status_name(f->status), "fails", finding_fails(f), "base", f->base, "candidate",
                           f->cand, "change", real_json(f->change));
    json_object_set_new(to, "seeds", json_integer((json_int_t)f->n_seeds));
    json_object_set_new(to, "seeds_moved", json_integer((json_int_t)f->n_moved));
    json_object_set_new(to, "first_seed", json_integer((json_int_t)f->seed));
    if (is_paired(f) && f->n_seeds > 1) {
        json_object_set_new(to, "interval",
                            json_pack("[o, o]", real_json(f->interval.low), real_json(f->interval.high)));
        json_object_set_new(to, "p", json_real(f->p));
    }
    if (f->detail)
        json_object_set_new(to, "detail", json_string(f->detail));
    if (f->rule)
        json_object_set_new(to, "rule", json_pack("{s:s, s:s}", "name", f->rule->name, "reason", f->rule->reason));
    return to;
}

static json_t *errs_json(const struct err_list *list)
{
    json_t *to = json_array();
    for (size_t i = 0; i < list->n_errs; i++)
        json_array_append_new(to, json_string(list->errs[i].text));
    return to;
}

json_t *comparison_json(const struct comparison *c, bool all)
{
    json_t *counts = json_object(), *findings = json_array();
    for (enum status s = STATUS_SAME; s < N_STATUSES; s++)
        json_object_set_new(counts, status_name(s), json_integer((json_int_t)c->n_by_status[s]));
    for (size_t i = 0; i < c->n_findings; i++)
        if (all || c->findings[i].status != STATUS_SAME)
            json_array_append_new(findings, finding_json(&c->findings[i]));
    return json_pack("{s:i, s:s, s:i, s:o, s:o, s:o, s:o}", "schema", 1, "answer", answer(c), "exit",
                     comparison_exit(c), "metrics", counts, "findings", findings, "missing", errs_json(&c->missing),
                     "notes", errs_json(&c->notes));
}
