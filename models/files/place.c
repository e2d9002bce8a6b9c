#include "models/files/place.h"

#include "models/files/digest.h"
#include "models/files/file.h"
#include "models/files/place_parts.h"
#include "models/files/resolve.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <espsim_version.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* What the manifest says while its folder is being made. */
static const char unfinished[] = "{\n  \"espsim\": \"" ESPSIM_VERSION "\",\n  \"unfinished\": true\n}\n";

enum { TRIES = 50 };

/* ---- parents ---------------------------------------------------------------------------------------------------- */

static bool make_parents(struct place *p, struct err *e)
{
    for (char *slash = strchr(p->path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        bool made = !mkdir(p->path, 0777), ok = made || errno == EEXIST;
        if (!ok)
            err_set(e, "%s: cannot be made: %s; choose another place", p->path, strerror(errno));
        *slash = '/';
        if (made && !p->made_len)
            p->made_len = (size_t)(slash - p->path);
        if (!ok)
            return false;
    }
    return true;
}

/* Takes away the parents that were made, where nothing is in them. */
static void remove_parents(struct place *p)
{
    for (char *slash; p->made_len && (slash = strrchr(p->path, '/')) && slash >= p->path + p->made_len;) {
        *slash = 0;
        if (rmdir(p->path) && errno != ENOENT)
            return;
    }
}

/* ---- the temporary folder --------------------------------------------------------------------------------------- */

static int open_folder(const char *path)
{
    return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Locks the manifest of a folder; -1: another espsim has it. */
static int lock_manifest(int folder, int flags, mode_t mode)
{
    int fd = openat(folder, OWN_MANIFEST, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | flags, mode);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB)) {
        close(fd);
        errno = EWOULDBLOCK;
        return -1;
    }
    return fd;
}

/* What a try to take the temporary folder came to. */
enum taking {
    REFUSED, /* and `e` says why */
    BUSY,    /* another espsim has it, or had it a moment ago */
    STUCK,   /* what a killed espsim left cannot be removed */
    TAKEN,
};

/* A folder of this name is there already, and we hold its lock: takes away what a killed espsim left. */
static enum taking remove_leftover(struct place *p, struct err *e)
{
    struct own_tree tree;
    struct stat st;
    bool begun = false;
    json_t *manifest = own_manifest(p->fd, &begun);
    const char *kind = json_string_value(json_object_get(manifest, "kind"));
    bool ours = true;
    if (!manifest && (begun || (!fstat(p->lock, &st) && !st.st_size))) {
        own_clear(p->fd);
    } else if ((ours = own_read(&tree, p->fd, p->temporary, kind ? kind : "", e))) {
        own_remove(&tree, p->fd);
        own_fini(&tree);
    }
    json_decref(manifest);
    return !ours ? REFUSED : rmdir(p->temporary) && errno != ENOENT ? STUCK : BUSY;
}

/* Entries besides `.` and `..`; below 0: it was removed. */
static int n_entries(int fd)
{
    struct dirent **entries;
    int n = scandirat(fd, ".", &entries, NULL, NULL);
    for (int i = 0; i < n; i++)
        free(entries[i]);
    if (n >= 0)
        free(entries);
    return n - 2;
}

/* Whether it has other things in it, and no manifest. Another espsim may be making or removing it between two looks. */
static bool is_foreign(int fd)
{
    struct stat st;
    for (int i = 0; i < PLACE_LOOKS; i++) {
        if (n_entries(fd) <= 0)
            return false;
        if (!fstatat(fd, OWN_MANIFEST, &st, AT_SYMLINK_NOFOLLOW))
            return !S_ISREG(st.st_mode);
    }
    return true;
}

