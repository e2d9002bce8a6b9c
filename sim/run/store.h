/* store.h - the results of a sweep as JSON lines: a head that says which sweep it is, then one line a run.
 *
 * Lines are appended as runs end, each in one write, so that whatever ends the program loses at most the runs under
 * way. A whole store has its lines in the order of the sweep: the same octets however it came about (one process,
 * several, a resumed one, merged shards).
 */
#ifndef ESPSIM_RUN_STORE_H
#define ESPSIM_RUN_STORE_H

#include "models/base/err.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#define HASH_FUNCTION         HASH_JEN
#define uthash_fatal(message) abort()
#include <stdlib.h>
#include <uthash.h>

struct store_line {
    uint64_t unit; /* its number in the sweep; the line's first key */
    char *text;    /* without newline */
    UT_hash_handle hh;
};

struct store {
    char *head;               /* first line, without newline; NULL: a new store */
    struct store_line *lines; /* a hash by unit; hh.next is the order they were added in, after store_write that of the
                                 sweep */
};

/* Reads `path`; a file that is not there is an empty store. A last line that was cut is left out; a line that is none
 * of ours is an error. The caller frees with store_fini. */
bool store_read(struct store *s, const char *path, struct err *e);
void store_fini(struct store *s);

bool store_has(const struct store *s, uint64_t unit);

/* Takes `text` (from malloc). A unit that is there already with the same text is left alone; with another one: false.
 */
bool store_add(struct store *s, uint64_t unit, char *text, struct err *e);

/* Writes head and lines in order of units to `path`, whole or not at all. */
bool store_write(struct store *s, const char *path, struct err *e);

#endif
