/* one_run.h - one run of a plan, in the process that calls it: simulate, write the run's files, give its result. */
#ifndef ESPSIM_RUN_ONE_RUN_H
#define ESPSIM_RUN_ONE_RUN_H

#include "models/measure/result.h"
#include "sim/config/plan.h"

struct one_run {
    const struct config *config;
    const struct plan_run *run;
    const char *dir;           /* folder for captures, esp_sa and series.json; exists. NULL: no files */
    bool captures;             /* write *.pcap and esp_sa */
    volatile double *progress; /* share done; may be NULL */
};

/* Fills `result`, which is {0}, and sets `engine` to the engine's name and version, a constant. False: the engine, the
 * disk or a broken law of the simulation; `e` says why, and of a law *bundle what a report of it needs (broken_law.h;
 * the caller frees it), else NULL. Once per process. */
bool one_run(const struct one_run *what, struct run_result *result, const char **engine, char **bundle, struct err *e);

#endif
