#include "models/spi/allocators.h"

/* RAND_bytes fills the field, and nobody looks whether the number is in use or reserved: one draw of 2^24 is below
 * 0x100. */
static bool vpp_next(struct spi_source *s, struct rng *r, spi_taken *taken, const void *whose, uint32_t *spi)
{
    (void)taken;
    (void)whose;
    *spi = spi_draw(r, s->range);
    return true;
}

const struct spi_allocator spi_vpp = {
    .member =
        {
            .name = "vpp",
            .what = "VPP's ikev2 plugin: 32 random bits, reserved numbers among them",
            .source = "VPP src/plugins/ikev2/ikev2.c ikev2_select_proposal, ikev2_rekey_child_sa_internal (RAND_bytes)",
        },
    .range = {0, 0xffffffff},
    .law = SPI_UNIFORM,
    .avoids_own = false,
    .n_tries = 1,
    .when_used = "does not look",
    .next = vpp_next,
};
