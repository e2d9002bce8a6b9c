/* Rivals that put the packet into another one first, and protect that one between the gateways, whose own it is. */
#include "analysis/rival.h"

enum { GRE_HEAD_LEN = 4 }; /* RFC 2784, without key, checksum and sequence number */

static struct overhead_form gre_transport(const struct overhead_way *w, const struct overhead_kind *k)
{
    return rival_wrapped(w, k, "transport", GRE_HEAD_LEN);
}

static struct overhead_form gre_tunnel(const struct overhead_way *w, const struct overhead_kind *k)
{
    return rival_wrapped(w, k, "tunnel", GRE_HEAD_LEN);
}

static struct overhead_form ipip_transport(const struct overhead_way *w, const struct overhead_kind *k)
{
    return rival_wrapped(w, k, "transport", 0);
}

const struct rival rival_gre_transport = {
    .m = {"gre-transport", "GRE between the gateways in transport mode: tunnel mode and 4 octets",
          "RFC 2784, RFC 4303"},
    .form = gre_transport,
    .linux_can = {CLAIM_YES, "ip tunnel mode gre and ip xfrm, mode transport"},
    .strongswan = {CLAIM_YES, "mode = transport with selectors of protocol gre"},
};

const struct rival rival_gre_tunnel = {
    .m = {"gre-tunnel", "GRE in tunnel mode: two more headers between the gateways", "Cisco V3PN design guide"},
    .form = gre_tunnel,
    .linux_can = {CLAIM_YES, "ip tunnel mode gre and ip xfrm, mode tunnel"},
    .strongswan = {CLAIM_YES, "mode = tunnel with selectors of protocol gre"},
};

const struct rival rival_ipip_transport = {
    .m = {"ipip-transport", "IP in IP between the gateways in transport mode: the octets of tunnel mode", "RFC 3884"},
    .form = ipip_transport,
    .linux_can = {CLAIM_YES, "ip tunnel mode ipip and ip xfrm, mode transport"},
    .strongswan = {CLAIM_YES, "mode = transport with selectors of protocol ipencap"},
};
