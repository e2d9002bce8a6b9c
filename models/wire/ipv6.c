#include "models/wire/ipv6.h"

#include "models/wire/protocol.h"

bool ipv6_read(struct ipv6 *h, struct rd *r)
{
    uint32_t first = rd_u32(r);
    h->tclass = (uint8_t)(first >> 20);
    h->flow_label = first & 0xfffff;
    h->payload_len = rd_u16(r);
    h->next_header = rd_u8(r);
    h->hop_limit = rd_u8(r);
    const uint8_t *src = rd_bytes(r, 16), *dst = rd_bytes(r, 16);
    bool jumbo = h->payload_len == 0 && h->next_header == PROTO_HOPOPTS;
    if (!r->ok || first >> 28 != 6 || h->payload_len > rd_left(r) || jumbo)
        return r->ok = false;
    addr_take(&h->src, 6, src);
    addr_take(&h->dst, 6, dst);
    return true;
}

void ipv6_write(const struct ipv6 *h, struct wr *w)
{
    wr_u32(w, UINT32_C(6) << 28 | (uint32_t)h->tclass << 20 | (h->flow_label & 0xfffff));
    wr_u16(w, h->payload_len);
    wr_u8(w, h->next_header);
    wr_u8(w, h->hop_limit);
    wr_bytes(w, h->src.bytes, 16);
    wr_bytes(w, h->dst.bytes, 16);
}

static bool is_walked(uint8_t next_header)
{
    return next_header == PROTO_HOPOPTS || next_header == PROTO_ROUTING || next_header == PROTO_DSTOPTS ||
           next_header == PROTO_FRAGMENT;
}

static void take_fragment(struct ipv6_chain *chain, struct rd r)
{
    chain->fragment = true;
    chain->frag_at = chain->len;
    rd_skip(&r, 2);
    uint16_t bits = rd_u16(&r);
    chain->frag_off = bits & 0xfff8;
    chain->mf = bits & 1;
    chain->frag_id = rd_u32(&r);
}

/* All that was walked stays in front of ESP. */
static void take_front(struct ipv6_chain *chain)
{
    chain->front_len = chain->len;
    chain->front_nh_at = chain->nh_at;
    chain->front_next = chain->next_header;
}

bool ipv6_walk(const uint8_t *packet, size_t len, struct ipv6_chain *chain)
{
    bool routed = false, inside = false;
    *chain = (struct ipv6_chain){.len = IPV6_HEAD_LEN, .nh_at = 6, .next_header = packet[6]};
    take_front(chain);
    while (is_walked(chain->next_header)) {
        struct rd r = rd_over(packet + chain->len, len - chain->len);
        struct rd whole = r;
        uint8_t next = rd_u8(&r);
        size_t ext_len = 8 * ((size_t)rd_u8(&r) + 1);
        if (chain->next_header == PROTO_FRAGMENT)
            ext_len = IPV6_FRAG_LEN;
        if (!r.ok || rd_left(&whole) < ext_len)
            return false;
        if (chain->next_header == PROTO_FRAGMENT)
            take_fragment(chain, whole);
        inside |= routed && chain->next_header == PROTO_DSTOPTS;
        routed |= chain->next_header == PROTO_ROUTING;
        chain->nh_at = chain->len;
        chain->next_header = next;
        chain->len += ext_len;
        if (!inside)
            take_front(chain);
        if (chain->frag_off || chain->mf)
            return true; /* what follows belongs to the whole datagram */
    }
    return true;
}

void ipv6_set_payload_len(uint8_t *packet, uint16_t payload_len)
{
    packet[4] = (uint8_t)(payload_len >> 8);
    packet[5] = (uint8_t)payload_len;
}

void ipv6_set_hop_limit(uint8_t *packet, uint8_t hop_limit)
{
    packet[7] = hop_limit;
}

void ipv6_set_tclass(uint8_t *packet, uint8_t tclass)
{
    packet[0] = (uint8_t)((packet[0] & 0xf0) | tclass >> 4);
    packet[1] = (uint8_t)((packet[1] & 0x0f) | tclass << 4);
}
