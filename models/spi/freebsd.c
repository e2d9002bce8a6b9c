#include "models/spi/allocators.h"

/* key_do_getnewspi counts its tries down in `while (count--)` and asks for `count == 0` behind the loop. So a number
 * found by the very last try is thrown away, and when all tries met used numbers (count is -1 by then) the last of
 * these is returned as if it were free. Both are kept here: they are what a full range meets. */
static bool freebsd_next(struct spi_source *s, struct rng *r, spi_taken *taken, const void *whose, uint32_t *spi)
{
    int count = (int)s->allocator->n_tries;
    uint32_t drawn = 0;
    while (count--) {
        drawn = spi_draw(r, s->range);
        if (!taken || !taken(whose, drawn))
            break;
    }
    if (count == 0)
        return false;
    *spi = drawn;
    return true;
}

const struct spi_allocator spi_freebsd = {
    .member =
        {
            .name = "freebsd",
            .what = "FreeBSD kernel (and KAME before it): uniform in 0x100-0x0fffffff",
            .source = "FreeBSD sys/netipsec/key.c key_do_getnewspi, key_spi_trycnt",
        },
    .range = {0x100, 0x0fffffff},
    .range_knob = "sysctl net.key.spi_minval, net.key.spi_maxval",
    .law = SPI_UNIFORM,
    .avoids_own = true,
    .n_tries = 1000,
    .when_used = "draws again, 999 times; gives a used number when all 1000 draws were used",
    .next = freebsd_next,
};
