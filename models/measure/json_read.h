/* json_read.h - takes values out of a JSON text that must have exactly the keys expected. For the readers here.
 *
 * The error sticks: after the first, everything reads as nothing. What is read is taken out of its object, so that
 * what remains at the end is unknown.
 */
#ifndef ESPSIM_MEASURE_JSON_READ_H
#define ESPSIM_MEASURE_JSON_READ_H

#include "models/base/err.h"
#include "models/base/name.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reading {
    const char *file; /* for messages; borrowed */
    char place[512];  /* "runs[0].flows[2]" */
    bool ok;
    struct err *e;
};

/* Begins: the object of the text, given; NULL and `file:line:column: ...` where there is none. */
json_t *reading_load(struct reading *r, const char *file, const char *text, size_t len, struct err *e);

/* Takes `schema` out and refuses others than `schema`; `what` names the file: "a result.json of `espsim run`". */
void reading_schema(struct reading *r, json_t *root, int schema, const char *what);

/* `file: place: what; run the scenario again ...` */
void reading_refuse(struct reading *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Goes one step down; the length given takes one back up through reading_leave. */
size_t reading_enter(struct reading *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
void reading_leave(struct reading *r, size_t len);

/* Gives the value of `key`; NULL where it is not there or of another type. */
json_t *reading_take(struct reading *r, json_t *from, const char *key, json_type type);

/* One line of text, shorter than `cap`. */
void reading_text(struct reading *r, json_t *from, const char *key, char *to, size_t cap);
/* A name of its kind; `to` has NAME_CAP octets. */
void reading_name(struct reading *r, json_t *from, const char *key, enum name_kind kind, char *to);
void reading_name_or_none(struct reading *r, json_t *from, const char *key, enum name_kind kind, char *to);
uint64_t reading_count(struct reading *r, json_t *from, const char *key);
/* Finite; null is METRIC_NONE. Below 0 only where `is_level`. */
double reading_real(struct reading *r, json_t *from, const char *key, bool is_level);
bool reading_flag(struct reading *r, json_t *from, const char *key);

/* A value at hand, called `key` in messages. */
uint64_t reading_count_of(struct reading *r, const char *key, const json_t *value);
double reading_real_of(struct reading *r, const char *key, const json_t *value, bool is_level);
/* Such a text, borrowed; NULL: it was refused. */
const char *reading_text_of(struct reading *r, const char *key, const json_t *value, size_t cap);
/* Whether `key` itself is a name of its kind. */
bool reading_key(struct reading *r, const char *key, enum name_kind kind);
/* Refuses a name that `list` has twice; the list is in the order of the file, and its names are sorted in place. */
void reading_expect_unique(struct reading *r, const char *list, const char **names, size_t n);

/* Calls `read` for each object of the list `key`, which it must empty. */
void reading_list(struct reading *r, json_t *from, const char *key, void (*read)(struct reading *, json_t *, void *),
                  void *to);

/* Refuses what remains. */
void reading_end(struct reading *r, json_t *object);

#endif
