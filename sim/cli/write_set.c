#include "sim/cli/write_set.h"

#include "sim/cli/files.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool make_folder(const char *path, struct err *e)
{
    return !mkdir(path, 0777) || errno == EEXIST || err_set(e, "%s: cannot be made: %s", path, strerror(errno));
}

static bool write_one(const struct set_file *file, const char *folder, struct err *e)
{
    char path[PATH_MAX];
    struct new_file new;
    if (snprintf(path, sizeof path, "%s/%s", folder, file->name) >= (int)sizeof path)
        return err_set(e, "%s: is too long a path; choose a shorter one", folder);
    for (char *slash = strchr(path + strlen(folder) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (!make_folder(path, e))
            return false;
        *slash = '/';
    }
    if (!new_file_begin(&new, path, e))
        return false;
    FILE *to = fopen(new.temporary, "w");
    bool ok = to && fwrite(file->octets, 1, file->len, to) == file->len;
    if (to && fclose(to))
        ok = false;
    ok = ok ? new_file_finish(&new, e)
            : err_set(e, "%s: cannot be written: %s; check the space on its disk", path, strerror(errno));
    if (!ok)
        new_file_abandon(&new);
    return ok;
}

bool write_set(const struct file_set *set, const char *folder, struct err *e)
{
    bool ok = make_folder(folder, e);
    for (size_t i = 0; i < set->n_files && ok; i++)
        ok = write_one(&set->files[i], folder, e);
    return ok;
}
