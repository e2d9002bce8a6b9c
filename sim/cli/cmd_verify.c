/* cmd_verify.c - `espsim verify DIR`: whether the files of a result are those that espsim wrote. */
#include "models/files/file.h"
#include "models/files/own.h"
#include "models/measure/result.h"
#include "sim/cli/command.h"
#include "sim/cli/words.h"
#include "sim/run/manifest.h"

#include <argp.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEY_JSON = 256 };

struct words {
    char **folders;
    size_t n_folders;
    bool json;
};

static error_t parse_word(int key, char *arg, struct argp_state *state)
{
    struct words *words = state->input;
    (void)arg;
    switch (key) {
    case KEY_JSON:
        words->json = true;
        return 0;
    case ARGP_KEY_ARGS:
        words->folders = state->argv + state->next;
        words->n_folders = (size_t)(state->argc - state->next);
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "no folder; expected for example results/sat-link");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* What the manifest says of the settings; NULL: nothing. The caller frees. */
static char *settings_sha256(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    json_t *manifest = fd < 0 ? NULL : own_manifest(fd, NULL);
    const char *hex = json_string_value(json_object_get(manifest, "settings_sha256"));
    char *copy = hex ? strdup(hex) : NULL;
    json_decref(manifest);
    if (fd >= 0)
        close(fd);
    return copy;
}

/* The settings stand in result.json, beside what came of them: which of the two was changed is worth a word. */
static void check_settings(const char *folder, struct own_faults *found)
{
    char path[PATH_MAX], *text, hex[DIGEST_HEX_CAP], *expected = settings_sha256(folder);
    size_t len;
    struct result r = {0};
    snprintf(path, sizeof path, "%s/result.json", folder);
    if (expected && file_read(path, FILE_FOUND, &text, &len, NULL)) {
        if (result_read_lawless(&r, path, text, len, NULL)) {
            manifest_settings_sha256(&r, hex);
            if (strcmp(hex, expected) != 0)
                err_list_add(&found->faults, "%s: its settings were changed, too", path);
        }
        result_fini(&r);
        free(text);
    }
    free(expected);
}

static json_t *texts(const struct err_list *list)
{
    json_t *to = json_array();
    for (size_t i = 0; i < list->n_errs; i++)
        json_array_append_new(to, json_string(list->errs[i].text));
    return to;
}

static void print_found(const char *folder, const struct own_faults *found)
{
    for (size_t i = 0; i < found->faults.n_errs; i++)
        printf("%s\n", found->faults.errs[i].text);
    for (size_t i = 0; i < found->others.n_errs; i++)
        printf("note: %s\n", found->others.errs[i].text);
    if (!found->faults.n_errs)
        printf("%s: %zu files are as they were written\n", folder, found->n_files);
}

/* The folder that the user means by its name, or by that of the result.json in it. */
static char *folder_of(const char *path)
{
    static const char file[] = "result.json";
    size_t len = strlen(path), n = sizeof file - 1;
    if (len < n || strcmp(path + len - n, file) || (len > n && path[len - n - 1] != '/'))
        return strdup(path);
    return len == n ? strdup(".") : strndup(path, len - n);
}

static int verify(const char *folder, json_t *answers)
{
    struct own_faults found;
    struct err e;
    if (!own_verify(folder, true, &found, &e)) {
        fprintf(stderr, "espsim: %s\n", e.text);
        return CMD_COULD_NOT;
    }
    check_settings(folder, &found);
    if (answers)
        json_array_append_new(answers, json_pack("{s:s, s:b, s:I, s:o, s:o}", "folder", folder, "unchanged",
                                                 !found.faults.n_errs, "files", (json_int_t)found.n_files, "changed",
                                                 texts(&found.faults), "others", texts(&found.others)));
    else
        print_found(folder, &found);
    int code = found.faults.n_errs ? CMD_WORSE : CMD_FINE;
    err_list_fini(&found.faults);
    err_list_fini(&found.others);
    return code;
}

int cmd_verify(int argc, char **argv)
{
    static const struct argp_option options[] = {{"json", KEY_JSON, NULL, 0, "For programs", 0}, {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse_word,
        .args_doc = "DIR...",
        .doc =
            "Holds the files of a result, report or export against the SHA-256 that its manifest.json has of each.\v"
            "Exit status: 0 all are as they were written, 1 some were changed or are missing, 2 asked wrongly, 3 there "
            "is no such manifest."};
    struct words words = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &words);
    json_t *answers = words.json ? json_array() : NULL;
    int code = CMD_FINE;
    for (size_t i = 0; i < words.n_folders; i++) {
        char *folder = folder_of(words.folders[i]);
        int one = verify(folder, answers);
        code = one > code ? one : code;
        free(folder);
    }
    if (answers) {
        json_dumpf(answers, stdout, JSON_INDENT(2));
        putchar('\n');
    }
    json_decref(answers);
    return code;
}
