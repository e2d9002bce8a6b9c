/* loss.h - which packets the channel loses: family `loss`, one file loss_NAME.c and one line each.
 *
 * A packet is offered in the order in which it crosses the link. Every offer takes the same number of random numbers
 * whatever comes out, so that all modes of a scenario that use one stream lose the same packets by number.
 */
#ifndef ESPSIM_LINK_LOSS_H
#define ESPSIM_LINK_LOSS_H

#include "models/base/err.h"
#include "models/base/family.h"
#include "models/base/rng.h"
#include "models/base/units.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From `at` on the channel loses packets with probability `p`. */
struct loss_step {
    sim_time at;
    double p;
};

/* Packets first..last (counted from 0) of each period are lost. */
struct loss_range {
    uint64_t first, last;
};

#define LOSS_RANGES_MAX 64

struct loss_pattern {
    struct loss_range ranges[LOSS_RANGES_MAX];
    size_t n_ranges;
    uint64_t period; /* packets; 0: the pattern is not repeated */
};

/* `3`, `3,7-9`, `0/100` (the first of every hundred), `10-19,40/1000`. */
bool loss_pattern_parse(const char *text, struct loss_pattern *p, struct err *e);

struct loss_settings {
    double p;                   /* bernoulli: loss; gilbert-elliott: good to bad, per packet */
    double r;                   /* gilbert-elliott: bad to good, per packet */
    double loss_good, loss_bad; /* gilbert-elliott: loss in each state; 0 and 1: the Gilbert model */
    struct loss_pattern pattern;
    const struct loss_step *steps; /* trace: ascending; keeps. Before the first nothing is lost */
    size_t n_steps;
};

/* No loss; the Gilbert model of draft-kuhn-quic-4-sat: p 0.018, r 0.645. */
extern const struct loss_settings loss_defaults;

struct loss;

struct loss_kind {
    struct member m;
    bool from_trace;                                             /* it is what a trace says */
    bool two_states;                                             /* p is a transition between them */
    bool (*check)(const struct loss_settings *s, struct err *e); /* NULL: nothing to check */
    bool (*offer)(struct loss *l, struct rng *r, sim_time now);
    double (*mean)(const struct loss_settings *s); /* NULL: not known from the settings */
};

/* The state of one direction: a value. */
struct loss {
    const struct loss_kind *kind;
    struct loss_settings set;
    uint64_t n;  /* packets so far */
    bool bad;    /* gilbert-elliott: state of the channel */
    size_t step; /* trace: the step in force is the one before */
};

extern const struct family loss_family;

const struct loss_kind *loss_find(const char *name, struct err *e);
bool loss_check(const struct loss_kind *k, const struct loss_settings *s, struct err *e);

/* The settings must pass the check. Gilbert-Elliott starts in the good state. */
void loss_init(struct loss *l, const struct loss_kind *k, const struct loss_settings *s);

/* Is the next packet lost? `now` must not go back. */
bool loss_offer(struct loss *l, struct rng *r, sim_time now);

/* Long-run loss ratio; -1 where the settings do not tell. */
double loss_mean(const struct loss_kind *k, const struct loss_settings *s);

/* Mean length of a burst of losses, packets, in the long run: Gilbert model 1 / r; with loss_good and loss_bad between
 * 0 and 1 the bursts are those of the process that is seen. */
double loss_gilbert_elliott_burst(const struct loss_settings *s);

#endif
