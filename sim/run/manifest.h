/* manifest.h - how a result came about: what result.json leaves out because it changes from time to time. */
#ifndef ESPSIM_RUN_MANIFEST_H
#define ESPSIM_RUN_MANIFEST_H

#include "sim/run/run.h"
#include "sim/run/worker.h"

#include <time.h>

/* Given: the caller frees. The text of manifest.json. */
char *manifest_text(const struct plan *plan, const struct run_options *options, const struct worker *workers,
                    time_t started);

/* Given: the caller frees. The text of the result folder's README.md: what the files are, how to open the captures. */
char *manifest_readme(const struct plan *plan, const struct run_options *options);

#endif
