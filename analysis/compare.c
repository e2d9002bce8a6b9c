#include "analysis/compare.h"

#include "analysis/compare_captures.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *status_name(enum status s)
{
    static const char *const names[] = {"same", "within", "not judged", "better", "worse", "different"};
    return names[s];
}

void result_set_add(struct result_set *set, const char *path, struct result *result)
{
    set->results = realloc(set->results, (set->n_results + 1) * sizeof *set->results);
    assert(set->results);
    set->results[set->n_results++] = (struct loaded_result){strdup(path), *result};
    *result = (struct result){0};
}

void result_set_fini(struct result_set *set)
{
    for (size_t i = 0; i < set->n_results; i++) {
        free(set->results[i].path);
        result_fini(&set->results[i].result);
    }
    free(set->results);
    *set = (struct result_set){0};
}

/* ---- matching ---- */

static bool same_settings(const struct result *a, const struct result *b)
{
    return !strcmp(a->scenario, b->scenario) && !strcmp(a->settings_hash, b->settings_hash);
}

static const struct loaded_result *counterpart(const struct result_set *set, const struct result *r)
{
    for (size_t i = 0; i < set->n_results; i++)
        if (set->results[i].result.seed == r->seed && same_settings(&set->results[i].result, r))
            return &set->results[i];
    return NULL;
}

/* One of the same scenario with other settings; of the same seed, if there is one. */
static const struct loaded_result *same_scenario(const struct result_set *set, const struct result *r)
{
    const struct loaded_result *found = NULL;
    for (size_t i = 0; i < set->n_results; i++) {
        const struct result *other = &set->results[i].result;
        if (!strcmp(other->scenario, r->scenario) && !same_settings(other, r) &&
            (!found || (found->result.seed != r->seed && other->seed == r->seed)))
            found = &set->results[i];
    }
    return found;
}

static const char *setting_of(const struct result *r, const char *key)
{
    for (size_t i = 0; i < r->n_settings; i++)
        if (!strcmp(r->settings[i].key, key))
            return r->settings[i].value;
    return "(none)";
}

/* Names the first settings that differ. */
static void say_settings(const struct result *a, const struct result *b, char *text, size_t cap)
{
    const struct result *both[] = {a, b};
    size_t n = 0, len = 0;
    text[0] = 0;
    for (size_t side = 0; side < 2; side++)
        for (size_t i = 0; i < both[side]->n_settings && len < cap; i++) {
            const char *key = both[side]->settings[i].key;
            const char *here = setting_of(a, key), *there = setting_of(b, key);
            bool told = side == 1 && strcmp(here, "(none)") != 0;
            if (told || !strcmp(here, there) || ++n > 4)
                continue;
            len += (size_t)snprintf(text + len, cap - len, "%s%s: %s -> %s", n > 1 ? ", " : "", key, here, there);
        }
}

static void miss_result(struct comparison *c, const struct result *base, const struct result_set *cand)
{
    const struct loaded_result *other = same_scenario(cand, base);
    char settings[512];
    if (other) {
        say_settings(base, &other->result, settings, sizeof settings);
        err_list_add(&c->missing, "%s, seed %" PRIu64 ": the candidate (%s) has other settings (%s)", base->scenario,
                     base->seed, other->path, settings);
    } else {
        err_list_add(&c->missing, "%s, seed %" PRIu64 ": the candidate has no such result", base->scenario, base->seed);
    }
}

/* ---- judging ---- */

/* The values of one metric in the seeds that both sides have. */
struct pairs {
    struct item *base, *cand; /* n of each */
    uint64_t *seeds;
    const struct loaded_result **base_from, **cand_from;
    size_t n;
};

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

static void shown(char *to, size_t cap, const struct item *item)
{
    size_t len = strlen(item->text);
    if (len < cap)
        memcpy(to, item->text, len + 1);
    else
        snprintf(to, cap, "%.*s...", (int)cap - 4, item->text);
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
    shown(f->base, sizeof f->base, base);
    shown(f->cand, sizeof f->cand, cand);
    f->seed = p->seeds[at];
    f->change = METRIC_NONE;
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
    if (worst < p->n && !strncmp(f->metric, "fingerprints.", 13))
        captures_explain(p->base_from[at]->path, p->cand_from[at]->path, result_run(&p->base_from[at]->result, f->mode),
                         f->metric + 13, f->detail, sizeof f->detail);
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
    snprintf(f->base, sizeof f->base, "%.6g", base_mean);
    snprintf(f->cand, sizeof f->cand, "%.6g", cand_mean);
    f->change = relative(base_mean, cand_mean);
    f->interval = paired.interval;
    f->p = paired.p;
    free(base);
    free(cand);
}

