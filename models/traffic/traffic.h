/* traffic.h - who sends how much when: family `traffic`, one file traffic_NAME.c and one line each.
 *
 * Open-loop members are generators: traffic_next gives the next packet's time and size, whatever the network does;
 * the simulation sets a timer for it and makes the packet. Closed-loop members are carried by TCP of the engine:
 * tcp-bulk has nothing to generate, request-response gives pages (traffic_page). No clock: times are counted from
 * `start`; no state but struct traffic and the random stream that is handed in.
 */
#ifndef ESPSIM_TRAFFIC_TRAFFIC_H
#define ESPSIM_TRAFFIC_TRAFFIC_H

#include "models/base/err.h"
#include "models/base/family.h"
#include "models/base/rng.h"
#include "models/base/units.h"
#include "models/traffic/codec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum traffic_carrier {
    TRAFFIC_UDP, /* open loop: traffic_next */
    TRAFFIC_TCP, /* closed loop, one bulk transfer */
    TRAFFIC_WEB  /* closed loop: traffic_page */
};

/* A packet of a recording. */
struct traffic_item {
    sim_time at;  /* since the start of the recording, ascending */
    uint32_t len; /* octets of the whole IP packet */
};

struct traffic_settings {
    bit_rate rate;     /* cbr, poisson, on-off (while on): UDP payload; imix: whole IP packets, bit/s */
    uint32_t size;     /* cbr, poisson, on-off, iot: UDP payload octets */
    uint32_t head_len; /* IP and UDP header of this flow, octets: 28 or 48; for members that think in IP packets */
    sim_time on, off;  /* on-off: mean durations, exponential */
    const struct codec *codec;        /* voip; keeps */
    uint32_t frames;                  /* voip: frames per packet; 0: the codec's usual */
    bool vad;                         /* voip: silence is not sent */
    sim_time talk, silence;           /* voip with VAD: mean durations, exponential */
    sim_time interval;                /* iot: time between reports */
    sim_time jitter;                  /* iot: each report is up to this much late, uniformly; < interval */
    uint32_t burst;                   /* iot: packets per report */
    sim_time burst_gap;               /* iot: time between the packets of a report */
    const struct traffic_item *items; /* replay; keeps */
    size_t n_items;
    uint32_t request;     /* web: octets of a request */
    uint32_t objects;     /* web: objects of a page besides the page itself; WEB_OBJECTS_DRAWN: drawn */
    uint32_t object_size; /* web: octets of each object; 0: drawn */
    sim_time think;       /* web: mean pause between pages, exponential */
};

#define WEB_OBJECTS_DRAWN UINT32_MAX
#define WEB_OBJECTS_MAX   64

extern const struct traffic_settings traffic_defaults;

struct traffic_packet {
    sim_time at;
    uint32_t len; /* UDP payload octets; voip: RTP header included; replay: whole IP packet */
    bool marker;  /* first of a talk spurt, on period or report */
    uint64_t n;   /* 0, 1, ...; replay: index of the item */
};

struct web_page {
    sim_time think;                      /* to wait before the request, after the page before is complete */
    uint32_t request;                    /* octets of each request */
    uint32_t n_objects;                  /* sizes[0] is the page itself */
    uint32_t sizes[1 + WEB_OBJECTS_MAX]; /* octets */
};

struct traffic;

struct traffic_kind {
    struct member m;
    enum traffic_carrier carrier;
    bool speech; /* of a codec */
    /* False and why where a setting that this member needs is missing or out of range. */
    bool (*check)(const struct traffic_settings *s, struct err *e);
    /* Open loop: fills the next packet; p->at is the time of the packet before (p->n > 0) or of the start, and p->n is
     * set. False: there is none. */
    bool (*next)(struct traffic *t, struct rng *r, struct traffic_packet *p);
    /* NULL or: mean rate in the unit of `len` of struct traffic_packet, bit/s. */
    double (*mean_rate)(const struct traffic_settings *s);
};

/* The state of one flow: a value. */
struct traffic {
    const struct traffic_kind *kind;
    struct traffic_settings set;
    sim_time start, stop;
    sim_time at;    /* of the packet before */
    uint64_t n;     /* packets so far */
    uint64_t rest;  /* pacing: what the last division left over */
    sim_time left;  /* of the current on period or talk spurt */
    uint8_t urn[3]; /* imix: packets of each size left in the current dozen */
    sim_time late;  /* iot: jitter of the current report */
};

extern const struct family traffic_family;

const struct traffic_kind *traffic_find(const char *name, struct err *e);

bool traffic_check(const struct traffic_kind *k, const struct traffic_settings *s, struct err *e);

/* The flow sends from `start` on and nothing at or after `stop` (0: never stops). The settings must pass the check. */
void traffic_init(struct traffic *t, const struct traffic_kind *k, const struct traffic_settings *s, sim_time start,
                  sim_time stop);

/* Open-loop kinds. Times never go back. False: the flow is over. */
bool traffic_next(struct traffic *t, struct rng *r, struct traffic_packet *p);

/* Kind TRAFFIC_WEB. */
void traffic_page(struct traffic *t, struct rng *r, struct web_page *page);

/* Long-run mean of the octets in traffic_packet.len, bit/s; 0: not known from the settings (replay, closed loop). */
double traffic_mean_rate(const struct traffic_kind *k, const struct traffic_settings *s);

#endif
