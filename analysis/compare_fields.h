/* compare_fields.h - the name of the header field that an octet of a raw IP packet belongs to: for people who look at a
 * difference. Nothing is checked; a packet may be broken, that may be the difference. */
#ifndef ESPSIM_ANALYSIS_COMPARE_FIELDS_H
#define ESPSIM_ANALYSIS_COMPARE_FIELDS_H

#include "models/measure/result.h"

#include <stddef.h>
#include <stdint.h>

#define FIELD_NAME_CAP 96

/* "IPv4 TTL", "ESP SPI", "TCP data": layer and field of models/wire/dissect.h. `at` < `len`. Where `run` (NULL: none)
 * has an SA of the packet's SPI, its algorithm tells IV, what is encrypted and ICV apart. Gives `name`. */
const char *field_name(const uint8_t *packet, size_t len, size_t at, const struct run_result *run,
                       char name[FIELD_NAME_CAP]);

#endif
