/* seal.h - an outbound packet through its SA (RFC 4303 3.3): header, sequence number, IV, padding, ICV; in place. */
#ifndef ESPSIM_IPSEC_SEAL_H
#define ESPSIM_IPSEC_SEAL_H

#include "models/base/buf.h"
#include "models/base/ledger.h"
#include "models/ipsec/drop.h"
#include "models/ipsec/sa.h"

/* Turns the IP packet in `packet` (view `v`; headroom and tailroom as in buf.h plus the SA's TFC octets) into the ESP
 * packet that goes on the link, and says in *seq which number it got and in *ledger (either may be NULL) where its
 * octets go. On a drop reason no number is used and `packet` is spoilt. `now` is for the SA's lifetime. */
enum drop seal(struct sa *sa, struct buf *packet, const struct ip_view *v, sim_time now, uint64_t *seq,
               struct ledger *ledger);

#endif
