/* schema.h - the keys of a scenario as tables: one row per key. Parsing, defaults, bounds, `espsim check`, the manual's
 * test and did-you-mean walk them.
 */
#ifndef ESPSIM_CONFIG_SCHEMA_H
#define ESPSIM_CONFIG_SCHEMA_H

#include "models/base/family.h"

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

struct key;

/* How values of one type are read, written and compared. */
struct key_type {
    const char *name; /* with its article: "a time" */
    /* Reads the whole text into *to. */
    bool (*parse)(const struct key *k, const char *text, void *to, struct err *e);
    /* Writes text that parse reads back to the same value; borrows `text`. */
    const char *(*print)(const struct key *k, const void *from, char *text, size_t cap);
    int (*compare)(const void *a, const void *b); /* NULL: no order, so no bounds */
};

enum key_flag {
    KEY_ALIAS = 1, /* stands for other keys, which take its value: not in the hash */
    KEY_LABEL = 2, /* does not change what a run does: not in the hash */
    KEY_LATER = 4  /* younger than published results: in the hash only where it is not the default, which is to do what
                      was done without the key. Its `fallback` is written as the type prints it. */
};

struct key {
    const char *name;
    const struct key_type *type;
    size_t at; /* of the value in the section's struct */
    /* Default as it would be written; `#` in it is the number of the LAN or gateway. NULL: none. */
    const char *fallback;
    const char *fallback6; /* the same where ip = 6; NULL: as fallback */
    /* Without a fallback: NULL: the key is required; "": it may be left out; else what the value follows from. */
    const char *follows;
    const char *min, *max;    /* bounds as they would be written; NULL: none */
    const struct family *of;  /* for types `member` and `members` */
    const char *const *kinds; /* names of the members that have it, ending with NULL; NULL: it is always there */
    const char *by;           /* with `kinds`: the key of the section that names the member; NULL: "kind" */
    unsigned flags;           /* enum key_flag */
    const char *what;         /* one line for the manual */
};

struct section {
    const char *name; /* "lan1"; of a named section what stands before the dot: "flow" for [flow.NAME] */
    bool named;       /* any number of them */
    int number;       /* what `#` stands for in defaults */
    size_t at;        /* of the section's struct in struct config; not for named ones */
    const struct key *keys;
    size_t n_keys;
    const char *what;
};

extern const struct section schema[];
extern const size_t n_schema;

/* Every key with type, bounds, default and meaning: for the terminal, or as the KEYS part of espsim-scenario(5). */
void schema_print(FILE *out, bool roff);
/* The same for programs, an array of the keys' rows with null for what a row does not have; gives it. */
json_t *schema_json(void);

/* A key in effect: in its section, with its value's place and origin. */
enum setting_state {
    SETTING_UNSET,   /* not written and no default: required, optional or to follow */
    SETTING_DEFAULT, /* the row's default */
    SETTING_FOLLOWS, /* follows from other settings */
    SETTING_FILE,    /* written in the file */
    SETTING_SET,     /* written with --set */
    SETTING_BAD      /* written, but refused */
};

struct setting {
    const struct section *section;
    char *section_name; /* "lan1", "flow.web"; the setting's own */
    const struct key *key;
    void *value; /* in the struct config */
    char *text;  /* as written; NULL where it was not; the setting's own */
    enum setting_state state;
    int line;    /* in the file, from 1; or the number of the --set, from 0 */
    bool unused; /* what was chosen by key->by does not have this key */
};

/* Whether the setting has a value to be used, printed and hashed. */
static inline bool setting_has_value(const struct setting *s)
{
    return !s->unused && s->state != SETTING_UNSET && s->state != SETTING_BAD;
}

/* The setting whose value stands at `value` (e.g. &c->link.mtu); there must be one. */
struct config;
struct setting *setting_of(const struct config *c, const void *value);

/* Where a value came from: "line 12", "--set", "default", "follows from link.delay"; borrows `text`. */
const char *setting_origin(const struct setting *s, char *text, size_t cap);

#endif
