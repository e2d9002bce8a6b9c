/* allocators.h - the members of the family spi_family, one file each. Others reach them by name. */
#ifndef ESPSIM_SPI_ALLOCATORS_H
#define ESPSIM_SPI_ALLOCATORS_H

#include "models/spi/spi.h"

extern const struct spi_allocator spi_strongswan, spi_libreswan, spi_linux_pfkey, spi_freebsd, spi_openbsd_iked,
    spi_vpp, spi_junos_manual, spi_cilium_keyid, spi_sequential, spi_uniform;

#endif
