#include "models/link/framing_kinds.h"
#include "models/link/ppp_frame.h"

static uint32_t ppp_max(const struct framing_settings *s)
{
    (void)s;
    return UINT16_MAX;
}

static uint32_t n_escaped(const uint8_t *bytes, size_t len)
{
    uint32_t n = 0;
    for (size_t i = 0; i < len; i++)
        n += bytes[i] == 0x7e || bytes[i] == 0x7d;
    return n;
}

static struct frame_cost ppp_offer(struct framing *f, const uint8_t *packet, size_t len)
{
    (void)f;
    struct frame_cost c = {.framing = PPP_FRAME_LEN, .cells = 1};
    if (packet) {
        struct ppp_frame frame = ppp_frame_of(packet, len);
        c.framing += n_escaped(packet, len) + n_escaped(frame.fcs, PPP_FCS_LEN); /* no head has a flag or an escape */
    } else {
        c.framing += (uint32_t)(len + PPP_FCS_LEN + 127) / 128; /* 2 of 256 values */
    }
    return c;
}

const struct framing_kind framing_ppp = {
    .m = {"ppp", "PPP on an octet-synchronous link; escapes counted on the real octets", "RFC 1662 section 4"},
    .reads_octets = true,
    .max_packet = ppp_max,
    .offer = ppp_offer,
};
