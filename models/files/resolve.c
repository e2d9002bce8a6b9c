#include "models/files/resolve.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINKS_MAX = 40 }; /* as Linux follows at most */

static char *joined(const char *folder, const char *name)
{
    char *path;
    if (asprintf(&path, "%s/%s", strcmp(folder, "/") ? folder : "", name) < 0)
        abort();
    return path;
}

/* Takes slashes and `.` off the end; what is left of `path` is its last component, after its folder in `path` itself.
 */
static const char *split(char *path, const char **folder)
{
    for (size_t len = strlen(path); len > 1; len = strlen(path)) {
        if (path[len - 1] == '/' || (path[len - 1] == '.' && path[len - 2] == '/'))
            path[len - 1] = 0;
        else
            break;
    }
    char *slash = strrchr(path, '/');
    if (!slash) {
        *folder = ".";
        return path;
    }
    *slash = 0;
    *folder = slash == path ? "/" : path;
    return slash + 1;
}

static char *resolve_deep(const char *asked, const char *path, int n_links, struct err *e);

/* Follows `link`, which leads to nothing yet and stands in `folder`. */
static char *follow(const char *asked, const char *folder, const char *link, int n_links, struct err *e)
{
    char to[PATH_MAX];
    ssize_t len = readlink(link, to, sizeof to - 1);
    if (len <= 0 || n_links == LINKS_MAX) {
        err_set(e, "%s: is a symbolic link that leads nowhere (%s); mend it, or choose another place", asked, link);
        return NULL;
    }
    to[len] = 0;
    char *next = *to == '/' ? strdup(to) : joined(folder, to);
    char *end = resolve_deep(asked, next, n_links + 1, e);
    free(next);
    return end;
}

/* What is not there: its folder resolved, then its own name. */
static char *resolve_missing(const char *asked, const char *path, int n_links, struct err *e)
{
    char *copy = strdup(path), *end = NULL;
    const char *above, *name = split(copy, &above);
    bool leads_up = !*name || !strcmp(name, ".") || !strcmp(name, ".."); /* `.` is missing where it was removed */
    char *folder = leads_up ? NULL : resolve_deep(asked, above, n_links, e);
    if (leads_up)
        err_set(e, "%s: leads through a folder that is not there; make it, or choose another place", asked);
    if (folder) {
        struct stat st;
        char *whole = joined(folder, name);
        bool is_link = !lstat(whole, &st) && S_ISLNK(st.st_mode);
        end = is_link ? follow(asked, folder, whole, n_links, e) : strdup(whole);
        free(whole);
    }
    free(folder);
    free(copy);
    return end;
}

static char *resolve_deep(const char *asked, const char *path, int n_links, struct err *e)
{
    char *real = realpath(path, NULL);
    if (real)
        return real;
    if (errno == ENOENT && *path)
        return resolve_missing(asked, path, n_links, e);
    err_set(e, "%s: %s; choose another place", *asked ? asked : "(empty)", strerror(errno));
    return NULL;
}

static bool ends_with(const char *name, const char *end)
{
    size_t len = strlen(name), end_len = strlen(end);
    return len >= end_len && !strcmp(name + len - end_len, end);
}

static bool is_temporary(const char *path)
{
    const char *name = strrchr(path, '/') + 1;
    return *name == '.' && (ends_with(name, ".espsim") || ends_with(name, ".espsim-old"));
}

char *resolve(const char *path, struct err *e)
{
    char *end = resolve_deep(path, path, 0, e);
    if (!end || !is_temporary(end))
        return end;
    err_set(e, "%s: has the name of what espsim is about to write; choose another", path);
    free(end);
    return NULL;
}

char *resolve_temporary(const char *path, const char *suffix)
{
    const char *name = strrchr(path, '/') + 1;
    char *whole;
    if (asprintf(&whole, "%.*s.%s.espsim%s", (int)(name - path), path, name, suffix) < 0)
        abort();
    return whole;
}
