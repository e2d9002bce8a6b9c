/* own.h - whether a folder is ours: its manifest.json lists every file in it by SHA-256.
 *
 *     {"espsim": "0.1.0", "kind": "report", "files": {"report.html": "5b4c...", "figures/delay.svg": "91fe..."}}
 *
 * A file of that name alone proves nothing: any web project has one. A folder is ours where each plain file below it is
 * listed and has the content that was written; a folder in it that is itself ours and a report, or what a killed espsim
 * was making of one, belongs to it. Anything else in it (a note that somebody put there, a file that somebody edited, a
 * link, a mount point) is somebody's.
 */
#ifndef ESPSIM_FILES_OWN_H
#define ESPSIM_FILES_OWN_H

#include "models/base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#define OWN_MANIFEST "manifest.json"
#define OWN_REPORT   "report" /* the kind of folder that may stand in another */

/* What stands at a path below a folder, deepest first. */
struct own_entry {
    char *name; /* "tunnel/sat.pcap" */
    struct stat st;
};

struct own_tree {
    struct stat st; /* of the folder */
    struct own_entry *entries;
    size_t n_entries;
};

/* Reads what is in the folder `fd` (named `path` in messages) and proves that it is ours and of `kind`; an empty folder
 * is. False: `e` says whose it is, and `tree` is empty. */
bool own_read(struct own_tree *tree, int fd, const char *path, const char *kind, struct err *e);

/* Whether what is in the folder `fd` now is what `tree` says, by name, inode, size and times. */
bool own_is_unchanged(const struct own_tree *tree, int fd);

/* Removes the entries of `tree` from the folder `fd`, each only where it still is what `tree` says, the manifest last
 * and only where nothing else is left of them: what says that a folder is ours goes last. Whether it is empty then. */
bool own_remove(const struct own_tree *tree, int fd);

/* Removes what espsim was making in the folder `fd`, the manifest last and only where all else is gone. */
void own_clear(int fd);

/* Gives every file of the folder `from` a second name in the empty folder `to`, the manifest first. False where the
 * disk has no second names. */
bool own_link_all(int from, int to);

/* Adds to `hashes` those of the plain files in the folder `fd` that are not in it, but for the manifest. */
bool own_hash(int fd, const char *path, json_t *hashes, struct err *e);

void own_fini(struct own_tree *tree);

/* Gives the manifest of the folder `fd`; NULL: there is none, or it is none of ours. `begun` (may be NULL) says whether
 * it is at least one that a killed espsim had begun. */
json_t *own_manifest(int fd, bool *begun);

/* What is in the folder `path` against its manifest. */
struct own_faults {
    struct err_list faults, others; /* changed and missing files; files that the manifest does not list */
    size_t n_files;                 /* looked at */
};

/* Holds every file of the folder `path` against its manifest; without `captures` not those named *.pcap. False, with
 * `e`: there is no manifest that lists files, so nothing can be said. */
bool own_verify(const char *path, bool captures, struct own_faults *found, struct err *e);

#endif
