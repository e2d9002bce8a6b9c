/* summary.h - the answer of a scenario for people: a row per mode, the verdicts with their reasons, and in plain words
 * which mode to choose on that link and why. Computed from the numbers of a result; nothing is known about modes here
 * but the names `plain` (no protection: the yardstick) and `tunnel` (what others are held against).
 */
#ifndef ESPSIM_ANALYSIS_SUMMARY_H
#define ESPSIM_ANALYSIS_SUMMARY_H

#include "analysis/table.h"
#include "models/measure/result.h"

#include <stdbool.h>
#include <stdio.h>

/* The whole summary. It is made for TABLE_WIDTH columns; 80 do for five modes and some hundred thousand packets. */
void summary_print(const struct result *r, FILE *to, size_t width, bool colour);

/* Its parts. Each fills a table that is {0}; the caller frees with table_fini. */
void summary_users(const struct result *r, struct table *t);    /* goodput, VoIP, delay, loss: what the hosts get */
void summary_link(const struct result *r, struct table *t);     /* packets, octets, overhead, saving, SAs */
void summary_drops(const struct result *r, struct table *t);    /* mode, place, reason, packets; may have no row */
void summary_verdicts(const struct result *r, struct table *t); /* four columns */
void summary_reasons(const struct result *r, struct table *t);  /* mode, question, answer, reason */

/* Which mode to choose and why: paragraphs divided by a newline, the first of them the answer. Given: free. */
char *summary_conclusion(const struct result *r);

/* Octets on the link that a run spent for each octet of the hosts' packets (wire / inner); METRIC_NONE without any. */
double summary_cost(const struct run_result *run);

/* Octets that a packet of the hosts costs beyond itself on the link, on average; METRIC_NONE without any. */
double summary_overhead(const struct run_result *run);

#endif
