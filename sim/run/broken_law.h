/* broken_law.h - a run that broke a law of the simulation: a small file with all that a report of it needs. */
#ifndef ESPSIM_RUN_BROKEN_LAW_H
#define ESPSIM_RUN_BROKEN_LAW_H

#include "sim/run/one_run.h"
#include "sim/topo/topo.h"

/* The settings in effect as a scenario that reads back; in comments above them the version, the run, the seed, the law
 * as `law` has it, and where packets stand. No key is in it but the seed. The caller frees it. */
char *broken_law_text(const struct one_run *what, const struct topo *t, const char *law);

/* Writes the text beside the result folder `out`, as OUT.broken-law.ini or with the first number that is free, and puts
 * into `e`, which holds the law, where it is. Gives false. */
bool broken_law_report(const char *out, const char *text, struct err *e);

#endif
