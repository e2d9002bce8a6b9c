#include "models/link/ppp_frame.h"

/* CRC-16 over the reversed polynomial 0x8408 (RFC 1662 appendix C). After a nibble, the FCS is shifted by it. */
static const uint16_t nibble[16] = {0x0000, 0x1081, 0x2102, 0x3183, 0x4204, 0x5285, 0x6306, 0x7387,
                                    0x8408, 0x9489, 0xa50a, 0xb58b, 0xc60c, 0xd68d, 0xe70e, 0xf78f};

static uint16_t shift(uint16_t fcs)
{
    return (uint16_t)(fcs >> 4 ^ nibble[fcs & 15]);
}

enum { N_NIBBLES = 8 };

/* by[k][v]: what the value v of nibble k of four octets adds to the FCS behind them. The CRC being linear, four octets
 * need no more than these looked up side by side. */
struct fcs_tables {
    uint16_t by[N_NIBBLES][16];
};

static void fcs_tables_init(struct fcs_tables *t)
{
    for (size_t v = 0; v < 16; v++)
        t->by[N_NIBBLES - 1][v] = nibble[v];
    for (size_t k = N_NIBBLES - 1; k-- > 0;)
        for (size_t v = 0; v < 16; v++)
            t->by[k][v] = shift(t->by[k + 1][v]);
}

static uint16_t fcs16(const struct fcs_tables *t, uint16_t fcs, const uint8_t *bytes, size_t len)
{
    size_t i = 0;
    for (; i + 4 <= len; i += 4) {
        uint32_t word =
            (bytes[i] | (uint32_t)bytes[i + 1] << 8 | (uint32_t)bytes[i + 2] << 16 | (uint32_t)bytes[i + 3] << 24) ^
            fcs;
        fcs = 0;
        for (size_t k = 0; k < N_NIBBLES; k++)
            fcs ^= t->by[k][word >> 4 * k & 15];
    }
    for (; i < len; i++)
        fcs = shift(shift(fcs ^ bytes[i]));
    return fcs;
}

struct ppp_frame ppp_frame_of(const uint8_t *packet, size_t len)
{
    uint8_t protocol = packet[0] >> 4 == 6 ? 0x57 : 0x21;
    struct ppp_frame frame = {.head = {0xff, 0x03, 0x00, protocol}};
    struct fcs_tables tables;
    fcs_tables_init(&tables);
    uint16_t fcs = fcs16(&tables, 0xffff, frame.head, PPP_HEAD_LEN);
    fcs = (uint16_t)~fcs16(&tables, fcs, packet, len);
    frame.fcs[0] = (uint8_t)fcs;
    frame.fcs[1] = (uint8_t)(fcs >> 8);
    return frame;
}
