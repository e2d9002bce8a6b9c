/* folder.h - a folder that appears under its name whole or not at all. */
#ifndef ESPSIM_RUN_FOLDER_H
#define ESPSIM_RUN_FOLDER_H

#include "models/base/err.h"

#include <stddef.h>

/* What tells a result folder of ours from somebody's files. */
#define FOLDER_MARK "manifest.json"

struct folder {
    char *path;      /* where it will be */
    char *temporary; /* where it is made: beside it, so that a rename suffices */
    size_t made_len; /* octets of `path` that name the first parent that had to be made; 0: none */
};

/* Makes the temporary folder (and the parents of `path`), after clearing away what killed runs left of it. Refused
 * where `path` is there already and is no result folder. The caller frees with folder_abandon or folder_finish. */
bool folder_begin(struct folder *f, const char *path, struct err *e);

/* Puts it in its place, instead of an older result. */
bool folder_finish(struct folder *f, struct err *e);

/* Removes what was made so far, parents too. */
void folder_abandon(struct folder *f);

/* Writes a file of `len` octets into the temporary folder; `name` may have sub-folders that exist. */
bool folder_write(const struct folder *f, const char *name, const char *text, size_t len, struct err *e);
bool folder_make(const struct folder *f, const char *name, struct err *e);

#endif
