/* sad.h - the SAD: all SAs of one direction of one gateway or host (RFC 4301 4.4.2), in hashes.
 *
 * The SAD only stores and answers by exact key; which key an implementation asks by is the lookup policy (lookup.h).
 * A question costs the same with one SA and with a million. The SAD keeps its SAs: the owner frees them after sad_fini
 * or sad_remove.
 */
#ifndef ESPSIM_IPSEC_SAD_H
#define ESPSIM_IPSEC_SAD_H

#include "models/ipsec/sa.h"

struct sad;

struct sad *sad_new(void);
void sad_free(struct sad *d); /* not the SAs */

void sad_add(struct sad *d, struct sa *sa);
void sad_remove(struct sad *d, struct sa *sa);
size_t sad_count(const struct sad *d);

/* The SAs with this SPI, linked by next_same[SA_SPI], the one added first at the head, whose prev_same[SA_SPI] is the
 * one added last; NULL: none. */
struct sa *sad_by_spi(const struct sad *d, uint32_t spi);

/* The same with the destination, the source or both (also unset ones), linked by next_same[SA_SPI_DST], [SA_SPI_SRC] or
 * [SA_SPI_DST_SRC]. */
struct sa *sad_by_spi_dst(const struct sad *d, uint32_t spi, const struct addr *dst);
struct sa *sad_by_spi_src(const struct sad *d, uint32_t spi, const struct addr *src);
struct sa *sad_by_spi_dst_src(const struct sad *d, uint32_t spi, const struct addr *dst, const struct addr *src);

/* Whether some SA receives UDP encapsulation at the destination port (a udp_ports_test of open.h; d is the SAD). */
bool sad_has_udp(const void *d, uint16_t sport, uint16_t dport);

#endif
