#include "models/wire/ip.h"

#include "models/wire/ipv4.h"
#include "models/wire/ipv6.h"

#include <assert.h>

/* Field by field: clearing the view first, as a compound literal does, costs more than reading the header. */
static bool parse_v4(const uint8_t *packet, size_t len, struct ip_view *v)
{
    struct ipv4 h;
    struct rd r = rd_over(packet, len);
    if (!ipv4_read(&h, &r))
        return false;
    v->version = 4;
    v->protocol = h.protocol;
    v->tos = h.tos;
    v->ttl = h.ttl;
    v->df = h.df;
    v->fragment = h.mf || h.frag_off;
    v->mf = h.mf;
    v->frag_off = h.frag_off;
    v->id = h.id;
    v->flow_label = 0;
    v->opts_len = h.opts_len;
    v->head_len = IPV4_HEAD_LEN + h.opts_len;
    v->nh_at = 9;
    v->front_len = v->head_len;
    v->front_nh_at = v->nh_at;
    v->front_next = v->protocol;
    v->total_len = h.total_len;
    v->upper_ok = true;
    addr_take(&v->src, 4, h.src.bytes);
    addr_take(&v->dst, 4, h.dst.bytes);
    return true;
}

static bool parse_v6(const uint8_t *packet, size_t len, struct ip_view *v)
{
    struct ipv6 h;
    struct ipv6_chain chain;
    struct rd r = rd_over(packet, len);
    if (!ipv6_read(&h, &r))
        return false;
    v->version = 6;
    v->upper_ok = ipv6_walk(packet, IPV6_HEAD_LEN + (size_t)h.payload_len, &chain);
    v->protocol = chain.next_header;
    v->tos = h.tclass;
    v->ttl = h.hop_limit;
    v->df = false;
    v->fragment = chain.mf || chain.frag_off;
    v->mf = chain.mf;
    v->frag_off = chain.frag_off;
    v->id = chain.frag_id;
    v->flow_label = h.flow_label;
    v->opts_len = 0;
    v->head_len = chain.len;
    v->nh_at = chain.nh_at;
    v->front_len = chain.front_len;
    v->front_nh_at = chain.front_nh_at;
    v->front_next = chain.front_next;
    v->total_len = IPV6_HEAD_LEN + (size_t)h.payload_len;
    addr_take(&v->src, 6, h.src.bytes);
    addr_take(&v->dst, 6, h.dst.bytes);
    return true;
}

bool ip_parse(const uint8_t *packet, size_t len, struct ip_view *v)
{
    if (!len)
        return false;
    return packet[0] >> 4 == 4 ? parse_v4(packet, len, v) : parse_v6(packet, len, v);
}

size_t ip_head_len(const struct ip_head *h)
{
    return h->src->version == 4 ? IPV4_HEAD_LEN + h->opts_len : IPV6_HEAD_LEN;
}

void ip_write(const struct ip_head *h, size_t total_len, struct wr *w)
{
    assert(h->src->version == h->dst->version && ip_len_fits(h->src->version, total_len));
    if (h->src->version == 4)
        ipv4_write(&(struct ipv4){.tos = h->tos,
                                  .total_len = (uint16_t)total_len,
                                  .id = h->id,
                                  .df = h->df,
                                  .ttl = h->ttl,
                                  .protocol = h->protocol,
                                  .src = *h->src,
                                  .dst = *h->dst,
                                  .opts = h->opts,
                                  .opts_len = h->opts_len},
                   w);
    else
        ipv6_write(&(struct ipv6){.tclass = h->tos,
                                  .flow_label = h->flow_label,
                                  .payload_len = (uint16_t)(total_len - IPV6_HEAD_LEN),
                                  .next_header = h->protocol,
                                  .hop_limit = h->ttl,
                                  .src = *h->src,
                                  .dst = *h->dst},
                   w);
}

void ip_set_upper(uint8_t *packet, size_t nh_at, uint8_t protocol, size_t total_len)
{
    packet[nh_at] = protocol;
    if (packet[0] >> 4 == 4)
        ipv4_set_len(packet, (uint16_t)total_len);
    else
        ipv6_set_payload_len(packet, (uint16_t)(total_len - IPV6_HEAD_LEN));
}

void ip_set_ttl(uint8_t *packet, uint8_t ttl)
{
    if (packet[0] >> 4 == 4)
        ipv4_set_ttl(packet, ttl);
    else
        ipv6_set_hop_limit(packet, ttl);
}

void ip_set_tos(uint8_t *packet, uint8_t tos)
{
    if (packet[0] >> 4 == 4)
        ipv4_set_tos(packet, tos);
    else
        ipv6_set_tclass(packet, tos);
}

bool ip_len_fits(uint8_t version, size_t total_len)
{
    return total_len <= (version == 4 ? IP_TOTAL_MAX : IP_TOTAL_MAX + IPV6_HEAD_LEN);
}
