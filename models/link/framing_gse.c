#include "models/link/cut.h"
#include "models/link/framing_kinds.h"

/* Start/end flags, label type and GSE length 2, fragment id 1, total length 2, protocol type 2, label; CRC-32 behind
 * the last fragment only (TS 102 606-1 section 4.2). */
static struct cut gse_cut(const struct framing_settings *s)
{
    return (struct cut){.whole = 2 + 2 + s->label_len,
                        .start = 2 + 1 + 2 + 2 + s->label_len,
                        .next = 2 + 1,
                        .trailer = 4,
                        .piece_max = s->gse_packet_max};
}

static uint32_t gse_max(const struct framing_settings *s)
{
    return UINT16_MAX - 2u - s->label_len; /* the total length counts protocol type and label */
}

static bool gse_check(const struct framing_settings *s, struct err *e)
{
    if (s->label_len != 0 && s->label_len != 3 && s->label_len != 6)
        return err_set(e, "a GSE label of %u octets; expected 0, 3 or 6", s->label_len);
    if (s->gse_packet_max < GSE_PACKET_MIN || s->gse_packet_max > GSE_PACKET_MAX)
        return err_set(e, "GSE packets of at most %u octets; expected %u to %u", s->gse_packet_max, GSE_PACKET_MIN,
                       GSE_PACKET_MAX);
    return true;
}

static struct frame_cost gse_offer(struct framing *f, const uint8_t *packet, size_t len)
{
    (void)packet;
    struct cut cut = gse_cut(&f->set);
    return cut_offer(f, &cut, (uint32_t)len);
}

static bool dvb_s2_check(const struct framing_settings *s, struct err *e)
{
    if (!s->modcod)
        return err_set(e, "framing dvb-s2 without a MODCOD; expected one such as qpsk-1/2");
    return gse_check(s, e);
}

static struct frame_cost dvb_s2_offer(struct framing *f, const uint8_t *packet, size_t len)
{
    (void)packet;
    struct cut cut = gse_cut(&f->set);
    cut.cell = modcod_field_len(f->set.modcod);
    cut.cell_head = MODCOD_BBHEADER_LEN;
    cut.symbols = modcod_symbols(f->set.modcod, f->set.pilots);
    return cut_offer(f, &cut, (uint32_t)len);
}

const struct framing_kind framing_gse = {
    .m = {"gse", "Generic Stream Encapsulation, fragmented above a packet length", "ETSI TS 102 606-1 section 4.2"},
    .check = gse_check,
    .max_packet = gse_max,
    .offer = gse_offer,
};

const struct framing_kind framing_dvb_s2 = {
    .m = {"dvb-s2", "GSE packed into the BBFRAMEs of a DVB-S2 MODCOD; symbols counted",
          "ETSI EN 302 307-1 sections 5.1, 5.5; TS 102 606-1"},
    .has_cells = true,
    .check = dvb_s2_check,
    .max_packet = gse_max,
    .offer = dvb_s2_offer,
};
