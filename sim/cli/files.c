#include "sim/cli/files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
