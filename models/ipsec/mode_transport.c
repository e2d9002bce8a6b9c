#include "models/ipsec/sa.h"

const struct mode mode_transport = {
    .m = {"transport", "transport mode as RFC 4301 has it: for a gateway's own packets only",
          "RFC 4301 4.1, RFC 4303 3.1.1"},
    .esp = true,
    .own_traffic = true,
    .whole_datagrams = true,
    .scope = SCOPE_GATEWAY_PAIR,
    .lookup = "linux",
    .wrap = mode_keep_wrap,
    .unwrap = mode_keep_unwrap,
    .sizes = mode_keep_sizes,
    .routed = {CLAIM_NO,
               "the SA ends at GW2, the packets at LAN2 hosts: GW1 finds no SA to send by, GW2 none to open by"},
    .rfc4301 = {CLAIM_NO,
                "between gateways only for packets that are the gateway's own; else it MUST be tunnel mode (4.1)"},
    .linux_can = {CLAIM_NO, "XfrmOutNoStates at GW1; what GW2 gets it forwards unopened"},
    .strongswan = {CLAIM_NO, "TS_UNACCEPTABLE: transport mode only between two single hosts"},
};
