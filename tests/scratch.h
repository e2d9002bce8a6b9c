/* scratch.h - a place for a test's files: in $TMPDIR, or in /tmp where that is not set. Who takes one removes it. */
#ifndef ESPSIM_TESTS_SCRATCH_H
#define ESPSIM_TESTS_SCRATCH_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SCRATCH_CAP = 256 };

static inline void scratch_name(char path[SCRATCH_CAP])
{
    const char *tmp = getenv("TMPDIR");
    snprintf(path, SCRATCH_CAP, "%s/espsim-test-XXXXXX", tmp && *tmp ? tmp : "/tmp");
}

/* Makes an empty folder and fills `path` with its name; false: could not. */
static inline bool scratch_folder(char path[SCRATCH_CAP])
{
    scratch_name(path);
    return mkdtemp(path) != NULL;
}

/* The same of a file, open for writing; NULL: could not. */
static inline FILE *scratch_file(char path[SCRATCH_CAP])
{
    scratch_name(path);
    int fd = mkstemp(path);
    return fd < 0 ? NULL : fdopen(fd, "wb");
}

static inline int scratch_remove_one(const char *path, const struct stat *s, int type, struct FTW *where)
{
    (void)s, (void)type, (void)where;
    return remove(path);
}

/* Removes a folder and all in it; false: not all of it. */
static inline bool scratch_remove(const char *path)
{
    return !nftw(path, scratch_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
