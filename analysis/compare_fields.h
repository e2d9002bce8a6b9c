/* compare_fields.h - the name of the header field that an octet of a raw IP packet belongs to: for people who look at a
 * difference. Nothing is checked; a packet may be broken, that may be the difference. */
#ifndef ESPSIM_ANALYSIS_COMPARE_FIELDS_H
#define ESPSIM_ANALYSIS_COMPARE_FIELDS_H

#include "models/measure/result.h"

#include <stddef.h>
#include <stdint.h>

/* "IPv4 TTL", "ESP SPI", "TCP payload"; "octets" where the packet is of no known kind. `at` < `len`. Where `run` (NULL:
 * none) has an SA of the packet's SPI, its algorithm tells IV, what is encrypted and ICV apart. Static text. */
const char *field_name(const uint8_t *packet, size_t len, size_t at, const struct run_result *run);

#endif
