/* collision_draws.h - equal numbers among draws, closed forms that know of no SA: formulas 1 and 2 of collision.h.
 *
 * Probabilities keep their digits down to the smallest double; up to 2^32 numbers cost no more than a few hundred.
 */
#ifndef ESPSIM_SPI_COLLISION_DRAWS_H
#define ESPSIM_SPI_COLLISION_DRAWS_H

#include <stdint.h>

/* Formula 1: k independent uniform draws from `range` numbers; probability that two are equal. k = 0 gives 0. */
double collision_birthday(uint64_t k, uint64_t range);

/* The fewest draws for which collision_birthday reaches p, 0 < p < 1. */
uint64_t collision_birthday_draws(double p, uint64_t range);

/* Formula 2: n independent draws from `range` numbers; probability that one is among g given ones. */
double collision_hit(uint64_t n, uint64_t g, uint64_t range);

/* The same, when the n draws are different from each other. */
double collision_hit_distinct(uint64_t n, uint64_t g, uint64_t range);

/* Logarithms of the probabilities that none is: of independent sides they add up. -HUGE_VAL: one must be. */
double collision_log_avoid(uint64_t n, uint64_t g, uint64_t range);
double collision_log_avoid_distinct(uint64_t n, uint64_t g, uint64_t range);

/* 1 - exp(log_none); tiny ones keep their digits, and none is 0, not -0. */
double collision_p_but(double log_none);

#endif
