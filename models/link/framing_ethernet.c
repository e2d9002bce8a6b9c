#include "models/link/framing_kinds.h"

enum { MIN_DATA = 46, HEAD_AND_FCS = 14 + 4, PREAMBLE_SFD = 8, GAP = 12 };

static uint32_t ethernet_max(const struct framing_settings *s)
{
    (void)s;
    return 9000; /* the usual jumbo frame; the standard's own limit of 1500 is the MTU's business */
}

static struct frame_cost ethernet_offer(struct framing *f, const uint8_t *packet, size_t len)
{
    (void)packet;
    return (struct frame_cost){.framing = HEAD_AND_FCS + (f->set.ethernet_gap ? PREAMBLE_SFD + GAP : 0),
                               .padding = len < MIN_DATA ? MIN_DATA - (uint32_t)len : 0,
                               .cells = 1};
}

const struct framing_kind framing_ethernet = {
    .m = {"ethernet", "Ethernet frame, with preamble and gap unless switched off", "IEEE 802.3 sections 3.1.1, 4.4.2"},
    .is_ethernet = true,
    .max_packet = ethernet_max,
    .offer = ethernet_offer,
};
