#include "models/ipsec/sa.h"

const struct mode mode_wildcard = {
    .m = {"wildcard", "transport format between gateways; the receiver's lookup ignores the destination",
          "VPP, DPDK ipsec-secgw; RFC 4301 4.1 (SPI alone may identify a unicast SA)"},
    .esp = true,
    .whole_datagrams = true,
    .scope = SCOPE_GATEWAY_PAIR,
    .wrap = mode_keep_wrap,
    .unwrap = mode_keep_unwrap,
    .sizes = mode_keep_sizes,
    .routed =
        {CLAIM_YES,
         "GW2 opens by SPI before routing, if no LAN host's SPI collides; the LAN addresses are not authenticated"},
    .rfc4301 = {CLAIM_NO,
                "transport mode for routed packets is forbidden (4.1); fragments can't be carried (3.3.4 of 4303)"},
    .linux_can = {CLAIM_PARTLY,
                  "with an SPI-marked local route and an SA per host, or BEET with address restoration in eBPF"},
    .strongswan = {CLAIM_NO, "IKEv2 has no way to ask for it; SAs are keyed by hand or by your own daemon"},
};
