/* manifest.h - how a result came about: what result.json leaves out because it changes from time to time. */
#ifndef ESPSIM_RUN_MANIFEST_H
#define ESPSIM_RUN_MANIFEST_H

#include "models/files/digest.h"
#include "sim/run/run.h"
#include "sim/run/worker.h"

#include <jansson.h>
#include <time.h>

/* Gives what manifest.json says beside the files (models/files/own.h): the scenario, versions, command, dates, what
 * each run took, and the SHA-256 of the result's settings. */
json_t *manifest_json(const struct plan *plan, const struct run_options *options, const struct worker *workers,
                      const struct result *result, time_t started);

/* SHA-256 over the settings of a result, a line `key = value` each. */
void manifest_settings_sha256(const struct result *r, char hex[DIGEST_HEX_CAP]);

/* Given: the caller frees. The text of the result folder's README.md: what the files are, how to open the captures. */
char *manifest_readme(const struct plan *plan, const struct run_options *options);

#endif
