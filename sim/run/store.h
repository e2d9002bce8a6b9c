/* store.h - the results of a sweep as JSON lines: a head that says which sweep it is, then one line a run.
 *
 * Lines are appended as runs end, each in one write, so that whatever ends the program loses at most the runs under
 * way. A whole store has its lines in the order of the sweep: the same octets however it came about (one process,
 * several, a resumed one, merged shards). One espsim at a time has a store open; anything else than a store of the
 * same sweep is left alone.
 */
#ifndef ESPSIM_RUN_STORE_H
#define ESPSIM_RUN_STORE_H

#include "models/base/err.h"
#include "models/files/newfile.h"

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

/* Reads `path`; a file that is not there is an empty store. A last line of a run that was cut while it was written is
 * left out; a line that is none of ours is an error. The caller frees with store_fini. */
bool store_read(struct store *s, const char *path, struct err *e);
void store_fini(struct store *s);

bool store_has(const struct store *s, uint64_t unit);

/* Takes `text` (from malloc). A unit that is there already with the same text is left alone; with another one: false.
 */
bool store_add(struct store *s, uint64_t unit, char *text, struct err *e);

/* A store on disk that is being filled. */
struct store_file {
    struct new_file sorted; /* becomes the store in the end; its lock is that of the store */
    int fd;                 /* of the store, for appending */
};

/* Opens the store `path` of the sweep whose head is `head`, and reads what is in it; makes it where it is not there.
 * False, with `s` empty: another espsim fills it, or it is no store, or one of another sweep. */
bool store_open(struct store_file *f, struct store *s, const char *path, const char *head, struct err *e);
/* Appends a line (without newline) and has it on the disk. */
bool store_append(struct store_file *f, const char *text, struct err *e);
/* Puts head and lines in order of units in its place, whole or not at all, and closes; without `s` only closes. */
bool store_close(struct store_file *f, struct store *s, struct err *e);

/* Writes head and lines in order of units to `path`, whole or not at all: over nothing but a store. */
bool store_write(struct store *s, const char *path, struct err *e);

#endif
