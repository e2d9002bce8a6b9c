/* newfile.h - one room for every file that a command writes under a name of the user's: it appears whole or not at all,
 * and in the place of nothing but an older one of its kind.
 *
 * The file is made beside its name, as `.NAME.espsim`, locked while its maker lives, and renamed. /dev/stdout,
 * /dev/stderr and /dev/fd/N are written to as they are; a file behind one loses nothing of what is in it.
 */
#ifndef ESPSIM_FILES_NEWFILE_H
#define ESPSIM_FILES_NEWFILE_H

#include "models/base/err.h"

#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>

/* What a file is to be. Borrowed. */
struct file_kind {
    const char *name;   /* "a JUnit report" */
    const char *option; /* that names the file: "--junit" */
    /* Whether a file that begins with these octets (64 KiB of it at most) is one of ours and may be replaced. */
    bool (*is_ours)(const char *head, size_t len);
};

struct new_file {
    char *asked;     /* as the user wrote it */
    char *path;      /* absolute, links followed */
    char *temporary; /* write there; it exists */
    const struct file_kind *kind;
    int lock;
    int stream;  /* the descriptor that `asked` names; -1: a file */
    FILE *spool; /* what a file behind it gets in the end */
    bool is_there;
    struct stat st; /* of what is there */
};

/* Begins. Refused, with reason and remedy and nothing made or changed: what is there is a folder, a device, a FIFO, a
 * mount point, or a file with content that is not of this kind; or another espsim is writing it. */
bool new_file_begin(struct new_file *f, const char *asked, const struct file_kind *kind, struct err *e);
/* What is there was changed by the caller himself, and is what new_file_finish may replace from now on. */
void new_file_expect(struct new_file *f);
/* Gives it its name, unless somebody changed what is there meanwhile. */
bool new_file_finish(struct new_file *f, struct err *e);
/* Removes what was made, if it is still there; also after new_file_finish, and of {0}. */
void new_file_abandon(struct new_file *f);

/* Whether new_file_begin would be true. */
bool new_file_check(const char *asked, const struct file_kind *kind, struct err *e);

/* All of it for octets in memory. */
bool new_file_save(const char *asked, const struct file_kind *kind, const char *octets, size_t len, struct err *e);

/* For is_ours: whether the octets begin with `words`. */
bool file_begins(const char *head, size_t len, const char *words);
/* ... or have `words` in them. */
bool file_has(const char *head, size_t len, const char *words);

#endif
