#include "sim/run/sweep.h"

#include "models/base/name.h"
#include "models/base/rng.h"
#include "sim/run/broken_law.h"
#include "sim/run/clock.h"
#include "sim/run/store.h"
#include "sim/run/worker.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { UNITS_MAX = 1000000, JOBS_MAX = 1024, FAILURES_MAX = 20 };

/* ---- axes ---- */

static void add_value(struct sweep_axis *axis, const char *value, size_t len)
{
    axis->values = realloc(axis->values, (axis->n_values + 1) * sizeof(char *));
    assert(axis->values);
    while (len && *value == ' ')
        value++, len--;
    while (len && value[len - 1] == ' ')
        len--;
    axis->values[axis->n_values++] = strndup(value, len);
}

/* One of the three numbers of a range, with its unit; `text` goes on to what stands behind. */
struct bound {
    double number;
    const char *unit;
    size_t unit_len;
};

static bool take_bound(struct bound *b, const char **text)
{
    char *end;
    b->number = strtod(*text, &end);
    if (end == *text)
        return false;
    b->unit = end;
    b->unit_len = strcspn(end, ":,");
    *text = end + b->unit_len;
    return true;
}

/* Three numbers between colons; anything else, an IPv6 address too, is a value. */
static bool is_range(const char *text, struct bound at[3])
{
    for (int i = 0; i < 3; i++) {
        if (!take_bound(&at[i], &text) || *text != (i < 2 ? ':' : 0))
            return false;
        text++;
    }
    return true;
}

static bool has_unit_of(const struct bound *b, const struct bound *step)
{
    return !b->unit_len || (b->unit_len == step->unit_len && !memcmp(b->unit, step->unit, b->unit_len));
}

static bool add_range(struct sweep_axis *axis, const struct bound at[3], const char *text, struct err *e)
{
    double first = at[0].number, last = at[1].number, step = at[2].number;
    if (!isfinite(first) || !(step > 0) || !(last >= first) || (last - first) / step > UNITS_MAX ||
        !has_unit_of(&at[0], &at[2]) || !has_unit_of(&at[1], &at[2]))
        return err_set(e, "%s=%s: is no range; expected first:last:step, for example 20:120:20ms", axis->key, text);
    for (unsigned i = 0; first + i * step <= last * (1 + 1e-12) + 1e-300; i++) {
        char value[128];
        int len = snprintf(value, sizeof value, "%.12g%s", first + i * step, at[2].unit);
        add_value(axis, value, (size_t)len < sizeof value ? (size_t)len : sizeof value - 1);
    }
    return true;
}

static bool is_twice(const struct sweep_axis *axis, const char **value)
{
    for (size_t i = 0; i < axis->n_values; i++)
        for (size_t k = 0; k < i; k++)
            if (!strcmp(axis->values[i], *value = axis->values[k]))
                return true;
    return false;
}

bool sweep_axis_parse(struct sweep_axis *axis, const char *text, struct err *e)
{
    *axis = (struct sweep_axis){0};
    struct bound at[3];
    const char *equals = strchr(text, '='), *value;
    if (!equals || equals == text || !equals[1] || !memchr(text, '.', (size_t)(equals - text)))
        return err_set(e, "%s: is no axis; expected section.key=value,value,...", text);
    axis->key = strndup(text, (size_t)(equals - text));
    if (!name_check(NAME_SETTING, axis->key, e))
        return err_at(e, "%s", text);
    if (!strcmp(axis->key, "scenario.seed"))
        return err_set(e, "%s: each replicate has a seed of its own; use --seeds N and --seed N", text);
    if (is_range(equals + 1, at))
        return add_range(axis, at, equals + 1, e);
    for (const char *next = equals + 1; *next;) {
        size_t len = strcspn(next, ",");
        add_value(axis, next, len);
        next += len + (next[len] == ',');
    }
    return !is_twice(axis, &value) || err_set(e, "%s: has %s twice; name each value once", text, value);
}

