#include "models/ipsec/lookup.h"

static struct lookup_answer find(const struct sad *d, const struct lookup_query *q)
{
    (void)d;
    if (!q->to_me)
        return lookup_not_mine("addressed to another host: IPsec input is not asked");
    return lookup_none("wildcard-receive states are asked for Mobile IPv6 headers only, never for ESP");
}

const struct lookup lookup_wildrecv = {
    {"wildrecv", "Linux' states with wildcard addresses: a lookup of their own that ESP never reaches",
     "Linux 6.1 xfrm6_input_addr, XFRM_STATE_WILDRECV (RFC 6275)"},
    .find = find};
