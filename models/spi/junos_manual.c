#include "models/spi/allocators.h"

/* A person chooses; which number, nobody knows. Uniform is the assumption. "Each manual SA must have a unique SPI and
 * protocol combination": the commit of a used number is refused, and the person takes another. */
const struct spi_allocator spi_junos_manual = {
    .member =
        {
            .name = "junos-manual",
            .what = "manual SAs of Junos: 256-16639, chosen by a person (taken as uniform)",
            .source = "Junos Services Interfaces Configuration Guide, Configuring the Security Parameter Index",
        },
    .range = {256, 16639},
    .law = SPI_UNIFORM,
    .avoids_own = true,
    .when_used = "draws again; gives up only when no number is free",
    .next = spi_next_free,
};
