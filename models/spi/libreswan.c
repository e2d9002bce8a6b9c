#include "models/spi/allocators.h"

/* 0x100-0xfff stay free for manual keying, as FreeS/WAN's pluto had it. */
const struct spi_allocator spi_libreswan = {
    .member =
        {
            .name = "libreswan",
            .what = "Libreswan pluto on Linux: uniform in 0x1000-0xffffffff",
            .source = "Libreswan ietf_constants.h IPSEC_DOI_SPI_OUR_MIN, kernel.c get_ipsec_spi; "
                      "Linux net/xfrm/xfrm_state.c xfrm_alloc_spi",
        },
    .range = {0x1000, 0xffffffff},
    .law = SPI_UNIFORM,
    .avoids_own = true,
    .when_used = "the kernel draws again, as often as the range has numbers, then ENOENT",
    .next = spi_next_uniform,
};
