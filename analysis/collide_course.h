/* collide_course.h - the course of events at one site: SAs are rekeyed one after the other, pairs come and go. */
#ifndef ESPSIM_ANALYSIS_COLLIDE_COURSE_H
#define ESPSIM_ANALYSIS_COLLIDE_COURSE_H

#include "analysis/collide.h"

/* What one stretch of it has seen. */
struct course_seen {
    double n_new, pair_seconds, watched_s;
    double waited_s; /* without a collision, of those that began without */
    bool began_without, saw_first;
    uint64_t n_rekeyings;
};

/* What is rekeyed by itself on a side: its SAs, or its systems where all SAs of one share an SPI. */
uint64_t course_n_units(const struct collision_side *s);

/* Follows every rekeying for watched_s. False and `e`: an allocator gave up. */
bool course_follow(const struct collide_ask *ask, struct rng r, double watched_s, struct course_seen *seen,
                   struct err *e);

/* Where a hit is so rare that none of a hundred million draws would show one: the draws between hits are passed over by
 * their geometric law, p_pair being the probability that two given SAs are a pair. Pairs at the same time are so rare
 * that they are taken as apart. */
void course_follow_thinned(const struct collide_ask *ask, double p_pair, struct rng r, double watched_s,
                           struct course_seen *seen);

#endif
