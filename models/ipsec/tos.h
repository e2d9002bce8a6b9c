/* tos.h - what tunnels do with DSCP and ECN, as a family: `linux` and `rfc6040`. DSCP is copied outwards by both and
 * the inner one kept on the way in (RFC 4301 5.1.2: the uniform model of a gateway that does not re-mark). */
#ifndef ESPSIM_IPSEC_TOS_H
#define ESPSIM_IPSEC_TOS_H

#include "models/base/family.h"

#include <stdbool.h>
#include <stdint.h>

struct tos_rule {
    struct member m;
    /* The outer TOS for an inner one. */
    uint8_t (*encap)(uint8_t inner);
    /* Sets *inner from what the outer header gathered on the way. False: RFC 6040 wants the packet dropped. */
    bool (*decap)(uint8_t outer, uint8_t *inner);
};

extern const struct tos_rule tos_linux, tos_rfc6040;
extern const struct family tos_family;

#endif
