#include "models/measure/result.h"

#include "models/measure/list.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct verdict_kind verdict_kinds[N_VERDICTS] = {
    [VERDICT_WORKS] = {"works", "works for routed traffic"},
    [VERDICT_RFC4301] = {"rfc4301", "RFC 4301 allows it"},
    [VERDICT_LINUX] = {"linux", "stock Linux can do it"},
    [VERDICT_STRONGSWAN] = {"strongswan", "strongSwan negotiates it"},
};

const char *answer_name(enum answer a)
{
    static const char *const names[] = {"no", "partly", "yes"};
    return names[a];
}

struct tally_list *places_append_place(struct places *p, const char *place)
{
    p->lists = list_grow(p->lists, &p->n_lists, sizeof *p->lists);
    struct tally_list *list = &p->lists[p->n_lists - 1];
    snprintf(list->place, sizeof list->place, "%s", place);
    return list;
}

void tallies_append(struct tally_list *list, const char *name, uint64_t n)
{
    list->tallies = list_grow(list->tallies, &list->n_tallies, sizeof *list->tallies);
    struct tally *tally = &list->tallies[list->n_tallies - 1];
    snprintf(tally->name, sizeof tally->name, "%s", name);
    tally->n = n;
}

static struct tally_list *place_list(struct places *p, const char *place)
{
    for (size_t i = 0; i < p->n_lists; i++)
        if (!strcmp(p->lists[i].place, place))
            return &p->lists[i];
    return places_append_place(p, place);
}

void places_add_place(struct places *p, const char *place)
{
    place_list(p, place);
}

void places_add(struct places *p, const char *place, const char *name, uint64_t n)
{
    struct tally_list *list = place_list(p, place);
    for (size_t i = 0; i < list->n_tallies; i++)
        if (!strcmp(list->tallies[i].name, name)) {
            list->tallies[i].n += n;
            return;
        }
    tallies_append(list, name, n);
}

uint64_t places_total(const struct places *p)
{
    uint64_t total = 0;
    for (size_t i = 0; i < p->n_lists; i++)
        for (size_t j = 0; j < p->lists[i].n_tallies; j++)
            total += p->lists[i].tallies[j].n;
    return total;
}

static void places_fini(struct places *p)
{
    for (size_t i = 0; i < p->n_lists; i++)
        free(p->lists[i].tallies);
    free(p->lists);
    *p = (struct places){0};
}

struct flow_result *run_result_add_flow(struct run_result *r, const char *name, const char *kind)
{
    r->flows = list_grow(r->flows, &r->n_flows, sizeof *r->flows);
    struct flow_result *flow = &r->flows[r->n_flows - 1];
    snprintf(flow->name, sizeof flow->name, "%s", name);
    snprintf(flow->kind, sizeof flow->kind, "%s", kind);
    return flow;
}

struct link_result *run_result_add_direction(struct run_result *r, const char *name)
{
    r->directions = list_grow(r->directions, &r->n_directions, sizeof *r->directions);
    struct link_result *direction = &r->directions[r->n_directions - 1];
    snprintf(direction->name, sizeof direction->name, "%s", name);
    return direction;
}

struct sa_result *run_result_add_sa(struct run_result *r)
{
    r->sa_details = list_grow(r->sa_details, &r->n_sa_details, sizeof *r->sa_details);
    return &r->sa_details[r->n_sa_details - 1];
}

struct episode *run_result_add_episode(struct run_result *r)
{
    r->episodes = list_grow(r->episodes, &r->n_episodes, sizeof *r->episodes);
    return &r->episodes[r->n_episodes - 1];
}

void run_result_add_fingerprint(struct run_result *r, const char *name, const char *sha256)
{
    r->fingerprints = list_grow(r->fingerprints, &r->n_fingerprints, sizeof *r->fingerprints);
    struct fingerprint *f = &r->fingerprints[r->n_fingerprints - 1];
    snprintf(f->name, sizeof f->name, "%s", name);
    snprintf(f->sha256, sizeof f->sha256, "%s", sha256);
}

void run_result_add_unexplained(struct run_result *r, const char *format, ...)
{
    r->unexplained = list_grow(r->unexplained, &r->n_unexplained, sizeof *r->unexplained);
    va_list args;
    va_start(args, format);
    vsnprintf(r->unexplained[r->n_unexplained - 1].text, RESULT_TEXT_MAX, format, args);
    va_end(args);
}

