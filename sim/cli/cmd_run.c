/* cmd_run.c - `espsim run FILE`: the main command: every mode of a scenario, a result folder, and the answer. */
#include "analysis/expect.h"
#include "analysis/summary.h"
#include "models/base/text.h"
#include "models/files/file.h"
#include "sim/cli/command.h"
#include "models/files/file.h"
#include "sim/cli/words.h"
#include "sim/config/plan.h"
#include "sim/run/interrupt.h"
#include "sim/run/run.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    KEY_OUT = 256,
    KEY_SEED,
    KEY_MODES,
    KEY_SET,
    KEY_JOBS,
    KEY_NO_PCAP,
    KEY_QUIET,
    KEY_JSON,
    KEY_TIMEOUT,
    KEY_EXPECT
};

struct words {
    const char *file, *out, *expect;
    sim_time timeout;
    struct sets sets;
    unsigned jobs;
    bool no_pcap, quiet, json;
};

static error_t parse_word(int key, char *arg, struct argp_state *state)
{
    struct words *w = state->input;
    struct err e;
    uint64_t n;
    switch (key) {
    case KEY_OUT:
        if (!*arg)
            argp_error(state, "--out: expected a folder");
        w->out = arg;
        return 0;
    case KEY_SEED:
        sets_add_value(&w->sets, "--seed", "scenario.seed", arg);
        return 0;
    case KEY_MODES:
        sets_add_value(&w->sets, "--modes", "scenario.modes", arg);
        return 0;
    case KEY_SET:
        sets_add(&w->sets, arg);
        return 0;
    case KEY_JOBS:
        if (!count_parse(arg, 1, 1024, &n, &e))
            argp_error(state, "--jobs %s: %s", arg, e.text);
        w->jobs = (unsigned)n;
        return 0;
    case KEY_NO_PCAP:
        w->no_pcap = true;
        return 0;
    case KEY_QUIET:
        w->quiet = true;
        return 0;
    case KEY_JSON:
        w->json = true;
        return 0;
    case KEY_TIMEOUT:
        w->timeout = take_timeout(state, arg);
        return 0;
    case KEY_EXPECT:
        w->expect = arg;
        return 0;
    case ARGP_KEY_ARG:
        if (w->file)
            argp_error(state, "%s: one scenario at a time", arg);
        w->file = arg;
        return 0;
    case ARGP_KEY_END:
        if (!w->file)
            argp_error(state, "no scenario; expected for example scenarios/sat-link.ini");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* A flow that stalls in a mode that carried it at first is a finding; one that never got through is the verdict. */
static bool has_stalled(const struct result *r)
{
    bool stalled = false;
    for (size_t i = 0; i < r->n_runs; i++)
        for (size_t k = 0; k < r->runs[i].n_flows; k++) {
            const struct flow_result *f = &r->runs[i].flows[k];
            if (!f->stalled || !f->packets_received)
                continue;
            fprintf(stderr, "espsim: run %s: flow %s has stalled: nothing new arrived in the last 10 s and more\n",
                    run_result_name(&r->runs[i]), f->name);
            stalled = true;
        }
    return stalled;
}

/* With bounds they decide, and a stall that is expected is none. */
static int judge(const struct result *r, const struct expectations *bounds)
{
    bool stalled = has_stalled(r);
    if (!bounds)
        return stalled ? CMD_WORSE : CMD_FINE;
    struct err_list broken = {0};
    expect_check(bounds, r, &broken);
    int code = broken.n_errs ? CMD_WORSE : CMD_FINE;
    print_errs(&broken);
    err_list_fini(&broken);
    return code;
}

static void print_result(const struct words *w, const struct result *r, const char *out)
{
    if (w->json) {
        char *text = result_text(r);
        fputs(text, stdout);
        free(text);
        return;
    }
    if (w->quiet)
        return;
    summary_print(r, stdout, table_width(stdout), table_wants_colour(stdout));
    putchar('\n');
    text_line(stdout, "Written to %s: result.json%s; README.md says more.", out,
              w->no_pcap ? "" : ", captures with their keys");
}

static enum progress_kind progress_of(const struct words *w)
{
    return w->quiet ? PROGRESS_NONE : isatty(STDERR_FILENO) ? PROGRESS_LINE : PROGRESS_WARNING;
}

static int run_config(const struct words *w, const struct config *c, const struct expectations *bounds, int argc,
                      char **argv)
{
    struct plan plan;
    struct result result = {0};
    struct err e;
    char *out;
    if (asprintf(&out, "%s%s", w->out ? w->out : "results/", w->out ? "" : c->name) < 0)
        abort();
    plan_init(&plan, c);
    struct run_options options = {.out = out,
                                  .jobs = w->jobs,
                                  .captures = !w->no_pcap,
                                  .progress = progress_of(w),
                                  .timeout = w->timeout,
                                  .argv = (const char *const *)argv,
                                  .n_argv = (size_t)argc};
    int code = CMD_COULD_NOT;
    interrupt_begin();
    bool ok = run_plan(&plan, &options, &result, &e);
    if (!ok)
        fprintf(stderr, "espsim: %s\n", e.text);
    interrupt_end();
    if (ok) {
        print_result(w, &result, out);
        code = judge(&result, bounds);
    }
    result_fini(&result);
    plan_fini(&plan);
    free(out);
    return code;
}

/* `x` stays empty without --expect. */
static int read_expectations(const struct words *w, struct expectations *x)
{
    struct err_list bad = {0};
    struct err e;
    char *text = NULL;
    size_t len;
    int code = CMD_FINE;
    if (w->expect && !file_read(w->expect, FILE_ASKED, &text, &len, &e)) {
        fprintf(stderr, "espsim: %s\n", e.text);
        code = CMD_COULD_NOT;
    } else if (w->expect && !expect_read(x, w->expect, text, len, &bad)) {
        code = CMD_ASKED_WRONGLY;
    }
    print_errs(&bad);
    err_list_fini(&bad);
    free(text);
    return code;
}

int cmd_run(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"out", KEY_OUT, "DIR", 0, "Result folder (default results/SCENARIO)", 0},
        {"seed", KEY_SEED, "N", 0, "Another seed than the scenario's", 0},
        {"modes", KEY_MODES, "A,B", 0, "Only these modes", 0},
        {"set", KEY_SET, "SECTION.KEY=VALUE", 0, "Override a setting; may be repeated", 0},
        {"jobs", KEY_JOBS, "N", 0, "Runs at a time (default: one per processor)", 0},
        {"no-pcap", KEY_NO_PCAP, NULL, 0, "Write no captures", 0},
        {"timeout", KEY_TIMEOUT, "TIME", 0, "Give up after this time, with exit status 3", 0},
        {"expect", KEY_EXPECT, "FILE", 0, "Bounds that decide the exit status", 0},
        {"quiet", KEY_QUIET, NULL, 0, "No progress, no table", 0},
        {"json", KEY_JSON, NULL, 0, "Print result.json instead of the table", 0},
        {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse_word,
        .args_doc = "FILE",
        .doc = "Simulates a scenario in each of its modes, writes a result folder and prints the comparison.\v"
               "The folder appears complete or not at all, in the place of an older result. It holds result.json, "
               "manifest.json, README.md and, for each run, series.json, lan1.pcap, sat.pcap, lan2.pcap and their "
               "keys for Wireshark, esp_sa.\n\n"
               "Exit status: 0 fine, 1 a TCP flow stalled (with --expect: a value is out of bounds), 2 asked wrongly, "
               "3 could not run."};
    struct words words = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &words);
    struct config config;
    struct err_list bad = {0};
    struct expectations bounds = {0};
    int code = read_expectations(&words, &bounds);
    if (code == CMD_FINE && !config_read(&config, words.file, words.sets.at, words.sets.n, &bad))
        code = CMD_ASKED_WRONGLY;
    else if (code == CMD_FINE) {
        print_errs(&config.warnings);
        code = run_config(&words, &config, words.expect ? &bounds : NULL, argc, argv);
        config_fini(&config);
    }
    expect_fini(&bounds);
    sets_name_options(&words.sets, &bad);
    print_errs(&bad);
    err_list_fini(&bad);
    sets_fini(&words.sets);
    return code;
}
