#include "models/files/newfile.h"

#include "models/files/file.h"
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

/* ---- descriptors as files --------------------------------------------------------------------------------------- */

/* The descriptor that a path is another name of; -1: none, it is the name of a file. */
static int stream_of(const char *path)
{
    static const struct {
        const char *begin;
        int fd; /* -1: the number that follows */
    } streams[] = {
        {"/dev/stdout", STDOUT_FILENO}, {"/dev/stderr", STDERR_FILENO}, {"/dev/fd/", -1}, {"/proc/self/fd/", -1}};
    for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
        size_t len = strlen(streams[i].begin);
        const char *rest = path + len;
        if (strncmp(path, streams[i].begin, len))
            continue;
        if (streams[i].fd >= 0 && !*rest)
            return streams[i].fd;
        if (streams[i].fd < 0 && *rest && strlen(rest) < 8 && strspn(rest, "0123456789") == strlen(rest))
            return (int)strtol(rest, NULL, 10);
    }
    return -1;
}

/* A pipe or a terminal is written to by its name. A file behind a descriptor would lose what is in it by that
 * (`>>log`): what is for it is gathered, and written to the descriptor in the end. */
static bool begin_stream(struct new_file *f, struct err *e)
{
    struct stat st;
    int flags = fcntl(f->stream, F_GETFL);
    if (flags < 0 || fstat(f->stream, &st))
        return err_set(e, "%s: cannot be written: %s; choose another name", f->asked, strerror(errno));
    if ((flags & O_ACCMODE) == O_RDONLY)
        return err_set(e, "%s: is open for reading only; choose another name", f->asked);
    f->path = strdup(f->asked);
    if (!S_ISREG(st.st_mode)) {
        f->temporary = strdup(f->asked);
        return true;
    }
    f->spool = tmpfile();
    if (!f->spool)
        return err_set(e, "%s: no temporary file for it: %s; choose another name", f->asked, strerror(errno));
    if (asprintf(&f->temporary, "/proc/self/fd/%d", fileno(f->spool)) < 0)
        abort();
    return true;
}

static bool finish_stream(struct new_file *f, struct err *e)
{
    char octets[HEAD_LEN];
    ssize_t len = 0;
    bool ok = !fflush(stdout);
    for (off_t at = 0; f->spool && ok && (len = pread(fileno(f->spool), octets, sizeof octets, at)) > 0; at += len)
        ok = file_write_all(f->stream, octets, (size_t)len);
    return (ok && len >= 0) || err_set(e, "%s: cannot be written: %s; is the disk full?", f->asked, strerror(errno));
}

/* ---- what is there ---------------------------------------------------------------------------------------------- */

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

static bool may_replace(struct new_file *f, struct err *e)
{
    f->is_there = !lstat(f->path, &f->st);
    if (!f->is_there)
        return errno == ENOENT ||
               err_set(e, "%s: cannot be looked at: %s; choose another name", f->asked, strerror(errno));
    if (!S_ISREG(f->st.st_mode))
        return err_set(e, "%s: is no file, but %s; choose another name", f->asked, kind_of(f->st.st_mode));
    if (file_is_mount(AT_FDCWD, f->path))
        return err_set(e, "%s: is a mount point; choose another name", f->asked);
    return is_ours(f->path, f->kind) ||
           err_set(e, "%s: is a file that is not %s of espsim; remove it, or choose another name", f->asked,
                   f->kind->name);
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
    if (flock(f->lock, LOCK_EX | LOCK_NB) || !file_leads_to(f->temporary, f->lock))
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

static bool begin_file(struct new_file *f, struct err *e)
{
    f->path = resolve(f->asked, e);
    if (!f->path || !may_replace(f, e))
        return false;
    f->temporary = resolve_temporary(f->path, "");
    return take_temporary(f, e) && may_replace(f, e);
}

bool new_file_begin(struct new_file *f, const char *asked, const struct file_kind *kind, struct err *e)
{
    *f = (struct new_file){.asked = strdup(asked), .kind = kind, .lock = -1, .stream = stream_of(asked)};
    if (f->stream >= 0 ? begin_stream(f, e) : begin_file(f, e))
        return true;
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
    bool ok = false;
    if (f->stream >= 0)
        ok = finish_stream(f, e);
    else if (!is_as_it_was(f))
        err_set(e, "%s: somebody changed it while espsim worked, so it was left alone; try again", f->asked);
    else if (!(ok = put(f)))
        err_set(e, "%s: cannot be written: %s; choose another name", f->asked, strerror(errno));
    new_file_abandon(f);
    return ok;
}

void new_file_abandon(struct new_file *f)
{
    if (f->path && f->lock >= 0 && file_leads_to(f->temporary, f->lock))
        unlink(f->temporary);
    if (f->path)
        let_go(f);
    if (f->spool)
        fclose(f->spool);
    free(f->asked);
    free(f->path);
    free(f->temporary);
    *f = (struct new_file){.lock = -1, .stream = -1};
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
        err_set(e, "%s: cannot be written: %s; check the space on its disk", asked, strerror(errno));
    ok = ok && new_file_finish(&f, e);
    new_file_abandon(&f);
    return ok;
}
