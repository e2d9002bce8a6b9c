/* allocators.h - the members of the family spi_family, one file and one line here each. Others reach them by name. */
#ifndef ESPSIM_SPI_ALLOCATORS_H
#define ESPSIM_SPI_ALLOCATORS_H

#include "models/spi/spi.h"

/* In the order in which lists show them. */
#define SPI_ALLOCATORS(X)                                                                                              \
    X(spi_strongswan)                                                                                                  \
    X(spi_libreswan)                                                                                                   \
    X(spi_linux_pfkey)                                                                                                 \
    X(spi_freebsd)                                                                                                     \
    X(spi_openbsd_iked)                                                                                                \
    X(spi_vpp)                                                                                                         \
    X(spi_junos_manual)                                                                                                \
    X(spi_cilium_keyid)                                                                                                \
    X(spi_sequential)                                                                                                  \
    X(spi_uniform)                                                                                                     \
    X(spi_manual)

#define SPI_DECLARE(name) extern const struct spi_allocator name;
SPI_ALLOCATORS(SPI_DECLARE)
#undef SPI_DECLARE

#endif
