#include "models/spi/allocators.h"

const struct spi_allocator spi_uniform = {
    .member =
        {
            .name = "uniform",
            .what = "uniform in a range that the scenario sets, 0x100-0xffffffff if none is set",
            .source = "RFC 4303 2.1 (legal SPIs)",
        },
    .range = {SPI_LEGAL_FIRST, 0xffffffff},
    .range_knob = "the range in the scenario",
    .law = SPI_UNIFORM,
    .avoids_own = true,
    .when_used = "draws again; gives up only when no number is free",
    .next = spi_next_free,
};