static struct finding *add_finding(struct comparison *c)
{
    if (!(c->n_findings & (c->n_findings - 1))) /* a power of two, or none: there is no more room */
        c->findings = realloc(c->findings, (2 * c->n_findings + 1) * sizeof *c->findings);
    assert(c->findings);
    struct finding *f = &c->findings[c->n_findings++];
    *f = (struct finding){.p = 1, .change = METRIC_NONE};
    return f;
}

static double threshold_of(const struct finding *f)
{
    if (f->rule && f->rule->has_threshold)
        return f->rule->threshold;
    return f->class == CLASS_STATISTICAL ? COMPARE_THRESHOLD : f->class == CLASS_FLOAT ? COMPARE_FLOAT_THRESHOLD : 0;
}

static void judge(struct comparison *c, const char *scenario, const char *mode, const struct pairs *p,
                  struct rules *rules, bool allow_better)
{
    struct finding *f = add_finding(c);
    f->scenario = scenario;
    f->mode = mode;
    memcpy(f->metric, p->base[0].path, sizeof f->metric);
    f->unit = p->base[0].unit;
    f->rule = rules_find(rules, scenario, mode, f->metric);
    f->class = f->rule && f->rule->has_class ? f->rule->class : p->base[0].class;
    f->n_seeds = p->n;
    f->seed = p->seeds[0];
    if (f->class != CLASS_STATISTICAL || !measured_alike(p)) {
        judge_each(f, p, threshold_of(f), allow_better);
        return;
    }
    measure_pairs(f, p);
    f->status = !f->n_moved ? STATUS_SAME : p->n < 2 ? STATUS_NOTED : STATUS_WITHIN;
    /* better or worse is decided by judge_statistics; the way that is better is kept in the sign that it would have */
    if (f->status == STATUS_WITHIN)
        f->status = moved_status(&p->base[0], f->change, false);
}

/* Holm's correction over the metrics that moved: those that are not significant, or small, are within after all. */
static void judge_statistics(struct comparison *c, bool allow_better)
{
    double *p = calloc(c->n_findings + 1, sizeof *p);
    size_t *at = calloc(c->n_findings + 1, sizeof *at), n = 0;
    assert(p && at);
    for (size_t i = 0; i < c->n_findings; i++) {
        const struct finding *f = &c->findings[i];
        if (f->class == CLASS_STATISTICAL && f->n_seeds > 1 && f->n_moved && !isnan(f->change)) {
            p[n] = f->p;
            at[n++] = i;
        }
    }
    stats_holm(p, n, p);
    for (size_t i = 0; i < n; i++) {
        struct finding *f = &c->findings[at[i]];
        f->p = p[i];
        if (f->p >= COMPARE_FALSE_ALARM || fabs(f->change) <= threshold_of(f))
            f->status = STATUS_WITHIN;
        else if (f->status == STATUS_BETTER && allow_better)
            f->status = STATUS_NOTED;
    }
    free(p);
    free(at);
}

/* ---- runs ---- */

/* A scenario under its settings: the results of all seeds that both sides have. */
struct group {
    const struct loaded_result **base, **cand;
    size_t n;
};

/* A drop or counter that one side does not mention counted 0 there. */
static bool find_or_zero(const struct items *items, const struct item *like, struct item *found)
{
    const struct item *item = items_find(items, like->path);
    if (item) {
        *found = *item;
        return true;
    }
    *found = *like;
    bool counted = !strncmp(like->path, "drops.", 6) || !strncmp(like->path, "counters.", 9);
    snprintf(found->text, sizeof found->text, "%s", counted ? "0" : "(missing)");
    found->is_number = counted;
    found->value = counted ? 0 : METRIC_NONE;
    return counted;
}

static bool is_new(const struct items *lists, size_t n_before, const char *path)
{
    for (size_t i = 0; i < n_before; i++)
        if (items_find(&lists[i], path))
            return false;
    return true;
}

/* Judges each path that any seed of either side has, in the order of the base. `lists` are those of the base, then of
 * the candidate, n each. */
static void compare_paths(struct comparison *c, const struct group *g, const char *name, const struct items *lists,
                          struct rules *rules, bool allow_better)
{
    struct pairs p = {calloc(g->n, sizeof *p.base),
                      calloc(g->n, sizeof *p.cand),
                      calloc(g->n, sizeof *p.seeds),
                      g->base,
                      g->cand,
                      g->n};
    assert(p.base && p.cand && p.seeds);
    for (size_t l = 0; l < 2 * g->n; l++)
        for (size_t i = 0; i < lists[l].n_items; i++) {
            const struct item *item = &lists[l].items[i];
            if (!is_new(lists, l, item->path))
                continue;
            for (size_t s = 0; s < g->n; s++) {
                find_or_zero(&lists[s], item, &p.base[s]);
                find_or_zero(&lists[g->n + s], item, &p.cand[s]);
                p.seeds[s] = g->base[s]->result.seed;
            }
            judge(c, g->base[0]->result.scenario, name, &p, rules, allow_better);
        }
    free(p.base);
    free(p.cand);
    free(p.seeds);
}

