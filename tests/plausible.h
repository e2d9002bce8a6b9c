/* plausible.h - a made-up result that looks like one of scenarios/sat-link.ini, for tests of what reads results:
 * tables, compare, report. The octets follow the ESP size formula; goodput, delay and loss are drawn from a seed. */
#ifndef ESPSIM_TESTS_PLAUSIBLE_H
#define ESPSIM_TESTS_PLAUSIBLE_H

#include "models/base/rng.h"
#include "models/measure/curves.h"
#include "models/measure/meter.h"
#include "models/measure/result.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct plausible_mode {
    const char *name, *algorithm;
    bool esp, routed;
    uint64_t outer; /* octets of a header that the mode adds */
    uint64_t mtu, sas;
    struct verdict_result verdict[N_VERDICTS];
};

static const struct plausible_mode plausible_modes[] = {
    {"plain",
     "",
     false,
     true,
     0,
     1500,
     0,
     {{ANSWER_YES, "every packet is delivered, readable by anyone on the way"},
      {ANSWER_YES, "a BYPASS policy (4.4.1.1)"},
      {ANSWER_YES, "plain forwarding"},
      {ANSWER_YES, "a passthrough (bypass) policy; nothing is negotiated"}}},
    {"tunnel",
     "aes-gcm-16-128",
     true,
     true,
     20,
     1446,
     2,
     {{ANSWER_YES, "every packet is delivered"},
      {ANSWER_YES, "4.1: the mode prescribed between security gateways"},
      {ANSWER_YES, "ip xfrm, mode tunnel"},
      {ANSWER_YES, "the default; one CHILD_SA for both subnets"}}},
    {"beet",
     "aes-gcm-16-128",
     true,
     true,
     0,
     1458,
     128,
     {{ANSWER_YES, "every packet is delivered, one SA pair for each pair of hosts"},
      {ANSWER_NO, "BEET is not an RFC 4301 mode (an expired draft; used by HIP, RFC 7402)"},
      {ANSWER_YES, "ip xfrm, mode beet, one state for each pair of hosts"},
      {ANSWER_PARTLY, "only with host selectors (/32) and charon.send_vendor_id = yes on both sides"}}},
    {"wildcard",
     "aes-gcm-16-128",
     true,
     true,
     0,
     1466,
     2,
     {{ANSWER_YES, "every packet is delivered: GW2 opens ESP whatever the destination address is"},
      {ANSWER_NO, "4.1 forbids transport mode for transit traffic, 5.2 looks up only what is addressed to the gateway"},
      {ANSWER_PARTLY, "with an SA for each destination host and routing marks, or BEET and three tc-bpf programs"},
      {ANSWER_NO, "TS_UNACCEPTABLE unless both selectors are single hosts"}}},
    {"transport",
     "aes-gcm-16-128",
     true,
     false,
     0,
     0,
     2,
     {{ANSWER_NO, "GW1 has no SA for packets that it did not send itself: nothing leaves it"},
      {ANSWER_NO, "4.1: between gateways an SA MUST be tunnel mode unless the packet is the gateway's own"},
      {ANSWER_NO, "XfrmOutNoStates on GW1; a packet that got out would be forwarded still encrypted"},
      {ANSWER_NO, "TS_UNACCEPTABLE for subnets"}}},
};

enum { N_PLAUSIBLE_MODES = sizeof plausible_modes / sizeof *plausible_modes };

/* n packets of `inner` octets in a mode, added to a direction of the link (PPP framing, 7 octets). */
static inline void plausible_packets(struct link_result *link, const struct plausible_mode *mode, uint64_t inner,
                                     uint64_t n)
{
    struct ledger l = {.ip = 20, .payload = inner - 20, .framing = 7};
    if (mode->esp) {
        l.payload = mode->outer ? inner : inner - 20;
        l.esp = 8;
        l.iv = 8;
        l.padding = (4 - (l.payload + 2) % 4) % 4;
        l.trailer = 2;
        l.icv = 16;
    }
#define X(field, what) l.field *= n;
    LEDGER_FIELDS(X)
#undef X
    ledger_add(&link->ledger, &l);
    link->packets += n;
    link->inner_packets += n;
    link->inner_octets += inner * n;
    link->wire_octets += ledger_sum(&l);
    link->ip_octets += ledger_sum(&l) - l.framing;
}

