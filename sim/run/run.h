/* run.h - all runs of a plan, each in a process of its own, into one result folder. */
#ifndef ESPSIM_RUN_RUN_H
#define ESPSIM_RUN_RUN_H

#include "models/files/place.h"
#include "models/measure/result.h"
#include "sim/config/plan.h"
#include "sim/run/progress.h"

extern const struct place_kind result_place; /* what a result folder is; models/files/place.h */

struct run_options {
    const char *out;             /* result folder */
    unsigned jobs;               /* processes at a time; 0: as many as there are processors */
    bool captures;               /* write *.pcap and esp_sa */
    enum progress_kind progress; /* on standard error, while running */
    sim_time timeout;            /* wall clock; 0: none */
    const char *const *argv;     /* command line, for the manifest; n_argv words */
    size_t n_argv;
};

/* Runs everything and puts the folder in its place. Fills `result`, which is {0}; the caller frees with result_fini.
 * False: nothing was left behind, and an older result of that name is as it was; `e` says why. Between
 * interrupt_begin and interrupt_end, SIGHUP, SIGINT and SIGTERM are such a reason. */
bool run_plan(const struct plan *plan, const struct run_options *options, struct result *result, struct err *e);

#endif