static void compare_run(struct comparison *c, const struct group *g, const char *name, struct rules *rules,
                        bool allow_better)
{
    struct items *lists = calloc(2 * g->n, sizeof *lists);
    assert(lists);
    bool whole = true;
    for (size_t s = 0; s < g->n; s++) {
        const struct run_result *base = result_run(&g->base[s]->result, name);
        const struct run_result *cand = result_run(&g->cand[s]->result, name);
        if (!base || !cand) {
            err_list_add(&c->missing, "%s, seed %" PRIu64 ": the %s (%s) has no run %s", g->base[s]->result.scenario,
                         g->base[s]->result.seed, base ? "candidate" : "base",
                         base ? g->cand[s]->path : g->base[s]->path, name);
            whole = false;
            continue;
        }
        items_of_run(&lists[s], base);
        items_of_run(&lists[g->n + s], cand);
    }
    if (whole)
        compare_paths(c, g, name, lists, rules, allow_better);
    for (size_t l = 0; l < 2 * g->n; l++)
        items_fini(&lists[l]);
    free(lists);
}

static void compare_group(struct comparison *c, const struct group *g, struct rules *rules, bool allow_better)
{
    const struct result *first = &g->base[0]->result;
    for (size_t i = 0; i < first->n_runs; i++)
        compare_run(c, g, run_result_name(&first->runs[i]), rules, allow_better);
    for (size_t s = 0; s < g->n; s++)
        for (size_t i = 0; i < g->cand[s]->result.n_runs; i++)
            if (!result_run(first, run_result_name(&g->cand[s]->result.runs[i])))
                err_list_add(&c->notes, "%s, seed %" PRIu64 ": only the candidate has a run %s", first->scenario,
                             first->seed, run_result_name(&g->cand[s]->result.runs[i]));
}

static bool begins_group(const struct result_set *set, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (same_settings(&set->results[j].result, &set->results[i].result))
            return false;
    return true;
}

static void compare_like(struct comparison *c, const struct result_set *base, const struct result_set *cand,
                         size_t first, struct rules *rules, bool allow_better)
{
    struct group g = {calloc(base->n_results, sizeof *g.base), calloc(base->n_results, sizeof *g.cand), 0};
    assert(g.base && g.cand);
    for (size_t i = first; i < base->n_results; i++) {
        const struct loaded_result *here = &base->results[i], *there = counterpart(cand, &here->result);
        if (!same_settings(&here->result, &base->results[first].result))
            continue;
        if (!there) {
            miss_result(c, &here->result, cand);
            continue;
        }
        g.base[g.n] = here;
        g.cand[g.n++] = there;
    }
    if (g.n)
        compare_group(c, &g, rules, allow_better);
    free(g.base);
    free(g.cand);
}

static void note_the_rest(struct comparison *c, const struct result_set *base, const struct result_set *cand,
                          const struct rules *rules)
{
    for (size_t i = 0; i < cand->n_results; i++) {
        const struct result *r = &cand->results[i].result;
        if (!counterpart(base, r))
            err_list_add(&c->notes, "%s, seed %" PRIu64 ": only the candidate has this result (%s)", r->scenario,
                         r->seed, cand->results[i].path);
    }
    for (size_t i = 0; i < rules->n_rules; i++)
        if (!rules->rules[i].n_uses)
            err_list_add(&c->notes, "line %d: [%s] fits no metric (%s); remove it", rules->rules[i].line,
                         rules->rules[i].name, rules->rules[i].metric);
}

void compare_sets(struct comparison *c, const struct result_set *base, const struct result_set *cand,
                  struct rules *rules, bool allow_better)
{
    if (!base->n_results)
        err_list_add(&c->missing, "the base has no result");
    for (size_t i = 0; i < base->n_results; i++)
        if (begins_group(base, i))
            compare_like(c, base, cand, i, rules, allow_better);
    judge_statistics(c, allow_better);
    note_the_rest(c, base, cand, rules);
    for (size_t i = 0; i < c->n_findings; i++)
        c->n_by_status[c->findings[i].status]++;
}

void comparison_fini(struct comparison *c)
{
    free(c->findings);
    err_list_fini(&c->missing);
    err_list_fini(&c->notes);
    *c = (struct comparison){0};
}

bool finding_fails(const struct finding *f)
{
    return f->status == STATUS_BETTER || f->status == STATUS_WORSE || f->status == STATUS_DIFFERENT;
}

int comparison_exit(const struct comparison *c)
{
    if (c->missing.n_errs)
        return 3;
    for (size_t i = 0; i < c->n_findings; i++)
        if (finding_fails(&c->findings[i]))
            return 1;
    return 0;
}
