/* The JSON of result.h, both ways. */
#include "models/measure/result.h"

#include <assert.h>
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
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

/* JSON is UTF-8; octets that are not are shown as `?`. */
static json_t *text_json(const char *text)
{
    json_t *json = json_string(text);
    if (json)
        return json;
    char plain[RESULT_TEXT_MAX];
    snprintf(plain, sizeof plain, "%s", text);
    for (char *c = plain; *c; c++)
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    return json_string(plain);
}

static void put_text(json_t *to, const char *key, const char *text)
{
    put(to, key, text_json(text));
}

static json_t *metric_json(const struct metric *m, const void *from)
{
    const char *at = (const char *)from + m->offset;
    if (m->type == METRIC_COUNT)
        return json_integer((json_int_t) * (const uint64_t *)(const void *)at);
    double value = metric_value(m, from);
    if (m->type == METRIC_FLAG)
        return json_boolean(value != 0);
    assert(!isinf(value));
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
    put_text(to, "name", f->name);
    put_text(to, "kind", f->kind);
    put_text(to, "from", f->from);
    put_text(to, "to", f->to);
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
        put_text(direction, "name", r->directions[i].name);
        put_link(direction, &r->directions[i]);
        put_metrics(direction, &metric_direction, &r->directions[i], 0);
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
        for (size_t j = 0; j < p->lists[i].n_tallies; j++)
            put(list, p->lists[i].tallies[j].name, json_integer((json_int_t)p->lists[i].tallies[j].n));
        put(to, p->lists[i].place, list);
    }
    return to;
}

static json_t *sa_json(const struct sa_result *sa)
{
    json_t *to = json_object();
    put_text(to, "gateway", sa->gateway);
    put_text(to, "direction", sa->direction);
    put_text(to, "mode", sa->mode);
    put_text(to, "algorithm", sa->algorithm);
    put_text(to, "source", sa->source);
    put_text(to, "destination", sa->destination);
    put_metrics(to, &metric_sa, sa, 0);
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
    put_text(to, "mode", r->mode);
    put_text(to, "algorithm", r->algorithm);
    put_text(to, "lookup", r->lookup);
    put_text(to, "framing", r->framing);
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
    put(to, "verdict", verdict_json(r));
    for (size_t i = 0; i < r->n_fingerprints; i++)
        put_text(fingerprints, r->fingerprints[i].name, r->fingerprints[i].sha256);
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
    put_text(to, "scenario", r->scenario);
    put_text(to, "question", r->question);
    put(to, "seed", json_integer((json_int_t)r->seed));
    put_text(to, "settings_hash", r->settings_hash);
    for (size_t i = 0; i < r->n_settings; i++)
        put_text(settings, r->settings[i].key, r->settings[i].value);
    put(to, "settings", settings);
    for (size_t i = 0; i < r->n_runs; i++)
        append(runs, run_json(&r->runs[i]));
    put(to, "runs", runs);
    return dump(to);
}

/* ---- reading ---- */

/* The error sticks: after the first, everything reads as nothing. What is read is taken out of its object, so that
 * what remains at the end is unknown. */
struct reading {
    const char *file;
    char place[512]; /* "runs[0].flows[2]" */
    bool ok;
    struct err *e;
};

__attribute__((format(printf, 2, 3))) static void refuse(struct reading *r, const char *format, ...)
{
    if (!r->ok)
        return;
    r->ok = false;
    char what[512];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    err_set(r->e, "%s: %s%s%s; run the scenario again with this espsim to get a whole result", r->file, r->place,
            *r->place ? ": " : "", what);
}

/* Goes one step down; the length given takes one back up through leave. */
__attribute__((format(printf, 2, 3))) static size_t enter(struct reading *r, const char *format, ...)
{
    size_t len = strlen(r->place), used = len;
    if (used && used + 1 < sizeof r->place && *format != '[')
        r->place[used++] = '.';
    va_list args;
    va_start(args, format);
    vsnprintf(r->place + used, sizeof r->place - used, format, args);
    va_end(args);
    return len;
}

static void leave(struct reading *r, size_t len)
{
    if (r->ok)
        r->place[len] = 0;
}

static const char *type_name(json_type type)
{
    static const char *const names[] = {"an object", "a list", "a text", "an integer",
                                        "a number",  "true",   "false",  "null"};
    return names[type];
}

