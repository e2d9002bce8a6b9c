#include "models/spi/allocators.h"

const struct spi_allocator spi_linux_pfkey = {
    .member =
        {
            .name = "linux-pfkey",
            .what = "Linux PF_KEY without a range (racoon, iked ports): uniform in 0x100-0x0fffffff",
            .source = "Linux net/key/af_key.c pfkey_getspi, net/xfrm/xfrm_state.c xfrm_alloc_spi",
        },
    .range = {0x100, 0x0fffffff},
    .range_knob = "SADB_EXT_SPIRANGE of the SADB_GETSPI message (RFC 2367 2.3.9)",
    .law = SPI_UNIFORM,
    .avoids_own = true,
    .when_used = "draws again, as often as the range has numbers, then no reply",
    .next = spi_next_uniform,
};
