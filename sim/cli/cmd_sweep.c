/* cmd_sweep.c - `espsim sweep FILE` and `espsim merge`: a scenario over lists of values, and shards of it put together.
 */
#include "analysis/campaign.h"
#include "analysis/table.h"
#include "models/base/units.h"
#include "models/files/newfile.h"
#include "models/files/place.h"
#include "models/measure/json_read.h"
#include "sim/cli/command.h"
#include "sim/cli/words.h"
#include "sim/run/store.h"
#include "sim/run/sweep.h"

#include <argp.h>
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    KEY_VARY = 256,
    KEY_SET,
    KEY_SEEDS,
    KEY_SEED,
    KEY_OUT,
    KEY_JOBS,
    KEY_SHARD,
    KEY_CSV,
    KEY_PLOT,
    KEY_QUIET,
    KEY_MODES,
    KEY_TIMEOUT
};

struct words {
    struct sweep sweep;
    struct sets sets;
    const char *csv, *plot;
    bool quiet;
};

static uint64_t take_count(struct argp_state *state, const char *option, const char *text, uint64_t least,
                           uint64_t most)
{
    uint64_t n;
    struct err e;
    if (!count_parse(text, least, most, &n, &e))
        argp_error(state, "%s %s: %s", option, text, e.text);
    return n;
}

static void take_shard(struct argp_state *state, struct sweep *s, const char *text)
{
    char *which = strdup(text), *slash = strchr(which, '/');
    uint64_t i = 0;
    if (slash)
        *slash = 0;
    if (!slash || !count_parse(slash + 1, 1, UINT32_MAX, &s->n_shards, NULL) ||
        !count_parse(which, 1, s->n_shards, &i, NULL))
        argp_error(state, "--shard %s: expected for example 2/4, the second of four", text);
    s->shard = i - 1;
    free(which);
}

static void take_axis(struct argp_state *state, struct sweep *s, const char *text)
{
    struct err e;
    s->axes = realloc(s->axes, (s->n_axes + 1) * sizeof *s->axes);
    assert(s->axes);
    struct sweep_axis *axis = &s->axes[s->n_axes++];
    if (!sweep_axis_parse(axis, text, &e))
        argp_error(state, "--vary %s", e.text);
    for (const struct sweep_axis *other = s->axes; other < axis; other++)
        if (!strcmp(other->key, axis->key))
            argp_error(state, "--vary %s: %s is varied twice; name all its values in one list", text, axis->key);
}

static void take_set(struct argp_state *state, struct sets *sets, const char *text)
{
    static const char seed[] = "scenario.seed=";
    if (!strncmp(text, seed, sizeof seed - 1))
        argp_error(state, "--set %s: each replicate has a seed of its own; they follow from --seed N", text);
    sets_add(sets, text);
}

