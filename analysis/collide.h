/* collide.h - SPI collisions by simulation, beside the closed forms of models/spi/collision.h.
 *
 * Two simulations: trials (all SPIs are drawn anew; is there a pair?) give p_any, a course of events (SAs are rekeyed
 * one after the other, pairs come and go) gives rate, time to the first and duration. Both draw with the allocators of
 * models/spi, use no closed form but where said, and give 99 % intervals. The same seed gives the same figures for any
 * number of jobs: the work is cut into blocks with a random stream each.
 *
 * One site is simulated; figures for several sites follow, as sites are independent.
 */
#ifndef ESPSIM_ANALYSIS_COLLIDE_H
#define ESPSIM_ANALYSIS_COLLIDE_H

#include "models/base/err.h"
#include "models/measure/stats.h"
#include "models/spi/collision.h"

#include <stdbool.h>
#include <stdint.h>

#define COLLIDE_CONFIDENCE 0.99
#define COLLIDE_FAR        0.99999    /* outside this interval, formula and simulation disagree */
#define COLLIDE_SIDE_CAP   (1u << 26) /* SAs of a side that a simulation takes */

enum collide_method {
    COLLIDE_AUTO, /* importance where plain trials would see fewer than a hundred collisions */
    COLLIDE_PLAIN,
    COLLIDE_IMPORTANCE,
};

struct collide_ask {
    struct collision_case c; /* lists of its sources are borrowed */
    enum collide_method method;
    uint64_t n_trials;     /* 0: chosen by the size of a trial */
    uint64_t n_collisions; /* that the course of events should see, about; 0: no course of events */
    uint64_t seed;
    unsigned n_jobs; /* threads, >= 1 */
};

/* An estimate with the interval of COLLIDE_CONFIDENCE, and the wider one of COLLIDE_FAR. */
struct collide_estimate {
    bool is_known; /* false: was not simulated, or nothing was seen to estimate from */
    double value;
    struct interval ci;
    struct interval far;
};

struct collide_result {
    struct collision closed;
    struct collide_estimate p_any, rate_per_s, first_s, duration_s;
    bool by_importance;   /* p_any: every trial holds one forced pair and is weighted (Karp and Luby) */
    uint64_t n_trials;    /* 0: too many SAs for a simulation */
    uint64_t n_hits;      /* trials with a pair; of importance: with a second pair */
    uint64_t n_draws;     /* SPIs drawn by trials */
    bool is_thinned;      /* the course of events: only draws that hit were followed, by the probability of a hit */
    uint64_t n_new_pairs; /* seen by the course of events */
    uint64_t n_rekeyings;
    double simulated_s; /* of the network's time, one site */
};

/* True, or `e`: an allocator cannot give so many SPIs, or gave up while drawing. */
bool collide_run(const struct collide_ask *ask, struct collide_result *out, struct err *e);

/* True where every estimate agrees with its closed form: the latter is inside the interval of COLLIDE_FAR (first_s:
 * widened by what it neglects). Else `e` names the figure. */
bool collide_agrees(const struct collide_result *r, struct err *e);

#endif