/* Gives the value of `key`, taken out of `from`; NULL where it is not there or of another type. */
static json_t *take(struct reading *r, json_t *from, const char *key, json_type type)
{
    json_t *value = r->ok ? json_object_get(from, key) : NULL;
    if (!value) {
        refuse(r, "`%s` is missing", key);
        return NULL;
    }
    if (json_typeof(value) != type) {
        refuse(r, "`%s` is %s, expected %s", key, type_name(json_typeof(value)), type_name(type));
        return NULL;
    }
    json_incref(value);
    json_object_del(from, key);
    return value;
}

static void expect_empty(struct reading *r, json_t *object)
{
    void *rest = json_object_iter(object);
    if (rest)
        refuse(r, "`%s` is unknown", json_object_iter_key(rest));
}

static void copy_text(struct reading *r, const char *key, const json_t *value, char *to, size_t cap)
{
    const char *text = json_string_value(value);
    if (strlen(text) >= cap)
        refuse(r, "`%s` has %zu octets, expected less than %zu", key, strlen(text), cap);
    else
        strcpy(to, text);
}

static void take_text(struct reading *r, json_t *from, const char *key, char *to, size_t cap)
{
    json_t *value = take(r, from, key, JSON_STRING);
    if (value)
        copy_text(r, key, value, to, cap);
    json_decref(value);
}

static uint64_t count_of(struct reading *r, const char *key, const json_t *value)
{
    if (!json_is_integer(value))
        refuse(r, "`%s` is %s, expected an integer", key, type_name(json_typeof(value)));
    else if (json_integer_value(value) < 0)
        refuse(r, "`%s` = %lld is negative", key, (long long)json_integer_value(value));
    return r->ok ? (uint64_t)json_integer_value(value) : 0;
}

static uint64_t take_count(struct reading *r, json_t *from, const char *key)
{
    json_t *value = take(r, from, key, JSON_INTEGER);
    uint64_t n = value ? count_of(r, key, value) : 0;
    json_decref(value);
    return n;
}

static double take_real(struct reading *r, json_t *from, const char *key)
{
    const json_t *value = json_object_get(from, key);
    json_type type = value ? json_typeof(value) : JSON_REAL;
    if (value && type != JSON_NULL && type != JSON_INTEGER && type != JSON_REAL)
        type = JSON_REAL; /* names what was expected */
    json_t *taken = take(r, from, key, type);
    double number = METRIC_NONE;
    if (taken && type != JSON_NULL)
        number = json_number_value(taken);
    json_decref(taken);
    return number;
}

static bool take_flag(struct reading *r, json_t *from, const char *key)
{
    const json_t *value = json_object_get(from, key);
    json_t *taken = take(r, from, key, json_is_false(value) ? JSON_FALSE : JSON_TRUE);
    bool flag = json_is_true(taken);
    json_decref(taken);
    return flag;
}

