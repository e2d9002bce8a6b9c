/* The JSON of result.h, both ways. */
#include "models/measure/result.h"

#include "models/measure/json_read.h"

#include <assert.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- writing ---- */

/* Twelve digits read back and written again are the same twelve; a double holds fifteen. */
#define DUMP_FLAGS (JSON_INDENT(2) | JSON_REAL_PRECISION(12))

static void put(json_t *to, const char *key, json_t *value)
{
    int failed = json_object_set_new(to, key, value);
    assert(!failed);
}

static void append(json_t *to, json_t *value)
{
    int failed = json_array_append_new(to, value);
    assert(!failed);
}

/* JSON is UTF-8, and a reader takes one line; octets that are neither are shown as `?`. */
static json_t *text_json(const char *text)
{
    char plain[RESULT_TEXT_MAX];
    snprintf(plain, sizeof plain, "%s", text);
    line_make_plain(plain);
    json_t *json = json_string(plain);
    if (json)
        return json;
    for (char *c = plain; *c; c++)
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    return json_string(plain);
}

static void put_text(json_t *to, const char *key, const char *text)
{
    put(to, key, text_json(text));
}

/* What no reader would take is a mistake of ours. */
static void put_name(json_t *to, const char *key, enum name_kind kind, const char *name)
{
    assert(name_check(kind, name, NULL));
    put(to, key, json_string(name));
}

static void put_name_or_none(json_t *to, const char *key, enum name_kind kind, const char *name)
{
    if (*name)
        put_name(to, key, kind, name);
    else
        put(to, key, json_string(""));
}

static json_t *metric_json(const struct metric *m, const void *from)
{
    const char *at = (const char *)from + m->offset;
    if (m->type == METRIC_COUNT)
        return json_integer((json_int_t) * (const uint64_t *)(const void *)at);
    double value = metric_value(m, from);
    if (m->type == METRIC_FLAG)
        return json_boolean(value != 0);
    assert(!isinf(value) && !(value < 0 && m->type == METRIC_REAL));
    return isnan(value) ? json_null() : json_real(value);
}

static void put_metrics(json_t *to, const struct metric_table *t, const void *from, unsigned groups)
{
    for (size_t i = 0; i < t->n_rows; i++)
        if (t->rows[i].group == GROUP_ALWAYS || t->rows[i].group & groups)
            put(to, t->rows[i].key, metric_json(&t->rows[i], from));
}

static json_t *flow_json(const struct flow_result *f)
{
    json_t *to = json_object();
    put_name(to, "name", NAME_PLAIN, f->name);
    put_name(to, "kind", NAME_PLAIN, f->kind);
    put_name(to, "from", NAME_ADDRESS, f->from);
    put_name(to, "to", NAME_ADDRESS, f->to);
    put_metrics(to, &metric_flow, f, f->groups);
    return to;
}

static void put_link(json_t *to, const struct link_result *link)
{
    put_metrics(to, &metric_link, link, 0);
    json_t *ledger = json_object();
    put_metrics(ledger, &metric_ledger, &link->ledger, 0);
    put(to, "ledger", ledger);
}

static json_t *link_json(const struct run_result *r)
{
    json_t *to = json_object(), *directions = json_array();
    put_link(to, &r->link);
    for (size_t i = 0; i < r->n_directions; i++) {
        json_t *direction = json_object();
        put_name(direction, "name", NAME_DIRECTION, r->directions[i].name);
        put_link(direction, &r->directions[i]);
        put_metrics(direction, &metric_direction, &r->directions[i], r->directions[i].groups);
        append(directions, direction);
    }
    put(to, "directions", directions);
    return to;
}

static json_t *places_json(const struct places *p)
{
    json_t *to = json_object();
    for (size_t i = 0; i < p->n_lists; i++) {
        json_t *list = json_object();
        for (size_t j = 0; j < p->lists[i].n_tallies; j++) {
            const struct tally *tally = &p->lists[i].tallies[j];
            assert(name_check(NAME_PLAIN, tally->name, NULL));
            put(list, tally->name, json_integer((json_int_t)tally->n));
        }
        assert(name_check(NAME_PLAIN, p->lists[i].place, NULL));
        put(to, p->lists[i].place, list);
    }
    return to;
}