static error_t parse_word(int key, char *arg, struct argp_state *state)
{
    struct words *w = state->input;
    struct sweep *s = &w->sweep;
    switch (key) {
    case KEY_VARY:
        take_axis(state, s, arg);
        return 0;
    case KEY_SET:
        take_set(state, &w->sets, arg);
        return 0;
    case KEY_MODES:
        sets_add_value(&w->sets, "--modes", "scenario.modes", arg);
        return 0;
    case KEY_TIMEOUT:
        s->timeout = take_timeout(state, arg);
        return 0;
    case KEY_SEEDS:
        s->n_seeds = take_count(state, "--seeds", arg, 1, 100000);
        return 0;
    case KEY_SEED:
        s->seed = take_count(state, "--seed", arg, 0, INT64_MAX);
        return 0;
    case KEY_OUT:
        s->store = arg;
        return 0;
    case KEY_JOBS:
        s->jobs = (unsigned)take_count(state, "--jobs", arg, 1, 1024);
        return 0;
    case KEY_SHARD:
        take_shard(state, s, arg);
        return 0;
    case KEY_CSV:
        w->csv = arg;
        return 0;
    case KEY_PLOT:
        w->plot = arg;
        return 0;
    case KEY_QUIET:
        w->quiet = true;
        return 0;
    case ARGP_KEY_ARG:
        if (s->scenario)
            argp_error(state, "%s: one scenario at a time", arg);
        s->scenario = arg;
        return 0;
    case ARGP_KEY_END:
        if (!s->scenario || !s->store)
            argp_error(state, "needs a scenario and --out STORE, for example --out results/sweep.jsonl");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- from the store to a campaign ---- */

static void take_values(struct reading *r, json_t *line, const struct campaign *c, struct campaign_row *row)
{
    json_t *set = reading_take(r, line, "set", JSON_OBJECT);
    row->values = calloc(c->n_axes + 1, sizeof(char *));
    assert(row->values);
    for (size_t k = 0; k < c->n_axes; k++) {
        char value[RESULT_TEXT_MAX] = "";
        reading_text(r, set, c->axes[k], value, sizeof value);
        row->values[k] = strdup(value);
    }
    json_decref(set);
}

static void take_result(struct reading *r, json_t *line, struct campaign_row *row)
{
    json_t *result = reading_take(r, line, "result", JSON_OBJECT);
    char *text = result ? json_dumps(result, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
    r->ok = r->ok && run_result_read(&row->result, r->file, text, strlen(text), r->e);
    free(text);
    json_decref(result);
}

static struct campaign_row *add_row(struct campaign *c)
{
    if (!(c->n_rows & (c->n_rows - 1))) /* a power of two, or none: there is no more room */
        c->rows = realloc(c->rows, (2 * c->n_rows + 1) * sizeof *c->rows);
    assert(c->rows);
    c->rows[c->n_rows] = (struct campaign_row){0};
    return &c->rows[c->n_rows++];
}

/* `place` is the store and the unit in it. */
static bool take_row(struct campaign *c, const char *text, const char *place, struct err *e)
{
    struct reading r;
    struct campaign_row *row = add_row(c);
    json_t *line = reading_load(&r, place, text, strlen(text), e);
    row->point = reading_count(&r, line, "point");
    row->replicate = reading_count(&r, line, "replicate");
    reading_name(&r, line, "run", NAME_RUN, row->run);
    take_values(&r, line, c, row);
    take_result(&r, line, row);
    json_decref(line);
    return r.ok;
}

static void take_axis_key(struct reading *r, json_t *axis, void *to)
{
    struct campaign *c = to;
    char key[NAME_CAP] = "";
    reading_name(r, axis, "key", NAME_SETTING, key);
    json_decref(reading_take(r, axis, "values", JSON_ARRAY));
    c->axes = realloc(c->axes, (c->n_axes + 1) * sizeof(char *));
    assert(c->axes);
    c->axes[c->n_axes++] = strdup(key);
}

static bool take_axes(struct campaign *c, const char *head, const char *file, struct err *e)
{
    struct reading r;
    json_t *json = reading_load(&r, file, head, strlen(head), e);
    reading_list(&r, json, "axes", take_axis_key, c);
    json_decref(json);
    return r.ok;
}

static bool campaign_from(struct campaign *c, const struct store *s, const char *file, struct err *e)
{
    bool ok = !s->head || take_axes(c, s->head, file, e);
    for (const struct store_line *at = s->lines; ok && at; at = at->hh.next) {
        char place[512];
        snprintf(place, sizeof place, "%.400s: unit %llu", file, (unsigned long long)at->unit);
        ok = take_row(c, at->text, place, e);
    }
    return ok;
}

static bool is_csv(const char *head, size_t len)
{
    const char *end = memchr(head, '\n', len);
    return end && file_has(head, (size_t)(end - head), "run,replicate,of,metric,value");
}

static const struct file_kind csv_kind = {"a CSV of a sweep", "--csv", is_csv};

static bool write_csv(const struct campaign *c, const char *path, struct err *e)
{
    char *text = NULL;
    size_t len;
    FILE *to = open_memstream(&text, &len);
    assert(to);
    campaign_csv(c, to);
    fclose(to);
    bool ok = new_file_save(path, &csv_kind, text, len, e);
    free(text);
    return ok;
}

static const struct place_kind figures_place = {.name = "figures", .option = "--plot"};

static bool plot(const struct campaign *c, const char *folder, struct err *e)
{
    struct file_set set = {0};
    bool ok = campaign_plot(c, &set, e) && place_save(folder, &figures_place, &set, NULL, e);
    file_set_fini(&set);
    return ok;
}

static bool show(const struct words *w, struct err *e)
{
    struct store store;
    struct campaign c = {0};
    if (!store_read(&store, w->sweep.store, e))
        return false;
    bool read = campaign_from(&c, &store, w->sweep.store, e);
    bool ok = read && (!w->csv || write_csv(&c, w->csv, e)) && (!w->plot || plot(&c, w->plot, e));
    if (read && !w->quiet)
        campaign_print(&c, stdout, table_wants_colour(stdout));
    campaign_fini(&c);
    store_fini(&store);
    return ok;
}

/* Behind the sets, as sweep_run has the axes. */
static void print_bad(struct words *w, struct err_list *bad)
{
    for (size_t i = 0; i < w->sweep.n_axes; i++)
        sets_add_value(&w->sets, "--vary", w->sweep.axes[i].key, "");
    sets_name_options(&w->sets, bad);
    print_errs(bad);
}

int cmd_sweep(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"vary", KEY_VARY, "SECTION.KEY=V,V", 0, "An axis: values, or a range first:last:step; may be repeated", 0},
        {"set", KEY_SET, "SECTION.KEY=VALUE", 0, "A setting for all points; may be repeated", 0},
        {"modes", KEY_MODES, "A,B", 0, "Only these modes", 0},
        {"seeds", KEY_SEEDS, "N", 0, "Replicates of each point (default 1)", 0},
        {"seed", KEY_SEED, "N", 0, "Campaign seed that the replicates' seeds follow from (default 1)", 0},
        {"out", KEY_OUT, "STORE", 0, "JSON lines; what is in it already is not run again", 0},
        {"jobs", KEY_JOBS, "N", 0, "Runs at a time (default: one per processor)", 0},
        {"shard", KEY_SHARD, "I/N", 0, "Only the I-th of N parts; `espsim merge` puts them together", 0},
        {"timeout", KEY_TIMEOUT, "TIME", 0, "Stop after this time, with exit status 3; what is done is kept", 0},
        {"csv", KEY_CSV, "FILE", 0, "Every number of every run, one a line", 0},
        {"plot", KEY_PLOT, "DIR", 0, "A figure per metric over the last axis (gnuplot)", 0},
        {"quiet", KEY_QUIET, NULL, 0, "No progress, no table", 0},
        {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse_word,
        .args_doc = "FILE",
        .doc = "Runs a scenario at every combination of values, with several seeds each, into one store; prints means "
               "with confidence intervals. Ended at any time, the same command goes on where it was."};
    struct words w = {.sweep = {.seed = 1, .n_seeds = 1, .n_shards = 1}};
    argp_parse(&argp, argc, argv, 0, NULL, &w);
    w.sweep.sets = w.sets.at;
    w.sweep.n_sets = w.sets.n;
    w.sweep.progress = w.quiet ? PROGRESS_NONE : isatty(STDERR_FILENO) ? PROGRESS_LINE : PROGRESS_WARNING;
    struct err_list bad = {0};
    struct err e = {""};
    bool ok = (!w.csv || new_file_check(w.csv, &csv_kind, &e)) &&
              (!w.plot || place_check(w.plot, &figures_place, &e)) && sweep_run(&w.sweep, &bad, &e) && show(&w, &e);
    int code = ok ? CMD_FINE : bad.n_errs ? CMD_ASKED_WRONGLY : CMD_COULD_NOT;
    print_bad(&w, &bad);
    if (code == CMD_COULD_NOT)
        fprintf(stderr, "espsim: %s\n", e.text);
    err_list_fini(&bad);
    sets_fini(&w.sets);
    sweep_fini(&w.sweep);
    return code;
}

/* ---- merge ---- */

struct merge_words {
    const char *out;
    char **files;
    size_t n_files;
};

static error_t parse_merge(int key, char *arg, struct argp_state *state)
{
    struct merge_words *w = state->input;
    switch (key) {
    case KEY_OUT:
        w->out = arg;
        return 0;
    case ARGP_KEY_ARGS:
        w->files = state->argv + state->next;
        w->n_files = (size_t)(state->argc - state->next);
        return 0;
    case ARGP_KEY_END:
        if (!w->out || !w->n_files)
            argp_error(state,
                       "needs --out STORE and the shards' stores, for example --out all.jsonl part1.jsonl part2.jsonl");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* A file without a head: not there (a pattern, where the shell found no file for it), or without a whole line. */
static bool refuse_none(const char *file, struct err *e)
{
    struct stat st;
    if (!stat(file, &st))
        return err_set(e, "%s: has no line of a sweep's store; run its shard again, which goes on where it was", file);
    if (strpbrk(file, "*?["))
        return err_set(e,
                       "%s: no file has such a name; check the folder and the names that the shards were given with "
                       "--out",
                       file);
    return err_set(e, "%s: %s; name the stores that `espsim sweep ... --shard I/N --out STORE` wrote", file,
                   strerror(errno));
}

static bool merge_one(struct store *all, const char *file, struct err *e)
{
    struct store s;
    if (!store_read(&s, file, e))
        return false;
    bool ok = s.head || refuse_none(file, e);
    if (ok && all->head && strcmp(all->head, s.head))
        ok = err_set(e,
                     "%s: is of another sweep than the files before it; name the shards of one sweep only (same "
                     "scenario, settings, axes, seeds)",
                     file);
    if (ok && !all->head)
        all->head = strdup(s.head);
    for (const struct store_line *line = s.lines; ok && line; line = line->hh.next)
        ok = store_add(all, line->unit, strdup(line->text), e) || err_at(e, "%s", file);
    store_fini(&s);
    return ok;
}

/* Whether all runs that the head speaks of are there. */
static bool is_whole(const struct store *s, struct err *e)
{
    json_t *head = json_loads(s->head, 0, NULL);
    uint64_t n_units = (uint64_t)json_integer_value(json_object_get(head, "units")), n = HASH_COUNT(s->lines), unit = 0;
    json_decref(head);
    if (n == n_units)
        return true;
    while (store_has(s, unit))
        unit++;
    return err_set(e,
                   "%llu of %llu runs are missing, the first is unit %llu; run their shards again, which go on where "
                   "they were",
                   (unsigned long long)(n_units - n), (unsigned long long)n_units, (unsigned long long)unit);
}

/* What stands in the store to be written, if there is one, stays in it. */
static bool keeps(struct store *all, const char *out, struct err *e)
{
    struct stat st;
    return stat(out, &st) || !S_ISREG(st.st_mode) || !st.st_size || merge_one(all, out, e) || err_at(e, "--out");
}

int cmd_merge(int argc, char **argv)
{
    static const struct argp_option options[] = {{"out", KEY_OUT, "STORE", 0, "The whole store", 0}, {0}};
    static const struct argp argp = {.options = options,
                                     .parser = parse_merge,
                                     .args_doc = "STORE...",
                                     .doc =
                                         "Puts the stores of a sweep's shards together. The result is the store that "
                                         "one unsharded sweep would have written."};
    struct merge_words w = {0};
    struct store all = {0};
    struct err e;
    argp_parse(&argp, argc, argv, 0, NULL, &w);
    bool ok = true;
    for (size_t i = 0; ok && i < w.n_files; i++)
        ok = merge_one(&all, w.files[i], &e);
    ok = ok && is_whole(&all, &e) && keeps(&all, w.out, &e) && store_write(&all, w.out, &e);
    if (!ok)
        fprintf(stderr, "espsim: %s\n", e.text);
    store_fini(&all);
    return ok ? CMD_FINE : CMD_COULD_NOT;
}
