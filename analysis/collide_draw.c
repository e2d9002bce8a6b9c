#include "analysis/collide_draw.h"

#include <assert.h>

enum { N_CHUNK = 512 }; /* numbers at a time: those that need a closer look wait together */

void collide_draw_init(struct collide_draw *d, const struct collision_side *side)
{
    *d = (struct collide_draw){.side = side};
    collide_set_init(&d->own, (side->n_sas + side->n_systems - 1) / side->n_systems);
}

void collide_draw_fini(struct collide_draw *d)
{
    collide_set_fini(&d->own);
}

/* A range, prepared for many draws. */
struct dice {
    uint64_t size;
    uint32_t lo, least;
    unsigned shift; /* of a size that is a power of two: no product is needed. 0: it is none */
};

static struct dice dice_of(struct spi_range range)
{
    uint64_t size = spi_range_size(range);
    struct dice d = {.size = size, .lo = range.lo, .least = (uint32_t)((1ull << 32) % size)};
    if (size > 1 && size < 1ull << 32 && !(size & (size - 1)))
        d.shift = 32 - (unsigned)__builtin_ctzll(size);
    return d;
}

/* Two uniform numbers from the two halves of a word, by Lemire (2019): the high half of x * size, but for the few x
 * that would come once too often. Then both are thrown away, which keeps the pair uniform and leaves one rare branch.
 */
static inline void draw_two(struct rng *r, const struct dice *d, uint32_t two[2])
{
    uint64_t word = rng_u64(r);
    if (d->shift) {
        two[0] = d->lo + ((uint32_t)(word >> 32) >> d->shift);
        two[1] = d->lo + ((uint32_t)word >> d->shift);
        return;
    }
    uint64_t first = (word >> 32) * d->size, second = (uint32_t)word * d->size;
    while (((uint32_t)first < d->least) | ((uint32_t)second < d->least)) {
        word = rng_u64(r);
        first = (word >> 32) * d->size;
        second = (uint32_t)word * d->size;
    }
    two[0] = d->lo + (uint32_t)(first >> 32);
    two[1] = d->lo + (uint32_t)(second >> 32);
}

static bool is_fast(const struct collision_side *s)
{
    return s->source.allocator->law == SPI_UNIFORM && s->n_sas / s->n_systems < spi_range_size(s->source.range) / 2;
}

static uint64_t n_of_system(const struct collision_side *s, uint64_t system)
{
    return s->n_sas / s->n_systems + (system < s->n_sas % s->n_systems);
}

/* Draws n numbers and keeps those that may be in `others`. Gives their number. */
static inline size_t sift(struct rng *r, struct spi_range range, const struct collide_set *others, size_t n,
                          uint32_t *found, const bool has_zero)
{
    /* Copies that nothing points to stay in registers. */
    const struct dice dice = dice_of(range);
    const struct collide_set set = *others;
    struct rng own = *r;
    uint32_t two[2];
    size_t n_found = 0;
    for (size_t i = 0; i + 1 < n; i += 2) {
        draw_two(&own, &dice, two);
        found[n_found] = two[0];
        n_found += collide_set_may_have(&set, two[0]) | (has_zero & !two[0]);
        found[n_found] = two[1];
        n_found += collide_set_may_have(&set, two[1]) | (has_zero & !two[1]);
    }
    if (n % 2) {
        draw_two(&own, &dice, two);
        found[n_found++] = two[0];
    }
    *r = own;
    return n_found;
}

static size_t draw_sifted(struct rng *r, struct spi_range range, const struct collide_set *others, size_t n,
                          uint32_t *found)
{
    return range.lo ? sift(r, range, others, n, found, false) : sift(r, range, others, n, found, true);
}

/* Draws n numbers, adds those whose home in the set is free, and keeps the others. Gives their number. */
static inline size_t add(struct rng *r, struct spi_range range, const struct collide_set *to, size_t n, uint32_t *rest,
                         const bool has_zero)
{
    const struct dice dice = dice_of(range);
    struct collide_set set = *to;
    struct rng own = *r;
    uint32_t two[2];
    size_t n_rest = 0;
    for (size_t i = 0; i + 1 < n; i += 2) {
        draw_two(&own, &dice, two);
        rest[n_rest] = two[0];
        n_rest += (!collide_set_add_home(&set, two[0])) | (has_zero & !two[0]);
        rest[n_rest] = two[1];
        n_rest += (!collide_set_add_home(&set, two[1])) | (has_zero & !two[1]);
    }
    if (n % 2) {
        draw_two(&own, &dice, two);
        rest[n_rest++] = two[0];
    }
    *r = own;
    return n_rest;
}

static size_t draw_added(struct rng *r, struct spi_range range, const struct collide_set *to, size_t n, uint32_t *rest)
{
    return range.lo ? add(r, range, to, n, rest, false) : add(r, range, to, n, rest, true);
}

static uint64_t count_all(const struct collide_set *others, const uint32_t *spi, size_t n)
{
    uint64_t n_pairs = 0;
    for (size_t i = 0; i < n; i++)
        n_pairs += collide_set_count(others, spi[i]);
    return n_pairs;
}

static size_t chunk_of(uint64_t n)
{
    return n < N_CHUNK ? (size_t)n : N_CHUNK;
}

