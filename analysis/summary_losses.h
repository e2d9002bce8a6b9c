/* summary_losses.h - what of the hosts' packets did not arrive, in plain words: sizes that vanish, flows that stall,
 * drops with their reasons, and packets that priority made look replayed. Computed from the result alone.
 */
#ifndef ESPSIM_ANALYSIS_SUMMARY_LOSSES_H
#define ESPSIM_ANALYSIS_SUMMARY_LOSSES_H

#include "models/measure/result.h"

#include <stdio.h>

/* Packets of a run with DF that were too big for the link, in a scenario that filters the ICMP about it. */
uint64_t summary_vanished(const struct result *r, const struct run_result *run);

/* The longest packet with DF that crosses the link: the run's MTU or, of IPv6, more in pieces (size_carried). */
uint64_t summary_carried(const struct result *r, const struct run_result *run);

/* Which sizes vanish in which mode and which flows stall: sentences with a blank before each; nothing where all is
 * well. */
void summary_say_black_holes(const struct result *r, FILE *to);

/* A line of the shares that each run dropped and for what; nothing where no run that works dropped any. */
void summary_say_drops(const struct result *r, FILE *to);

/* Where the link's queue has priorities: whether the replay window bore the packets that others passed. A line; nothing
 * where something else may have made replays, too (an adversary, SPI collisions). */
void summary_say_overtaking(const struct result *r, FILE *to);

#endif
