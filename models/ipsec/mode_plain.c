#include "models/ipsec/mode.h"

static void sizes(const struct shape *s, size_t *front, size_t *payload)
{
    *front = (s->inner_version == 4 ? 20 + s->opts_len : IPV6_HEAD_LEN + s->ext_len);
    *payload = s->inner_len - *front;
}

const struct mode mode_plain = {
    .m = {"plain", "no ESP: packets cross the link as they are", "RFC 1812"},
    .sizes = sizes,
    .routed = {CLAIM_YES, "ordinary forwarding, nothing is protected"},
    .rfc4301 = {CLAIM_YES, "a BYPASS policy (RFC 4301 4.4.1)"},
    .linux_can = {CLAIM_YES, "ordinary forwarding"},
    .strongswan = {CLAIM_YES, "nothing to negotiate (a passthrough policy at most)"},
};
