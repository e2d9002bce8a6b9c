#include "models/traffic/rtp.h"
#include "models/base/cursor.h"

enum { VERSION_2 = 0x80, MARKER = 0x80 };

void rtp_write(const struct rtp *h, uint8_t *to)
{
    struct wr w = wr_over(to, RTP_HEAD_LEN);
    wr_u8(&w, VERSION_2);
    wr_u8(&w, (uint8_t)((h->marker ? MARKER : 0) | (h->payload_type & 0x7f)));
    wr_u16(&w, h->seq);
    wr_u32(&w, h->timestamp);
    wr_u32(&w, h->ssrc);
}

bool rtp_read(struct rtp *h, const uint8_t *bytes, size_t len)
{
    struct rd r = rd_over(bytes, len);
    uint8_t version = rd_u8(&r), type = rd_u8(&r);
    h->marker = type & MARKER;
    h->payload_type = type & 0x7f;
    h->seq = rd_u16(&r);
    h->timestamp = rd_u32(&r);
    h->ssrc = rd_u32(&r);
    return r.ok && version == VERSION_2;
}
