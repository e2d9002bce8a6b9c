#include "models/spi/spi.h"

#include "models/base/units.h"
#include "models/spi/allocators.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LIST(name) &name.member,

static const struct member *const members[] = {SPI_ALLOCATORS(LIST)};

const struct family spi_family = {
    .name = "allocator",
    .what = "who chooses the SPI of an SA, and from which numbers",
    .members = members,
    .n_members = sizeof members / sizeof *members,
};

uint64_t spi_range_overlap(struct spi_range a, struct spi_range b)
{
    uint32_t lo = a.lo > b.lo ? a.lo : b.lo;
    uint32_t hi = a.hi < b.hi ? a.hi : b.hi;
    return lo > hi ? 0 : spi_range_size((struct spi_range){lo, hi});
}

static bool spi_parse(const char *text, uint32_t *spi, struct err *e)
{
    uint64_t number;
    if (!units_parse_count(text, &number, e))
        return false;
    if (number > UINT32_MAX)
        return err_set(e, "%s does not fit into the 32 bits of an SPI; the largest is 0xffffffff", text);
    *spi = (uint32_t)number;
    return true;
}

bool spi_range_parse(const char *text, struct spi_range *r, struct err *e)
{
    char lo[SPI_RANGE_TEXT_CAP];
    const char *dash = strchr(text, '-');
    if (!dash || (size_t)(dash - text) >= sizeof lo)
        return err_set(e, "%s: not a range of SPIs; write it as 0x100-0x0fffffff", text);
    memcpy(lo, text, (size_t)(dash - text));
    lo[dash - text] = 0;
    struct spi_range read;
    if (!spi_parse(lo, &read.lo, e) || !spi_parse(dash + 1, &read.hi, e))
        return err_at(e, "%s", text);
    if (read.lo > read.hi)
        return err_set(e, "%s: the first number is above the last; exchange them", text);
    if (read.lo < SPI_LEGAL_FIRST)
        return err_set(e, "%s: 0-0xff are reserved (RFC 4303 2.1); begin at 0x100", text);
    *r = read;
    return true;
}

const char *spi_range_text(struct spi_range r, char text[SPI_RANGE_TEXT_CAP])
{
    snprintf(text, SPI_RANGE_TEXT_CAP, "0x%" PRIx32 "-0x%" PRIx32, r.lo, r.hi);
    return text;
}

bool spi_source_init(struct spi_source *s, const struct spi_allocator *a, const struct spi_range *range, struct err *e)
{
    if (a == &spi_manual)
        return err_set(e, "the allocator manual has no numbers of its own; give it a list of SPIs");
    if (range && !a->range_knob)
        return err_set(e, "the range of %s is fixed in its code; use the allocator uniform for another range",
                       a->member.name);
    *s = (struct spi_source){.allocator = a, .range = range ? *range : a->range};
    assert(s->range.lo <= s->range.hi);
    return true;
}

void spi_source_init_list(struct spi_source *s, const uint32_t *list, size_t n_list)
{
    assert(n_list > 0);
    struct spi_range range = {list[0], list[0]};
    for (size_t i = 1; i < n_list; i++) {
        range.lo = list[i] < range.lo ? list[i] : range.lo;
        range.hi = list[i] > range.hi ? list[i] : range.hi;
    }
    *s = (struct spi_source){.allocator = &spi_manual, .range = range, .list = list, .n_list = n_list};
}

bool spi_next(struct spi_source *s, struct rng *r, spi_taken *taken, const void *whose, uint32_t *spi)
{
    if (!s->allocator->next(s, r, taken, whose, spi))
        return false;
    s->n_given++;
    return true;
}

bool spi_next_uniform(struct spi_source *s, struct rng *r, spi_taken *taken, const void *whose, uint32_t *spi)
{
    uint64_t n_tries = s->allocator->n_tries ? s->allocator->n_tries : spi_range_size(s->range);
    for (uint64_t i = 0; i < n_tries; i++) {
        uint32_t drawn = spi_draw(r, s->range);
        if (!taken || !taken(whose, drawn)) {
            *spi = drawn;
            return true;
        }
    }
    return false;
}

bool spi_next_free(struct spi_source *s, struct rng *r, spi_taken *taken, const void *whose, uint32_t *spi)
{
    if (spi_next_uniform(s, r, taken, whose, spi))
        return true;
    uint64_t size = spi_range_size(s->range), start = rng_below(r, size);
    for (uint64_t i = 0; i < size; i++) {
        uint32_t number = (uint32_t)(s->range.lo + (start + i) % size);
        if (!taken(whose, number)) {
            *spi = number;
            return true;
        }
    }
    return false;
}
