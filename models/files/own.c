#include "models/files/own.h"

#include "models/files/digest.h"
#include "models/files/file.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* What the manifest of a folder that is being made begins with, and that of a finished one too. */
static const char begins[] = "{\n  \"espsim\": \"";

enum { DEPTH_MAX = 64 };

/* ---- a walk over a folder --------------------------------------------------------------------------------------- */

/* Called with each entry below a folder, those in a folder before the folder itself; `at` is the folder that it stands
 * in, `name` its name there, `path` its name below the folder that the walk began with. False ends the walk. */
struct visitor {
    bool (*enter)(void *ctx, int fd, const char *path, bool *skip); /* before a folder's entries; may be NULL */
    bool (*see)(void *ctx, int at, const char *name, const char *path, const struct stat *st);
    void *ctx;
};

/* Folders of ours are three deep. A stranger's may be as deep as a path can name, which is more than a stack holds. */
static bool is_too_deep(const char *path)
{
    size_t depth = 0;
    for (; *path; path++)
        depth += *path == '/';
    return depth > DEPTH_MAX;
}

static bool walk(int fd, const char *path, const struct visitor *v);

static bool walk_entry(int fd, const char *name, const char *folder, const struct visitor *v)
{
    char path[PATH_MAX];
    struct stat st;
    bool skip = false;
    if (snprintf(path, sizeof path, "%s%s%s", folder, *folder ? "/" : "", name) >= (int)sizeof path ||
        fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW))
        return false;
    if (is_too_deep(path)) {
        errno = ENAMETOOLONG;
        return false;
    }
    if (S_ISDIR(st.st_mode) && !file_is_mount(fd, name)) {
        int below = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        bool ok = below >= 0 && (!v->enter || v->enter(v->ctx, below, path, &skip)) && (skip || walk(below, path, v));
        if (below >= 0)
            close(below);
        if (!ok)
            return false;
    }
    return skip || v->see(v->ctx, fd, name, path, &st);
}

static int is_name(const struct dirent *d)
{
    return strcmp(d->d_name, ".") && strcmp(d->d_name, "..");
}

