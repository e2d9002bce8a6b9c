#include "models/link/framing_kinds.h"
#include "models/link/framing_ts.h"

/* Length and type 4, destination NPA address 6 unless D = 1, CRC-32 (RFC 4326 section 4). */
static uint32_t ule_head(const struct framing_settings *s)
{
    return 4u + (s->npa ? 6 : 0) + 4;
}

static uint32_t ule_max(const struct framing_settings *s)
{
    return 0x7fff - (s->npa ? 6 : 0) - 4; /* 15 bits count what follows the type field, CRC included */
}

static struct frame_cost offer_padded(struct framing *f, const uint8_t *packet, size_t len)
{
    (void)packet;
    return ts_offer_padded(f, len, ule_head(&f->set), 2);
}

static struct frame_cost offer_packed(struct framing *f, const uint8_t *packet, size_t len)
{
    (void)packet;
    return ts_offer(f, len, ule_head(&f->set), 2);
}

const struct framing_kind framing_ule_padded = {
    .m = {"ule-padded", "Unidirectional Lightweight Encapsulation, each packet in MPEG-TS cells of its own",
          "RFC 4326 sections 4, 6.1"},
    .has_cells = true,
    .max_packet = ule_max,
    .offer = offer_padded,
};

const struct framing_kind framing_ule_packed = {
    .m = {"ule-packed", "Unidirectional Lightweight Encapsulation, packets share MPEG-TS cells",
          "RFC 4326 sections 4, 6.2"},
    .has_cells = true,
    .max_packet = ule_max,
    .offer = offer_packed,
};
