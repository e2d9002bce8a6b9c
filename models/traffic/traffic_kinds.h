/* traffic_kinds.h - the members of the family, for its list (traffic.c), and what they share. */
#ifndef ESPSIM_TRAFFIC_TRAFFIC_KINDS_H
#define ESPSIM_TRAFFIC_TRAFFIC_KINDS_H

#include "models/traffic/traffic.h"

extern const struct traffic_kind traffic_tcp_bulk, traffic_request_response, traffic_cbr, traffic_poisson, traffic_imix,
    traffic_on_off, traffic_voip, traffic_iot, traffic_replay;

#define TRAFFIC_SIZE_MAX 65507 /* UDP payload of the longest IPv4 packet */

/* rate > 0 and 1 <= size <= TRAFFIC_SIZE_MAX. */
bool traffic_check_rate_and_size(const struct traffic_settings *s, struct err *e);

#endif
