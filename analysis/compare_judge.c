#include "analysis/compare_judge.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *status_name(enum status s)
{
    static const char *const names[] = {"same", "within", "not judged", "better", "worse", "different"};
    return names[s];
}

bool finding_fails(const struct finding *f)
{
    return f->status == STATUS_BETTER || f->status == STATUS_WORSE || f->status == STATUS_DIFFERENT;
}

static bool same_item(const struct item *a, const struct item *b)
{
    return !strcmp(a->text, b->text);
}

static double relative(double base, double cand)
{
    if (base == cand)
        return 0;
    return (cand - base) / fabs(base);
}

static bool is_within(const struct item *base, const struct item *cand, double threshold)
{
    if (same_item(base, cand))
        return true;
    return base->is_number && cand->is_number && fabs(relative(base->value, cand->value)) <= threshold;
}

static enum status moved_status(const struct item *item, double change, bool allow_better)
{
    if (isnan(change) || item->better == BETTER_NEITHER)
        return STATUS_DIFFERENT;
    bool better = item->better == BETTER_HIGHER ? change > 0 : change < 0;
    if (better)
        return allow_better ? STATUS_NOTED : STATUS_BETTER;
    return STATUS_WORSE;
}

__attribute__((format(printf, 1, 2))) static char *text_of(const char *format, ...)
{
    char *text;
    va_list args;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        abort();
    va_end(args);
    return text;
}

static char *shown(const struct item *item)
{
    enum { LONGEST = 95 };
    size_t len = strlen(item->text);
    return len <= LONGEST ? text_of("%s", item->text) : text_of("%.*s...", LONGEST - 3, item->text);
}

void finding_fini(struct finding *f)
{
    free(f->metric);
    free(f->base);
    free(f->cand);
    free(f->detail);
}

/* Exact and float: the first seed that passes the threshold stands for all. */
static void judge_each(struct finding *f, const struct pairs *p, double threshold, bool allow_better)
{
    size_t worst = p->n, first = p->n;
    for (size_t i = 0; i < p->n; i++) {
        if (same_item(&p->base[i], &p->cand[i]))
            continue;
        f->n_moved++;
        first = first < p->n ? first : i;
        if (worst == p->n && !is_within(&p->base[i], &p->cand[i], threshold))
            worst = i;
    }
    size_t at = worst < p->n ? worst : first < p->n ? first : 0;
    const struct item *base = &p->base[at], *cand = &p->cand[at];
    f->base = shown(base);
    f->cand = shown(cand);
    f->seed = p->seeds[at];
    if (base->is_number && cand->is_number)
        f->change = relative(base->value, cand->value);
    if (!f->n_moved)
        f->status = STATUS_SAME;
    else if (f->class == CLASS_INFORMATIVE)
        f->status = STATUS_NOTED;
    else if (worst == p->n)
        f->status = STATUS_WITHIN;
    else
        f->status = moved_status(base, f->change, allow_better);
}

/* Whether both sides could or could not measure it, in every seed. */
static bool measured_alike(const struct pairs *p)
{
    for (size_t i = 0; i < p->n; i++)
        if (!p->base[i].is_number || !p->cand[i].is_number || isnan(p->base[i].value) != isnan(p->cand[i].value))
            return false;
    return true;
}

/* Fills the paired statistics; the status waits for Holm's correction. */
static void measure_pairs(struct finding *f, const struct pairs *p)
{
    double *base = calloc(p->n, sizeof *base), *cand = calloc(p->n, sizeof *cand);
    assert(base && cand);
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++) {
        f->n_moved += !same_item(&p->base[i], &p->cand[i]);
        if (isnan(p->base[i].value))
            continue;
        base[n] = p->base[i].value;
        cand[n++] = p->cand[i].value;
    }
    struct paired paired = stats_paired(base, cand, n, COMPARE_LEVEL);
    double base_mean = stats_sample(base, n).mean, cand_mean = stats_sample(cand, n).mean;
    f->base = text_of("%.6g", base_mean);
    f->cand = text_of("%.6g", cand_mean);
    f->change = relative(base_mean, cand_mean);
    f->interval = paired.interval;
    f->p = paired.p;
    free(base);
    free(cand);
}

static double threshold_of(const struct finding *f)
{
    if (f->rule && f->rule->has_threshold)
        return f->rule->threshold;
    return f->class == CLASS_STATISTICAL ? COMPARE_THRESHOLD : f->class == CLASS_FLOAT ? COMPARE_FLOAT_THRESHOLD : 0;
}

struct finding judge_pairs(const struct pairs *p, const struct rule *rule, bool allow_better)
{
    struct finding f = {.unit = p->base[0].unit,
                        .rule = rule,
                        .class = rule && rule->has_class ? rule->class : p->base[0].class,
                        .n_seeds = p->n,
                        .seed = p->seeds[0],
                        .change = METRIC_NONE,
                        .p = 1};
    f.metric = text_of("%s", p->base[0].path);
    if (f.class != CLASS_STATISTICAL || !measured_alike(p)) {
        judge_each(&f, p, threshold_of(&f), allow_better);
        return f;
    }
    measure_pairs(&f, p);
    f.status = !f.n_moved ? STATUS_SAME : p->n < 2 ? STATUS_NOTED : STATUS_WITHIN;
    /* better or worse is decided by judge_statistics; the way that is better is kept in the sign that it would have */
    if (f.status == STATUS_WITHIN)
        f.status = moved_status(&p->base[0], f.change, false);
    return f;
}

void judge_statistics(struct finding *findings, size_t n_findings, bool allow_better)
{
    double *p = calloc(n_findings + 1, sizeof *p);
    size_t *at = calloc(n_findings + 1, sizeof *at), n = 0;
    assert(p && at);
    for (size_t i = 0; i < n_findings; i++) {
        const struct finding *f = &findings[i];
        if (f->class == CLASS_STATISTICAL && f->n_seeds > 1 && f->n_moved && !isnan(f->change)) {
            p[n] = f->p;
            at[n++] = i;
        }
    }
    stats_holm(p, n, p);
    for (size_t i = 0; i < n; i++) {
        struct finding *f = &findings[at[i]];
        f->p = p[i];
        if (f->p >= COMPARE_FALSE_ALARM || fabs(f->change) <= threshold_of(f))
            f->status = STATUS_WITHIN;
        else if (f->status == STATUS_BETTER && allow_better)
            f->status = STATUS_NOTED;
    }
    free(p);
    free(at);
}
