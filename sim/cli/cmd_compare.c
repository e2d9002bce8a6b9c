/* cmd_compare.c - `espsim compare BASE CAND`: what changed between two results, and whether that is allowed. */
#include "analysis/compare.h"
#include "analysis/table.h"
#include "sim/cli/command.h"
#include "models/files/file.h"
#include "models/files/newfile.h"
#include "sim/cli/result_files.h"
#include "sim/cli/words.h"

#include <argp.h>
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { KEY_JSON = 256, KEY_JUNIT, KEY_MARKDOWN, KEY_TOLERANCE, KEY_UPDATE, KEY_ALL, KEY_ALLOW_BETTER };

struct words {
    const char *base, *cand;
    const char *junit, *markdown, *tolerance;
    bool json, update, all, allow_better;
};

static error_t parse_path(char *arg, struct words *words, struct argp_state *state)
{
    if (!words->base)
        words->base = arg;
    else if (!words->cand)
        words->cand = arg;
    else
        argp_error(state, "%s: one BASE and one CAND; put several results into one folder", arg);
    return 0;
}

static error_t parse_word(int key, char *arg, struct argp_state *state)
{
    struct words *words = state->input;
    switch (key) {
    case KEY_JSON:
        words->json = true;
        return 0;
    case KEY_JUNIT:
        words->junit = arg;
        return 0;
    case KEY_MARKDOWN:
        words->markdown = arg;
        return 0;
    case KEY_TOLERANCE:
        words->tolerance = arg;
        return 0;
    case KEY_UPDATE:
        words->update = true;
        return 0;
    case KEY_ALL:
        words->all = true;
        return 0;
    case KEY_ALLOW_BETTER:
        words->allow_better = true;
        return 0;
    case ARGP_KEY_ARG:
        return parse_path(arg, words, state);
    case ARGP_KEY_END:
        if (!words->cand)
            argp_error(state, "expected BASE and CAND, for example results/baseline results/sat-link");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static bool read_rules(struct rules *rules, const char *file, int *code)
{
    struct err e;
    struct err_list bad = {0};
    char *text;
    size_t len;
    if (!file)
        return true;
    if (!file_read(file, FILE_ASKED, &text, &len, &e)) {
        fprintf(stderr, "%s\n", e.text);
        *code = CMD_ASKED_WRONGLY;
        return false;
    }
    bool ok = rules_read(rules, file, text, len, &bad);
    if (!ok) {
        print_errs(&bad);
        *code = CMD_ASKED_WRONGLY;
    }
    err_list_fini(&bad);
    free(text);
    return ok;
}

static bool is_junit(const char *head, size_t len)
{
    return file_has(head, len, "<testsuite name=\"espsim compare\"");
}

static bool is_markdown(const char *head, size_t len)
{
    return file_begins(head, len, "### espsim compare:");
}

static bool is_result(const char *head, size_t len)
{
    return file_begins(head, len, "{") && file_has(head, len, "\"schema\"") && file_has(head, len, "\"settings_hash\"");
}

static const struct file_kind junit_kind = {"a JUnit report", "--junit", is_junit},
                              markdown_kind = {"a comparison in Markdown", "--markdown", is_markdown},
                              result_kind = {"a result.json", "--update", is_result};

/* What `write` prints, given. */
static char *text_of(const struct comparison *c, void (*write)(const struct comparison *, FILE *))
{
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    if (!to)
        abort();
    write(c, to);
    fclose(to);
    return text;
}

static bool write_report(const char *path, const struct file_kind *kind, const struct comparison *c,
                         void (*write)(const struct comparison *, FILE *), struct err *e)
{
    if (!path)
        return true;
    char *text = text_of(c, write);
    bool ok = new_file_save(path, kind, text, strlen(text), e);
    free(text);
    return ok;
}

/* GitHub gives each step a file to which Markdown is appended. */
static bool append_step_summary(const struct comparison *c, struct err *e)
{
    const char *path = getenv("GITHUB_STEP_SUMMARY");
    if (!path || !*path)
        return true;
    FILE *to = fopen(path, "a");
    if (!to)
        return err_set(e, "%s: cannot be written: %s; GITHUB_STEP_SUMMARY names it", path, strerror(errno));
    comparison_markdown(c, to);
    if (fclose(to))
        return err_set(e, "%s: cannot be written: %s; check the space on its disk", path, strerror(errno));
    return true;
}

static void print_answer(const struct comparison *c, const struct words *words)
{
    if (!words->json) {
        comparison_print(c, stdout, words->all, table_wants_colour(stdout));
        return;
    }
    json_t *json = comparison_json(c, words->all);
    json_dumpf(json, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
    putchar('\n');
    json_decref(json);
    for (size_t i = 0; i < c->notes.n_errs; i++)
        fprintf(stderr, "note: %s\n", c->notes.errs[i].text);
}

/* ---- --update ---- */

/* Where a candidate's result belongs in the base: over its counterpart, or beside the others. */
static void update_path(const struct words *words, const struct result_set *base, const struct result *r, char *path,
                        size_t cap)
{
    struct stat st;
    size_t len = strlen(words->base);
    for (size_t i = 0; i < base->n_results; i++)
        if (base->results[i].result.seed == r->seed && !strcmp(base->results[i].result.scenario, r->scenario)) {
            snprintf(path, cap, "%s", base->results[i].path);
            return;
        }
    bool is_file = stat(words->base, &st) ? len > 5 && !strcmp(words->base + len - 5, ".json") : !S_ISDIR(st.st_mode);
    if (is_file)
        snprintf(path, cap, "%s", words->base);
    else
        snprintf(path, cap, "%s/%s-seed%" PRIu64 ".json", words->base, r->scenario, r->seed);
}

static bool make_folder_of(const char *path, struct err *e)
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", path);
    for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (mkdir(folder, 0777) && errno != EEXIST)
            return err_set(e, "%s: cannot be made: %s", folder, strerror(errno));
        *slash = '/';
    }
    return true;
}

/* A baseline is what an espsim measured. */
static bool may_become_base(const struct loaded_result *loaded, struct err *e)
{
    for (size_t k = 0; k < loaded->result.n_runs; k++)
        if (!run_result_check(&loaded->result.runs[k], e))
            return err_set(e, "--update: %s breaks a law and was not written; run the scenario again", loaded->path);
    return true;
}

/* A result on its way into the base. */
struct renewal {
    char path[PATH_MAX];
    struct new_file file;
};

static bool no_twins(const struct renewal *r, size_t n, const struct result_set *cand, struct err *e)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            if (!strcmp(r[i].path, r[k].path))
                return err_set(e, "--update: %s and %s would both become %s; name a folder as BASE",
                               cand->results[k].path, cand->results[i].path, r[i].path);
    return true;
}

