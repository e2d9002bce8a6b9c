/* collide_draw.h - all SPIs of one side, drawn anew for a trial.
 *
 * Uniform allocators with room enough are drawn here, two numbers of 32 bits from one word of the generator; all
 * others, and ranges that are more than half full, where the rules on used numbers matter, by their own spi_next.
 */
#ifndef ESPSIM_ANALYSIS_COLLIDE_DRAW_H
#define ESPSIM_ANALYSIS_COLLIDE_DRAW_H

#include "analysis/collide_set.h"
#include "models/base/err.h"
#include "models/spi/collision.h"

struct collide_draw {
    const struct collision_side *side; /* kept */
    struct collide_set own;            /* of the system that is being drawn; of a side of one system: all */
    uint64_t n_draws;                  /* those that met a used number included */
};

void collide_draw_init(struct collide_draw *d, const struct collision_side *side);
void collide_draw_fini(struct collide_draw *d);

/* A pair that a trial is made to hold: the SPI, and the system that has it among its own. */
struct collide_forced {
    uint32_t spi;
    uint64_t system;
};

/* Draws the side and leaves its SPIs in d->own: for sides of one system. `forced` may be NULL; a side that counts has
 * the number already. False: the allocator gave up. */
bool collide_draw_one(struct collide_draw *d, struct rng *r, const struct collide_forced *forced, struct err *e);

/* Draws the side and counts its SPIs in `others`, as often as they are there. */
bool collide_draw_against(struct collide_draw *d, struct rng *r, const struct collide_forced *forced,
                          const struct collide_set *others, uint64_t *n_pairs, struct err *e);

#endif
