/* place.h - one room for every folder that a command writes: it appears under its name whole or not at all, in the
 * place of an older one of its kind, and nothing that is not ours is touched.
 *
 * The folder is made beside its name, as `.NAME.espsim`, and exchanged with what stands there by one rename, so that at
 * every moment the name leads to the old one or the new one, whole. What stands there is replaced only where it is
 * ours (own.h), and looked at twice: before anything is made, and before the exchange. While it is made its manifest is
 * locked, and that of the folder it replaces; the kernel lets go of both when the program ends, whatever ends it, and
 * the next command for the same name takes away what was left.
 */
#ifndef ESPSIM_FILES_PLACE_H
#define ESPSIM_FILES_PLACE_H

#include "models/files/own.h"
#include "models/files/set.h"

#include <stdbool.h>

struct place {
    char *asked;       /* as the user wrote it */
    char *path;        /* where it will be: absolute, links followed */
    char *temporary;   /* where it is made; write there */
    const char *kind;  /* of manifest.json: "result" */
    bool secret;       /* readable for its owner alone */
    size_t made_len;   /* octets of `path` that name the first parent that had to be made; 0: none */
    int fd, lock;      /* of the temporary folder and its manifest; -1: none */
    int old, old_lock; /* of what is there already */
    bool is_there;
    struct own_tree tree; /* what is there */
    json_t *hashes;       /* of the files written through place_write: name to SHA-256 */
};

/* What a place is to be. Borrowed. */
struct place_kind {
    const char *name;   /* "result", "report", "export", "figures" */
    const char *option; /* that names the folder, for remedies: "--out" */
    bool secret;        /* holds keys: readable for its owner alone */
};

/* Begins: makes the temporary folder, parents too. Refused, with the reason and a remedy in `e` and nothing made or
 * changed: what is there is a file, a device, a mount point, or a folder with anything that espsim did not write; or
 * another espsim is at work there. After true the caller ends with place_finish or place_abandon. */
bool place_begin(struct place *p, const char *asked, const struct place_kind *kind, struct err *e);

/* Whether place_begin would be true, before work is done for nothing. Leaves nothing behind. */
bool place_check(const char *asked, const struct place_kind *kind, struct err *e);

/* Writes a file of `len` octets; makes the folders in `name` ("tunnel/series.json"). */
bool place_write(struct place *p, const char *name, const void *octets, size_t len, struct err *e);

/* Says the SHA-256 of a file that others wrote into `temporary`; those that nobody tells of are read once more. */
void place_note(struct place *p, const char *name, const char *hex);

/* Writes manifest.json (the keys of `about`, given; then `files`) and puts the folder in its place. False: what was
 * there is as it was; `e` says why, and where the new folder is if somebody put something there meanwhile. */
bool place_finish(struct place *p, json_t *about, struct err *e);

/* Removes what was made so far, parents too. Also after place_finish. */
void place_abandon(struct place *p);

/* All of it for files in memory; SIGHUP, SIGINT and SIGTERM wait until it is through. */
bool place_save(const char *asked, const struct place_kind *kind, const struct file_set *set, json_t *about,
                struct err *e);

#endif