static inline void plausible_total(struct run_result *run)
{
    for (size_t d = 0; d < run->n_directions; d++) {
        const struct link_result *link = &run->directions[d];
        run->link.packets += link->packets;
        run->link.inner_packets += link->inner_packets;
        run->link.inner_octets += link->inner_octets;
        run->link.ip_octets += link->ip_octets;
        run->link.wire_octets += link->wire_octets;
        ledger_add(&run->link.ledger, &link->ledger);
    }
}

/* Sends packets of a flow through a meter: `mean_queue` is what they wait beyond the 270 ms of the link. */
static inline void plausible_flow(struct meter *m, struct rng *rng, sim_time every, sim_time until, uint64_t octets,
                                  uint64_t payload, sim_time mean_queue, double loss)
{
    meter_init(m);
    double queue = (double)mean_queue;
    for (sim_time now = NS_PER_S / 2; now < until; now += every) {
        /* a queue that drifts back to its mean, and the start-up of TCP */
        queue += 0.02 * ((double)mean_queue - queue) + 0.1 * (double)mean_queue * (rng_unit(rng) - 0.5);
        double start = fmin(1, (double)now / (4.0 * NS_PER_S));
        meter_sent(m, octets);
        if (rng_unit(rng) < loss)
            continue;
        sim_time arrival = now + 271 * NS_PER_MS + (sim_time)fmax(0, queue * start);
        meter_received(m, arrival, now, octets);
        meter_delivered(m, arrival, payload);
    }
}

