/* How a folder that was made takes the place of the one that is there: by one rename, looked at on both sides of it. */
#include "models/files/file.h"
#include "models/files/place_parts.h"
#include "models/files/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { ASIDE_MAX = 1000 };

static bool lacks_flags(int why)
{
    return why == EINVAL || why == ENOSYS || why == EOPNOTSUPP;
}

/* To a name that nothing has; otherwise errno is EEXIST. */
static bool rename_new(const char *from, const char *to)
{
    struct stat st;
    if (!renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE))
        return true;
    if (!lacks_flags(errno))
        return false;
    if (lstat(to, &st))
        return !rename(from, to);
    errno = EEXIST;
    return false;
}

/* The new folder gets a name beside its own, which it cannot have for the reason `why`. */
static bool put_aside(struct place *p, const char *why, struct err *e)
{
    for (int n = 1; n < ASIDE_MAX; n++) {
        char *name;
        if (asprintf(&name, "%s.%d", p->path, n) < 0)
            abort();
        bool put = rename_new(p->temporary, name);
        if (put) {
            err_set(e, "%s: %s; the new %s is in %s", p->asked, why, p->kind, name);
            p->made_len = 0;
        }
        free(name);
        if (put)
            return false;
    }
    return err_set(e, "%s: %s; try again", p->asked, why);
}

static bool left_alone(struct place *p, struct err *e)
{
    return put_aside(p, "somebody changed what is there while espsim worked, so it was left alone", e);
}

static bool cannot(struct place *p, struct err *e)
{
    char why[128];
    snprintf(why, sizeof why, "cannot be put in its place: %s", strerror(errno));
    return put_aside(p, why, e);
}

static bool put_new(struct place *p, struct err *e)
{
    if (rename_new(p->temporary, p->path))
        return true;
    return errno == EEXIST || errno == ENOTEMPTY ? left_alone(p, e) : cannot(p, e);
}

/* A file system without exchange: for a moment the old folder stands beside its name, where place_begin finds it. */
static bool put_by_two_renames(struct place *p, struct err *e)
{
    char *old = resolve_temporary(p->path, "-old");
    bool moved = !rename(p->path, old), put = moved && !rename(p->temporary, p->path);
    int why = errno;
    bool is_back = put || !moved || !rename(old, p->path);
    errno = why;
    if (!put)
        cannot(p, e);
    if (!is_back)
        err_at(e, "%s is the old one", old);
    if (put && rename(old, p->temporary))
        put = err_set(e, "%s: the new %s is there; the old one is %s: %s", p->asked, p->kind, old, strerror(errno));
    free(old);
    return put;
}

static bool exchange(struct place *p)
{
    return !renameat2(AT_FDCWD, p->temporary, AT_FDCWD, p->path, RENAME_EXCHANGE);
}

static bool put_for_old(struct place *p, struct err *e)
{
    struct stat st;
    if (!file_leads_to(p->path, p->old) || !own_is_unchanged(&p->tree, p->old))
        return left_alone(p, e);
    if (!fstat(p->old, &st))
        fchmod(p->fd, st.st_mode & 07777);
    if (!exchange(p))
        return lacks_flags(errno) ? put_by_two_renames(p, e) : cannot(p, e);
    if (file_leads_to(p->temporary, p->old))
        return true;
    exchange(p); /* it was another one, since a moment ago */
    return left_alone(p, e);
}

/* ---- after the exchange ----------------------------------------------------------------------------------------- */

static bool is_here(int fd)
{
    struct stat here, there;
    return !stat(".", &here) && !fstat(fd, &there) && here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

/* The user stands in the old folder (--out .): the new files get a second name there, and it its name back, so that the
 * shell sees them. Both folders are whole at every moment; where the disk has no second names, nothing is changed. */
static void stay_here(struct place *p)
{
    struct own_tree tree;
    if (!is_here(p->old) || !own_remove(&p->tree, p->old))
        return;
    if (own_link_all(p->fd, p->old) && own_read(&tree, p->fd, p->path, p->kind, NULL)) {
        int old = p->old;
        if (exchange(p)) {
            own_fini(&p->tree);
            p->tree = tree;
            p->old = p->fd;
            p->fd = old;
            return;
        }
        own_fini(&tree);
    }
    own_clear(p->old);
}

/* Another espsim may take the empty folder for its own a moment before us: then it removes it. */
static bool remove_empty(const struct place *p)
{
    for (int i = 0; i < PLACE_LOOKS; i++) {
        if (!file_leads_to(p->temporary, p->old) || !rmdir(p->temporary))
            return true;
        nanosleep(&(struct timespec){.tv_nsec = PLACE_TRY_NS}, NULL);
    }
    return false;
}

/* What was exchanged stands under the temporary name. */
static bool remove_old(struct place *p, struct err *e)
{
    stay_here(p);
    own_remove(&p->tree, p->old);
    return remove_empty(p) ||
           err_set(e,
                   "%s: the new %s is there, but not all of the old one could be removed (somebody put something "
                   "into it, or it is read-only); see %s",
                   p->asked, p->kind, p->temporary);
}

bool place_swap(struct place *p, struct err *e)
{
    if (!(p->is_there ? put_for_old(p, e) : put_new(p, e)))
        return false;
    p->made_len = 0;
    bool ok = !p->is_there || remove_old(p, e);
    place_let_go(&p->fd); /* it is not to be removed any more */
    return ok;
}
