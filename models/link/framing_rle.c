#include "models/link/cut.h"
#include "models/link/framing_kinds.h"

/* PPDU header 2, and 2 more with fragment id and total length on the first of several (EN 301 545-2 section 7.1.1,
 * TS 101 545-2). Protocol type and label belong to the ALPDU; they stay in its first PPDU. */
static struct cut rle_cut(const struct framing_settings *s)
{
    uint32_t alpdu_head = s->ptype_len + s->label_len;
    return (struct cut){.whole = 2 + alpdu_head,
                        .start = 4 + alpdu_head,
                        .next = 2,
                        .trailer = s->rle_crc ? 4 : 1,
                        .piece_max = s->burst_octets,
                        .cell = s->burst_octets};
}

static uint32_t rle_max(const struct framing_settings *s)
{
    return 4095u - s->ptype_len - s->label_len - (s->rle_crc ? 4 : 1); /* 12 bits of total length */
}

static bool rle_check(const struct framing_settings *s, struct err *e)
{
    if (s->label_len != 0 && s->label_len != 3 && s->label_len != 6)
        return err_set(e, "an RLE label of %u octets; expected 0, 3 or 6", s->label_len);
    if (s->ptype_len > 2)
        return err_set(e, "an RLE protocol type of %u octets; expected 0, 1 or 2", s->ptype_len);
    if (s->burst_octets < RLE_BURST_MIN || s->burst_octets > RLE_BURST_MAX)
        return err_set(e, "bursts of %u octets; expected %u to %u", s->burst_octets, RLE_BURST_MIN, RLE_BURST_MAX);
    return true;
}

static struct frame_cost rle_offer(struct framing *f, const uint8_t *packet, size_t len)
{
    (void)packet;
    struct cut cut = rle_cut(&f->set);
    return cut_offer(f, &cut, (uint32_t)len);
}

const struct framing_kind framing_rle = {
    .m = {"rle", "Return Link Encapsulation of DVB-RCS2, packed into bursts", "ETSI EN 301 545-2 section 7.1.1"},
    .has_cells = true,
    .check = rle_check,
    .max_packet = rle_max,
    .offer = rle_offer,
};
