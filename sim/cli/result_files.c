#include "sim/cli/result_files.h"

#include "models/files/file.h"
#include "models/files/own.h"
#include "models/files/digest.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_MAX = 3 };

static bool is_folder(const char *path)
{
    struct stat st;
    return !stat(path, &st) && S_ISDIR(st.st_mode);
}

static bool refuse_twin(const struct result_set *set, const char *path, const struct result *r, struct err *e)
{
    const struct loaded_result *twin = result_set_find(set, r);
    return !twin || err_set(e, "%s: scenario %s, seed %" PRIu64 " is in %s too; take one of them away", path,
                            r->scenario, r->seed, twin->path);
}

/* The captures that lie beside a result are taken as they are, not as the result tells of them. */
static bool hash_captures(struct result *r, const char *path, struct err *e)
{
    int folder_len = (int)(strlen(path) - strlen(basename(path)));
    for (size_t i = 0; i < r->n_runs; i++)
        for (size_t k = 0; k < r->runs[i].n_fingerprints; k++) {
            struct fingerprint *f = &r->runs[i].fingerprints[k];
            char capture[PATH_MAX];
            int len = /* the names lead out of no folder: they were read as such (models/base/name.h) */
                snprintf(capture, sizeof capture, "%.*s%s/%s", folder_len, path, run_result_name(&r->runs[i]), f->name);
            if (len < (int)sizeof capture && !access(capture, F_OK) && !digest_file(capture, f->sha256, e))
                return false;
        }
    return true;
}

void result_files_note_changes(const char *folder)
{
    struct own_faults found;
    if (!own_verify(folder, false, &found, NULL))
        return;
    for (size_t i = 0; i < found.faults.n_errs; i++)
        fprintf(stderr, "note: %s; `espsim verify %s` says more\n", found.faults.errs[i].text, folder);
    err_list_fini(&found.faults);
    err_list_fini(&found.others);
}

static bool read_result(struct result_set *set, const char *path, enum file_source from, struct err *e)
{
    char *text;
    size_t len;
    if (!file_read(path, from, &text, &len, e))
        return false;
    struct result result = {0};
    bool ok = result_read_lawless(&result, path, text, len, e) && refuse_twin(set, path, &result, e) &&
              hash_captures(&result, path, e);
    free(text);
    if (ok)
        result_set_add(set, path, &result);
    result_fini(&result);
    return ok;
}

/* Files that may be results, and folders; not the neighbours of a result.json. */
static int is_candidate(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);
    if (entry->d_name[0] == '.' || !strcmp(entry->d_name, "manifest.json") || !strcmp(entry->d_name, "series.json"))
        return 0;
    return entry->d_type != DT_REG || (len > 5 && !strcmp(entry->d_name + len - 5, ".json"));
}

static bool read_folder(struct result_set *set, const char *path, int depth, struct err *e);

static bool read_entry(struct result_set *set, const char *folder, const char *name, int depth, struct err *e)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (is_folder(path))
        return depth >= DEPTH_MAX || read_folder(set, path, depth + 1, e);
    size_t len = strlen(name);
    return len <= 5 || strcmp(name + len - 5, ".json") != 0 || read_result(set, path, FILE_FOUND, e);
}

static bool read_folder(struct result_set *set, const char *path, int depth, struct err *e)
{
    char own[PATH_MAX];
    snprintf(own, sizeof own, "%s/result.json", path);
    struct stat st;
    if (!stat(own, &st)) {
        result_files_note_changes(path);
        return read_result(set, own, FILE_FOUND, e);
    }
    struct dirent **entries;
    int n = scandir(path, &entries, is_candidate, alphasort);
    if (n < 0)
        return err_set(e, "%s: cannot be read: %s", path, strerror(errno));
    bool ok = true;
    for (int i = 0; i < n; i++) {
        ok = ok && read_entry(set, path, entries[i]->d_name, depth, e);
        free(entries[i]);
    }
    free(entries);
    return ok;
}

bool result_files_read(struct result_set *set, const char *path, struct err *e)
{
    bool ok = is_folder(path) ? read_folder(set, path, 1, e) : read_result(set, path, FILE_ASKED, e);
    if (ok && !set->n_results)
        ok = err_set(e, "%s: no result.json in it; make one with `espsim run SCENARIO --out %s`", path, path);
    if (!ok)
        result_set_fini(set);
    return ok;
}
