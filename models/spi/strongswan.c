#include "models/spi/allocators.h"

/* charon asks the kernel for a number of its range (XFRM_MSG_ALLOCSPI), and the kernel draws. Until 2025 "in use"
 * meant the same destination and protocol; since then the same protocol suffices (the fix before CVE-2025-39965). */
const struct spi_allocator spi_strongswan = {
    .member =
        {
            .name = "strongswan",
            .what = "strongSwan charon on Linux: uniform in 0xc0000000-0xcfffffff",
            .source = "strongSwan kernel_interface.h KERNEL_SPI_MIN/MAX, kernel_netlink_ipsec.c get_spi; "
                      "Linux net/xfrm/xfrm_state.c xfrm_alloc_spi",
        },
    .range = {0xc0000000, 0xcfffffff},
    .range_knob = "strongswan.conf charon.spi_min, charon.spi_max",
    .law = SPI_UNIFORM,
    .avoids_own = true,
    .when_used = "draws again, as often as the range has numbers, then ENOENT",
    .next = spi_next_uniform,
};
