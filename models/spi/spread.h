/* spread.h - how many different numbers of one side lie where the other draws: a law of a count, as weights. */
#ifndef ESPSIM_SPI_SPREAD_H
#define ESPSIM_SPI_SPREAD_H

#include <stdint.h>

#define SPREAD_CAP          (1u << 24) /* draws that spread_independent follows */
#define SPREAD_WEIGHT_FLOOR 1e-25      /* less than that counts for nothing */

/* Weights of a number of hits, not normalised: weight[i] belongs to first + i. The caller frees `weight`. */
struct spread {
    uint64_t first, n;
    double *weight;
};

/* n different numbers of `range`, of which `marked` count: hypergeometric. */
struct spread spread_distinct(uint64_t n, uint64_t range, uint64_t marked);

/* n independent draws of `range`: how many different ones of the `marked` numbers come. weight = NULL: too dear. */
struct spread spread_independent(uint64_t n, uint64_t range, uint64_t marked);

#endif
