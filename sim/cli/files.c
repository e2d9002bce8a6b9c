#include "sim/cli/files.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 64 << 20 };

static bool read_open(int fd, const char *path, char **text, size_t *len, struct err *e)
{
    struct stat st;
    if (fstat(fd, &st) || S_ISDIR(st.st_mode))
        return err_set(e, "%s: is a folder; expected a file", path);
    size_t cap = 4096, n = 0;
    char *to = malloc(cap);
    for (;;) {
        assert(to);
        ssize_t got = read(fd, to + n, cap - n - 1);
        if (got == 0)
            break;
        n += got > 0 ? (size_t)got : 0;
        bool failed = got < 0 && errno != EINTR;
        if (failed || n > FILE_MAX) {
            free(to);
            return failed
                       ? err_set(e, "%s: cannot be read: %s", path, strerror(errno))
                       : err_set(e, "%s: is over %d MiB, too large to be what is expected here", path, FILE_MAX >> 20);
        }
        if (n + 1 == cap)
            to = realloc(to, cap *= 2);
    }
    to[n] = 0;
    *text = to;
    *len = n;
    return true;
}

bool file_read_all(const char *path, char **text, size_t *len, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(e, "%s: cannot be read: %s", path, strerror(errno));
    bool ok = read_open(fd, path, text, len, e);
    close(fd);
    return ok;
}

bool new_file_begin(struct new_file *f, const char *path, struct err *e)
{
    struct stat st;
    f->path = strdup(path);
    if (!stat(path, &st) && !S_ISREG(st.st_mode)) {
        f->temporary = strdup(path);
        return true;
    }
    if (asprintf(&f->temporary, "%s.XXXXXX", path) < 0)
        abort();
    int fd = mkstemp(f->temporary);
    if (fd < 0) {
        err_set(e, "%s: cannot be written: %s", path, strerror(errno));
        free(f->path);
        free(f->temporary);
        *f = (struct new_file){0};
        return false;
    }
    mode_t mask = umask(0);
    umask(mask);
    fchmod(fd, 0666 & ~mask);
    close(fd);
    return true;
}

bool new_file_finish(struct new_file *f, struct err *e)
{
    if (strcmp(f->temporary, f->path) != 0 && rename(f->temporary, f->path))
        return err_set(e, "%s: cannot be written: %s", f->path, strerror(errno));
    free(f->path);
    free(f->temporary);
    *f = (struct new_file){0};
    return true;
}

void new_file_abandon(struct new_file *f)
{
    if (f->temporary && strcmp(f->temporary, f->path) != 0)
        unlink(f->temporary);
    free(f->path);
    free(f->temporary);
    *f = (struct new_file){0};
}