static json_t *sa_json(const struct sa_result *sa)
{
    json_t *to = json_object();
    put_name(to, "gateway", NAME_PLAIN, sa->gateway);
    put_name(to, "direction", NAME_PLAIN, sa->direction);
    put_name(to, "mode", NAME_PLAIN, sa->mode);
    put_name(to, "algorithm", NAME_PLAIN, sa->algorithm);
    put_name(to, "source", NAME_ADDRESS, sa->source);
    put_name(to, "destination", NAME_ADDRESS, sa->destination);
    put_metrics(to, &metric_sa, sa, 0);
    return to;
}

static json_t *episode_json(const struct episode *e)
{
    json_t *to = json_object();
    put_name(to, "kind", NAME_PLAIN, e->kind);
    put_name(to, "flow", NAME_PLAIN, e->flow);
    put_name(to, "place", NAME_PLAIN, e->place);
    put_text(to, "why", e->why);
    put_name(to, "ended_by", NAME_PLAIN, e->ended_by);
    put_metrics(to, &metric_episode, e, 0);
    return to;
}

static json_t *verdict_json(const struct run_result *r)
{
    json_t *to = json_object();
    for (size_t i = 0; i < N_VERDICTS; i++) {
        json_t *column = json_object();
        put_text(column, "value", answer_name(r->verdict[i].value));
        put_text(column, "why", r->verdict[i].why);
        put(to, verdict_kinds[i].key, column);
    }
    return to;
}

static json_t *run_json(const struct run_result *r)
{
    assert(run_result_check(r, NULL));
    json_t *to = json_object();
    put_name(to, "name", NAME_RUN, run_result_name(r));
    put_name(to, "mode", NAME_PLAIN, r->mode);
    put_name_or_none(to, "algorithm", NAME_PLAIN, r->algorithm);
    put_name_or_none(to, "lookup", NAME_PLAIN, r->lookup);
    put_name(to, "framing", NAME_PLAIN, r->framing);
    put_metrics(to, &metric_run, r, 0);
    json_t *flows = json_array(), *sas = json_array(), *fingerprints = json_object(), *unexplained = json_array();
    for (size_t i = 0; i < r->n_flows; i++)
        append(flows, flow_json(&r->flows[i]));
    put(to, "flows", flows);
    put(to, "link", link_json(r));
    put(to, "drops", places_json(&r->drops));
    put(to, "counters", places_json(&r->counters));
    json_t *balance = json_object();
    put_metrics(balance, &metric_balance, &r->balance, 0);
    put(to, "conservation", balance);
    for (size_t i = 0; i < r->n_sa_details; i++)
        append(sas, sa_json(&r->sa_details[i]));
    put(to, "sa_details", sas);
    json_t *episodes = json_array();
    for (size_t i = 0; i < r->n_episodes; i++)
        append(episodes, episode_json(&r->episodes[i]));
    put(to, "episodes", episodes);
    put(to, "verdict", verdict_json(r));
    for (size_t i = 0; i < r->n_fingerprints; i++) {
        assert(name_check(NAME_PLAIN, r->fingerprints[i].name, NULL));
        put_name(fingerprints, r->fingerprints[i].name, NAME_SHA256, r->fingerprints[i].sha256);
    }
    put(to, "fingerprints", fingerprints);
    for (size_t i = 0; i < r->n_unexplained; i++)
        append(unexplained, text_json(r->unexplained[i].text));
    put(to, "unexplained", unexplained);
    return to;
}

static char *dump(json_t *json)
{
    char *text = json_dumps(json, DUMP_FLAGS);
    json_decref(json);
    assert(text);
    size_t len = strlen(text);
    text = realloc(text, len + 2);
    assert(text);
    memcpy(text + len, "\n", 2);
    return text;
}

char *run_result_text(const struct run_result *r)
{
    return dump(run_json(r));
}

char *result_text(const struct result *r)
{
    assert(r->seed <= RESULT_COUNT_MAX);
    json_t *to = json_object(), *settings = json_object(), *runs = json_array();
    put(to, "schema", json_integer(RESULT_SCHEMA));
    put_name(to, "scenario", NAME_PLAIN, r->scenario);
    put_text(to, "question", r->question);
    put(to, "seed", json_integer((json_int_t)r->seed));
    put_name(to, "settings_hash", NAME_SHA256, r->settings_hash);
    for (size_t i = 0; i < r->n_settings; i++) {
        assert(name_check(NAME_SETTING, r->settings[i].key, NULL));
        put_text(settings, r->settings[i].key, r->settings[i].value);
    }
    put(to, "settings", settings);
    for (size_t i = 0; i < r->n_runs; i++)
        append(runs, run_json(&r->runs[i]));
    put(to, "runs", runs);
    return dump(to);
}