static bool write_renewal(struct renewal *r, const struct result *result, struct err *e)
{
    if (!make_folder_of(r->path, e) || !new_file_begin(&r->file, r->path, &result_kind, e))
        return false;
    char *text = result_text(result);
    FILE *to = fopen(r->file.temporary, "w");
    bool ok = to && fputs(text, to) >= 0;
    if (to && fclose(to))
        ok = false;
    free(text);
    return ok || err_set(e, "%s: cannot be written: %s; check the space on its disk", r->path, strerror(errno));
}

/* All are written before the first gets its name. */
static bool write_renewals(struct renewal *r, const struct result_set *cand, struct err *e)
{
    bool ok = true;
    for (size_t i = 0; ok && i < cand->n_results; i++)
        ok = write_renewal(&r[i], &cand->results[i].result, e);
    for (size_t i = 0; ok && i < cand->n_results; i++) {
        ok = new_file_finish(&r[i].file, e);
        if (ok)
            fprintf(stderr, "%s: written from %s\n", r[i].path, cand->results[i].path);
    }
    return ok;
}

static bool update(const struct words *words, const struct result_set *base, const struct result_set *cand,
                   struct err *e)
{
    for (size_t i = 0; i < cand->n_results; i++)
        if (!may_become_base(&cand->results[i], e))
            return false;
    struct renewal *r = calloc(cand->n_results + 1, sizeof *r);
    assert(r);
    for (size_t i = 0; i < cand->n_results; i++)
        update_path(words, base, &cand->results[i].result, r[i].path, sizeof r[i].path);
    bool ok = no_twins(r, cand->n_results, cand, e) && write_renewals(r, cand, e);
    for (size_t i = 0; i < cand->n_results; i++)
        new_file_abandon(&r[i].file);
    free(r);
    return ok;
}