void sweep_fini(struct sweep *s)
{
    for (size_t i = 0; i < s->n_axes; i++) {
        for (size_t k = 0; k < s->axes[i].n_values; k++)
            free(s->axes[i].values[k]);
        free(s->axes[i].values);
        free(s->axes[i].key);
    }
    free(s->axes);
    s->axes = NULL;
    s->n_axes = 0;
}

/* ---- points ---- */

/* One replicate of one point: its settings, for all its runs. */
struct place {
    struct config config;
    struct plan plan;
    uint64_t point, replicate, first_unit;
    size_t *choice; /* value of each axis */
};

struct campaign {
    const struct sweep *sweep;
    struct place *places;
    size_t n_places;
    uint64_t n_units, n_mine, n_done, n_failed;
    struct err first_failure;
    struct store store;
    struct store_file file;
};

static uint64_t count_points(const struct sweep *s)
{
    uint64_t n = 1;
    for (size_t i = 0; i < s->n_axes; i++)
        n = n > UNITS_MAX ? n : n * s->axes[i].n_values;
    return n;
}

static void choose(const struct sweep *s, uint64_t point, size_t *choice)
{
    for (size_t i = s->n_axes; i-- > 0;) {
        choice[i] = point % s->axes[i].n_values;
        point /= s->axes[i].n_values;
    }
}

static bool read_place(const struct sweep *s, struct place *p, struct err_list *bad)
{
    size_t n = s->n_sets + s->n_axes + 1;
    char **sets = calloc(n, sizeof(char *));
    assert(sets);
    for (size_t i = 0; i < s->n_sets; i++)
        sets[i] = strdup(s->sets[i]);
    for (size_t i = 0; i < s->n_axes; i++)
        if (asprintf(&sets[s->n_sets + i], "%s=%s", s->axes[i].key, s->axes[i].values[p->choice[i]]) < 0)
            abort();
    char name[64];
    snprintf(name, sizeof name, "replicate/%llu", (unsigned long long)p->replicate);
    /* a seed is a positive number that JSON can hold */
    if (asprintf(&sets[n - 1], "scenario.seed=%llu", (unsigned long long)(rng_derive(s->seed, name) >> 12) + 1) < 0)
        abort();
    bool ok = config_read(&p->config, s->scenario, (const char *const *)sets, n, bad);
    for (size_t i = 0; i < n; i++)
        free(sets[i]);
    free(sets);
    if (ok)
        plan_init(&p->plan, &p->config);
    return ok;
}

static bool make_places(struct campaign *c, struct err_list *bad)
{
    const struct sweep *s = c->sweep;
    uint64_t n_points = count_points(s);
    if (n_points * s->n_seeds > UNITS_MAX) {
        err_list_add(bad, "--vary, --seeds: %llu points and more; expected at most %d runs",
                     (unsigned long long)n_points, UNITS_MAX);
        return false;
    }
    c->places = calloc(n_points * s->n_seeds, sizeof *c->places);
    assert(c->places);
    for (uint64_t point = 0; point < n_points; point++)
        for (uint64_t k = 0; k < s->n_seeds; k++) {
            struct place *p = &c->places[c->n_places];
            *p = (struct place){.point = point, .replicate = k, .first_unit = c->n_units};
            p->choice = calloc(s->n_axes + 1, sizeof *p->choice);
            assert(p->choice);
            choose(s, point, p->choice);
            if (!read_place(s, p, bad)) {
                free(p->choice);
                return false;
            }
            c->n_places++;
            c->n_units += p->plan.n_runs;
        }
    return true;
}

static void free_places(struct campaign *c)
{
    for (size_t i = 0; i < c->n_places; i++) {
        plan_fini(&c->places[i].plan);
        config_fini(&c->places[i].config);
        free(c->places[i].choice);
    }
    free(c->places);
}

/* ---- the store ---- */

