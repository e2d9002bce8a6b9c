#include "models/files/newfile.h"

#include "models/files/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum { HEAD_LEN = 65536, TRIES = 50, TRY_NS = 20000000 };

bool file_begins(const char *head, size_t len, const char *words)
{
    size_t n = strlen(words);
    return len >= n && !memcmp(head, words, n);
}

bool file_has(const char *head, size_t len, const char *words)
{
    return memmem(head, len, words, strlen(words)) != NULL;
}

static bool is_stream(const char *path)
{
    static const char *const streams[] = {"/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/self/fd/"};
    for (size_t i = 0; i < sizeof streams / sizeof *streams; i++)
        if (!strncmp(path, streams[i], strlen(streams[i])))
            return true;
    return false;
}

static const char *kind_of(mode_t mode)
{
    return S_ISDIR(mode)                    ? "a folder"
           : S_ISCHR(mode) || S_ISBLK(mode) ? "a device"
           : S_ISFIFO(mode)                 ? "a FIFO"
                                            : "a socket";
}

/* Empty, or of the kind. */
static bool is_ours(const char *path, const struct file_kind *kind)
{
    char head[HEAD_LEN];
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, head, sizeof head);
    if (fd >= 0)
        close(fd);
    return len == 0 || (len > 0 && kind->is_ours(head, (size_t)len));
}

static bool is_mount(const char *path)
{
    struct statx x;
    return !statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, 0, &x) &&
           x.stx_attributes & x.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT;
}

static bool may_replace(struct new_file *f, struct err *e)
{
    f->is_there = !lstat(f->path, &f->st);
    if (!f->is_there)
        return errno == ENOENT ||
               err_set(e, "%s: cannot be looked at: %s; choose another name", f->asked, strerror(errno));
    if (!S_ISREG(f->st.st_mode))
        return err_set(e, "%s: is no file, but %s; choose another name", f->asked, kind_of(f->st.st_mode));
    if (is_mount(f->path))
        return err_set(e, "%s: is a mount point; choose another name", f->asked);
    return is_ours(f->path, f->kind) ||
           err_set(e, "%s: is a file that is not %s of espsim; remove it, or choose another name", f->asked,
                   f->kind->name);
}

static bool leads_to(const char *path, int fd)
{
    struct stat a, b;
    return !lstat(path, &a) && !fstat(fd, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* 1: the temporary file is ours, 0: another espsim has it, -1: refused. */
static int try_temporary(struct new_file *f, struct err *e)
{
    struct stat st;
    f->lock = open(f->temporary, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
    if (f->lock < 0) {
        err_set(e, "%s: cannot be written: %s; choose another name", f->asked, strerror(errno));
        return -1;
    }
    if (flock(f->lock, LOCK_EX | LOCK_NB) || !leads_to(f->temporary, f->lock))
        return 0;
    if (fstat(f->lock, &st) || !S_ISREG(st.st_mode) || !is_ours(f->temporary, f->kind)) {
        err_set(e, "%s: is in the way, and is not espsim's; move it away", f->temporary);
        return -1;
    }
    return ftruncate(f->lock, 0) ? 0 : 1;
}

static void let_go(struct new_file *f)
{
    if (f->lock >= 0)
        close(f->lock);
    f->lock = -1;
}

static bool take_temporary(struct new_file *f, struct err *e)
{
    int got = 0;
    for (int i = 0; !got && i < TRIES; i++) {
        if (i)
            nanosleep(&(struct timespec){.tv_nsec = TRY_NS}, NULL);
        got = try_temporary(f, e);
        if (got <= 0)
            let_go(f);
    }
    if (!got)
        err_set(e, "%s: another espsim is writing it; wait until it has ended, or choose another name", f->asked);
    return got == 1;
}

bool new_file_begin(struct new_file *f, const char *asked, const struct file_kind *kind, struct err *e)
{
    *f = (struct new_file){.asked = strdup(asked), .kind = kind, .lock = -1};
    if (is_stream(asked)) {
        f->path = strdup(asked);
        f->temporary = strdup(asked);
        return true;
    }
    f->path = resolve(asked, e);
    if (f->path && may_replace(f, e)) {
        f->temporary = resolve_temporary(f->path, "");
        if (take_temporary(f, e) && may_replace(f, e))
            return true;
    }
    err_option(e, kind->option);
    new_file_abandon(f);
    return false;
}

void new_file_expect(struct new_file *f)
{
    f->is_there = !lstat(f->path, &f->st);
}

static bool is_as_it_was(const struct new_file *f)
{
    struct stat st;
    if (lstat(f->path, &st))
        return !f->is_there && errno == ENOENT;
    return f->is_there && st.st_dev == f->st.st_dev && st.st_ino == f->st.st_ino && st.st_size == f->st.st_size &&
           st.st_mtim.tv_sec == f->st.st_mtim.tv_sec && st.st_mtim.tv_nsec == f->st.st_mtim.tv_nsec;
}

/* In the place of what is there; where nothing is, never over what comes at this moment. */
static bool put(const struct new_file *f)
{
    if (f->is_there) {
        fchmod(f->lock, f->st.st_mode & 07777);
        return !rename(f->temporary, f->path);
    }
    if (!renameat2(AT_FDCWD, f->temporary, AT_FDCWD, f->path, RENAME_NOREPLACE))
        return true;
    bool lacks_flags = errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP;
    return lacks_flags && is_as_it_was(f) && !rename(f->temporary, f->path);
}

bool new_file_finish(struct new_file *f, struct err *e)
{
    bool ok = f->lock < 0;
    if (!ok && !is_as_it_was(f))
        err_set(e, "%s: somebody changed it while espsim worked, so it was left alone; try again", f->asked);
    else if (!ok && !(ok = put(f)))
        err_set(e, "%s: cannot be written: %s", f->asked, strerror(errno));
    new_file_abandon(f);
    return ok;
}

void new_file_abandon(struct new_file *f)
{
    if (f->path && f->lock >= 0 && leads_to(f->temporary, f->lock))
        unlink(f->temporary);
    if (f->path)
        let_go(f);
    free(f->asked);
    free(f->path);
    free(f->temporary);
    *f = (struct new_file){.lock = -1};
}

bool new_file_check(const char *asked, const struct file_kind *kind, struct err *e)
{
    struct new_file f;
    if (!new_file_begin(&f, asked, kind, e))
        return false;
    new_file_abandon(&f);
    return true;
}

bool new_file_save(const char *asked, const struct file_kind *kind, const char *octets, size_t len, struct err *e)
{
    struct new_file f;
    if (!new_file_begin(&f, asked, kind, e))
        return false;
    FILE *to = fopen(f.temporary, "w");
    bool ok = to && fwrite(octets, 1, len, to) == len;
    if (to && fclose(to))
        ok = false;
    if (!ok)
        err_set(e, "%s: cannot be written: %s", asked, strerror(errno));
    ok = ok && new_file_finish(&f, e);
    new_file_abandon(&f);
    return ok;
}