/* ---- reading ---- */

static void take_metric(struct reading *r, json_t *from, const struct metric *m, void *to)
{
    void *at = (char *)to + m->offset;
    switch (m->type) {
    case METRIC_COUNT:
        *(uint64_t *)at = reading_count(r, from, m->key);
        break;
    case METRIC_REAL:
    case METRIC_LEVEL:
        *(double *)at = reading_real(r, from, m->key, m->type == METRIC_LEVEL);
        break;
    case METRIC_FLAG:
        *(bool *)at = reading_flag(r, from, m->key);
        break;
    }
}

static void take_metrics(struct reading *r, json_t *from, const struct metric_table *t, void *to, unsigned groups)
{
    for (size_t i = 0; i < t->n_rows; i++)
        if (t->rows[i].group == GROUP_ALWAYS || t->rows[i].group & groups)
            take_metric(r, from, &t->rows[i], to);
}

/* A group with one key must have all; take_metrics refuses the first that is missing. */
static unsigned groups_of(const json_t *from, const struct metric_table *t)
{
    unsigned groups = 0;
    for (size_t i = 0; i < t->n_rows; i++)
        if (json_object_get(from, t->rows[i].key))
            groups |= t->rows[i].group;
    return groups;
}

static void read_flow(struct reading *r, json_t *from, void *to)
{
    struct flow_result *f = run_result_add_flow(to, "", "");
    reading_name(r, from, "name", NAME_PLAIN, f->name);
    reading_name(r, from, "kind", NAME_PLAIN, f->kind);
    reading_name(r, from, "from", NAME_ADDRESS, f->from);
    reading_name(r, from, "to", NAME_ADDRESS, f->to);
    f->groups = groups_of(from, &metric_flow);
    take_metrics(r, from, &metric_flow, f, f->groups);
}

static void read_link(struct reading *r, json_t *from, struct link_result *link)
{
    take_metrics(r, from, &metric_link, link, 0);
    json_t *ledger = reading_take(r, from, "ledger", JSON_OBJECT);
    size_t up = reading_enter(r, "ledger");
    if (ledger) {
        take_metrics(r, ledger, &metric_ledger, &link->ledger, 0);
        reading_end(r, ledger);
    }
    reading_leave(r, up);
    json_decref(ledger);
}

static void read_direction(struct reading *r, json_t *from, void *to)
{
    struct link_result *direction = run_result_add_direction(to, "");
    reading_name(r, from, "name", NAME_DIRECTION, direction->name);
    read_link(r, from, direction);
    direction->groups = groups_of(from, &metric_direction);
    take_metrics(r, from, &metric_direction, direction, direction->groups);
}

static void read_sa(struct reading *r, json_t *from, void *to)
{
    struct sa_result *sa = run_result_add_sa(to);
    reading_name(r, from, "gateway", NAME_PLAIN, sa->gateway);
    reading_name(r, from, "direction", NAME_PLAIN, sa->direction);
    reading_name(r, from, "mode", NAME_PLAIN, sa->mode);
    reading_name(r, from, "algorithm", NAME_PLAIN, sa->algorithm);
    reading_name(r, from, "source", NAME_ADDRESS, sa->source);
    reading_name(r, from, "destination", NAME_ADDRESS, sa->destination);
    take_metrics(r, from, &metric_sa, sa, 0);
}

static void read_episode(struct reading *r, json_t *from, void *to)
{
    struct episode *e = run_result_add_episode(to);
    reading_name(r, from, "kind", NAME_PLAIN, e->kind);
    reading_name(r, from, "flow", NAME_PLAIN, e->flow);
    reading_name(r, from, "place", NAME_PLAIN, e->place);
    reading_text(r, from, "why", e->why, sizeof e->why);
    reading_name(r, from, "ended_by", NAME_PLAIN, e->ended_by);
    take_metrics(r, from, &metric_episode, e, 0);
    if (e->to_s < e->from_s)
        reading_refuse(r, "`to_s` = %g is before `from_s` = %g", e->to_s, e->from_s);
}

