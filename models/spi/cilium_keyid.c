#include "models/spi/allocators.h"

/* The key id of the cluster's secret is the SPI of every SA of every node; rotating the key counts it up, 15 is
 * followed by 1. How often it was rotated before we look is unknown: the first id is uniform. */
static bool cilium_next(struct spi_source *s, struct rng *r, spi_taken *taken, const void *whose, uint32_t *spi)
{
    (void)taken;
    (void)whose;
    if (s->n_given == 0)
        s->at = rng_below(r, spi_range_size(s->range));
    *spi = (uint32_t)(s->range.lo + s->at);
    s->at = (s->at + 1) % spi_range_size(s->range);
    return true;
}

const struct spi_allocator spi_cilium_keyid = {
    .member =
        {
            .name = "cilium-keyid",
            .what = "Cilium: the key id 1-15 is the SPI of all SAs, one more at every rotation, reserved numbers all",
            .source = "Cilium pkg/datapath/linux/ipsec/ipsec_linux.go parseSPI, linux_defaults IPsecMaxKeyVersion; "
                      "documentation, IPsec Transparent Encryption, Key Rotation",
        },
    .range = {1, 15},
    .law = SPI_SHARED,
    .avoids_own = false,
    .n_tries = 1,
    .when_used = "shares it: all SAs of the cluster have the same",
    .next = cilium_next,
};
