#include "analysis/compare_items.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((format(printf, 2, 3))) static struct item *add(struct items *items, const char *path, ...)
{
    if (!(items->n_items & (items->n_items - 1))) /* a power of two, or none: there is no more room */
        items->items = realloc(items->items, (2 * items->n_items + 1) * sizeof *items->items);
    assert(items->items);
    struct item *item = &items->items[items->n_items++];
    *item = (struct item){.unit = "", .class = CLASS_EXACT, .value = METRIC_NONE};
    char *own;
    va_list args;
    va_start(args, path);
    if (vasprintf(&own, path, args) < 0)
        abort();
    va_end(args);
    item->path = own;
    return item;
}

__attribute__((format(printf, 2, 3))) static void set_text(struct item *item, const char *format, ...)
{
    char *own;
    va_list args;
    va_start(args, format);
    if (vasprintf(&own, format, args) < 0)
        abort();
    va_end(args);
    item->text = own;
}

static void set_count(struct item *item, const char *unit, uint64_t n)
{
    item->unit = unit;
    item->is_number = true;
    item->value = (double)n;
    set_text(item, "%" PRIu64, n);
}

static void set_metric(struct item *item, const struct metric *m, const void *from)
{
    double value = metric_value(m, from);
    item->class = m->class;
    item->better = m->better;
    switch (m->type) {
    case METRIC_COUNT:
        set_count(item, m->unit, *(const uint64_t *)(const void *)((const char *)from + m->offset));
        return;
    case METRIC_FLAG:
        set_text(item, "%s", value != 0 ? "true" : "false");
        return;
    case METRIC_REAL:
    case METRIC_LEVEL:
        break;
    }
    item->unit = m->unit;
    item->is_number = true;
    item->value = value;
    if (isnan(value))
        set_text(item, "-");
    else
        set_text(item, "%.12g", value);
}

static void add_metrics(struct items *items, const char *path, const struct metric_table *t, const void *from,
                        unsigned groups)
{
    for (size_t i = 0; i < t->n_rows; i++) {
        const struct metric *m = &t->rows[i];
        if (m->group == GROUP_ALWAYS || m->group & groups)
            set_metric(add(items, "%s%s%s", path, *path ? "." : "", m->key), m, from);
    }
}

static void add_link(struct items *items, const char *path, const struct link_result *link)
{
    char ledger[2 * RESULT_NAME_MAX];
    snprintf(ledger, sizeof ledger, "%s.ledger", path);
    add_metrics(items, path, &metric_link, link, 0);
    add_metrics(items, ledger, &metric_ledger, &link->ledger, 0);
}

static void add_places(struct items *items, const char *path, const struct places *p, enum metric_better better)
{
    for (size_t i = 0; i < p->n_lists; i++)
        for (size_t j = 0; j < p->lists[i].n_tallies; j++) {
            struct item *item = add(items, "%s.%s.%s", path, p->lists[i].place, p->lists[i].tallies[j].name);
            item->better = better;
            set_count(item, "", p->lists[i].tallies[j].n);
        }
}

static void add_sas(struct items *items, const struct run_result *run)
{
    for (size_t i = 0; i < run->n_sa_details; i++) {
        const struct sa_result *sa = &run->sa_details[i];
        char path[32];
        snprintf(path, sizeof path, "sa_details.%zu", i);
        set_text(add(items, "%s.sa", path), "%s %s %s %s %s>%s", sa->gateway, sa->direction, sa->mode, sa->algorithm,
                 sa->source, sa->destination);
        add_metrics(items, path, &metric_sa, sa, 0);
    }
}

static int by_path(const void *a, const void *b)
{
    return strcmp((*(const struct item *const *)a)->path, (*(const struct item *const *)b)->path);
}

static void sort(struct items *items)
{
    items->by_path = calloc(items->n_items + 1, sizeof *items->by_path);
    assert(items->by_path);
    for (size_t i = 0; i < items->n_items; i++)
        items->by_path[i] = &items->items[i];
    qsort(items->by_path, items->n_items, sizeof *items->by_path, by_path);
}

static void add_episodes(struct items *items, const struct run_result *run)
{
    set_count(add(items, "episodes"), "", run->n_episodes);
    for (size_t i = 0; i < run->n_episodes; i++) {
        const struct episode *e = &run->episodes[i];
        char path[32];
        snprintf(path, sizeof path, "episodes.%zu", i);
        set_text(add(items, "%s.episode", path), "%s %s %s", e->kind, e->flow, e->place);
        add_metrics(items, path, &metric_episode, e, 0);
    }
}

void items_of_run(struct items *items, const struct run_result *run)
{
    set_text(add(items, "algorithm"), "%s", run->algorithm);
    set_text(add(items, "lookup"), "%s", run->lookup);
    set_text(add(items, "framing"), "%s", run->framing);
    add_metrics(items, "", &metric_run, run, 0);
    for (size_t i = 0; i < run->n_flows; i++) {
        char path[RESULT_NAME_MAX + 8];
        snprintf(path, sizeof path, "flows.%s", run->flows[i].name);
        add_metrics(items, path, &metric_flow, &run->flows[i], run->flows[i].groups);
    }
    add_link(items, "link", &run->link);
    for (size_t i = 0; i < run->n_directions; i++) {
        char path[RESULT_NAME_MAX + 8];
        snprintf(path, sizeof path, "link.%s", run->directions[i].name);
        add_link(items, path, &run->directions[i]);
        add_metrics(items, path, &metric_direction, &run->directions[i], run->directions[i].groups);
    }
    add_places(items, "drops", &run->drops, BETTER_LOWER);
    add_places(items, "counters", &run->counters, BETTER_NEITHER);
    add_metrics(items, "conservation", &metric_balance, &run->balance, 0);
    add_sas(items, run);
    add_episodes(items, run);
    for (size_t v = 0; v < N_VERDICTS; v++)
        set_text(add(items, "verdict.%s", verdict_kinds[v].key), "%s", answer_name(run->verdict[v].value));
    for (size_t i = 0; i < run->n_fingerprints; i++)
        set_text(add(items, "fingerprints.%s", run->fingerprints[i].name), "%s", run->fingerprints[i].sha256);
    set_count(add(items, "unexplained"), "", run->n_unexplained);
}

void items_fini(struct items *items)
{
    for (size_t i = 0; i < items->n_items; i++) {
        free((void *)(uintptr_t)items->items[i].path);
        free((void *)(uintptr_t)items->items[i].text);
    }
    free(items->items);
    free(items->by_path);
    *items = (struct items){0};
}

static int to_path(const void *path, const void *item)
{
    return strcmp(path, (*(const struct item *const *)item)->path);
}

const struct item *items_find(struct items *items, const char *path)
{
    if (!items->by_path)
        sort(items);
    const struct item **at = bsearch(path, items->by_path, items->n_items, sizeof *items->by_path, to_path);
    return at ? *at : NULL;
}

const struct item *items_find_near(struct items *items, const char *path, size_t likely)
{
    if (likely < items->n_items && !strcmp(items->items[likely].path, path))
        return &items->items[likely];
    return items_find(items, path);
}
