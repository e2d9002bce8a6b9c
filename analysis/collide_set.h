/* collide_set.h - SPIs in force, made for hundreds of millions of draws a second: open addressing, eight slots or more
 * for one SPI, and a first step of adding and finding that does not branch: a branch foreseen wrongly costs as much as
 * five draws.
 *
 * A multiset: an SPI that was added twice is counted twice. 0 marks an empty slot and is counted apart.
 */
#ifndef ESPSIM_ANALYSIS_COLLIDE_SET_H
#define ESPSIM_ANALYSIS_COLLIDE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct collide_set {
    uint32_t *slot;
    uint32_t mask;
    uint32_t n_zeros;
};

/* Room for `cap` SPIs, at most 2^27; gives memory. */
static inline void collide_set_init(struct collide_set *s, uint64_t cap)
{
    unsigned bits = 4;
    while ((1ull << bits) < 8 * cap)
        bits++;
    *s = (struct collide_set){.mask = (uint32_t)((1ull << bits) - 1)};
    s->slot = calloc(1ull << bits, sizeof *s->slot);
    if (!s->slot)
        abort();
}

static inline void collide_set_fini(struct collide_set *s)
{
    free(s->slot);
}

static inline void collide_set_clear(struct collide_set *s)
{
    memset(s->slot, 0, (s->mask + 1ull) * sizeof *s->slot);
    s->n_zeros = 0;
}

/* The low bits: of drawn SPIs they are as good as any hash, and numbers in a row do not meet at all. */
static inline uint32_t collide_set_home(const struct collide_set *s, uint32_t spi)
{
    return spi & s->mask;
}

static inline uint32_t collide_set_count(const struct collide_set *s, uint32_t spi)
{
    uint32_t n = 0;
    if (!spi)
        return s->n_zeros;
    for (uint32_t i = collide_set_home(s, spi); s->slot[i]; i = (i + 1) & s->mask)
        n += s->slot[i] == spi;
    return n;
}

static inline void collide_set_add(struct collide_set *s, uint32_t spi)
{
    if (!spi) {
        s->n_zeros++;
        return;
    }
    uint32_t i = collide_set_home(s, spi);
    while (s->slot[i])
        i = (i + 1) & s->mask;
    s->slot[i] = spi;
}

/* False: it was there, and nothing is added. */
static inline bool collide_set_add_new(struct collide_set *s, uint32_t spi)
{
    if (!spi)
        return !s->n_zeros && ++s->n_zeros;
    uint32_t i = collide_set_home(s, spi);
    for (; s->slot[i]; i = (i + 1) & s->mask)
        if (s->slot[i] == spi)
            return false;
    s->slot[i] = spi;
    return true;
}

/* Puts an SPI that is not 0 into its home if that is free. False: it is not there yet, or was before. */
static inline bool collide_set_add_home(struct collide_set *s, uint32_t spi)
{
    uint32_t *home = &s->slot[collide_set_home(s, spi)], there = *home;
    *home = there ? there : spi;
    return there == 0;
}

/* False: it is not there, unless it is 0. */
static inline bool collide_set_may_have(const struct collide_set *s, uint32_t spi)
{
    return s->slot[collide_set_home(s, spi)] != 0;
}

/* Removes one of those that equal `spi`, which must be there. What stands behind it moves up, so that no chain breaks
 * (Knuth 6.4, algorithm R). */
static inline void collide_set_remove(struct collide_set *s, uint32_t spi)
{
    if (!spi) {
        s->n_zeros--;
        return;
    }
    uint32_t hole = collide_set_home(s, spi);
    while (s->slot[hole] != spi)
        hole = (hole + 1) & s->mask;
    for (uint32_t i = (hole + 1) & s->mask; s->slot[i]; i = (i + 1) & s->mask) {
        uint32_t way_home = (i - collide_set_home(s, s->slot[i])) & s->mask;
        if (way_home >= ((i - hole) & s->mask)) {
            s->slot[hole] = s->slot[i];
            hole = i;
        }
    }
    s->slot[hole] = 0;
}

#endif
