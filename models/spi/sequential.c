#include "models/spi/allocators.h"

static bool sequential_next(struct spi_source *s, struct rng *r, spi_taken *taken, const void *whose, uint32_t *spi)
{
    (void)r;
    uint64_t size = spi_range_size(s->range);
    for (uint64_t i = 0; i < size; i++) {
        uint32_t number = (uint32_t)(s->range.lo + s->at);
        s->at = (s->at + 1) % size;
        if (!taken || !taken(whose, number)) {
            *spi = number;
            return true;
        }
    }
    return false;
}

const struct spi_allocator spi_sequential = {
    .member =
        {
            .name = "sequential",
            .what = "counts up from the start of its range, 0x100-0xffffffff if none is set",
            .source = "scripts with manual keys; embedded stacks",
        },
    .range = {SPI_LEGAL_FIRST, 0xffffffff},
    .range_knob = "the range in the scenario",
    .law = SPI_COUNTER,
    .avoids_own = true,
    .when_used = "takes the next free number; gives up when there is none",
    .next = sequential_next,
};
