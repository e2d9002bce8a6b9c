#include "models/measure/json_read.h"

#include "models/measure/metric.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void reading_refuse(struct reading *r, const char *format, ...)
{
    if (!r->ok)
        return;
    r->ok = false;
    char what[512];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    line_make_plain(what);
    err_set(r->e, "%s: %s%s%s; run the scenario again with this espsim to get a whole result", r->file, r->place,
            *r->place ? ": " : "", what);
}

size_t reading_enter(struct reading *r, const char *format, ...)
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

void reading_leave(struct reading *r, size_t len)
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

json_t *reading_take(struct reading *r, json_t *from, const char *key, json_type type)
{
    json_t *value = r->ok ? json_object_get(from, key) : NULL;
    if (!value) {
        reading_refuse(r, "`%s` is missing", key);
        return NULL;
    }
    if (json_typeof(value) != type) {
        reading_refuse(r, "`%s` is %s, expected %s", key, type_name(json_typeof(value)), type_name(type));
        return NULL;
    }
    json_incref(value);
    json_object_del(from, key);
    return value;
}

void reading_end(struct reading *r, json_t *object)
{
    void *rest = json_object_iter(object);
    if (rest)
        reading_refuse(r, "`%s` is unknown", json_object_iter_key(rest));
}

const char *reading_text_of(struct reading *r, const char *key, const json_t *value, size_t cap)
{
    const char *text = json_string_value(value);
    if (!text)
        reading_refuse(r, "`%.80s` is %s, expected a text", key, type_name(json_typeof(value)));
    else if (strlen(text) >= cap)
        reading_refuse(r, "`%.80s` has %zu octets, expected less than %zu", key, strlen(text), cap);
    else if (!line_is_plain(text))
        reading_refuse(r, "`%.80s` has a control character, expected one line of text", key);
    return r->ok ? text : NULL;
}

void reading_text(struct reading *r, json_t *from, const char *key, char *to, size_t cap)
{
    json_t *value = reading_take(r, from, key, JSON_STRING);
    const char *text = value ? reading_text_of(r, key, value, cap) : NULL;
    if (text)
        strcpy(to, text);
    json_decref(value);
}

void reading_name_or_none(struct reading *r, json_t *from, const char *key, enum name_kind kind, char *to)
{
    const json_t *value = json_object_get(from, key);
    if (json_is_string(value) && !*json_string_value(value))
        reading_text(r, from, key, to, NAME_CAP);
    else
        reading_name(r, from, key, kind, to);
}

void reading_name(struct reading *r, json_t *from, const char *key, enum name_kind kind, char *to)
{
    struct err why;
    json_t *value = reading_take(r, from, key, JSON_STRING);
    const char *name = json_string_value(value);
    if (name && !name_check(kind, name, &why))
        reading_refuse(r, "`%s` = `%.80s` %s", key, name, why.text);
    else if (name)
        strcpy(to, name);
    json_decref(value);
}

bool reading_key(struct reading *r, const char *key, enum name_kind kind)
{
    struct err why;
    if (!name_check(kind, key, &why))
        reading_refuse(r, "`%.80s` %s", key, why.text);
    return r->ok;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void reading_expect_unique(struct reading *r, const char *list, const char **names, size_t n)
{
    qsort(names, n, sizeof *names, by_name);
    for (size_t i = 1; i < n; i++)
        if (!strcmp(names[i - 1], names[i]))
            reading_refuse(r, "two of `%s` are named `%s`", list, names[i]);
}

uint64_t reading_count_of(struct reading *r, const char *key, const json_t *value)
{
    if (!json_is_integer(value))
        reading_refuse(r, "`%s` is %s, expected an integer", key, type_name(json_typeof(value)));
    else if (json_integer_value(value) < 0)
        reading_refuse(r, "`%s` = %lld is negative", key, (long long)json_integer_value(value));
    return r->ok ? (uint64_t)json_integer_value(value) : 0;
}

uint64_t reading_count(struct reading *r, json_t *from, const char *key)
{
    json_t *value = reading_take(r, from, key, JSON_INTEGER);
    uint64_t n = value ? reading_count_of(r, key, value) : 0;
    json_decref(value);
    return n;
}

double reading_real_of(struct reading *r, const char *key, const json_t *value, bool is_level)
{
    if (json_is_null(value))
        return METRIC_NONE;
    double number = json_number_value(value);
    if (!json_is_number(value))
        reading_refuse(r, "`%s` is %s, expected a number or null", key, type_name(json_typeof(value)));
    else if (!isfinite(number) || (number < 0 && !is_level))
        reading_refuse(r, "`%s` = %g is %s", key, number, isfinite(number) ? "negative" : "not finite");
    return r->ok ? number : METRIC_NONE;
}

double reading_real(struct reading *r, json_t *from, const char *key, bool is_level)
{
    const json_t *value = json_object_get(from, key);
    json_t *taken = reading_take(r, from, key, value ? json_typeof(value) : JSON_REAL);
    double number = METRIC_NONE;
    if (taken)
        number = reading_real_of(r, key, taken, is_level);
    json_decref(taken);
    return number;
}

bool reading_flag(struct reading *r, json_t *from, const char *key)
{
    const json_t *value = json_object_get(from, key);
    json_t *taken = reading_take(r, from, key, json_is_false(value) ? JSON_FALSE : JSON_TRUE);
    bool flag = json_is_true(taken);
    json_decref(taken);
    return flag;
}

void reading_list(struct reading *r, json_t *from, const char *key, void (*read)(struct reading *, json_t *, void *),
                  void *to)
{
    json_t *list = reading_take(r, from, key, JSON_ARRAY), *item;
    size_t i;
    json_array_foreach(list, i, item)
    {
        size_t up = reading_enter(r, "%s[%zu]", key, i);
        if (r->ok && !json_is_object(item))
            reading_refuse(r, "is %s, expected an object", type_name(json_typeof(item)));
        if (r->ok)
            read(r, item, to);
        if (r->ok)
            reading_end(r, item);
        reading_leave(r, up);
    }
    json_decref(list);
}

json_t *reading_load(struct reading *r, const char *file, const char *text, size_t len, struct err *e)
{
    *r = (struct reading){.file = file, .ok = true, .e = e};
    json_error_t bad;
    json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &bad);
    if (!root) {
        r->ok = err_set(e, "%s:%d:%d: no JSON: %s; expected a file that `espsim run` wrote", file, bad.line, bad.column,
                        bad.text);
        return NULL;
    }
    if (!json_is_object(root))
        r->ok = err_set(e, "%s: is %s, expected the object of a file that `espsim run` wrote", file,
                        type_name(json_typeof(root)));
    return root;
}

void reading_schema(struct reading *r, json_t *root, int schema, const char *what)
{
    if (!r->ok)
        return;
    const json_t *found = json_object_get(root, "schema");
    if (!json_is_integer(found))
        r->ok = err_set(r->e, "%s: has no schema: expected %s", r->file, what);
    else if (json_integer_value(found) != schema)
        r->ok = err_set(r->e, "%s: schema = %lld: this espsim reads schema %d; use the espsim that wrote it", r->file,
                        (long long)json_integer_value(found), schema);
    json_object_del(root, "schema");
}
