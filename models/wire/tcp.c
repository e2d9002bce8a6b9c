#include "models/wire/tcp.h"

#include <assert.h>

bool tcp_read(struct tcp *h, struct rd *r)
{
    h->sport = rd_u16(r);
    h->dport = rd_u16(r);
    h->seq = rd_u32(r);
    h->ack = rd_u32(r);
    size_t head_len = 4 * (size_t)(rd_u8(r) >> 4);
    h->flags = rd_u8(r);
    h->window = rd_u16(r);
    h->checksum = rd_u16(r);
    h->urgent = rd_u16(r);
    if (!r->ok || head_len < TCP_HEAD_LEN)
        return r->ok = false;
    h->opts_len = head_len - TCP_HEAD_LEN;
    h->opts = rd_bytes(r, h->opts_len);
    return r->ok;
}

void tcp_write(const struct tcp *h, struct wr *w)
{
    assert(h->opts_len % 4 == 0 && h->opts_len <= 40);
    wr_u16(w, h->sport);
    wr_u16(w, h->dport);
    wr_u32(w, h->seq);
    wr_u32(w, h->ack);
    wr_u8(w, (uint8_t)((TCP_HEAD_LEN + h->opts_len) / 4 << 4));
    wr_u8(w, h->flags);
    wr_u16(w, h->window);
    wr_u16(w, h->checksum);
    wr_u16(w, h->urgent);
    wr_bytes(w, h->opts, h->opts_len);
}

uint16_t tcp_mss_option(const struct tcp *h)
{
    enum { OPT_END = 0, OPT_NOP = 1, OPT_MSS = 2 };
    struct rd r = rd_over(h->opts, h->opts_len);
    while (r.ok && rd_left(&r)) {
        uint8_t kind = rd_u8(&r);
        if (kind == OPT_END)
            return 0;
        if (kind == OPT_NOP)
            continue;
        uint8_t len = rd_u8(&r);
        if (len < 2)
            return 0;
        if (kind == OPT_MSS && len == 4) {
            uint16_t mss = rd_u16(&r);
            return r.ok ? mss : 0;
        }
        rd_skip(&r, (size_t)len - 2);
    }
    return 0;
}