static char *head_text(const struct campaign *c)
{
    const struct sweep *s = c->sweep;
    json_t *axes = json_array();
    for (size_t i = 0; i < s->n_axes; i++) {
        json_t *values = json_array();
        for (size_t k = 0; k < s->axes[i].n_values; k++)
            json_array_append_new(values, json_string(s->axes[i].values[k]));
        json_array_append_new(axes, json_pack("{s:s, s:o}", "key", s->axes[i].key, "values", values));
    }
    json_t *sets = json_array();
    for (size_t i = 0; i < s->n_sets; i++)
        json_array_append_new(sets, json_string(s->sets[i]));
    char hash[CONFIG_HASH_CAP];
    config_hash(&c->places[0].config, hash);
    json_t *head =
        json_pack("{s:i, s:s, s:s, s:I, s:I, s:o, s:o, s:I}", "sweep", 1, "scenario", c->places[0].config.name,
                  "first_settings_hash", hash, "seed", (json_int_t)s->seed, "seeds", (json_int_t)s->n_seeds, "sets",
                  sets, "axes", axes, "units", (json_int_t)c->n_units);
    char *text = json_dumps(head, JSON_COMPACT);
    json_decref(head);
    return text;
}

static bool open_store(struct campaign *c, struct err *e)
{
    char *head = head_text(c);
    bool ok = store_open(&c->file, &c->store, c->sweep->store, head, e);
    free(head);
    return ok;
}

static char *line_text(const struct sweep *s, const struct place *p, size_t run, const struct run_result *result)
{
    json_t *sets = json_object();
    for (size_t i = 0; i < s->n_axes; i++)
        json_object_set_new(sets, s->axes[i].key, json_string(s->axes[i].values[p->choice[i]]));
    char *result_json = run_result_text(result);
    json_t *line =
        json_pack("{s:I, s:I, s:I, s:s, s:I, s:o, s:o}", "unit", (json_int_t)(p->first_unit + run), "point",
                  (json_int_t)p->point, "replicate", (json_int_t)p->replicate, "run", p->plan.runs[run].name, "seed",
                  (json_int_t)p->config.seed, "set", sets, "result", json_loads(result_json, 0, NULL));
    char *text = json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(12));
    json_decref(line);
    free(result_json);
    return text;
}

/* ---- running ---- */

struct job {
    struct worker worker;
    const struct place *place;
    size_t run;
};

/* The next unit that is this shard's and not in the store yet; false: none. */
static bool next_unit(struct campaign *c, size_t *place, size_t *run)
{
    const struct sweep *s = c->sweep;
    for (; *place < c->n_places; ++*place, *run = 0)
        for (; *run < c->places[*place].plan.n_runs; ++*run) {
            uint64_t unit = c->places[*place].first_unit + *run;
            if (unit % s->n_shards == s->shard && !store_has(&c->store, unit))
                return true;
        }
    return false;
}

/* What the run has made goes into the store; that it failed is remembered, for the others go on. */
static bool finish(struct campaign *c, struct job *j, struct err *e)
{
    struct run_result result = {0};
    const struct place *p = j->place;
    bool ok = true;
    j->place = NULL;
    if (worker_finish(&j->worker, &result, e)) {
        char *text = line_text(c->sweep, p, j->run, &result);
        ok = store_append(&c->file, text, e) && store_add(&c->store, p->first_unit + j->run, text, e);
        c->n_done++;
    } else if (c->n_failed++ == 0) {
        if (j->worker.bundle)
            broken_law_report(c->sweep->store, j->worker.bundle, e);
        err_at(e, "point %llu, replicate %llu", (unsigned long long)p->point, (unsigned long long)p->replicate);
        c->first_failure = *e;
    }
    free(j->worker.bundle);
    j->worker.bundle = NULL;
    run_result_fini(&result);
    return ok;
}

static struct job *wait_for_job(struct job *jobs, unsigned n)
{
    struct pollfd fds[JOBS_MAX];
    for (unsigned i = 0; i < n; i++)
        fds[i] = (struct pollfd){.fd = jobs[i].place ? jobs[i].worker.from_child : -1, .events = POLLIN};
    if (poll(fds, n, 200) > 0)
        for (unsigned i = 0; i < n; i++)
            if (fds[i].revents)
                return &jobs[i];
    return NULL;
}