/* Takes the object `key` and calls `read` with it. */
static void take_object(struct reading *r, json_t *from, const char *key,
                        void (*read)(struct reading *, json_t *, struct run_result *), struct run_result *to)
{
    json_t *object = reading_take(r, from, key, JSON_OBJECT);
    size_t up = reading_enter(r, "%s", key);
    if (object) {
        read(r, object, to);
        if (r->ok)
            reading_end(r, object);
    }
    reading_leave(r, up);
    json_decref(object);
}

static void read_total(struct reading *r, json_t *from, struct run_result *to)
{
    read_link(r, from, &to->link);
    reading_list(r, from, "directions", read_direction, to);
}

static void read_balance(struct reading *r, json_t *from, struct run_result *to)
{
    take_metrics(r, from, &metric_balance, &to->balance, 0);
}

static void read_verdict(struct reading *r, json_t *from, struct run_result *to)
{
    for (size_t i = 0; r->ok && i < N_VERDICTS; i++) {
        struct verdict_result *v = &to->verdict[i];
        json_t *column = reading_take(r, from, verdict_kinds[i].key, JSON_OBJECT);
        size_t up = reading_enter(r, "%s", verdict_kinds[i].key);
        char value[RESULT_NAME_MAX] = "";
        if (column) {
            reading_text(r, column, "value", value, sizeof value);
            reading_text(r, column, "why", v->why, sizeof v->why);
            reading_end(r, column);
        }
        json_decref(column);
        while (r->ok && strcmp(value, answer_name(v->value)) && v->value < ANSWER_YES)
            v->value++;
        if (r->ok && strcmp(value, answer_name(v->value)))
            reading_refuse(r, "`value` is `%s`, expected no, partly or yes", value);
        reading_leave(r, up);
    }
}

static void read_tallies(struct reading *r, json_t *from, struct tally_list *to)
{
    const char *name;
    json_t *n;
    json_object_foreach(from, name, n)
    {
        if (reading_key(r, name, NAME_PLAIN))
            tallies_append(to, name, reading_count_of(r, name, n));
    }
}

static void read_places(struct reading *r, json_t *from, struct places *to)
{
    const char *place;
    json_t *list;
    json_object_foreach(from, place, list)
    {
        if (!reading_key(r, place, NAME_PLAIN))
            return;
        if (!json_is_object(list)) {
            reading_refuse(r, "`%s` is no object of counts", place);
            return;
        }
        size_t up = reading_enter(r, "%s", place);
        read_tallies(r, list, places_append_place(to, place));
        reading_leave(r, up);
    }
    json_object_clear(from);
}

static void read_drops(struct reading *r, json_t *from, struct run_result *to)
{
    read_places(r, from, &to->drops);
}

static void read_counters(struct reading *r, json_t *from, struct run_result *to)
{
    read_places(r, from, &to->counters);
}

static void read_fingerprints(struct reading *r, json_t *from, struct run_result *to)
{
    const char *name;
    json_t *hash;
    json_object_foreach(from, name, hash)
    {
        const char *hex = json_string_value(hash);
        struct err why;
        if (!reading_key(r, name, NAME_PLAIN))
            return;
        if (!name_check(NAME_SHA256, hex ? hex : "", &why))
            reading_refuse(r, "`%s` %s", name, why.text);
        else
            run_result_add_fingerprint(to, name, hex);
    }
    json_object_clear(from);
}

static void take_unexplained(struct reading *r, json_t *from, struct run_result *to)
{
    json_t *list = reading_take(r, from, "unexplained", JSON_ARRAY), *item;
    size_t i;
    json_array_foreach(list, i, item)
    {
        size_t up = reading_enter(r, "unexplained[%zu]", i);
        const char *text = reading_text_of(r, "unexplained", item, RESULT_TEXT_MAX);
        if (text)
            run_result_add_unexplained(to, "%s", text);
        reading_leave(r, up);
    }
    json_decref(list);
}

static void expect_unique_flows(struct reading *r, const struct run_result *run)
{
    const char **names = calloc(run->n_flows + 1, sizeof *names);
    assert(names);
    for (size_t i = 0; i < run->n_flows; i++)
        names[i] = run->flows[i].name;
    reading_expect_unique(r, "flows", names, run->n_flows);
    free(names);
}

