#include "models/link/framing_kinds.h"

static uint32_t p2p_max(const struct framing_settings *s)
{
    (void)s;
    return UINT16_MAX;
}

static struct frame_cost p2p_offer(struct framing *f, const uint8_t *packet, size_t len)
{
    (void)f, (void)packet, (void)len;
    return (struct frame_cost){.framing = 2, .cells = 1};
}

const struct framing_kind framing_p2p = {
    .m = {"p2p", "the 2-octet PPP header of ns-3's point-to-point device", "ns-3 3.37 ppp-header.cc"},
    .max_packet = p2p_max,
    .offer = p2p_offer,
};