static inline void plausible_run(struct run_result *run, const struct plausible_mode *mode, uint64_t seed,
                                 struct curves *curves)
{
    const sim_time until = 30 * NS_PER_S;
    struct rng rng;
    rng_init(&rng, seed, "plausible");
    snprintf(run->mode, sizeof run->mode, "%s", mode->name);
    snprintf(run->algorithm, sizeof run->algorithm, "%s", mode->algorithm);
    snprintf(run->lookup, sizeof run->lookup, "%s", mode->esp ? "linux" : "");
    snprintf(run->framing, sizeof run->framing, "ppp");
    snprintf(curves->mode, sizeof curves->mode, "%s", mode->name);
    run->duration_s = 30;
    run->sas = mode->sas;
    run->mtu = mode->mtu;
    memcpy(run->verdict, mode->verdict, sizeof run->verdict);
    struct link_result *there = run_result_add_direction(run, "gw1>gw2");
    there->rate_bps = 2e6;
    there = run_result_add_direction(run, "gw2>gw1");
    there->rate_bps = 8e6;
    places_add_place(&run->drops, "gw1");
    places_add_place(&run->drops, "gw2");
    static const struct {
        const char *name, *kind, *from, *to;
        unsigned groups;
        size_t direction;
    } flows[] = {
        {"download", "tcp-bulk", "10.2.0.1", "10.1.0.1", GROUP_TCP, 1},
        {"upload", "tcp-bulk", "10.1.0.2", "10.2.0.2", GROUP_TCP, 0},
        {"calls-out", "voip", "10.1.0.3", "10.2.0.3", GROUP_VOIP, 0},
        {"calls-in", "voip", "10.2.0.3", "10.1.0.3", GROUP_VOIP, 1},
    };
    for (size_t i = 0; i < 4; i++) {
        struct link_result *link = &run->directions[flows[i].direction];
        uint64_t inner = flows[i].groups & GROUP_VOIP ? 60 : mode->mtu ? mode->mtu : 1500;
        double on_link = (double)inner + 7 + (mode->esp ? 34 + (double)mode->outer : 0);
        sim_time every = flows[i].groups & GROUP_VOIP ? NS_PER_S / (50 * 10)
                                                      : (sim_time)(on_link * 8 * NS_PER_S / (link->rate_bps * 0.8));
        struct meter m;
        plausible_flow(&m, &rng, every, until, inner, flows[i].groups & GROUP_VOIP ? 20 : inner - 52,
                       (flows[i].direction ? 40 : 110) * NS_PER_MS + (sim_time)(mode->esp ? mode->outer * 300000 : 0),
                       mode->routed ? 0.004 : 1);
        struct flow_result *f = run_result_add_flow(run, flows[i].name, flows[i].kind);
        f->groups = flows[i].groups;
        snprintf(f->from, sizeof f->from, "%s", flows[i].from);
        snprintf(f->to, sizeof f->to, "%s", flows[i].to);
        meter_result(&m, until, f);
        meter_curves(&m, f->name, curves);
        f->completion_s = METRIC_NONE;
        f->stalled = !mode->routed;
        f->timeouts = mode->routed ? 0 : 6;
        f->retransmits = f->packets_sent - f->packets_received;
        f->calls = flows[i].groups & GROUP_VOIP ? 10 : 0;
        f->r_factor = f->r_factor_worst = f->mos = METRIC_NONE;
        if (mode->routed) {
            f->r_factor = 82.2 - 24 * f->delay_p95_s - 300 * f->loss_ratio;
            f->r_factor_worst = f->r_factor - 1.5;
            f->mos = 1 + 0.035 * f->r_factor + f->r_factor * (f->r_factor - 60) * (100 - f->r_factor) * 7e-6;
            plausible_packets(link, mode, inner, f->packets_sent);
            link->lost += f->packets_sent - f->packets_received;
        }
        run->balance.in += f->packets_sent;
        run->balance.out += f->packets_received;
        run->balance.dropped += f->packets_sent - f->packets_received;
        places_add(&run->drops, mode->routed ? "link" : "gw1", mode->routed ? "queue" : "no-sa-out",
                   f->packets_sent - f->packets_received);
        meter_fini(&m);
    }
    for (size_t d = 0; d < run->n_directions; d++) {
        struct link_result *link = &run->directions[d];
        link->utilisation = (double)link->wire_octets * 8 / (link->rate_bps * run->duration_s);
        link->queue_dropped = link->lost;
        link->lost = 0;
        link->queue_delay_mean_s = d ? 0.04 : 0.11;
        link->queue_delay_max_s = 3 * link->queue_delay_mean_s;
        link->queue_max_octets = (uint64_t)(link->queue_delay_max_s * link->rate_bps / 8);
    }
    plausible_total(run);
    struct sa_result *sa = mode->esp ? run_result_add_sa(run) : NULL;
    if (sa) {
        snprintf(sa->gateway, sizeof sa->gateway, "gw1");
        snprintf(sa->direction, sizeof sa->direction, "out");
        snprintf(sa->mode, sizeof sa->mode, "%s", mode->name);
        snprintf(sa->algorithm, sizeof sa->algorithm, "%s", mode->algorithm);
        snprintf(sa->source, sizeof sa->source, "192.0.2.1");
        snprintf(sa->destination, sizeof sa->destination, "192.0.2.2");
        sa->spi = 0xc0001234;
        sa->packets = run->directions[0].packets;
    }
    char hash[RESULT_HASH_MAX];
    snprintf(hash, sizeof hash, "%064llx", (unsigned long long)(seed * 31 + mode->mtu));
    run_result_add_fingerprint(run, "sat.pcap", hash);
}

/* Fills `r`, which is {0}, and curves[N_PLAUSIBLE_MODES], each {0}. */
static inline void plausible_result(struct result *r, struct curves *curves, uint64_t seed)
{
    snprintf(r->scenario, sizeof r->scenario, "sat-link");
    snprintf(r->question, sizeof r->question,
             "Which ESP mode between two gateways serves TCP and VoIP best over a GEO satellite link?");
    r->seed = seed;
    result_add_setting(r, "link.delay", "270 ms");
    result_add_setting(r, "link.rate", "8 Mbit/s");
    result_add_setting(r, "link.framing", "ppp");
    snprintf(r->settings_hash, sizeof r->settings_hash, "%064x", 0x5a7);
    for (size_t i = 0; i < N_PLAUSIBLE_MODES; i++) {
        struct run_result run = {0};
        plausible_run(&run, &plausible_modes[i], seed, &curves[i]);
        result_take_run(r, &run);
    }
}

#endif
