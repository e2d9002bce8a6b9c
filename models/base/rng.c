#include "models/base/rng.h"

#include <math.h>

static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

uint64_t rng_derive(uint64_t seed, const char *name)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (const char *c = name; *c; c++)
        hash = (hash ^ (uint8_t)*c) * 0x100000001b3u;
    uint64_t state = seed;
    state = splitmix(&state) ^ hash;
    return splitmix(&state);
}

void rng_init(struct rng *r, uint64_t seed, const char *name)
{
    uint64_t state = rng_derive(seed, name);
    for (int i = 0; i < 4; i++)
        r->s[i] = splitmix(&state);
}

uint64_t rng_below(struct rng *r, uint64_t n)
{
    __extension__ typedef unsigned __int128 u128;
    u128 product = (u128)rng_u64(r) * n;
    if ((uint64_t)product < n) {
        uint64_t floor = -n % n;
        while ((uint64_t)product < floor)
            product = (u128)rng_u64(r) * n;
    }
    return (uint64_t)(product >> 64);
}

double rng_unit(struct rng *r)
{
    return (double)(rng_u64(r) >> 11) * 0x1p-53;
}

double rng_exp(struct rng *r, double mean)
{
    return -mean * log1p(-rng_unit(r));
}

void rng_fill(struct rng *r, void *bytes, size_t len)
{
    uint8_t *to = bytes;
    for (size_t i = 0; i < len; i += 8) {
        uint64_t word = rng_u64(r);
        for (size_t j = i; j < len && j < i + 8; j++, word >>= 8)
            to[j] = (uint8_t)word;
    }
}