static void take_metric(struct reading *r, json_t *from, const struct metric *m, void *to)
{
    void *at = (char *)to + m->offset;
    switch (m->type) {
    case METRIC_COUNT:
        *(uint64_t *)at = take_count(r, from, m->key);
        break;
    case METRIC_REAL:
        *(double *)at = take_real(r, from, m->key);
        break;
    case METRIC_FLAG:
        *(bool *)at = take_flag(r, from, m->key);
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

/* Calls `read` for each object of the list `key`. */
static void take_list(struct reading *r, json_t *from, const char *key,
                      void (*read)(struct reading *, json_t *, void *), void *to)
{
    json_t *list = take(r, from, key, JSON_ARRAY), *item;
    size_t i;
    json_array_foreach(list, i, item)
    {
        size_t up = enter(r, "%s[%zu]", key, i);
        if (r->ok && !json_is_object(item))
            refuse(r, "is %s, expected an object", type_name(json_typeof(item)));
        if (r->ok)
            read(r, item, to);
        if (r->ok)
            expect_empty(r, item);
        leave(r, up);
    }
    json_decref(list);
}

static void read_flow(struct reading *r, json_t *from, void *to)
{
    struct flow_result *f = run_result_add_flow(to, "", "");
    take_text(r, from, "name", f->name, sizeof f->name);
    take_text(r, from, "kind", f->kind, sizeof f->kind);
    take_text(r, from, "from", f->from, sizeof f->from);
    take_text(r, from, "to", f->to, sizeof f->to);
    f->groups = groups_of(from, &metric_flow);
    take_metrics(r, from, &metric_flow, f, f->groups);
}

static void read_link(struct reading *r, json_t *from, struct link_result *link)
{
    take_metrics(r, from, &metric_link, link, 0);
    json_t *ledger = take(r, from, "ledger", JSON_OBJECT);
    size_t up = enter(r, "ledger");
    if (ledger) {
        take_metrics(r, ledger, &metric_ledger, &link->ledger, 0);
        expect_empty(r, ledger);
    }
    leave(r, up);
    json_decref(ledger);
}

static void read_direction(struct reading *r, json_t *from, void *to)
{
    struct link_result *direction = run_result_add_direction(to, "");
    take_text(r, from, "name", direction->name, sizeof direction->name);
    read_link(r, from, direction);
    take_metrics(r, from, &metric_direction, direction, 0);
}

static void read_sa(struct reading *r, json_t *from, void *to)
{
    struct sa_result *sa = run_result_add_sa(to);
    take_text(r, from, "gateway", sa->gateway, sizeof sa->gateway);
    take_text(r, from, "direction", sa->direction, sizeof sa->direction);
    take_text(r, from, "mode", sa->mode, sizeof sa->mode);
    take_text(r, from, "algorithm", sa->algorithm, sizeof sa->algorithm);
    take_text(r, from, "source", sa->source, sizeof sa->source);
    take_text(r, from, "destination", sa->destination, sizeof sa->destination);
    take_metrics(r, from, &metric_sa, sa, 0);
}

/* Takes the object `key` and calls `read` with it. */
static void take_object(struct reading *r, json_t *from, const char *key,
                        void (*read)(struct reading *, json_t *, struct run_result *), struct run_result *to)
{
    json_t *object = take(r, from, key, JSON_OBJECT);
    size_t up = enter(r, "%s", key);
    if (object) {
        read(r, object, to);
        if (r->ok)
            expect_empty(r, object);
    }
    leave(r, up);
    json_decref(object);
}

static void read_total(struct reading *r, json_t *from, struct run_result *to)
{
    read_link(r, from, &to->link);
    take_list(r, from, "directions", read_direction, to);
}

static void read_balance(struct reading *r, json_t *from, struct run_result *to)
{
    take_metrics(r, from, &metric_balance, &to->balance, 0);
}

static void read_verdict(struct reading *r, json_t *from, struct run_result *to)
{
    for (size_t i = 0; r->ok && i < N_VERDICTS; i++) {
        struct verdict_result *v = &to->verdict[i];
        json_t *column = take(r, from, verdict_kinds[i].key, JSON_OBJECT);
        size_t up = enter(r, "%s", verdict_kinds[i].key);
        char value[RESULT_NAME_MAX] = "";
        if (column) {
            take_text(r, column, "value", value, sizeof value);
            take_text(r, column, "why", v->why, sizeof v->why);
            expect_empty(r, column);
        }
        json_decref(column);
        while (r->ok && strcmp(value, answer_name(v->value)) && v->value < ANSWER_YES)
            v->value++;
        if (r->ok && strcmp(value, answer_name(v->value)))
            refuse(r, "`value` is `%s`, expected no, partly or yes", value);
        leave(r, up);
    }
}

static void read_places(struct reading *r, json_t *from, struct places *to)
{
    const char *place, *name;
    json_t *list, *n;
    json_object_foreach(from, place, list)
    {
        if (!json_is_object(list) || strlen(place) >= RESULT_NAME_MAX) {
            refuse(r, "`%.80s` is no object of counts", place);
            return;
        }
        places_add_place(to, place);
        json_object_foreach(list, name, n)
        {
            if (strlen(name) >= RESULT_NAME_MAX)
                refuse(r, "`%.80s` is too long a name", name);
            else
                places_add(to, place, name, count_of(r, name, n));
        }
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
        if (!hex || strlen(hex) != RESULT_HASH_MAX - 1 || strlen(name) >= RESULT_NAME_MAX)
            refuse(r, "`%.80s` is no SHA-256 in hexadecimal", name);
        else
            run_result_add_fingerprint(to, name, hex);
    }
    json_object_clear(from);
}

static void take_unexplained(struct reading *r, json_t *from, struct run_result *to)
{
    json_t *list = take(r, from, "unexplained", JSON_ARRAY), *item;
    size_t i;
    json_array_foreach(list, i, item)
    {
        const char *text = json_string_value(item);
        if (!text || strlen(text) >= RESULT_TEXT_MAX)
            refuse(r, "`unexplained[%zu]` is no text of less than %d octets", i, RESULT_TEXT_MAX);
        else
            run_result_add_unexplained(to, "%s", text);
    }
    json_decref(list);
}

static void expect_unique_flows(struct reading *r, const struct run_result *run)
{
    for (size_t i = 0; i < run->n_flows; i++)
        for (size_t j = 0; j < i; j++)
            if (!strcmp(run->flows[i].name, run->flows[j].name))
                refuse(r, "flows[%zu] and flows[%zu] are both named `%s`", j, i, run->flows[i].name);
}

static void read_run(struct reading *r, json_t *from, struct run_result *run)
{
    take_text(r, from, "mode", run->mode, sizeof run->mode);
    take_text(r, from, "algorithm", run->algorithm, sizeof run->algorithm);
    take_text(r, from, "lookup", run->lookup, sizeof run->lookup);
    take_text(r, from, "framing", run->framing, sizeof run->framing);
    take_metrics(r, from, &metric_run, run, 0);
    take_list(r, from, "flows", read_flow, run);
    expect_unique_flows(r, run);
    take_object(r, from, "link", read_total, run);
    take_object(r, from, "drops", read_drops, run);
    take_object(r, from, "counters", read_counters, run);
    take_object(r, from, "conservation", read_balance, run);
    take_list(r, from, "sa_details", read_sa, run);
    take_object(r, from, "verdict", read_verdict, run);
    take_object(r, from, "fingerprints", read_fingerprints, run);
    take_unexplained(r, from, run);
    struct err broken;
    if (r->ok && !run_result_check(run, &broken))
        refuse(r, "%s", broken.text);
}

static void read_listed_run(struct reading *r, json_t *from, void *to)
{
    struct result *result = to;
    struct run_result run = {0};
    read_run(r, from, &run);
    if (r->ok && result_run(result, run.mode))
        refuse(r, "there is a run of mode `%s` before", run.mode);
    result_take_run(result, &run);
}

static void read_settings(struct reading *r, json_t *from, struct result *to)
{
    json_t *settings = take(r, from, "settings", JSON_OBJECT), *value;
    const char *key;
    size_t up = enter(r, "settings");
    json_object_foreach(settings, key, value)
    {
        char text[RESULT_TEXT_MAX];
        if (!json_is_string(value) || strlen(key) >= RESULT_NAME_MAX)
            refuse(r, "`%.80s` is no text", key);
        else
            copy_text(r, key, value, text, sizeof text);
        if (r->ok)
            result_add_setting(to, key, text);
    }
    leave(r, up);
    json_decref(settings);
}

static json_t *load(struct reading *r, const char *text, size_t len)
{
    json_error_t bad;
    json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &bad);
    if (!root) {
        r->ok = err_set(r->e, "%s:%d:%d: no JSON: %s; expected a result.json of `espsim run`", r->file, bad.line,
                        bad.column, bad.text);
        return NULL;
    }
    if (!json_is_object(root))
        r->ok = err_set(r->e, "%s: is %s, expected the object of a result.json of `espsim run`", r->file,
                        type_name(json_typeof(root)));
    return root;
}

static void expect_schema(struct reading *r, json_t *root)
{
    if (!r->ok)
        return;
    const json_t *schema = json_object_get(root, "schema");
    if (!json_is_integer(schema))
        r->ok =
            err_set(r->e, "%s: has no schema: no result of espsim; expected a result.json of `espsim run`", r->file);
    else if (json_integer_value(schema) != RESULT_SCHEMA)
        r->ok = err_set(r->e, "%s: schema = %lld: this espsim reads schema %d; use the espsim that wrote it", r->file,
                        (long long)json_integer_value(schema), RESULT_SCHEMA);
    json_object_del(root, "schema");
}

bool run_result_read(struct run_result *run, const char *file, const char *text, size_t len, struct err *e)
{
    struct reading r = {.file = file, .ok = true, .e = e};
    json_t *root = load(&r, text, len);
    if (r.ok)
        read_run(&r, root, run);
    if (r.ok)
        expect_empty(&r, root);
    json_decref(root);
    if (!r.ok)
        run_result_fini(run);
    return r.ok;
}

bool result_read(struct result *result, const char *file, const char *text, size_t len, struct err *e)
{
    struct reading r = {.file = file, .ok = true, .e = e};
    json_t *root = load(&r, text, len);
    expect_schema(&r, root);
    if (r.ok) {
        take_text(&r, root, "scenario", result->scenario, sizeof result->scenario);
        take_text(&r, root, "question", result->question, sizeof result->question);
        result->seed = take_count(&r, root, "seed");
        take_text(&r, root, "settings_hash", result->settings_hash, sizeof result->settings_hash);
        read_settings(&r, root, result);
        take_list(&r, root, "runs", read_listed_run, result);
    }
    if (r.ok)
        expect_empty(&r, root);
    json_decref(root);
    if (!r.ok)
        result_fini(result);
    return r.ok;
}
