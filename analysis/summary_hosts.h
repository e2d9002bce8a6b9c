/* summary_hosts.h - what became of LAN hosts that have IPsec of their own: the part of the summary that a scenario has
 * only where some do. Computed from the flows and episodes of a result. */
#ifndef ESPSIM_ANALYSIS_SUMMARY_HOSTS_H
#define ESPSIM_ANALYSIS_SUMMARY_HOSTS_H

#include "analysis/table.h"
#include "models/measure/result.h"

#include <stdbool.h>
#include <stdio.h>

/* Whether a flow of any run is protected by its hosts. */
bool summary_has_hosts(const struct result *r);

/* A row per run: packets lost, collisions, outages; no row where no flow is protected by its hosts. */
void summary_hosts(const struct result *r, struct table *t);

/* The stories of the collisions, whether others were hurt, and in plain words when a lookup without the destination
 * (wildcard transport) is safe: paragraphs, each with its newline; nothing where no flow is protected by its hosts. */
void summary_say_hosts(const struct result *r, FILE *to);

#endif
