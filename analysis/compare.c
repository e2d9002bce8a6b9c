#include "analysis/compare.h"

#include "analysis/compare_captures.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is missing ---- */

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct result_setting *)a)->key, ((const struct result_setting *)b)->key);
}

/* A copy of the settings, sorted; given. */
static struct result_setting *sorted_settings(const struct result *r)
{
    struct result_setting *sorted = calloc(r->n_settings + 1, sizeof *sorted);
    assert(sorted);
    for (size_t i = 0; i < r->n_settings; i++)
        sorted[i] = r->settings[i];
    qsort(sorted, r->n_settings, sizeof *sorted, by_key);
    return sorted;
}

static const char *setting_of(const struct result_setting *sorted, size_t n, const struct result_setting *like)
{
    const struct result_setting *found = bsearch(like, sorted, n, sizeof *sorted, by_key);
    return found ? found->value : "(none)";
}

/* Names the first settings that differ. */
static void say_settings(const struct result *a, const struct result *b, char *text, size_t cap)
{
    const struct result *both[] = {a, b};
    struct result_setting *of_a = sorted_settings(a), *of_b = sorted_settings(b);
    size_t n = 0, len = 0;
    text[0] = 0;
    for (size_t side = 0; side < 2; side++)
        for (size_t i = 0; i < both[side]->n_settings && len < cap && n < 4; i++) {
            const struct result_setting *s = &both[side]->settings[i];
            const char *here = setting_of(of_a, a->n_settings, s), *there = setting_of(of_b, b->n_settings, s);
            bool told = side == 1 && strcmp(here, "(none)") != 0;
            if (told || !strcmp(here, there))
                continue;
            len += (size_t)snprintf(text + len, cap - len, "%s%s: %s -> %s", n++ ? ", " : "", s->key, here, there);
        }
    free(of_a);
    free(of_b);
}

static void miss_result(struct comparison *c, const struct result *base, const struct result_set *cand)
{
    const struct loaded_result *other = result_set_find_other(cand, base);
    char settings[512];
    if (other) {
        say_settings(base, &other->result, settings, sizeof settings);
        if (!*settings)
            snprintf(settings, sizeof settings, "hash: %.12s... -> %.12s...", base->settings_hash,
                     other->result.settings_hash);
        err_list_add(&c->missing, "%s, seed %" PRIu64 ": the candidate (%s) has other settings (%s)", base->scenario,
                     base->seed, other->path, settings);
    } else {
        err_list_add(&c->missing, "%s, seed %" PRIu64 ": the candidate has no such result", base->scenario, base->seed);
    }
}

/* ---- runs ---- */

/* A result with its runs by name. */
struct side {
    const struct loaded_result *from;
    const struct run_result **runs;
};

/* A scenario under its settings: the results of all seeds that both sides have. */
struct group {
    struct side *base, *cand;
    size_t n;
};

static int by_run(const void *a, const void *b)
{
    return strcmp(run_result_name(*(const struct run_result *const *)a),
                  run_result_name(*(const struct run_result *const *)b));
}

static int to_run(const void *name, const void *run)
{
    return strcmp(name, run_result_name(*(const struct run_result *const *)run));
}

static struct side side_of(const struct loaded_result *from)
{
    const struct result *r = &from->result;
    struct side s = {from, calloc(r->n_runs + 1, sizeof *s.runs)};
    assert(s.runs);
    for (size_t i = 0; i < r->n_runs; i++)
        s.runs[i] = &r->runs[i];
    qsort(s.runs, r->n_runs, sizeof *s.runs, by_run);
    return s;
}

static const struct run_result *run_of(const struct side *s, const char *name)
{
    const struct run_result **found = bsearch(name, s->runs, s->from->result.n_runs, sizeof *s->runs, to_run);
    return found ? *found : NULL;
}

static struct finding *add_finding(struct comparison *c)
{
    if (!(c->n_findings & (c->n_findings - 1))) /* a power of two, or none: there is no more room */
        c->findings = realloc(c->findings, (2 * c->n_findings + 1) * sizeof *c->findings);
    assert(c->findings);
    return &c->findings[c->n_findings++];
}

/* Where two captures of a finding part. */
static void explain_captures(struct finding *f, const struct group *g)
{
    static const char kind[] = "fingerprints.";
    char detail[512] = "";
    size_t s = 0;
    if (f->status < STATUS_NOTED || strncmp(f->metric, kind, sizeof kind - 1) != 0)
        return;
    while (g->base[s].from->result.seed != f->seed)
        s++;
    captures_explain(g->base[s].from->path, g->cand[s].from->path, run_of(&g->base[s], f->mode),
                     f->metric + sizeof kind - 1, detail, sizeof detail);
    f->detail = strdup(detail);
}

static void compare_metric(struct comparison *c, const struct group *g, const char *mode, const struct pairs *p,
                           struct rules *rules, bool allow_better)
{
    const char *scenario = g->base[0].from->result.scenario;
    struct finding *f = add_finding(c);
    *f = judge_pairs(p, rules_find(rules, scenario, mode, p->base[0].path), allow_better);
    f->scenario = scenario;
    f->mode = mode;
    explain_captures(f, g);
}

/* A drop or counter that one side does not mention counted 0 there. */
static void find_or_zero(struct items *items, const struct item *like, size_t likely, struct item *found)
{
    const struct item *item = items_find_near(items, like->path, likely);
    *found = item ? *item : *like;
    if (item)
        return;
    bool counted = !strncmp(like->path, "drops.", 6) || !strncmp(like->path, "counters.", 9);
    found->text = counted ? "0" : "(missing)";
    found->is_number = counted;
    found->value = counted ? 0 : METRIC_NONE;
}

