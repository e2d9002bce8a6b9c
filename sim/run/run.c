#include "sim/run/run.h"

#include "sim/config/schema.h"
#include "sim/run/broken_law.h"
#include "sim/run/clock.h"
#include "sim/run/interrupt.h"
#include "sim/run/manifest.h"
#include "sim/run/progress.h"
#include "sim/run/worker.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

const struct place_kind result_place = {.name = "result", .option = "--out"};

/* A plan being run. */
struct campaign {
    const struct plan *plan;
    const struct run_options *options;
    struct place place;
    size_t n_runs; /* of the plan, and of each list */
    struct worker *workers;
    char **dirs;
    const char **names;
    struct run_result *results;
    volatile double *shares; /* written by the children */
    struct progress progress;
    size_t n_started, n_running;
};

static void fill_head(const struct config *c, struct result *r)
{
    snprintf(r->scenario, sizeof r->scenario, "%s", c->name);
    snprintf(r->question, sizeof r->question, "%s", c->question ? c->question : "");
    r->seed = c->seed;
    config_hash(c, r->settings_hash);
    for (size_t i = 0; i < c->n_settings; i++) {
        const struct setting *s = &c->settings[i];
        char key[RESULT_NAME_MAX], value[RESULT_TEXT_MAX];
        if (!setting_has_value(s))
            continue;
        snprintf(key, sizeof key, "%s.%s", s->section_name, s->key->name);
        s->key->type->print(s->key, s->value, value, sizeof value);
        result_add_setting(r, key, value);
    }
}

static bool prepare(struct campaign *c, struct err *e)
{
    const struct plan *plan = c->plan;
    c->shares = mmap(NULL, c->n_runs * sizeof *c->shares, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (c->shares == MAP_FAILED)
        return err_set(e, "no memory to be shared with the runs: %s", strerror(errno));
    for (size_t i = 0; i < plan->n_runs; i++) {
        const char *name = c->names[i] = plan->runs[i].name;
        if (asprintf(&c->dirs[i], "%s/%s", c->place.temporary, name) < 0)
            abort();
        if (mkdir(c->dirs[i], 0777))
            return err_set(e, "%s/%s: cannot be made: %s", c->options->out, name, strerror(errno));
        c->workers[i].what =
            (struct one_run){plan->config, &plan->runs[i], c->dirs[i], c->options->captures, &c->shares[i]};
    }
    return true;
}

static unsigned n_jobs(const struct run_options *o)
{
    long n = o->jobs ? (long)o->jobs : sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (unsigned)n : 1;
}

/* Which running child has something to say; -1: none within the wait. */
static int wait_for_word(struct campaign *c)
{
    struct pollfd *fds = calloc(c->n_started, sizeof *fds);
    int who = -1;
    assert(fds);
    for (size_t i = 0; i < c->n_started; i++) /* poll passes over those below 0 */
        fds[i] = (struct pollfd){.fd = c->workers[i].pid ? c->workers[i].from_child : -1, .events = POLLIN};
    if (poll(fds, (nfds_t)c->n_started, 200) > 0)
        for (size_t i = 0; i < c->n_started && who < 0; i++)
            who = fds[i].revents ? (int)i : -1;
    free(fds);
    return who;
}

static bool is_late(const struct campaign *c)
{
    return c->options->timeout && clock_wall() - c->progress.started > c->options->timeout;
}

static bool tell_late(const struct campaign *c, struct err *e)
{
    char limit[32], left[32] = "nobody knows how much";
    double more = progress_left(&c->progress, c->shares, c->n_runs);
    if (more >= 0)
        units_time_human(more * NS_PER_S, left, sizeof left);
    return err_set(
        e,
        "not done after %s (--timeout), and %s more would have been needed; nothing was written. Allow more, "
        "or shorten scenario.duration",
        units_time_text(c->options->timeout, limit, sizeof limit), left);
}

static bool run_all(struct campaign *c, struct err *e)
{
    unsigned jobs = n_jobs(c->options);
    while (c->n_started < c->plan->n_runs || c->n_running) {
        while (c->n_started < c->plan->n_runs && c->n_running < jobs) {
            if (!worker_start(&c->workers[c->n_started], e))
                return false;
            c->n_started++;
            c->n_running++;
        }
        int i = wait_for_word(c);
        if (interrupt_is_pending())
            return err_set(e, "interrupted; nothing was written");
        if (is_late(c))
            return tell_late(c, e);
        if (i >= 0) {
            c->n_running--;
            if (!worker_finish(&c->workers[i], &c->results[i], e))
                return c->workers[i].bundle ? broken_law_report(c->options->out, c->workers[i].bundle, e) : false;
        }
        progress_show(&c->progress, c->shares, c->names, c->plan->n_runs);
    }
    return true;
}

static bool write_text(struct campaign *c, const char *name, char *text, struct err *e)
{
    bool ok = place_write(&c->place, name, text, strlen(text), e);
    free(text);
    return ok;
}

/* The runs have hashed their captures already. */
static void note_captures(struct campaign *c, const struct result *r)
{
    for (size_t i = 0; i < r->n_runs; i++)
        for (size_t k = 0; k < r->runs[i].n_fingerprints; k++) {
            const struct fingerprint *f = &r->runs[i].fingerprints[k];
            char name[2 * RESULT_NAME_MAX + 1];
            snprintf(name, sizeof name, "%s/%s", run_result_name(&r->runs[i]), f->name);
            place_note(&c->place, name, f->sha256);
        }
}

static bool write_files(struct campaign *c, const struct result *r, struct err *e)
{
    note_captures(c, r);
    return write_text(c, "result.json", result_text(r), e) &&
           write_text(c, "README.md", manifest_readme(c->plan, c->options), e);
}

static void clean(struct campaign *c)
{
    for (size_t i = 0; i < c->n_runs; i++) {
        worker_kill(&c->workers[i]);
        free(c->workers[i].bundle);
        run_result_fini(&c->results[i]);
        free(c->dirs[i]);
    }
    if (c->shares && c->shares != MAP_FAILED)
        munmap((void *)(uintptr_t)c->shares, c->n_runs * sizeof *c->shares);
    free(c->workers);
    free(c->dirs);
    free(c->names);
    free(c->results);
    place_abandon(&c->place);
}

static void begin(struct campaign *c)
{
    c->n_runs = c->plan->n_runs;
    c->workers = calloc(c->n_runs, sizeof *c->workers);
    c->dirs = calloc(c->n_runs, sizeof *c->dirs);
    c->names = calloc(c->n_runs, sizeof *c->names);
    c->results = calloc(c->n_runs, sizeof *c->results);
    assert(c->workers && c->dirs && c->names && c->results);
    progress_begin(&c->progress, c->options->progress);
}

static bool simulate(struct campaign *c, struct err *e)
{
    bool ok = prepare(c, e) && run_all(c, e);
    progress_end(&c->progress);
    return ok;
}

static bool finish(struct campaign *c, struct result *result, time_t started, struct err *e)
{
    fill_head(c->plan->config, result);
    for (size_t i = 0; i < c->n_runs; i++)
        result_take_run(result, &c->results[i]);
    return write_files(c, result, e) &&
           place_finish(&c->place, manifest_json(c->plan, c->options, c->workers, result, started), e);
}

bool run_plan(const struct plan *plan, const struct run_options *options, struct result *result, struct err *e)
{
    struct campaign c = {.plan = plan, .options = options};
    time_t started = time(NULL);
    begin(&c);
    bool ok =
        place_begin(&c.place, options->out, &result_place, e) && simulate(&c, e) && finish(&c, result, started, e);
    clean(&c);
    return ok;
}
