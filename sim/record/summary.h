/* summary.h - the recorder that makes the result of a run out of its events. */
#ifndef ESPSIM_RECORD_SUMMARY_H
#define ESPSIM_RECORD_SUMMARY_H

#include "models/measure/curves.h"
#include "models/measure/result.h"
#include "sim/event/event.h"

struct summary;

/* Listens to `bus`, which must outlive it. */
struct summary *summary_new(struct event_bus *bus, size_t n_flows);
void summary_free(struct summary *s);

/* Fills flow `i`: counts, delays, goodput over `active`, and for VoIP the E-model. `flow` has its names already. */
void summary_flow(const struct summary *s, size_t i, sim_time active, struct flow_result *flow);

/* Adds what is measured of a flow whose hosts protect it themselves. */
void summary_host_esp(const struct summary *s, size_t i, struct flow_result *flow);

/* Adds the load times of a flow's pages. */
void summary_web(const struct summary *s, size_t i, struct flow_result *flow);

/* Adds the episodes; the flows of `r` are there already. */
void summary_episodes(const struct summary *s, struct run_result *r);

/* Of one way of the link: its mean rate, bit/s, and the share (0 to 1) of its time that it was sending. */
struct link_use {
    double rate, share;
};

/* Fills link, directions, drops and balance. Adds to `r`. */
void summary_run(const struct summary *s, const struct link_use use[2], struct run_result *r);

/* Adds the curves of flow `i` under `name`. */
void summary_curves(const struct summary *s, size_t i, const char *name, struct curves *c);

/* How many packets reached a host; of flow i. */
uint64_t summary_received(const struct summary *s, size_t i);

#endif
