/* meter.h - measures one flow while it runs: counts, delays, jitter and the curves over time.
 *
 * The recorder tells what happened and when; a meter knows no clock and no packets. What only the hosts' stacks know
 * (retransmits, timeouts, completion, R factor) the recorder writes into the flow_result itself.
 */
#ifndef ESPSIM_MEASURE_METER_H
#define ESPSIM_MEASURE_METER_H

#include "models/measure/curves.h"
#include "models/measure/hist.h"
#include "models/measure/result.h"
#include "models/measure/series.h"

struct meter {
    uint64_t packets_sent, packets_received, octets_sent, octets_received, payload_octets, duplicates, reordered;
    struct hist delay;     /* one way, nanoseconds */
    struct series goodput; /* payload octets */
    struct series delay_over_time;
    sim_time latest_sent_at; /* of the packets received */
    sim_time last_transit;
    double jitter; /* nanoseconds */
};

void meter_init(struct meter *m);
void meter_fini(struct meter *m);

/* A packet of `ip_octets` left the sending host. */
void meter_sent(struct meter *m, uint64_t ip_octets);

/* That packet, sent at `sent_at`, reached the receiving host for the first time. A packet sent before one that arrived
 * earlier counts as reordered. */
void meter_received(struct meter *m, sim_time now, sim_time sent_at, uint64_t ip_octets);

/* A packet that was received before came again: it is counted, and measured no further. */
void meter_duplicate(struct meter *m);

/* The receiving application got `octets` that it had not got before. */
void meter_delivered(struct meter *m, sim_time now, uint64_t octets);

/* Fills the fields of `f` that are in no group; goodput is over `active`, the time in which the flow was to send. */
void meter_result(const struct meter *m, sim_time active, struct flow_result *f);

/* Adds goodput_bps and delay_s over time, and the distribution of delay_s, under the flow's name. */
void meter_curves(const struct meter *m, const char *flow, struct curves *c);

#endif
