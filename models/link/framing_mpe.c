#include "models/link/framing_kinds.h"
#include "models/link/framing_ts.h"

/* Section header with the MAC address 12, LLC/SNAP 8 where flagged, CRC-32 (EN 301 192 section 7.1). */
static uint32_t mpe_head(const struct framing_settings *s)
{
    return 12u + (s->llc_snap ? 8 : 0) + 4;
}

static uint32_t mpe_max(const struct framing_settings *s)
{
    return 4096 - mpe_head(s);
}

static struct frame_cost offer_padded(struct framing *f, const uint8_t *packet, size_t len)
{
    (void)packet;
    return ts_offer_padded(f, len, mpe_head(&f->set), 1);
}

static struct frame_cost offer_packed(struct framing *f, const uint8_t *packet, size_t len)
{
    (void)packet;
    return ts_offer(f, len, mpe_head(&f->set), 1);
}

const struct framing_kind framing_mpe_padded = {
    .m = {"mpe-padded", "Multi-Protocol Encapsulation, each packet in MPEG-TS cells of its own",
          "ETSI EN 301 192 section 7"},
    .has_cells = true,
    .max_packet = mpe_max,
    .offer = offer_padded,
};

const struct framing_kind framing_mpe_packed = {
    .m = {"mpe-packed", "Multi-Protocol Encapsulation, packets share MPEG-TS cells", "ETSI EN 301 192 section 7"},
    .has_cells = true,
    .max_packet = mpe_max,
    .offer = offer_packed,
};
