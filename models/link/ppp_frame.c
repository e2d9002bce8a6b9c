#include "models/link/ppp_frame.h"

/* Four bits at a time over the reversed polynomial 0x8408 (RFC 1662 appendix C). */
static uint16_t fcs16(uint16_t fcs, const uint8_t *bytes, size_t len)
{
    static const uint16_t table[16] = {0x0000, 0x1081, 0x2102, 0x3183, 0x4204, 0x5285, 0x6306, 0x7387,
                                       0x8408, 0x9489, 0xa50a, 0xb58b, 0xc60c, 0xd68d, 0xe70e, 0xf78f};
    for (size_t i = 0; i < len; i++) {
        fcs = (uint16_t)(fcs >> 4 ^ table[(fcs ^ bytes[i]) & 15]);
        fcs = (uint16_t)(fcs >> 4 ^ table[(fcs ^ bytes[i] >> 4) & 15]);
    }
    return fcs;
}

struct ppp_frame ppp_frame_of(const uint8_t *packet, size_t len)
{
    uint8_t protocol = packet[0] >> 4 == 6 ? 0x57 : 0x21;
    struct ppp_frame frame = {.head = {0xff, 0x03, 0x00, protocol}};
    uint16_t fcs = (uint16_t)~fcs16(fcs16(0xffff, frame.head, PPP_HEAD_LEN), packet, len);
    frame.fcs[0] = (uint8_t)fcs;
    frame.fcs[1] = (uint8_t)(fcs >> 8);
    return frame;
}
