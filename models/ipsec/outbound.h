/* outbound.h - which SA carries an outbound packet: one for the pair of gateways, or one for its pair of hosts. */
#ifndef ESPSIM_IPSEC_OUTBOUND_H
#define ESPSIM_IPSEC_OUTBOUND_H

#include "models/ipsec/sa.h"

struct outbound;

struct outbound *outbound_new(void);
void outbound_free(struct outbound *o); /* not the SAs */

/* The SA takes its place: an older one for the same packets is sent by no more (make before break is the caller's
 * order of adding). Scope SCOPE_HOST_PAIR: packets inner_src -> inner_dst; else every packet. Keeps the SA. */
void outbound_set(struct outbound *o, struct sa *sa);

/* NULL: none yet. */
struct sa *outbound_find(const struct outbound *o, const struct mode *mode, const struct addr *src,
                         const struct addr *dst);

#endif