/* Gives every idle job a unit; false: there are no more to give. */
static bool start_jobs(struct campaign *c, struct job *jobs, unsigned n_jobs, size_t *place, size_t *run,
                       unsigned *running, struct err *e)
{
    for (unsigned i = 0; i < n_jobs; i++) {
        if (jobs[i].place)
            continue;
        if (!next_unit(c, place, run))
            return true;
        struct place *p = &c->places[*place];
        jobs[i] = (struct job){.place = p, .run = *run};
        jobs[i].worker.what = (struct one_run){.config = &p->config, .run = &p->plan.runs[*run]};
        if (!worker_start(&jobs[i].worker, e))
            return false;
        ++*running;
        ++*run;
    }
    return true;
}

static bool is_late(const struct campaign *c, const struct progress *p)
{
    return c->sweep->timeout && clock_wall() - p->started > c->sweep->timeout;
}

static bool run_units(struct campaign *c, struct job *jobs, unsigned n_jobs, struct err *e)
{
    struct progress progress;
    size_t place = 0, run = 0;
    unsigned running = 0;
    bool ok = true;
    progress_begin(&progress, c->sweep->progress);
    while (ok && !is_late(c, &progress) && c->n_failed < FAILURES_MAX) {
        ok = start_jobs(c, jobs, n_jobs, &place, &run, &running, e);
        if (!ok || !running)
            break;
        struct job *j = wait_for_job(jobs, n_jobs);
        if (j) {
            running--;
            ok = finish(c, j, e);
        }
        double share = (double)c->n_done / (double)c->n_mine;
        progress_show(&progress, &share, (const char *const[]){"sweep"}, 1);
    }
    progress_end(&progress);
    return ok;
}

/* Whether all that was to be run has been; `e` says what hasn't and why. */
static bool is_complete(const struct campaign *c, struct err *e)
{
    unsigned long long missing = c->n_mine - c->n_done, mine = c->n_mine;
    char limit[32];
    if (!missing)
        return true;
    if (c->n_failed)
        return err_set(e, "%llu of %llu runs failed%s, the first: %s", (unsigned long long)c->n_failed, mine,
                       c->n_failed < missing ? " and the rest was not begun" : "", c->first_failure.text);
    return err_set(e, "%llu of %llu runs are not done after %s (--timeout); the same command goes on where it was",
                   missing, mine, units_time_text(c->sweep->timeout, limit, sizeof limit));
}

static uint64_t count_mine(const struct campaign *c)
{
    uint64_t n = 0;
    for (uint64_t unit = c->sweep->shard; unit < c->n_units; unit += c->sweep->n_shards)
        n += !store_has(&c->store, unit);
    return n;
}

static bool run_all(struct campaign *c, struct err *e)
{
    long n = c->sweep->jobs ? (long)c->sweep->jobs : sysconf(_SC_NPROCESSORS_ONLN);
    unsigned n_jobs = n < 1 ? 1 : n > JOBS_MAX ? JOBS_MAX : (unsigned)n;
    struct job *jobs = calloc(n_jobs, sizeof *jobs);
    assert(jobs);
    c->n_mine = count_mine(c);
    bool ok = run_units(c, jobs, n_jobs, e);
    for (unsigned i = 0; i < n_jobs; i++)
        worker_kill(&jobs[i].worker);
    free(jobs);
    return ok;
}

bool sweep_run(const struct sweep *s, struct err_list *bad, struct err *e)
{
    struct campaign c = {.sweep = s};
    bool ok = make_places(&c, bad);
    if (ok) {
        ok = open_store(&c, e);
        bool done = ok && run_all(&c, e);
        if (ok)
            ok = store_close(&c.file, done ? &c.store : NULL, e) && done && is_complete(&c, e);
        store_fini(&c.store);
    }
    free_places(&c);
    return ok;
}
