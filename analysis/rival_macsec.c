/* MACsec (IEEE 802.1AE-2018 clause 9) protects the Ethernet frame, so it adds nothing to IP and 24 or 32 octets to the
 * frame, and needs a link that carries frames: over any framing but Ethernet their 14 octets of header travel as well.
 *
 *   addresses 12 | SecTAG 8, or 16 with SCI | EtherType 2 | packet | ICV 16 | FCS 4
 */
#include "analysis/rival.h"

enum { SECTAG_LEN = 8, SECTAG_SCI_LEN = 16, ICV_LEN = 16, ETHERNET_HEAD_LEN = 14 };

static struct ledger ledger_of(const struct overhead_way *w, const struct overhead_kind *k, uint64_t sectag_len)
{
    size_t front = k->version == 4 ? IPV4_HEAD_LEN + (size_t)k->opts_len : IPV6_HEAD_LEN + (size_t)k->ext_len;
    return (struct ledger){.ip = front,
                           .esp = sectag_len,
                           .payload = k->len - front,
                           .icv = ICV_LEN,
                           .framing = w->framing->is_ethernet ? 0 : ETHERNET_HEAD_LEN};
}

static struct ledger short_tag(const struct overhead_way *w, const struct overhead_kind *k)
{
    return ledger_of(w, k, SECTAG_LEN);
}

static struct ledger long_tag(const struct overhead_way *w, const struct overhead_kind *k)
{
    return ledger_of(w, k, SECTAG_SCI_LEN);
}

/* An Ethernet link that is to carry MACsec has room for it beside the MTU. */
static void settle(const struct overhead_way *w, const struct overhead_kind *k, struct overhead_cost *cost)
{
    (void)w;
    (void)k;
    cost->over_mtu = false;
}

const struct rival rival_macsec = {
    .m = {"macsec", "the frame protected hop by hop: SecTAG 8, ICV 16; the link must carry Ethernet", "IEEE 802.1AE"},
    .fixed = "aes-gcm-16-128",
    .ledger = short_tag,
    .settle = settle,
    .linux_can = {CLAIM_YES, "ip link, type macsec, send_sci off"},
    .strongswan = {CLAIM_NO, "keys come by MKA (wpa_supplicant) or by hand"},
};

const struct rival rival_macsec_sci = {
    .m = {"macsec-sci", "as macsec, with the SCI in the SecTAG (16), which Linux sends unless told not to",
          "IEEE 802.1AE"},
    .fixed = "aes-gcm-16-128",
    .ledger = long_tag,
    .settle = settle,
    .linux_can = {CLAIM_YES, "ip link, type macsec"},
    .strongswan = {CLAIM_NO, "keys come by MKA (wpa_supplicant) or by hand"},
};
