/* path.h - what a link is like at a time: rate, delay, up or down (family `path`, one file path_NAME.c and one line).
 *
 * One struct path is one direction. path_at answers for any time from then on, and says when its answer changes, so
 * that the simulation sets one timer and calls eng link_set. Nothing here loses packets except by handing on the loss
 * ratio of a trace; what is lost by chance is models/link/loss.h.
 */
#ifndef ESPSIM_LINK_PATH_H
#define ESPSIM_LINK_PATH_H

#include "models/base/err.h"
#include "models/base/family.h"
#include "models/base/units.h"
#include "models/link/modcod.h"
#include "models/link/trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PATH_NEVER TRACE_NEVER

/* Attenuation by rain over time: linear between points, constant before the first and after the last. */
struct fade_point {
    sim_time at;
    double db; /* below clear sky */
};

struct path_settings {
    bit_rate rate;  /* rain-fade: in clear sky; > 0 */
    sim_time delay; /* one way; 0: what is usual for geo, meo, leo */

    /* leo-slots */
    sim_time slot;                 /* time between reconfigurations */
    sim_time first_slot;           /* when the first one is, 0 < first_slot <= slot */
    sim_time delay_min, delay_max; /* each slot's delay at its beginning is drawn between them */
    sim_time drift;       /* at most so much more or less delay per second of a slot, within the bounds above */
    sim_time drift_step;  /* how often the drift is followed */
    sim_time outage;      /* nothing passes for so long after each reconfiguration */
    uint32_t outage_hops; /* and for so many hops of the old and of the new satellite, a hop being delay / 2 */

    /* rain-fade */
    double es_n0; /* dB, clear sky */
    struct acm acm;
    sim_time acm_interval; /* how often the receiver reports */
    bool pilots;
    const struct fade_point *fade; /* ascending; keeps */
    size_t n_fade;
    sim_time fade_start, fade_time; /* where n_fade is 0: one event, depth * sin^2, of this length */
    double fade_depth;              /* dB */

    const struct trace *trace; /* keeps; what it does not have is as above */
};

/* 10 Mbit/s; Starlink's reconfigurations at :12, :27, :42, :57 of a run that starts on the minute, 20 to 45 ms one way,
 * 40 us/s drift (two hops whose length changes by 6 km/s), no outage; 16 dB in clear sky, ACM margin 1 dB,
 * hysteresis 0.5 dB, a report per second, one fade of 12 dB in 5 minutes after 1 minute. */
extern const struct path_settings path_defaults;

struct path_now {
    bit_rate rate; /* BBFRAME bits where modcod is set (models/link/modcod.h); 0 (traces): nothing is sent, all waits */
    sim_time delay;
    bool up;                     /* false: what is sent is lost; rate and delay are those from before or after */
    double loss;                 /* probability that a trace names; -1: not known here */
    sim_time next;               /* the first time > now at which this may be different; PATH_NEVER */
    const struct modcod *modcod; /* NULL: none in use */
    double es_n0;                /* dB, where modcod matters */
};

struct path;

struct path_kind {
    struct member m;
    bool from_trace;                                             /* it is what a trace says */
    bool adapts;                                                 /* it chooses the MODCOD */
    sim_time usual_delay;                                        /* 0: must be set, unless `longest` says it */
    sim_time (*longest)(const struct path_settings *s);          /* delay; NULL: the usual one */
    bool (*check)(const struct path_settings *s, struct err *e); /* NULL: only rate and delay count */
    void (*at)(struct path *p, sim_time now, struct path_now *n);
};

/* A value; owns nothing. */
struct path {
    const struct path_kind *kind;
    struct path_settings set;
    uint64_t seed;
    uint64_t symbol_rate;        /* rain-fade: what gives `rate` in clear sky */
    const struct modcod *modcod; /* rain-fade: in use */
    int64_t sampled;             /* rain-fade: the last report; -1: none */
};

extern const struct family path_family;

const struct path_kind *path_find(const char *name, struct err *e);
bool path_check(const struct path_kind *k, const struct path_settings *s, struct err *e);

/* Both directions of a link take the same seed if they move together. The settings must pass the check. */
void path_init(struct path *p, const struct path_kind *k, const struct path_settings *s, uint64_t seed);

/* `now` >= 0 must not go back (ACM has a memory); it may jump. */
struct path_now path_at(struct path *p, sim_time now);

#define FADE_POINTS_MAX 64

/* `60 s: 0, 90 s: 8 dB, 3 min: 0`: gives the number of points in *n. */
bool path_fade_parse(const char *text, struct fade_point points[FADE_POINTS_MAX], size_t *n, struct err *e);

#endif
