/* choices.h - families that only settings choose from; the code that obeys them compares names or indexes. */
#ifndef ESPSIM_CONFIG_CHOICES_H
#define ESPSIM_CONFIG_CHOICES_H

#include "models/base/family.h"

extern const struct family congestion_family; /* TCP congestion controls, by ns-3 */

extern const struct family queue_family; /* before the link; in the order of enum config_queue */
extern const struct member direction_both, direction_forward, direction_return;
extern const struct family direction_family;

/* How a flow whose hosts protect it end to end crosses the gateways. */
extern const struct member host_ipsec_none, host_ipsec_bypass, host_ipsec_nested;
extern const struct family host_ipsec_family;

/* Where a gateway fragments: the members stand in the order of enum gateway_cut (models/ipsec/gateway.h). */
extern const struct member cut_after, cut_before, cut_never;
extern const struct family cut_family;

/* Where performance enhancing proxies stand. */
extern const struct member pep_none, pep_inside, pep_outside;
extern const struct family pep_family;

/* What a gateway does about the SPIs of LAN hosts. */
extern const struct member on_collision_none, on_collision_avoid, on_collision_rekey;
extern const struct family on_collision_family;

/* What an adversary on the link does; in the order of sim/topo/adversary.c, `none` first. */
extern const struct family attack_family;

#endif