void run_result_verdict(struct run_result *r, enum verdict_column c, enum answer value, const char *why)
{
    r->verdict[c].value = value;
    snprintf(r->verdict[c].why, sizeof r->verdict[c].why, "%s", why);
}

void run_result_fini(struct run_result *r)
{
    free(r->flows);
    free(r->directions);
    places_fini(&r->drops);
    places_fini(&r->counters);
    free(r->sa_details);
    free(r->episodes);
    free(r->fingerprints);
    free(r->unexplained);
    *r = (struct run_result){0};
}

void result_add_setting(struct result *r, const char *key, const char *value)
{
    r->settings = list_grow(r->settings, &r->n_settings, sizeof *r->settings);
    struct result_setting *s = &r->settings[r->n_settings - 1];
    snprintf(s->key, sizeof s->key, "%s", key);
    snprintf(s->value, sizeof s->value, "%s", value);
}

void result_take_run(struct result *r, struct run_result *run)
{
    r->runs = list_grow(r->runs, &r->n_runs, sizeof *r->runs);
    r->runs[r->n_runs - 1] = *run;
    *run = (struct run_result){0};
}

const char *run_result_name(const struct run_result *r)
{
    return *r->name ? r->name : r->mode;
}

const struct run_result *result_run(const struct result *r, const char *name)
{
    for (size_t i = 0; i < r->n_runs; i++)
        if (!strcmp(run_result_name(&r->runs[i]), name))
            return &r->runs[i];
    return NULL;
}

void result_fini(struct result *r)
{
    for (size_t i = 0; i < r->n_runs; i++)
        run_result_fini(&r->runs[i]);
    free(r->runs);
    free(r->settings);
    *r = (struct result){0};
}

static bool check_counts(const char *where, const struct metric_table *t, const void *from, struct err *e)
{
    for (size_t i = 0; i < t->n_rows; i++) {
        if (t->rows[i].type != METRIC_COUNT)
            continue;
        uint64_t n = *(const uint64_t *)(const void *)((const char *)from + t->rows[i].offset);
        if (n > RESULT_COUNT_MAX)
            return err_set(e, "%s.%s = %" PRIu64 ": counts end at 2^63 - 1", where, t->rows[i].key, n);
    }
    return true;
}

static bool check_link(const char *where, const struct link_result *link, struct err *e)
{
    if (!check_counts(where, &metric_link, link, e) || !check_counts(where, &metric_ledger, &link->ledger, e))
        return false;
    const struct ledger *l = &link->ledger;
    uint64_t wire = ledger_sum(l), ip = wire - l->framing - l->link_padding;
    if (ip != link->ip_octets)
        return err_set(e, "%s.ip_octets = %" PRIu64 ": the ledger sums to %" PRIu64 " octets of IP", where,
                       link->ip_octets, ip);
    if (wire != link->wire_octets)
        return err_set(e, "%s.wire_octets = %" PRIu64 ": the ledger sums to %" PRIu64, where, link->wire_octets, wire);
    return true;
}

static bool check_directions(const struct run_result *r, struct err *e)
{
    for (size_t i = 0; i < r->n_directions; i++) {
        char where[RESULT_NAME_MAX + 32];
        snprintf(where, sizeof where, "link.directions[%zu]", i);
        if (!check_link(where, &r->directions[i], e) || !check_counts(where, &metric_direction, &r->directions[i], e))
            return false;
    }
    for (size_t m = 0; r->n_directions && m < metric_link.n_rows; m++) {
        double sum = 0, total = metric_value(&metric_link.rows[m], &r->link);
        for (size_t i = 0; i < r->n_directions; i++)
            sum += metric_value(&metric_link.rows[m], &r->directions[i]);
        if (sum != total)
            return err_set(e, "link.%s = %.0f: the directions sum to %.0f", metric_link.rows[m].key, total, sum);
    }
    return true;
}

bool run_result_check(const struct run_result *r, struct err *e)
{
    const struct balance *b = &r->balance;
    if (!check_counts("conservation", &metric_balance, b, e) || !check_link("link", &r->link, e) ||
        !check_directions(r, e) || !check_counts(r->mode, &metric_run, r, e))
        return false;
    for (size_t i = 0; i < r->n_flows; i++)
        if (!check_counts(r->flows[i].name, &metric_flow, &r->flows[i], e))
            return false;
    if (b->in != b->out + b->dropped)
        return err_set(e, "conservation: in = %" PRIu64 ", but out + dropped = %" PRIu64, b->in, b->out + b->dropped);
    return true;
}
