#include "models/ipsec/mode.h"

const struct mode mode_plain = {
    .m = {"plain", "no ESP: packets cross the link as they are", "RFC 1812"},
    .sizes = mode_keep_sizes,
    .routed = {CLAIM_YES, "ordinary forwarding, nothing is protected"},
    .rfc4301 = {CLAIM_YES, "a BYPASS policy (RFC 4301 4.4.1)"},
    .linux_can = {CLAIM_YES, "ordinary forwarding"},
    .strongswan = {CLAIM_YES, "nothing to negotiate (a passthrough policy at most)"},
};
