/* cmd_report.c - `espsim report DIR`: a result as a page with figures. */
#include "analysis/report.h"
#include "models/base/text.h"
#include "models/files/file.h"
#include "models/files/place.h"
#include "sim/cli/command.h"
#include "sim/cli/result_files.h"

#include <argp.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEY_OUT = 256 };

struct words {
    const char *folder, *out;
};

static error_t parse_word(int key, char *arg, struct argp_state *state)
{
    struct words *words = state->input;
    switch (key) {
    case KEY_OUT:
        words->out = arg;
        return 0;
    case ARGP_KEY_ARG:
        if (words->folder)
            argp_error(state, "%s: one result folder at a time", arg);
        words->folder = arg;
        return 0;
    case ARGP_KEY_END:
        if (!words->folder)
            argp_error(state, "no result folder; expected for example results/sat-link");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static bool read_result(struct result *r, const char *folder, struct err *e)
{
    char path[PATH_MAX], *text;
    size_t len;
    snprintf(path, sizeof path, "%s/result.json", folder);
    if (!file_read(path, FILE_FOUND, &text, &len, e))
        return err_at(e, "%s is no result folder of `espsim run`", folder);
    bool ok = result_read(r, path, text, len, e);
    free(text);
    return ok;
}

/* A run without series.json has no curves; a broken one is an error. */
static bool read_curves(struct curves *c, const char *folder, const char *run, struct err *e)
{
    char path[PATH_MAX], *text;
    size_t len;
    snprintf(path, sizeof path, "%s/%s/series.json", folder, run);
    if (access(path, F_OK))
        return true;
    if (!file_read(path, FILE_FOUND, &text, &len, e))
        return false;
    bool ok = curves_read(c, path, text, len, e);
    free(text);
    return ok;
}

/* The words that a shell takes; the first one holds two, "espsim run". */
static void put_words(FILE *to, size_t i, const char *text)
{
    char *copy = strdup(text), *rest = copy;
    if (!copy)
        abort();
    const char *first = i ? NULL : strsep(&rest, " ");
    if (first && rest) {
        text_shell(to, first);
        putc(' ', to);
    }
    text_shell(to, rest ? rest : first);
    free(copy);
}

/* One line of a list of words, as for a shell; the caller frees. */
static char *join_words(const json_t *list)
{
    char *line = NULL;
    size_t len = 0, i;
    const json_t *word;
    FILE *to = open_memstream(&line, &len);
    if (!to)
        abort();
    json_array_foreach(list, i, word)
    {
        fputs(i ? " " : "", to);
        put_words(to, i, json_is_string(word) ? json_string_value(word) : "");
    }
    fclose(to);
    return line;
}

/* What manifest.json says in words: the command, versions, dates. */
static void read_origins(struct report *r, const char *folder)
{
    char path[PATH_MAX], *text;
    size_t len;
    snprintf(path, sizeof path, "%s/" OWN_MANIFEST, folder);
    if (access(path, F_OK) || !file_read(path, FILE_FOUND, &text, &len, NULL))
        return;
    json_t *manifest = json_loadb(text, len, 0, NULL), *value;
    const char *key;
    free(text);
    json_object_foreach(manifest, key, value)
    {
        if (!strcmp(key, "kind") || !strcmp(key, "settings_sha256"))
            continue; /* of the files, not of how they came about */
        if (json_is_string(value)) {
            report_add_origin(r, key, json_string_value(value));
        } else if (json_is_array(value) && json_is_string(json_array_get(value, 0))) {
            char *line = join_words(value);
            report_add_origin(r, key, line);
            free(line);
        }
    }
    json_decref(manifest);
}

static const struct place_kind report_place = {.name = OWN_REPORT, .option = "--out"};

/* Looks at the place before it draws, for drawing takes its time. */
static bool make_report(struct report *r, const char *out, struct err *e)
{
    struct file_set set = {0};
    if (!place_check(out, &report_place, e))
        return false;
    report_make(r, &set);
    bool ok =
        place_save(out, &report_place, &set,
                   json_pack("{s:s, s:I}", "scenario", r->result->scenario, "seed", (json_int_t)r->result->seed), e);
    file_set_fini(&set);
    return ok;
}

static int report(const struct words *words, const struct result *result)
{
    struct report r = {.result = result};
    struct curves *curves = calloc(result->n_runs + 1, sizeof *curves);
    struct err e;
    bool ok = curves != NULL;
    for (size_t i = 0; i < result->n_runs && ok; i++)
        ok = read_curves(&curves[i], words->folder, run_result_name(&result->runs[i]), &e);
    r.curves = curves;
    read_origins(&r, words->folder);
    char *out = NULL;
    if (asprintf(&out, "%s%s", words->out ? words->out : words->folder, words->out ? "" : "/report") < 0)
        abort();
    ok = ok && make_report(&r, out, &e);
    if (ok)
        for (size_t i = 0; i < 3; i++)
            text_line(stdout, "%s/report.%s", out, (const char *[]){"html", "md", "csv"}[i]);
    if (*r.missing)
        fprintf(stderr, "%s\n", r.missing);
    if (!ok)
        fprintf(stderr, "%s\n", e.text);
    for (size_t i = 0; i < result->n_runs; i++)
        curves_fini(&curves[i]);
    free(curves);
    free(out);
    report_fini(&r);
    return ok ? CMD_FINE : CMD_COULD_NOT;
}

int cmd_report(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"out", KEY_OUT, "FOLDER", 0, "Where to write; DIR/report where it is left out", 0}, {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse_word,
        .args_doc = "DIR",
        .doc = "Makes report.html (one file, no network, no scripts), report.md, report.csv and figures/ (SVG and PNG, "
               "by gnuplot) from the result folder DIR of `espsim run`, and prints their names."};
    struct words words = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &words);

    struct result result = {0};
    struct err e;
    if (!read_result(&result, words.folder, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return CMD_COULD_NOT;
    }
    result_files_note_changes(words.folder);
    int code = report(&words, &result);
    result_fini(&result);
    return code;
}