/* n uniform numbers that need not differ, each counted in `others`. */
static uint64_t draw_repeating_against(struct collide_draw *d, struct rng *r, uint64_t n,
                                       const struct collide_set *others)
{
    uint32_t found[N_CHUNK + 1]; /* each draw is written before it is known whether it stays */
    uint64_t n_pairs = 0;
    d->n_draws += n;
    for (size_t n_now; n; n -= n_now) {
        n_now = chunk_of(n);
        n_pairs += count_all(others, found, draw_sifted(r, d->side->source.range, others, n_now, found));
    }
    return n_pairs;
}

/* n uniform numbers that need not differ, added to d->own. */
static void draw_repeating(struct collide_draw *d, struct rng *r, uint64_t n)
{
    uint32_t rest[N_CHUNK + 1];
    d->n_draws += n;
    for (size_t n_now; n; n -= n_now) {
        n_now = chunk_of(n);
        size_t n_rest = draw_added(r, d->side->source.range, &d->own, n_now, rest);
        for (size_t i = 0; i < n_rest; i++)
            collide_set_add(&d->own, rest[i]);
    }
}

/* n uniform numbers that differ from each other and from those in d->own, where they come. */
static void draw_distinct(struct collide_draw *d, struct rng *r, uint64_t n)
{
    uint32_t rest[N_CHUNK + 1];
    while (n) {
        size_t n_now = chunk_of(n), n_rest = draw_added(r, d->side->source.range, &d->own, n_now, rest);
        d->n_draws += n_now;
        n -= n_now - n_rest;
        for (size_t i = 0; i < n_rest; i++)
            n -= collide_set_add_new(&d->own, rest[i]);
    }
}

/* The same, each counted in `others`. */
static uint64_t draw_distinct_against(struct collide_draw *d, struct rng *r, uint64_t n,
                                      const struct collide_set *others)
{
    const struct dice dice = dice_of(d->side->source.range);
    uint64_t n_pairs = 0;
    uint32_t two[2];
    while (n) {
        draw_two(r, &dice, two);
        for (int i = 0; i < 2 && n; i++) {
            d->n_draws++;
            if (!collide_set_add_new(&d->own, two[i]))
                continue;
            n_pairs += collide_set_count(others, two[i]);
            n--;
        }
    }
    return n_pairs;
}

static bool is_own(const void *whose, uint32_t spi)
{
    return collide_set_count(whose, spi) > 0;
}

/* The SAs of one system, by the allocator itself. */
static bool draw_by_allocator(struct collide_draw *d, struct rng *r, uint64_t n, const struct collide_forced *forced,
                              const struct collide_set *others, uint64_t *n_pairs, struct err *e)
{
    struct spi_source source = d->side->source;
    const struct spi_allocator *a = source.allocator;
    uint32_t spi = 0;
    for (uint64_t i = 0; i < n; i++) {
        if (forced && a->law != SPI_COUNTER && i == 0)
            spi = forced->spi;
        else if (a->law == SPI_SHARED && i > 0)
            ; /* as the first */
        else if (!spi_next(&source, r, is_own, &d->own, &spi))
            return err_set(e,
                           "%s gave up at SPI %llu of %llu of a system: its range is all but full; ask for fewer SAs",
                           a->member.name, (unsigned long long)i + 1, (unsigned long long)n);
        d->n_draws++;
        collide_set_add(&d->own, spi);
        *n_pairs += others ? collide_set_count(others, spi) : 0;
    }
    return true;
}

static bool draw_system(struct collide_draw *d, struct rng *r, uint64_t n, const struct collide_forced *forced,
                        const struct collide_set *others, uint64_t *n_pairs, struct err *e)
{
    collide_set_clear(&d->own);
    if (!is_fast(d->side))
        return draw_by_allocator(d, r, n, forced, others, n_pairs, e);
    if (forced) {
        collide_set_add(&d->own, forced->spi);
        *n_pairs += others ? collide_set_count(others, forced->spi) : 0;
        n--;
    }
    if (d->side->source.allocator->avoids_own && others)
        *n_pairs += draw_distinct_against(d, r, n, others);
    else if (d->side->source.allocator->avoids_own)
        draw_distinct(d, r, n);
    else if (others)
        *n_pairs += draw_repeating_against(d, r, n, others);
    else
        draw_repeating(d, r, n);
    return true;
}

bool collide_draw_one(struct collide_draw *d, struct rng *r, const struct collide_forced *forced, struct err *e)
{
    uint64_t n_pairs = 0;
    assert(d->side->n_systems == 1);
    return draw_system(d, r, d->side->n_sas, forced, NULL, &n_pairs, e);
}

bool collide_draw_against(struct collide_draw *d, struct rng *r, const struct collide_forced *forced,
                          const struct collide_set *others, uint64_t *n_pairs, struct err *e)
{
    const struct collision_side *s = d->side;
    *n_pairs = 0;
    bool is_repeating = !s->source.allocator->avoids_own || s->n_systems == s->n_sas;
    if (is_fast(s) && is_repeating) {
        if (forced)
            *n_pairs += collide_set_count(others, forced->spi);
        *n_pairs += draw_repeating_against(d, r, s->n_sas - (forced != NULL), others);
        return true;
    }
    for (uint64_t i = 0; i < s->n_systems; i++)
        if (!draw_system(d, r, n_of_system(s, i), forced && forced->system == i ? forced : NULL, others, n_pairs, e))
            return false;
    return true;
}
