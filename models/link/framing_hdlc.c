#include "models/link/framing_kinds.h"
#include "models/link/ppp_frame.h"

enum { RUN = 5 }; /* a zero is stuffed after so many ones (RFC 1662 section 5.2) */

static uint32_t hdlc_max(const struct framing_settings *s)
{
    (void)s;
    return UINT16_MAX;
}

/* Zeros stuffed into `bytes`, least significant bit first. *ones: ones in a row at the end, carried from call to call.
 * All octets of a step are searched for a run at once: bit i of `runs` says that bits i..i+4 are ones. */
static uint32_t n_stuffed(const uint8_t *bytes, size_t len, uint32_t *ones)
{
    uint32_t n = 0;
    for (size_t at = 0; at < len;) {
        uint64_t bits = (1u << *ones) - 1;
        uint32_t n_bits = *ones;
        for (int i = 0; i < 4 && at < len; i++, n_bits += 8)
            bits |= (uint64_t)bytes[at++] << n_bits;
        uint64_t runs;
        while ((runs = bits & bits >> 1 & bits >> 2 & bits >> 3 & bits >> 4)) {
            uint32_t end = (uint32_t)__builtin_ctzll(runs) + RUN;
            bits >>= end;
            n_bits -= end;
            n++;
        }
        for (*ones = 0; *ones < n_bits && bits >> (n_bits - 1 - *ones) & 1;)
            ++*ones;
    }
    return n;
}

static struct frame_cost hdlc_offer(struct framing *f, const uint8_t *packet, size_t len)
{
    uint32_t stuffed, ones = 0;
    if (packet) {
        struct ppp_frame frame = ppp_frame_of(packet, len);
        stuffed = n_stuffed(frame.head, PPP_HEAD_LEN, &ones);
        stuffed += n_stuffed(packet, len, &ones);
        stuffed += n_stuffed(frame.fcs, PPP_FCS_LEN, &ones);
    } else {
        /* FF 03 are ten ones in a row, least significant bit first, so two; then a run ends every 62 bits of random
         * content on average: 2^(5+1) - 2. */
        stuffed = 2 + (uint32_t)((len + PPP_FCS_LEN) * 8 + 61) / 62;
    }
    uint32_t bits = f->bits + stuffed;
    f->bits = bits % 8;
    return (struct frame_cost){.framing = PPP_FRAME_LEN + bits / 8, .cells = 1};
}

const struct framing_kind framing_hdlc = {
    .m = {"hdlc", "PPP in bit-synchronous HDLC; stuffed bits counted on the real octets", "RFC 1662 section 5"},
    .reads_octets = true,
    .max_packet = hdlc_max,
    .offer = hdlc_offer,
};
