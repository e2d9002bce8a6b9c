/* topo.h - LAN1 - GW1 - satellite - GW2 - LAN2 from the settings of a scenario, in one mode, ready to run.
 *
 * TCP hosts, the clock and the link's modems are the engine's (ns-3); gateways, links of the LANs, open-loop sources
 * and sinks are C. What happens is told to the listeners of an event bus. A process runs one topology.
 */
#ifndef ESPSIM_TOPO_TOPO_H
#define ESPSIM_TOPO_TOPO_H

#include "models/ipsec/gateway.h"
#include "sim/config/plan.h"
#include "sim/engine/engine.h"
#include "sim/event/event.h"

#include <stdio.h>

struct topo;

/* A flow as results see it: one direction of a [flow.NAME]. */
struct topo_flow {
    char name[64]; /* "calls"; the direction back of both_ways: "calls-back" */
    const struct config_flow *config;
    struct addr from, to; /* first pair of hosts */
    sim_time start, stop; /* when it was to send */
    bool tcp;             /* carried by the engine's TCP */
    bool web;             /* requests of pages; the flow that follows holds the responses */
    uint64_t n_streams;   /* connections or calls */
};

/* An SA as it was used, for results and decryption. */
struct topo_sa {
    struct sa *out, *in; /* at the sending and at the receiving gateway */
    int side;            /* of the sender */
};

/* Builds everything; `bus` is kept. False: the engine is missing or refused; `e` says why. */
bool topo_new(const struct config *c, const struct plan_run *run, const struct event_bus *bus, struct topo **t,
              struct err *e);

/* Runs to the end of the scenario's duration, then lets what is under way arrive. Writes the share done, 0 to 1, to
 * *progress now and then (may be NULL). */
bool topo_run(struct topo *t, volatile double *progress, struct err *e);
void topo_free(struct topo *t);

size_t topo_n_flows(const struct topo *t);
const struct topo_flow *topo_flow(const struct topo *t, size_t i);
/* Sums over the connections of flow i, without cwnd and srtt; `completed` and `first_octet`, `last_octet` are the
 * latest, earliest, latest. False: no TCP flow. */
bool topo_tcp(const struct topo *t, size_t i, struct eng_tcp_stats *stats);
/* Whether TCP made no progress for longer than `after` before the end of flow i, though it had something to do. */
bool topo_stalled(const struct topo *t, size_t i, sim_time after);
/* What the PEP of `side` did: TCP connections split into three; outside of the gateway: packets that passed it. */
struct topo_pep {
    uint64_t split, saw_tcp, saw_esp;
};

struct topo_pep topo_pep(const struct topo *t, int side);

/* Packets of captures that were read and not replayed, of all flows. */
struct topo_skipped {
    uint64_t not_ip, malformed;
    uint64_t cut;       /* not all of their octets were captured */
    uint64_t elsewhere; /* not between the LANs' prefixes */
};

struct topo_skipped topo_skipped(const struct topo *t);

struct gateway *topo_gateway(const struct topo *t, int side);
size_t topo_n_sas(const struct topo *t);   /* all that ever were */
size_t topo_n_lines(const struct topo *t); /* those that send: an SA and its rekeyings are one */
const struct topo_sa *topo_sa(const struct topo *t, size_t i);
/* Mean rate of the direction that `side` sends on, bit/s, over the scenario's duration. */
double topo_link_rate(const struct topo *t, int side);
/* Attenuation by rain, dB: the deepest of the run; when packets began to wait without a pause, until the queue dropped
 * one for the first time (NAN: it never did); and where no MODCOD is left. False where the path knows no rain. */
struct topo_fade {
    double max, full, closes;
};

bool topo_fade(const struct topo *t, int side, struct topo_fade *fade);
/* Share, 0 to 1, of what that direction could have sent in the scenario's duration that it sent in it. */
double topo_link_utilisation(const struct topo *t, int side);
uint64_t topo_n_corrupt(const struct topo *t); /* octets delivered to applications that were not those sent */
/* Packets that the adversary laid hands on, and authentic payload that reached a host under other addresses than it was
 * sent with: delivered to another host, or with another source. */
uint64_t topo_n_attacked(const struct topo *t);
uint64_t topo_n_misled(const struct topo *t);
uint64_t topo_n_outstanding(const struct topo *t); /* packets under way; 0 after a good run */
/* Where packets stand, in lines of text: of use where topo_n_outstanding is not 0. */
void topo_census(const struct topo *t, FILE *to);
uint64_t topo_n_events(const struct topo *t);
const char *topo_engine_version(const struct topo *t);

#endif