static bool may_update(const struct words *words)
{
    const char *ci = getenv("CI");
    if (!words->update || !ci || !*ci)
        return true;
    fprintf(stderr,
            "--update: refused, because CI is set: a baseline is renewed by a person, who looks at what "
            "changes; run `espsim compare --update %s %s` and commit the result\n",
            words->base, words->cand);
    return false;
}

static int compare(const struct words *words, const struct result_set *base, const struct result_set *cand,
                   struct rules *rules)
{
    struct comparison c = {0};
    struct err e;
    compare_sets(&c, base, cand, rules, words->allow_better);
    int code = comparison_exit(&c);
    bool ok = write_report(words->junit, &junit_kind, &c, comparison_junit, &e) &&
              write_report(words->markdown, &markdown_kind, &c, comparison_markdown, &e) && append_step_summary(&c, &e);
    if (ok && words->update) {
        ok = update(words, base, cand, &e);
        code = CMD_FINE;
    }
    print_answer(&c, words); /* behind the files, for whoever reads it may stop reading */
    if (!ok)
        fprintf(stderr, "%s\n", e.text);
    comparison_fini(&c);
    return ok ? code : CMD_COULD_NOT;
}

static bool read_base(struct result_set *base, const struct words *words, struct err *e)
{
    struct stat st;
    if (words->update && stat(words->base, &st) && errno == ENOENT)
        return true; /* the first baseline */
    if (words->update && !stat(words->base, &st) && !S_ISDIR(st.st_mode) &&
        !new_file_check(words->base, &result_kind, e)) /* before a FIFO is waited for */
        return false;
    return result_files_read(base, words->base, e);
}

int cmd_compare(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"tolerance", KEY_TOLERANCE, "FILE", 0, "Differences that are allowed, each with a reason", 0},
        {"allow-better", KEY_ALLOW_BETTER, NULL, 0, "A change for the better does not fail", 0},
        {"all", KEY_ALL, NULL, 0, "Show what is the same, too", 0},
        {"json", KEY_JSON, NULL, 0, "For programs", 0},
        {"junit", KEY_JUNIT, "FILE", 0, "Write JUnit XML, a case for each metric", 0},
        {"markdown", KEY_MARKDOWN, "FILE", 0, "Write Markdown; GITHUB_STEP_SUMMARY is appended to in any case", 0},
        {"update", KEY_UPDATE, NULL, 0, "Show what changes, then make CAND the new BASE", 0},
        {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse_word,
        .args_doc = "BASE CAND",
        .doc = "Compares results by scenario, settings, seed, mode and metric. BASE and CAND are result.json files, "
               "their folders, or folders of several (seeds, scenarios).\vExit status: 0 within tolerance, 1 "
               "different or worse, 2 asked wrongly, 3 incomparable or missing."};
    struct words words = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &words);
    if (!may_update(&words))
        return CMD_ASKED_WRONGLY;

    struct rules rules = {0};
    struct result_set base = {0}, cand = {0};
    struct err e;
    int code = CMD_COULD_NOT;
    if (!read_rules(&rules, words.tolerance, &code))
        return code;
    if (!read_base(&base, &words, &e) || !result_files_read(&cand, words.cand, &e))
        fprintf(stderr, "%s\n", e.text);
    else
        code = compare(&words, &base, &cand, &rules);
    result_set_fini(&base);
    result_set_fini(&cand);
    rules_fini(&rules);
    return code;
}
