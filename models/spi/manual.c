#include "models/spi/allocators.h"

static bool manual_next(struct spi_source *s, struct rng *r, spi_taken *taken, const void *whose, uint32_t *spi)
{
    (void)r;
    for (size_t i = 0; i < s->n_list; i++) {
        uint32_t number = s->list[s->at];
        s->at = (s->at + 1) % s->n_list;
        if (!taken || !taken(whose, number)) {
            *spi = number;
            return true;
        }
    }
    return false;
}

const struct spi_allocator spi_manual = {
    .member =
        {
            .name = "manual",
            .what = "the SPIs of a list, in its order, reserved numbers allowed",
            .source = "ip xfrm state add, setkey, SA files",
        },
    .range = {1, 0xffffffff},
    .law = SPI_COUNTER,
    .avoids_own = true,
    .when_used = "takes the next number of the list that is free; gives up when there is none",
    .next = manual_next,
};
