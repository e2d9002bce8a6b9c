/* summary_adversary.h - what somebody on the link can do without keys, beside what a mode saves. */
#ifndef ESPSIM_ANALYSIS_SUMMARY_ADVERSARY_H
#define ESPSIM_ANALYSIS_SUMMARY_ADVERSARY_H

#include "analysis/table.h"
#include "models/measure/result.h"

/* A sentence for a mode whose packets carry the LANs' addresses where no ICV covers them; else nothing. */
void summary_say_addresses(const struct run_result *run, FILE *to);

/* A row of the table of reasons (mode, question, answer, why) for a run that an adversary meddled with; else nothing.
 */
void summary_add_adversary(const struct result *r, const struct run_result *run, struct table *t);

#endif