static bool walk(int fd, const char *path, const struct visitor *v)
{
    struct dirent **entries;
    int n = scandirat(fd, ".", &entries, is_name, alphasort);
    bool ok = n >= 0;
    for (int i = 0; i < n; i++) {
        ok = ok && walk_entry(fd, entries[i]->d_name, path, v);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return ok;
}

static bool is_empty(int fd)
{
    struct dirent **entries;
    int n = scandirat(fd, ".", &entries, is_name, NULL);
    for (int i = 0; i < n; i++)
        free(entries[i]);
    if (n >= 0)
        free(entries);
    return n == 0;
}

/* ---- the manifest ----------------------------------------------------------------------------------------------- */

/* Octets of a plain file of the folder; NULL: none. */
static char *read_at(int fd, const char *name, size_t *len)
{
    char *text = NULL, path[64];
    int file = openat(fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0)
        return NULL;
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (!file_read(path, FILE_FOUND, &text, len, NULL))
        text = NULL;
    close(file);
    return text;
}

json_t *own_manifest(int fd, bool *begun)
{
    size_t len = 0;
    char *text = read_at(fd, OWN_MANIFEST, &len);
    json_t *manifest = text ? json_loadb(text, len, 0, NULL) : NULL;
    bool whole =
        json_is_string(json_object_get(manifest, "espsim")) && json_is_object(json_object_get(manifest, "files"));
    if (begun)
        *begun = text && !whole && !strncmp(text, begins, len < sizeof begins - 1 ? len : sizeof begins - 1);
    free(text);
    if (whole)
        return manifest;
    json_decref(manifest);
    return NULL;
}

/* ---- proving ---------------------------------------------------------------------------------------------------- */

static bool has_content(int at, const char *name, const char *hex)
{
    char found[DIGEST_HEX_CAP] = "";
    int fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool same = fd >= 0 && digest_fd(fd, name, found, NULL) && !strcmp(found, hex);
    if (fd >= 0)
        close(fd);
    return same;
}

/* A folder of ours being proved: the one asked for, or a report in it. */
struct proof {
    const char *folder; /* asked for, for messages */
    const char *below;  /* "" or "report/": where this one stands in it */
    json_t *manifest;
    json_t *folders; /* as keys: those of its files */
    struct own_tree *tree;
    struct err *e;
};

static bool refuse(const struct proof *p, const char *path, const char *what)
{
    return err_set(p->e, "%s: %s%s %s; move it away, or choose another place", p->folder, p->below, path, what);
}

static void add_entry(struct own_tree *tree, const char *below, const char *path, const struct stat *st)
{
    tree->entries = realloc(tree->entries, (tree->n_entries + 1) * sizeof *tree->entries);
    assert(tree->entries);
    struct own_entry *entry = &tree->entries[tree->n_entries++];
    entry->st = *st;
    if (asprintf(&entry->name, "%s%s", below, path) < 0)
        abort();
}

/* Gives the folders that the files of the manifest stand in. */
static json_t *folders_of(json_t *manifest)
{
    json_t *folders = json_object(), *hash;
    const char *name;
    json_object_foreach(json_object_get(manifest, "files"), name, hash)
    {
        char *path = strdup(name);
        assert(path);
        for (char *slash; (slash = strrchr(path, '/'));) {
            *slash = 0;
            json_object_set_new(folders, path, json_true());
        }
        free(path);
    }
    return folders;
}

static bool prove(const struct proof *p, int fd);

static bool add_left(void *ctx, int at, const char *name, const char *path, const struct stat *st)
{
    const struct proof *p = ctx;
    (void)at, (void)name;
    add_entry(p->tree, p->below, path, st);
    return true;
}

/* A folder that a killed espsim was making (`.report.espsim`): nobody has its lock. Its files are taken as they are. */
static bool take_left(const struct proof *inner, int fd, const char *path)
{
    bool begun = false;
    size_t len = strlen(path), end = sizeof ".espsim" - 1;
    json_decref(own_manifest(fd, &begun));
    if (*path != '.' || len < end || strcmp(path + len - end, ".espsim") || !(begun || is_empty(fd)))
        return false;
    int lock = openat(fd, OWN_MANIFEST, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool is_free = lock < 0 ? errno == ENOENT : !flock(lock, LOCK_EX | LOCK_NB);
    if (lock >= 0)
        close(lock);
    struct proof copy = *inner;
    return is_free && walk(fd, "", &(struct visitor){NULL, add_left, &copy});
}

/* A folder that the manifest does not know of: a report of ours, or somebody's. */
static bool prove_enter(void *ctx, int fd, const char *path, bool *skip)
{
    const struct proof *p = ctx;
    char below[PATH_MAX];
    struct stat st;
    if (json_object_get(p->folders, path))
        return true;
    json_t *manifest = own_manifest(fd, NULL);
    struct proof inner = {p->folder, below, manifest, folders_of(manifest), p->tree, p->e};
    const char *kind = json_string_value(json_object_get(inner.manifest, "kind"));
    snprintf(below, sizeof below, "%s%s/", p->below, path);
    bool is_report = kind && !strcmp(kind, OWN_REPORT);
    bool ours = is_report ? prove(&inner, fd)
                          : take_left(&inner, fd, path) || refuse(p, path, "is a folder that espsim did not make");
    ours = ours && !fstat(fd, &st);
    json_decref(inner.manifest);
    json_decref(inner.folders);
    if (ours)
        add_entry(p->tree, p->below, path, &st);
    *skip = true;
    return ours;
}

static bool prove_entry(void *ctx, int at, const char *name, const char *path, const struct stat *st)
{
    const struct proof *p = ctx;
    const char *hex = json_string_value(json_object_get(json_object_get(p->manifest, "files"), path));
    bool is_folder = S_ISDIR(st->st_mode);
    if (is_folder && file_is_mount(at, name))
        return refuse(p, path, "is a mount point");
    if (!is_folder && strcmp(path, OWN_MANIFEST) && (!hex || !S_ISREG(st->st_mode)))
        return refuse(p, path, "is not one of espsim's files");
    if (!is_folder && strcmp(path, OWN_MANIFEST) && !has_content(at, name, hex))
        return refuse(p, path, "was changed since espsim wrote it");
    add_entry(p->tree, p->below, path, st);
    return true;
}

static bool prove(const struct proof *p, int fd)
{
    struct proof copy = *p;
    return walk(fd, "", &(struct visitor){prove_enter, prove_entry, &copy});
}

/* With its article, for a sentence. */
static const char *phrase(const char *kind)
{
    static const char *const phrases[] = {"a result", "a report", "an export", "figures"};
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++)
        if (strstr(phrases[i], kind))
            return phrases[i];
    return kind;
}

static bool is_of_kind(const struct proof *p, const char *kind)
{
    const char *found = json_string_value(json_object_get(p->manifest, "kind"));
    if (!p->manifest)
        return err_set(p->e,
                       "%s: holds other files than %s of espsim (there is no " OWN_MANIFEST
                       " that lists them by SHA-256); move them away, or choose another place",
                       p->folder, phrase(kind));
    if (!found || strcmp(found, kind) != 0)
        return err_set(p->e, "%s: holds other files than %s of espsim (%.40s); choose another place", p->folder,
                       phrase(kind), found ? phrase(found) : "unknown");
    return true;
}

bool own_read(struct own_tree *tree, int fd, const char *path, const char *kind, struct err *e)
{
    struct err why = {""};
    *tree = (struct own_tree){.n_entries = 0};
    if (fstat(fd, &tree->st))
        return err_set(e, "%s: cannot be looked at: %s", path, strerror(errno));
    if (is_empty(fd))
        return true;
    json_t *manifest = own_manifest(fd, NULL);
    struct proof p = {path, "", manifest, folders_of(manifest), tree, &why};
    bool ours = is_of_kind(&p, kind) && prove(&p, fd);
    json_decref(p.manifest);
    json_decref(p.folders);
    if (ours)
        return true;
    own_fini(tree);
    if (*why.text)
        return err_set(e, "%s", why.text);
    return err_set(e, "%s: cannot be looked through: %s; choose another place", path, strerror(errno));
}

void own_fini(struct own_tree *tree)
{
    for (size_t i = 0; i < tree->n_entries; i++)
        free(tree->entries[i].name);
    free(tree->entries);
    *tree = (struct own_tree){.n_entries = 0};
}

/* ---- looking again, and removing -------------------------------------------------------------------------------- */

static bool is_same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    if (a->st_dev != b->st_dev || a->st_ino != b->st_ino || a->st_mode != b->st_mode)
        return false;
    return S_ISDIR(a->st_mode) || (a->st_size == b->st_size && is_same_time(a->st_mtim, b->st_mtim));
}

