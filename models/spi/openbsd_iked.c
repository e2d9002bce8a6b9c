#include "models/spi/allocators.h"

/* iked asks for 0x100-0xffffffff; the kernel draws lo + arc4random_uniform(hi - lo), which never gives hi. */
const struct spi_allocator spi_openbsd_iked = {
    .member =
        {
            .name = "openbsd-iked",
            .what = "OpenBSD iked, isakmpd: uniform in 0x100-0xfffffffe (asks for 0xffffffff, which is never drawn)",
            .source = "OpenBSD sbin/iked/pfkey.c SADB_GETSPI, sys/netinet/ip_ipsp.c reserve_spi",
        },
    .range = {0x100, 0xfffffffe},
    .law = SPI_UNIFORM,
    .avoids_own = true,
    .n_tries = 100,
    .when_used = "draws again, 100 draws in all, then EEXIST",
    .next = spi_next_uniform,
};