static void read_run(struct reading *r, json_t *from, struct run_result *run)
{
    reading_name(r, from, "name", NAME_RUN, run->name);
    reading_name(r, from, "mode", NAME_PLAIN, run->mode);
    reading_name_or_none(r, from, "algorithm", NAME_PLAIN, run->algorithm);
    reading_name_or_none(r, from, "lookup", NAME_PLAIN, run->lookup);
    reading_name(r, from, "framing", NAME_PLAIN, run->framing);
    take_metrics(r, from, &metric_run, run, 0);
    reading_list(r, from, "flows", read_flow, run);
    expect_unique_flows(r, run);
    take_object(r, from, "link", read_total, run);
    take_object(r, from, "drops", read_drops, run);
    take_object(r, from, "counters", read_counters, run);
    take_object(r, from, "conservation", read_balance, run);
    reading_list(r, from, "sa_details", read_sa, run);
    reading_list(r, from, "episodes", read_episode, run);
    take_object(r, from, "verdict", read_verdict, run);
    take_object(r, from, "fingerprints", read_fingerprints, run);
    take_unexplained(r, from, run);
}

static void expect_laws(struct reading *r, const struct run_result *run)
{
    struct err broken;
    if (r->ok && !run_result_check(run, &broken))
        reading_refuse(r, "%s", broken.text);
}

static void read_listed_run(struct reading *r, json_t *from, void *to)
{
    struct result *result = to;
    struct run_result run = {0};
    read_run(r, from, &run);
    result_take_run(result, &run);
}

static void expect_unique_runs(struct reading *r, const struct result *result)
{
    const char **names = calloc(result->n_runs + 1, sizeof *names);
    assert(names);
    for (size_t i = 0; i < result->n_runs; i++)
        names[i] = result->runs[i].name;
    reading_expect_unique(r, "runs", names, result->n_runs);
    free(names);
}

static void read_settings(struct reading *r, json_t *from, struct result *to)
{
    json_t *settings = reading_take(r, from, "settings", JSON_OBJECT), *value;
    const char *key;
    size_t up = reading_enter(r, "settings");
    json_object_foreach(settings, key, value)
    {
        const char *text = reading_key(r, key, NAME_SETTING) ? reading_text_of(r, key, value, RESULT_TEXT_MAX) : NULL;
        if (text)
            result_add_setting(to, key, text);
    }
    reading_leave(r, up);
    json_decref(settings);
}

bool run_result_read(struct run_result *run, const char *file, const char *text, size_t len, struct err *e)
{
    struct reading r;
    json_t *root = reading_load(&r, file, text, len, e);
    if (r.ok)
        read_run(&r, root, run);
    expect_laws(&r, run);
    if (r.ok)
        reading_end(&r, root);
    json_decref(root);
    if (!r.ok)
        run_result_fini(run);
    return r.ok;
}

static bool read_result(struct result *result, bool laws, const char *file, const char *text, size_t len, struct err *e)
{
    struct reading r;
    json_t *root = reading_load(&r, file, text, len, e);
    reading_schema(&r, root, RESULT_SCHEMA, "a result.json of `espsim run`");
    if (r.ok) {
        reading_name(&r, root, "scenario", NAME_PLAIN, result->scenario);
        reading_text(&r, root, "question", result->question, sizeof result->question);
        result->seed = reading_count(&r, root, "seed");
        reading_name(&r, root, "settings_hash", NAME_SHA256, result->settings_hash);
        read_settings(&r, root, result);
        reading_list(&r, root, "runs", read_listed_run, result);
        expect_unique_runs(&r, result);
    }
    for (size_t i = 0; laws && i < result->n_runs; i++) {
        size_t up = reading_enter(&r, "runs[%zu]", i);
        expect_laws(&r, &result->runs[i]);
        reading_leave(&r, up);
    }
    if (r.ok)
        reading_end(&r, root);
    json_decref(root);
    if (!r.ok)
        result_fini(result);
    return r.ok;
}

bool result_read(struct result *result, const char *file, const char *text, size_t len, struct err *e)
{
    return read_result(result, true, file, text, len, e);
}

bool result_read_lawless(struct result *result, const char *file, const char *text, size_t len, struct err *e)
{
    return read_result(result, false, file, text, len, e);
}