struct second_look {
    const struct own_tree *tree;
    size_t n;
};

static bool look_again(void *ctx, int at, const char *name, const char *path, const struct stat *st)
{
    struct second_look *look = ctx;
    (void)at, (void)name;
    if (look->n == look->tree->n_entries)
        return false;
    const struct own_entry *entry = &look->tree->entries[look->n++];
    return !strcmp(entry->name, path) && is_same(&entry->st, st);
}

bool own_is_unchanged(const struct own_tree *tree, int fd)
{
    struct second_look look = {tree, 0};
    struct stat st;
    return !fstat(fd, &st) && st.st_ino == tree->st.st_ino && st.st_dev == tree->st.st_dev &&
           walk(fd, "", &(struct visitor){NULL, look_again, &look}) && look.n == tree->n_entries;
}

static bool remove_entry(int fd, const struct own_entry *entry)
{
    struct stat st;
    return !fstatat(fd, entry->name, &st, AT_SYMLINK_NOFOLLOW) && is_same(&entry->st, &st) &&
           !unlinkat(fd, entry->name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0);
}

bool own_remove(const struct own_tree *tree, int fd)
{
    const struct own_entry *manifest = NULL;
    bool all = true;
    for (size_t i = 0; i < tree->n_entries; i++) {
        if (!strcmp(tree->entries[i].name, OWN_MANIFEST))
            manifest = &tree->entries[i];
        else
            all = remove_entry(fd, &tree->entries[i]) && all;
    }
    if (manifest && all)
        remove_entry(fd, manifest);
    return is_empty(fd);
}

static bool clear_entry(void *ctx, int at, const char *name, const char *path, const struct stat *st)
{
    (void)ctx;
    return !strcmp(path, OWN_MANIFEST) || !unlinkat(at, name, S_ISDIR(st->st_mode) ? AT_REMOVEDIR : 0);
}

void own_clear(int fd)
{
    if (walk(fd, "", &(struct visitor){NULL, clear_entry, NULL}))
        unlinkat(fd, OWN_MANIFEST, 0);
}

/* ---- a new folder ----------------------------------------------------------------------------------------------- */

