#include "models/wire/ipv4.h"

#include "models/wire/checksum.h"

#include <assert.h>

enum { FLAG_DF = 0x4000, FLAG_MF = 0x2000, OFFSET_MASK = 0x1fff, CHECKSUM_AT = 10 };

bool ipv4_read(struct ipv4 *h, struct rd *r)
{
    const uint8_t *start = r->at;
    size_t present = rd_left(r);
    uint8_t first = rd_u8(r);
    h->tos = rd_u8(r);
    h->total_len = rd_u16(r);
    h->id = rd_u16(r);
    uint16_t fragment = rd_u16(r);
    h->ttl = rd_u8(r);
    h->protocol = rd_u8(r);
    rd_skip(r, 2);
    const uint8_t *src = rd_bytes(r, 4), *dst = rd_bytes(r, 4);
    size_t head_len = 4 * (size_t)(first & 15);
    if (!r->ok || first >> 4 != 4 || head_len < IPV4_HEAD_LEN || h->total_len < head_len || h->total_len > present)
        return r->ok = false;
    h->opts_len = head_len - IPV4_HEAD_LEN;
    h->opts = h->opts_len ? rd_bytes(r, h->opts_len) : NULL;
    h->df = fragment & FLAG_DF;
    h->mf = fragment & FLAG_MF;
    h->frag_off = (uint16_t)((fragment & OFFSET_MASK) * 8);
    addr_take(&h->src, 4, src);
    addr_take(&h->dst, 4, dst);
    return r->ok = checksum_of(start, head_len) == 0;
}

/* In rows of four octets, as RFC 791 draws it: what is written so can be summed at once. */
void ipv4_write(const struct ipv4 *h, struct wr *w)
{
    assert(h->opts_len % 4 == 0 && h->opts_len <= IPV4_OPTS_CAP && h->frag_off % 8 == 0);
    uint8_t *start = w->at;
    size_t head_len = IPV4_HEAD_LEN + h->opts_len;
    uint32_t flags = (h->df ? FLAG_DF : 0) | (h->mf ? FLAG_MF : 0);
    wr_u32(w, UINT32_C(4) << 28 | (uint32_t)head_len / 4 << 24 | (uint32_t)h->tos << 16 | h->total_len);
    wr_u32(w, (uint32_t)h->id << 16 | flags | h->frag_off / 8);
    wr_u32(w, (uint32_t)h->ttl << 24 | (uint32_t)h->protocol << 16); /* the checksum is 0 while it is summed */
    wr_bytes(w, h->src.bytes, 4);
    wr_bytes(w, h->dst.bytes, 4);
    wr_bytes(w, h->opts, h->opts_len);
    if (w->ok)
        checksum_put(start + CHECKSUM_AT, checksum_of(start, head_len));
}

void ipv4_fill_checksum(uint8_t *packet)
{
    checksum_put(packet + CHECKSUM_AT, 0);
    checksum_put(packet + CHECKSUM_AT, checksum_of(packet, 4 * (size_t)(packet[0] & 15)));
}

void ipv4_set_len(uint8_t *packet, uint16_t total_len)
{
    packet[2] = (uint8_t)(total_len >> 8);
    packet[3] = (uint8_t)total_len;
    ipv4_fill_checksum(packet);
}

void ipv4_set_ttl(uint8_t *packet, uint8_t ttl)
{
    packet[8] = ttl;
    ipv4_fill_checksum(packet);
}

void ipv4_set_tos(uint8_t *packet, uint8_t tos)
{
    packet[1] = tos;
    ipv4_fill_checksum(packet);
}
