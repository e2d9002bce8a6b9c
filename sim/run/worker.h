/* worker.h - one run in a child process: a crash or a fatal error of the engine ends the run, not the program. */
#ifndef ESPSIM_RUN_WORKER_H
#define ESPSIM_RUN_WORKER_H

#include "sim/run/one_run.h"

#include <sys/resource.h>
#include <sys/types.h>

struct worker {
    struct one_run what;
    pid_t pid;            /* 0: not started, or ended */
    int from_child;       /* the reading end of its pipe */
    sim_time started;     /* wall clock */
    double wall_s, cpu_s; /* when it has ended */
    long max_rss_kb;
    char engine[32]; /* what simulated: "ns-3 3.37" */
    char *bundle;    /* of a run that broke a law, what a report of it needs (broken_law.h); the owner frees it */
};

/* Starts the child. */
bool worker_start(struct worker *w, struct err *e);
/* Reads what the child has to say until it ends, and waits for it. Fills `result`; false where the run failed. */
bool worker_finish(struct worker *w, struct run_result *result, struct err *e);
/* Ends a child that still runs. */
void worker_kill(struct worker *w);

#endif