static bool link_folder(void *ctx, int fd, const char *path, bool *skip)
{
    struct stat st;
    (void)skip;
    return !fstat(fd, &st) && !mkdirat(*(const int *)ctx, path, st.st_mode & 07777);
}

static bool link_entry(void *ctx, int at, const char *name, const char *path, const struct stat *st)
{
    return S_ISDIR(st->st_mode) || !strcmp(path, OWN_MANIFEST) || !linkat(at, name, *(const int *)ctx, path, 0);
}

bool own_link_all(int from, int to)
{
    return !linkat(from, OWN_MANIFEST, to, OWN_MANIFEST, 0) &&
           walk(from, "", &(struct visitor){link_folder, link_entry, &to});
}

struct hashing {
    json_t *hashes;
    const char *path;
    struct err *e;
};

static bool hash_entry(void *ctx, int at, const char *name, const char *path, const struct stat *st)
{
    struct hashing *h = ctx;
    char hex[DIGEST_HEX_CAP];
    if (S_ISDIR(st->st_mode) || !strcmp(path, OWN_MANIFEST) || json_object_get(h->hashes, path))
        return true;
    int fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool ok = fd >= 0 ? digest_fd(fd, path, hex, h->e)
                      : err_set(h->e, "%s/%s: cannot be read: %s", h->path, path, strerror(errno));
    if (fd >= 0)
        close(fd);
    if (ok)
        json_object_set_new(h->hashes, path, json_string(hex));
    return ok;
}

bool own_hash(int fd, const char *path, json_t *hashes, struct err *e)
{
    struct err why = {""};
    struct hashing h = {hashes, path, &why};
    if (walk(fd, "", &(struct visitor){NULL, hash_entry, &h}))
        return true;
    if (*why.text)
        return err_set(e, "%s", why.text);
    return err_set(e, "%s: cannot be read: %s", path, strerror(errno));
}

/* ---- verifying -------------------------------------------------------------------------------------------------- */

struct check {
    const char *folder;
    json_t *files;
    bool captures;
    struct own_faults *found;
};

static bool is_capture(const char *path)
{
    size_t len = strlen(path);
    return len > 5 && !strcmp(path + len - 5, ".pcap");
}

static bool check_enter(void *ctx, int fd, const char *path, bool *skip)
{
    json_t *manifest = own_manifest(fd, NULL);
    (void)ctx, (void)path;
    *skip = manifest != NULL; /* a report, with a manifest of its own */
    json_decref(manifest);
    return true;
}

static bool check_entry(void *ctx, int at, const char *name, const char *path, const struct stat *st)
{
    struct check *c = ctx;
    const char *hex = json_string_value(json_object_get(c->files, path));
    if (S_ISDIR(st->st_mode) || !strcmp(path, OWN_MANIFEST) || (!c->captures && is_capture(path)))
        return true;
    if (!hex) {
        err_list_add(&c->found->others, "%s/%s: is not in the manifest", c->folder, path);
        return true;
    }
    c->found->n_files++;
    if (!S_ISREG(st->st_mode) || !has_content(at, name, hex))
        err_list_add(&c->found->faults, "%s/%s: was changed since it was written", c->folder, path);
    return true;
}

static void check_missing(const struct check *c, int fd)
{
    const char *name;
    json_t *hash;
    struct stat st;
    json_object_foreach(c->files, name, hash)
    {
        if ((c->captures || !is_capture(name)) && fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW))
            err_list_add(&c->found->faults, "%s/%s: is missing", c->folder, name);
    }
}

bool own_verify(const char *path, bool captures, struct own_faults *found, struct err *e)
{
    *found = (struct own_faults){.n_files = 0};
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_set(e, "%s: cannot be read: %s; name the folder of a result", path, strerror(errno));
    json_t *manifest = own_manifest(fd, NULL);
    struct check c = {path, json_object_get(manifest, "files"), captures, found};
    bool ok = manifest || err_set(e,
                                  "%s: has no " OWN_MANIFEST " that lists its files, so nothing can be verified; name "
                                  "the folder that `espsim run` wrote",
                                  path);
    if (ok && !walk(fd, "", &(struct visitor){check_enter, check_entry, &c}))
        ok = err_set(e, "%s: cannot be looked through: %s; name the folder that `espsim run` wrote", path,
                     strerror(errno));
    if (ok)
        check_missing(&c, fd);
    json_decref(manifest);
    close(fd);
    return ok;
}
