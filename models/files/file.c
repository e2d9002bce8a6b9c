#include "models/files/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_readable_kind(int fd, const char *path, enum file_source from, struct err *e)
{
    struct stat st;
    if (fstat(fd, &st))
        return err_set(e, "%s: cannot be looked at: %s", path, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return err_set(e, "%s: is a folder; expected a file", path);
    if (from == FILE_FOUND && !S_ISREG(st.st_mode))
        return err_set(e, "%s: is a device, a FIFO or a socket; only a plain file is read here", path);
    return true;
}

int file_open(const char *path, enum file_source from, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (from == FILE_FOUND ? O_NONBLOCK : 0));
    if (fd < 0) {
        err_set(e, "%s: cannot be read: %s", path, strerror(errno));
        return -1;
    }
    if (is_readable_kind(fd, path, from, e))
        return fd;
    close(fd);
    return -1;
}

static bool refuse_long(const char *path, size_t most, struct err *e)
{
    bool whole = !(most % (1 << 20));
    return err_set(e, "%s: is over %zu %s, too large to be what is expected here", path, most >> (whole ? 20 : 10),
                   whole ? "MiB" : "KiB");
}

static bool read_all(int fd, const char *path, size_t most, char **text, size_t *len, struct err *e)
{
    struct stat st;
    if (!fstat(fd, &st) && S_ISREG(st.st_mode) && (uint64_t)st.st_size > most)
        return refuse_long(path, most, e);
    size_t cap = 4096, n = 0;
    char *to = malloc(cap);
    for (;;) {
        assert(to);
        ssize_t got = read(fd, to + n, cap - n - 1);
        if (got == 0)
            break;
        n += got > 0 ? (size_t)got : 0;
        bool failed = got < 0 && errno != EINTR;
        if (failed || n > most) {
            free(to);
            return failed ? err_set(e, "%s: cannot be read: %s", path, strerror(errno)) : refuse_long(path, most, e);
        }
        if (n + 1 == cap)
            to = realloc(to, cap *= 2);
    }
    to[n] = 0;
    *text = to;
    *len = n;
    return true;
}

bool file_read_up_to(const char *path, enum file_source from, size_t most, char **text, size_t *len, struct err *e)
{
    int fd = file_open(path, from, e);
    if (fd < 0)
        return false;
    bool ok = read_all(fd, path, most, text, len, e);
    close(fd);
    return ok;
}

bool file_read(const char *path, enum file_source from, char **text, size_t *len, struct err *e)
{
    return file_read_up_to(path, from, FILE_MAX, text, len, e);
}

bool file_write_all(int fd, const void *octets, size_t len)
{
    for (const char *at = octets; len;) {
        ssize_t n = write(fd, at, len);
        if (n < 0 && errno != EINTR)
            return false;
        at += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

bool file_leads_to(const char *path, int fd)
{
    struct stat a, b;
    return !lstat(path, &a) && !fstat(fd, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

bool file_is_mount(int at, const char *name)
{
    struct statx x;
    return !statx(at, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, 0, &x) &&
           x.stx_attributes & x.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT;
}
