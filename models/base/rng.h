/* rng.h - named streams of random numbers from one seed.
 *
 * A stream is derived from (seed, name) alone, never from the order of creation, so that adding a flow or a mode
 * changes no other stream, and all modes of a scenario meet the same random numbers (common random numbers).
 * Generator: xoshiro256++ (Blackman, Vigna), seeded through splitmix64 over FNV-1a of the name. Not for keys of real
 * gateways: `espsim export` and `espsim esp` draw those from OpenSSL's generator.
 */
#ifndef ESPSIM_BASE_RNG_H
#define ESPSIM_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
    uint64_t s[4];
};

void rng_init(struct rng *r, uint64_t seed, const char *name);

/* A seed for a part of a whole, e.g. of replicate k of a campaign. */
uint64_t rng_derive(uint64_t seed, const char *name);

static inline uint64_t rng_u64(struct rng *r)
{
    uint64_t *s = r->s;
    uint64_t sum = s[0] + s[3];
    uint64_t result = ((sum << 23) | (sum >> 41)) + s[0];
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 45) | (s[3] >> 19);
    return result;
}

/* Uniform in [0, n), n > 0, without bias (Lemire). */
uint64_t rng_below(struct rng *r, uint64_t n);

/* Uniform in [0, 1), 53 bits. */
double rng_unit(struct rng *r);

/* Exponential with the given mean. */
double rng_exp(struct rng *r, double mean);

void rng_fill(struct rng *r, void *bytes, size_t len);

#endif
