#include "sim/run/folder.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *joined(const char *a, const char *b)
{
    char *path;
    if (asprintf(&path, "%s/%s", a, b) < 0)
        abort();
    return path;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static void remove_all(const char *path)
{
    nftw(path, remove_one, 32, FTW_DEPTH | FTW_PHYS);
}

static bool make_parents(struct folder *f, struct err *e)
{
    for (char *slash = strchr(f->path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        bool made = !mkdir(f->path, 0777), ok = made || errno == EEXIST;
        if (!ok)
            err_set(e, "%s: cannot be made: %s; choose another place with --out", f->path, strerror(errno));
        *slash = '/';
        if (made && !f->made_len)
            f->made_len = (size_t)(slash - f->path);
        if (!ok)
            return false;
    }
    return true;
}

/* Takes away the parents that were made, where nothing is in them. */
static void remove_parents(struct folder *f)
{
    for (char *slash; f->made_len && (slash = strrchr(f->path, '/')) && slash >= f->path + f->made_len;) {
        *slash = 0;
        if (rmdir(f->path))
            return;
    }
}

static bool is_empty(const char *path)
{
    DIR *dir = opendir(path);
    bool empty = dir != NULL;
    for (struct dirent *d; dir && (d = readdir(dir));)
        empty = empty && (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."));
    if (dir)
        closedir(dir);
    return empty;
}

static bool may_replace(const char *path, struct err *e)
{
    struct stat st;
    if (stat(path, &st))
        return errno == ENOENT ||
               err_set(e, "%s: cannot be looked at: %s; choose another place with --out", path, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return err_set(e, "%s: is no folder; choose another place with --out", path);
    char *mark = joined(path, FOLDER_MARK);
    bool ours = !access(mark, F_OK) || is_empty(path);
    free(mark);
    return ours || err_set(e,
                           "%s: holds other files than a result of espsim (no " FOLDER_MARK
                           "); choose another place with --out, or empty it",
                           path);
}

/* Temporary folders are named .NAME.PID; one whose process is gone was left by a killed run, and so was one of our own
 * number: in a container each run may be process 7. */
static void clear_leftovers(const char *parent, const char *name)
{
    DIR *dir = opendir(parent);
    size_t len = strlen(name);
    for (struct dirent *d; dir && (d = readdir(dir));) {
        char *end;
        if (d->d_name[0] != '.' || strncmp(d->d_name + 1, name, len) || d->d_name[1 + len] != '.')
            continue;
        long pid = strtol(d->d_name + len + 2, &end, 10);
        if (*end || pid <= 0 || (pid != getpid() && (!kill((pid_t)pid, 0) || errno != ESRCH)))
            continue;
        char *path = joined(parent, d->d_name);
        remove_all(path);
        free(path);
    }
    if (dir)
        closedir(dir);
}

bool folder_begin(struct folder *f, const char *path, struct err *e)
{
    *f = (struct folder){.path = strdup(path)};
    size_t len = strlen(f->path);
    while (len > 1 && f->path[len - 1] == '/')
        f->path[--len] = 0;
    if (!make_parents(f, e) || !may_replace(f->path, e)) {
        folder_abandon(f);
        return false;
    }
    char *slash = strrchr(f->path, '/');
    char *parent = slash ? strndup(f->path, (size_t)(slash - f->path + (slash == f->path))) : strdup(".");
    const char *name = slash ? slash + 1 : f->path;
    clear_leftovers(parent, name);
    if (asprintf(&f->temporary, "%s/.%s.%ld", parent, name, (long)getpid()) < 0)
        abort();
    free(parent);
    if (mkdir(f->temporary, 0777)) {
        err_set(e, "%s: cannot be written: %s; choose another place with --out", f->path, strerror(errno));
        folder_abandon(f);
        return false;
    }
    return true;
}

bool folder_finish(struct folder *f, struct err *e)
{
    bool replaces = !access(f->path, F_OK);
    int failed = replaces ? renameat2(AT_FDCWD, f->temporary, AT_FDCWD, f->path, RENAME_EXCHANGE)
                          : rename(f->temporary, f->path);
    if (failed && replaces) { /* a file system without exchange */
        remove_all(f->path);
        failed = rename(f->temporary, f->path);
    }
    if (failed) {
        err_set(e, "%s: cannot be put in its place: %s", f->path, strerror(errno));
        folder_abandon(f);
        return false;
    }
    folder_abandon(f); /* after an exchange the temporary name holds the older result */
    return true;
}

void folder_abandon(struct folder *f)
{
    if (f->temporary)
        remove_all(f->temporary);
    if (f->path)
        remove_parents(f);
    free(f->path);
    free(f->temporary);
    *f = (struct folder){0};
}

bool folder_write(const struct folder *f, const char *name, const char *text, size_t len, struct err *e)
{
    char *path = joined(f->temporary, name);
    FILE *file = fopen(path, "wb");
    bool ok = file && fwrite(text, 1, len, file) == len;
    int why = errno;
    if (file && fclose(file)) {
        why = errno;
        ok = false;
    }
    if (!ok)
        err_set(e, "%s/%s: cannot be written: %s", f->path, name, strerror(why));
    free(path);
    return ok;
}

bool folder_make(const struct folder *f, const char *name, struct err *e)
{
    char *path = joined(f->temporary, name);
    bool ok = !mkdir(path, 0777) || err_set(e, "%s/%s: cannot be made: %s", f->path, name, strerror(errno));
    free(path);
    return ok;
}
