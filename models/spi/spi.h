/* spi.h - who draws which SPI: the allocators of real implementations, and the arithmetic of ranges.
 *
 * An SPI is a plain number in host order; only byte cursors know network order. Legal on the wire are 0x100-0xffffffff
 * (RFC 4303 2.1: 0 is local, 1-255 are reserved by IANA); two implementations really give others: Cilium's key ids
 * (1-15) and VPP, which takes 32 random bits as they come.
 *
 * The receiver of an SA chooses its SPI. It knows the SPIs of its own SAs only: what another system chose, it cannot
 * know, and that is the matter of collision.h.
 */
#ifndef ESPSIM_SPI_SPI_H
#define ESPSIM_SPI_SPI_H

#include "models/base/family.h"
#include "models/base/rng.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPI_RESERVED_LAST  0xffu
#define SPI_LEGAL_FIRST    (SPI_RESERVED_LAST + 1)
#define SPI_RANGE_TEXT_CAP 32

/* Both ends belong to it; lo <= hi. */
struct spi_range {
    uint32_t lo, hi;
};

static inline uint64_t spi_range_size(struct spi_range r)
{
    return (uint64_t)r.hi - r.lo + 1;
}

static inline bool spi_range_has(struct spi_range r, uint32_t spi)
{
    return spi >= r.lo && spi <= r.hi;
}

/* How many numbers two ranges share: 0 when they are disjoint. */
uint64_t spi_range_overlap(struct spi_range a, struct spi_range b);

/* `0x100-0x0fffffff` or `256-16639`; refused where it is empty or reaches below 0x100. */
bool spi_range_parse(const char *text, struct spi_range *r, struct err *e);
const char *spi_range_text(struct spi_range r, char text[SPI_RANGE_TEXT_CAP]); /* borrows `text` */

/* Is the SPI in use by an SA of the system that draws? `whose` is the caller's. */
typedef bool spi_taken(const void *whose, uint32_t spi);

enum spi_law {
    SPI_UNIFORM, /* every draw uniform in the range, independent of the earlier ones but for the numbers in use */
    SPI_COUNTER, /* the next number; chance has no part */
    SPI_SHARED,  /* one number for all SAs of a system, uniform at first, the next one at every rekeying */
};

struct spi_source;

struct spi_allocator {
    struct member member;
    struct spi_range range; /* all numbers that it can give by default */
    const char *range_knob; /* the setting by which the implementation moves its range; NULL: fixed in the code */
    enum spi_law law;
    bool avoids_own;       /* false: two SAs of one system may get the same SPI */
    uint32_t n_tries;      /* draws before it gives up; 0: as many as the range has numbers */
    const char *when_used; /* one line: the rule on an SPI that is in use, as the implementation has it */
    bool (*next)(struct spi_source *s, struct rng *r, spi_taken *taken, const void *whose, uint32_t *spi);
};

/* The allocator of one system at work. */
struct spi_source {
    const struct spi_allocator *allocator;
    struct spi_range range;
    const uint32_t *list; /* manual only; kept */
    size_t n_list;
    uint64_t n_given; /* SPIs given so far */
    uint64_t at;      /* counters: offset of the next number in the range or list */
};

extern const struct family spi_family;        /* its members are struct spi_allocator */
extern const struct spi_allocator spi_manual; /* its numbers are a list */

static inline const struct spi_allocator *spi_allocator_of(const struct member *m)
{
    return (const struct spi_allocator *)m; /* the member is the first field */
}

/* `range` NULL: the allocator's own. Refused: another range for an allocator that has no knob for it, and `manual`,
 * which takes a list. */
bool spi_source_init(struct spi_source *s, const struct spi_allocator *a, const struct spi_range *range, struct err *e);

/* The allocator `manual`: gives the numbers of the list in their order, again from its start when it is used up.
 * Keeps `list`; n_list > 0. The numbers may be reserved ones, which kernels accept and no IKE daemon draws. */
void spi_source_init_list(struct spi_source *s, const uint32_t *list, size_t n_list);

/* Draws the next SPI. False: exhausted, the implementation gave up by its own rule; *spi is then as it was.
 * Borrows `taken` and `whose`; taken may be NULL: nothing is in use. An allocator that does not avoid its own numbers
 * may give one that is taken. */
bool spi_next(struct spi_source *s, struct rng *r, spi_taken *taken, const void *whose, uint32_t *spi);

/* For allocators: up to n_tries uniform draws until one is free. */
bool spi_next_uniform(struct spi_source *s, struct rng *r, spi_taken *taken, const void *whose, uint32_t *spi);

/* The same, but in the end the next free number behind a drawn one: false only where there is none. */
bool spi_next_free(struct spi_source *s, struct rng *r, spi_taken *taken, const void *whose, uint32_t *spi);

static inline uint32_t spi_draw(struct rng *r, struct spi_range range)
{
    return (uint32_t)(range.lo + rng_below(r, spi_range_size(range)));
}

#endif