void place_let_go(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* The temporary folder cannot be ours. */
static enum taking refuse(struct place *p, bool made, struct err *e)
{
    err_set(e, "%s: cannot be written: %s; choose another place", p->asked, strerror(errno));
    if (made)
        rmdir(p->temporary);
    return REFUSED;
}

/* Makes or takes over the temporary folder and its lock. */
static enum taking try_temporary(struct place *p, struct err *e)
{
    bool made = !mkdir(p->temporary, p->secret ? 0700 : 0777);
    if (!made && errno == ENOENT && make_parents(p, e)) /* another espsim made them, too, and took them away */
        made = !mkdir(p->temporary, p->secret ? 0700 : 0777);
    if (!made && errno != EEXIST)
        return refuse(p, made, e);
    p->fd = open_folder(p->temporary);
    if (p->fd < 0 && errno == ENOENT)
        return BUSY;
    if (p->fd < 0 && made)
        return refuse(p, made, e);
    if (p->fd < 0 || is_foreign(p->fd)) {
        err_set(e, "%s: is in the way, and is not espsim's; move it away", p->temporary);
        return REFUSED;
    }
    p->lock = lock_manifest(p->fd, O_CREAT, p->secret ? 0600 : 0666);
    if (p->lock < 0 && errno != EWOULDBLOCK && errno != ENOENT)
        return made ? refuse(p, made, e) : STUCK;
    if (p->lock < 0 || !file_leads_to(p->temporary, p->fd))
        return BUSY;
    return made ? TAKEN : remove_leftover(p, e);
}

static bool take_temporary(struct place *p, struct err *e)
{
    enum taking got = BUSY;
    for (int i = 0; (got == BUSY || got == STUCK) && i < TRIES; i++) {
        if (i)
            nanosleep(&(struct timespec){.tv_nsec = PLACE_TRY_NS}, NULL);
        got = try_temporary(p, e);
        if (got != TAKEN) {
            place_let_go(&p->lock);
            place_let_go(&p->fd);
        }
    }
    if (got == BUSY)
        err_set(e, "%s: another espsim is writing it; wait until it has ended, or choose another place", p->asked);
    if (got == STUCK)
        err_set(e, "%s: was left by an espsim that was killed, and cannot be removed; move it away", p->temporary);
    if (got == TAKEN && (ftruncate(p->lock, 0) || pwrite(p->lock, unfinished, sizeof unfinished - 1, 0) < 0))
        return err_set(e, "%s: cannot be written: %s; choose another place", p->asked, strerror(errno));
    return got == TAKEN;
}

/* ---- what is there already -------------------------------------------------------------------------------------- */

static const char *kind_of_file(mode_t mode)
{
    return S_ISCHR(mode) || S_ISBLK(mode) ? "a device"
           : S_ISFIFO(mode)               ? "a FIFO"
           : S_ISSOCK(mode)               ? "a socket"
                                          : "a file";
}

static bool may_be_replaced(struct place *p, struct err *e)
{
    struct statx x;
    p->is_there = false;
    if (statx(AT_FDCWD, p->path, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &x))
        return errno == ENOENT ||
               err_set(e, "%s: cannot be looked at: %s; choose another place", p->asked, strerror(errno));
    if (!S_ISDIR(x.stx_mode))
        return err_set(e, "%s: is no folder, but %s; choose another place", p->asked, kind_of_file(x.stx_mode));
    if (x.stx_attributes & x.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT)
        return err_set(e, "%s: is a mount point, which cannot be exchanged as a whole; name a folder in it", p->asked);
    p->is_there = true;
    return true;
}

static bool take_old(struct place *p, struct err *e)
{
    p->old = open_folder(p->path);
    if (p->old < 0)
        return err_set(e, "%s: cannot be read: %s; choose another place", p->asked, strerror(errno));
    if (!own_read(&p->tree, p->old, p->asked, p->kind, e))
        return false;
    if (p->tree.n_entries && (p->old_lock = lock_manifest(p->old, 0, 0)) < 0)
        return errno == EWOULDBLOCK
                   ? err_set(e, "%s: another espsim is writing it; wait until it has ended, or choose another place",
                             p->asked)
                   : err_set(e, "%s/" OWN_MANIFEST ": cannot be written: %s; choose another place", p->asked,
                             strerror(errno));
    return file_leads_to(p->path, p->old) || err_set(e, "%s: was exchanged just now; try again", p->asked);
}

/* What stood here when an espsim was killed between two renames. */
static bool take_back(struct place *p, struct err *e)
{
    char *old = resolve_temporary(p->path, "-old");
    struct own_tree tree;
    struct stat st;
    bool ok = true;
    int fd = open_folder(old);
    if (fd >= 0 && (ok = own_read(&tree, fd, old, p->kind, e))) {
        if (lstat(p->path, &st))
            ok = !rename(old, p->path) ||
                 err_set(e, "%s: cannot be put back: %s; choose another place", old, strerror(errno));
        else if (own_remove(&tree, fd))
            rmdir(old);
        own_fini(&tree);
    }
    place_let_go(&fd);
    free(old);
    return ok;
}

bool place_begin(struct place *p, const char *asked, const struct place_kind *kind, struct err *e)
{
    *p = (struct place){.asked = strdup(asked),
                        .path = resolve(asked, e),
                        .kind = kind->name,
                        .secret = kind->secret,
                        .fd = -1,
                        .lock = -1,
                        .old = -1,
                        .old_lock = -1,
                        .hashes = json_object()};
    bool ok = p->path && may_be_replaced(p, e) && make_parents(p, e);
    if (ok) {
        p->temporary = resolve_temporary(p->path, "");
        ok = take_temporary(p, e) && take_back(p, e) && may_be_replaced(p, e) && (!p->is_there || take_old(p, e));
    }
    if (ok)
        return true;
    err_option(e, kind->option);
    place_abandon(p);
    return false;
}

bool place_check(const char *asked, const struct place_kind *kind, struct err *e)
{
    struct place p;
    if (!place_begin(&p, asked, kind, e))
        return false;
    place_abandon(&p);
    return true;
}

void place_abandon(struct place *p)
{
    if (!p->asked)
        return;
    if (p->fd >= 0 && file_leads_to(p->temporary, p->fd)) {
        own_clear(p->fd);
        rmdir(p->temporary);
    }
    if (p->path)
        remove_parents(p);
    place_let_go(&p->lock);
    place_let_go(&p->fd);
    place_let_go(&p->old_lock);
    place_let_go(&p->old);
    own_fini(&p->tree);
    json_decref(p->hashes);
    free(p->asked);
    free(p->path);
    free(p->temporary);
    *p = (struct place){.fd = -1, .lock = -1, .old = -1, .old_lock = -1};
}

/* ---- writing ---------------------------------------------------------------------------------------------------- */

static bool make_folders_of(const struct place *p, const char *name)
{
    char *copy = strdup(name);
    bool ok = true;
    for (char *slash = strchr(copy, '/'); ok && slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        ok = !mkdirat(p->fd, copy, p->secret ? 0700 : 0777) || errno == EEXIST;
        *slash = '/';
    }
    free(copy);
    return ok;
}

bool place_write(struct place *p, const char *name, const void *octets, size_t len, struct err *e)
{
    char hex[DIGEST_HEX_CAP];
    int fd = -1;
    bool ok = make_folders_of(p, name);
    if (ok)
        fd = openat(p->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, p->secret ? 0600 : 0666);
    ok = fd >= 0 && file_write_all(fd, octets, len);
    int why = errno;
    if (fd >= 0 && close(fd)) {
        why = ok ? errno : why;
        ok = false;
    }
    if (!ok)
        return err_set(e, "%s/%s: cannot be written: %s; check the space on its disk", p->asked, name, strerror(why));
    digest_octets(octets, len, hex);
    place_note(p, name, hex);
    return true;
}

void place_note(struct place *p, const char *name, const char *hex)
{
    json_object_set_new(p->hashes, name, json_string(hex));
}

/* ---- the manifest ----------------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The hashes in the order of the names, whoever wrote first. */
static json_t *sorted(json_t *hashes)
{
    size_t n = json_object_size(hashes), i = 0;
    const char **names = calloc(n + 1, sizeof *names), *name;
    json_t *hash, *list = json_object();
    assert(names);
    json_object_foreach(hashes, name, hash) names[i++] = name;
    qsort(names, n, sizeof *names, by_name);
    for (i = 0; i < n; i++)
        json_object_set(list, names[i], json_object_get(hashes, names[i]));
    free(names);
    return list;
}

static bool write_manifest(struct place *p, json_t *about, struct err *e)
{
    json_t *manifest = json_pack("{s:s, s:s}", "espsim", ESPSIM_VERSION, "kind", p->kind);
    bool ok = own_hash(p->fd, p->temporary, p->hashes, e);
    json_object_update_missing(manifest, about);
    json_object_set_new(manifest, "files", sorted(p->hashes));
    char *text = json_dumps(manifest, JSON_INDENT(2) | JSON_REAL_PRECISION(6)), *whole = NULL;
    if (asprintf(&whole, "%s\n", text) < 0)
        abort();
    json_decref(manifest);
    if (ok && (lseek(p->lock, 0, SEEK_SET) || !file_write_all(p->lock, whole, strlen(whole)) ||
               ftruncate(p->lock, (off_t)strlen(whole))))
        ok = err_set(e, "%s: cannot be written: %s; check the space on its disk", p->asked, strerror(errno));
    free(text);
    free(whole);
    return ok;
}

bool place_finish(struct place *p, json_t *about, struct err *e)
{
    bool ok = write_manifest(p, about, e) && place_swap(p, e);
    json_decref(about);
    place_abandon(p);
    return ok;
}

bool place_save(const char *asked, const struct place_kind *kind, const struct file_set *set, json_t *about,
                struct err *e)
{
    struct place p;
    sigset_t later, before;
    sigemptyset(&later);
    sigaddset(&later, SIGHUP);
    sigaddset(&later, SIGINT);
    sigaddset(&later, SIGTERM);
    sigprocmask(SIG_BLOCK, &later, &before);
    bool ok = place_begin(&p, asked, kind, e);
    if (ok) {
        for (size_t i = 0; ok && i < set->n_files; i++)
            ok = place_write(&p, set->files[i].name, set->files[i].octets, set->files[i].len, e);
        if (ok)
            ok = place_finish(&p, json_incref(about), e);
        else
            place_abandon(&p);
    }
    json_decref(about);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return ok;
}