static bool is_new(struct items *lists, size_t n_before, const char *path, size_t likely)
{
    for (size_t i = 0; i < n_before; i++)
        if (items_find_near(&lists[i], path, likely))
            return false;
    return true;
}

/* Judges each path that any seed of either side has, in the order of the base. `lists` are those of the base, then of
 * the candidate, n each. */
static void compare_paths(struct comparison *c, const struct group *g, const char *name, struct items *lists,
                          struct rules *rules, bool allow_better)
{
    struct pairs p = {calloc(g->n, sizeof *p.base), calloc(g->n, sizeof *p.cand), calloc(g->n, sizeof *p.seeds), g->n};
    assert(p.base && p.cand && p.seeds);
    for (size_t l = 0; l < 2 * g->n; l++)
        for (size_t i = 0; i < lists[l].n_items; i++) {
            const struct item *item = &lists[l].items[i];
            if (!is_new(lists, l, item->path, i))
                continue;
            for (size_t s = 0; s < g->n; s++) {
                find_or_zero(&lists[s], item, i, &p.base[s]);
                find_or_zero(&lists[g->n + s], item, i, &p.cand[s]);
                p.seeds[s] = g->base[s].from->result.seed;
            }
            compare_metric(c, g, name, &p, rules, allow_better);
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
        const struct run_result *base = run_of(&g->base[s], name);
        const struct run_result *cand = run_of(&g->cand[s], name);
        if (!base || !cand) {
            err_list_add(&c->missing, "%s, seed %" PRIu64 ": the %s (%s) has no run %s",
                         g->base[s].from->result.scenario, g->base[s].from->result.seed, base ? "candidate" : "base",
                         base ? g->cand[s].from->path : g->base[s].from->path, name);
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

/* Whether one of the first `n` results has the run. */
static bool have_run(const struct side *results, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (run_of(&results[i], name))
            return true;
    return false;
}

static void compare_group(struct comparison *c, const struct group *g, struct rules *rules, bool allow_better)
{
    for (size_t s = 0; s < g->n; s++)
        for (size_t i = 0; i < g->base[s].from->result.n_runs; i++) {
            const char *name = run_result_name(&g->base[s].from->result.runs[i]);
            if (!have_run(g->base, s, name))
                compare_run(c, g, name, rules, allow_better);
        }
    for (size_t s = 0; s < g->n; s++) {
        const struct result *cand = &g->cand[s].from->result;
        for (size_t i = 0; i < cand->n_runs; i++)
            if (!have_run(g->base, g->n, run_result_name(&cand->runs[i])))
                err_list_add(&c->notes, "%s, seed %" PRIu64 ": only the candidate has a run %s", cand->scenario,
                             cand->seed, run_result_name(&cand->runs[i]));
    }
}

static bool begins_group(const struct result_set *set, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (result_same_kind(&set->results[j].result, &set->results[i].result))
            return false;
    return true;
}

static void compare_like(struct comparison *c, const struct result_set *base, const struct result_set *cand,
                         size_t first, struct rules *rules, bool allow_better)
{
    struct group g = {calloc(base->n_results, sizeof *g.base), calloc(base->n_results, sizeof *g.cand), 0};
    assert(g.base && g.cand);
    for (size_t i = first; i < base->n_results; i++) {
        const struct loaded_result *here = &base->results[i], *there = result_set_find(cand, &here->result);
        if (!result_same_kind(&here->result, &base->results[first].result))
            continue;
        if (!there) {
            miss_result(c, &here->result, cand);
            continue;
        }
        g.base[g.n] = side_of(here);
        g.cand[g.n++] = side_of(there);
    }
    if (g.n)
        compare_group(c, &g, rules, allow_better);
    for (size_t i = 0; i < g.n; i++) {
        free(g.base[i].runs);
        free(g.cand[i].runs);
    }
    free(g.base);
    free(g.cand);
}

/* Numbers that do not fit together: a result that no espsim wrote. */
static void note_broken_laws(struct comparison *c, const struct result_set *set)
{
    struct err e;
    for (size_t i = 0; i < set->n_results; i++)
        for (size_t k = 0; k < set->results[i].result.n_runs; k++)
            if (!run_result_check(&set->results[i].result.runs[k], &e))
                err_list_add(&c->notes, "%s: run %s: %s; was it changed by hand? Run the scenario again",
                             set->results[i].path, run_result_name(&set->results[i].result.runs[k]), e.text);
}

static void note_the_rest(struct comparison *c, const struct result_set *base, const struct result_set *cand,
                          const struct rules *rules)
{
    for (size_t i = 0; i < cand->n_results; i++) {
        const struct result *r = &cand->results[i].result;
        if (!result_set_find(base, r))
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
    judge_statistics(c->findings, c->n_findings, allow_better);
    note_broken_laws(c, base);
    note_broken_laws(c, cand);
    note_the_rest(c, base, cand, rules);
    for (size_t i = 0; i < c->n_findings; i++)
        c->n_by_status[c->findings[i].status]++;
}

void comparison_fini(struct comparison *c)
{
    for (size_t i = 0; i < c->n_findings; i++)
        finding_fini(&c->findings[i]);
    free(c->findings);
    err_list_fini(&c->missing);
    err_list_fini(&c->notes);
    *c = (struct comparison){0};
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
