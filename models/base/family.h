/* family.h - families of named things: modes, algorithms, lookups, allocators, framings, traffic, ...
 *
 * Each member is a const descriptor in a file of its own whose first field is a struct member; one list names them
 * all. Parsing, `espsim list`, help, documentation and tests walk that list.
 */
#ifndef ESPSIM_BASE_FAMILY_H
#define ESPSIM_BASE_FAMILY_H

#include "models/base/err.h"

#include <stddef.h>

struct member {
    const char *name;   /* as written in a scenario: lower case, hyphens */
    const char *what;   /* one line, no full stop: for `espsim list` and help */
    const char *source; /* RFC section, standard, or implementation and function */
};

struct family {
    const char *name; /* "mode", "lookup", ...: singular, as in `espsim list mode` */
    const char *what;
    const struct member *const *members; /* points to the first fields of the descriptors */
    size_t n_members;
};

/* NULL where there is none. */
const struct member *family_get(const struct family *f, const char *name);

/* The member that `name` is likely to mean, as family_suggest has it, or NULL. */
const char *family_near(const struct family *f, const char *name);

/* As family_get, but a name that is not there fills `e`: what was expected and, where one is near, which was meant. */
const struct member *family_find(const struct family *f, const char *name, struct err *e);

/* The candidate nearest to `word` by edit distance; else the only one that `word` begins (three letters or more); NULL
 * where none is near enough to be a likely slip. */
const char *family_suggest(const char *word, const char *const *candidates, size_t n);

#endif
