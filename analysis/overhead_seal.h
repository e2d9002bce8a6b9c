/* overhead_seal.h - the proof of overhead.h's prediction: packets that are really sealed and measured. */
#ifndef ESPSIM_ANALYSIS_OVERHEAD_SEAL_H
#define ESPSIM_ANALYSIS_OVERHEAD_SEAL_H

#include "analysis/overhead.h"

struct overhead_sealer; /* SAs of one way, made as they are needed, and room for a packet */

struct overhead_sealer *overhead_sealer_new(void);
void overhead_sealer_free(struct overhead_sealer *s);

/* Seals what `cost` (of a way without drop, formed) says for a packet of kind `k`: `packet`, k->len octets of a true
 * IP packet of that kind, or, where it is NULL, one made for the purpose. False and `e` where the sealed packet is not
 * what was predicted, or OpenSSL lacks the algorithm. */
bool overhead_seal(struct overhead_sealer *s, const struct overhead_cost *cost, const struct overhead_kind *k,
                   const uint8_t *packet, struct err *e);

/* What the last packet became, octets of IP; NULL before the first, or where the way is no ESP. Belongs to the sealer,
 * until its next packet. */
const uint8_t *overhead_sealed(const struct overhead_sealer *s, size_t *len);

#endif
