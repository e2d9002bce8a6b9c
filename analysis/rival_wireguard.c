/* WireGuard's transport data message (WireGuard whitepaper 5.4.6), in outer IP and UDP:
 *
 *   type 1 | reserved 3 | receiver 4 | counter 8 | packet, padded to 16 | Poly1305 tag 16
 */
#include "analysis/rival.h"
#include "models/wire/udp.h"

enum { HEAD_LEN = 1 + 3 + 4 + 8, TAG_LEN = 16, MULTIPLE = 16, LEAST_MTU_LOSS = IPV6_HEAD_LEN + UDP_HEAD_LEN + 32 };

/* Not beyond the MTU of the interface, which wg-quick sets to that of the path less 80 for either IP version. */
static size_t padded(size_t len, size_t mtu)
{
    size_t whole = (len + MULTIPLE - 1) / MULTIPLE * MULTIPLE;
    return len <= mtu && whole > mtu ? mtu : whole;
}

static struct ledger ledger(const struct overhead_way *w, const struct overhead_kind *k)
{
    return (struct ledger){.ip = rival_outer_len(w, k),
                           .udp = UDP_HEAD_LEN,
                           .esp = HEAD_LEN,
                           .payload = k->len,
                           .padding = padded(k->len, w->mtu - LEAST_MTU_LOSS) - k->len,
                           .icv = TAG_LEN};
}

const struct rival rival_wireguard = {
    .m = {"wireguard", "32 octets, UDP and an outer header, the packet padded to 16", "WireGuard whitepaper 5.4.6"},
    .fixed = "chacha20-poly1305-256",
    .ledger = ledger,
    .linux_can = {CLAIM_YES, "since 5.6"},
    .strongswan = {CLAIM_NO, "no IKE: wg and wg-quick"},
};
