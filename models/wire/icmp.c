#include "models/wire/icmp.h"

#include "models/base/cursor.h"
#include "models/wire/checksum.h"
#include "models/wire/ipv4.h"
#include "models/wire/ipv6.h"
#include "models/wire/protocol.h"

enum {
    V4_UNREACHABLE = 3,
    V4_CODE_FRAG_NEEDED = 4,
    V4_TIME_EXCEEDED = 11,
    V6_TOO_BIG = 2,
    V6_TIME_EXCEEDED = 3,
    V4_TOS = 0xc0,      /* internetwork control, RFC 1812 4.3.2.5 */
    V4_QUOTE_MAX = 576, /* RFC 1812 4.3.2.3 */
    V6_QUOTE_MAX = ICMP_ERROR_MAX
};

static bool is_error_message(const uint8_t *packet, const struct ip_view *v)
{
    if (v->total_len <= v->head_len)
        return false;
    uint8_t type = packet[v->head_len];
    if (v->protocol == PROTO_ICMPV6)
        return type < 128;
    return v->protocol == PROTO_ICMP && (type == 3 || type == 4 || type == 5 || type == 11 || type == 12);
}

static bool is_single_host(const struct addr *a)
{
    if (addr_is_any(a))
        return false;
    return a->version == 4 ? a->bytes[0] < 224 : a->bytes[0] != 0xff;
}

static bool may_be_sent(const struct icmp_error *what, const struct addr *from, const uint8_t *packet,
                        const struct ip_view *v)
{
    if (from->version != v->version || is_error_message(packet, v) || v->frag_off || !is_single_host(&v->src))
        return false;
    return is_single_host(&v->dst) || (v->version == 6 && what->kind == ICMP_TOO_BIG);
}

static void write_message(const struct icmp_error *what, uint8_t version, struct wr *w)
{
    bool too_big = what->kind == ICMP_TOO_BIG;
    if (version == 4) {
        wr_u8(w, too_big ? V4_UNREACHABLE : V4_TIME_EXCEEDED);
        wr_u8(w, too_big ? V4_CODE_FRAG_NEEDED : 0);
    } else {
        wr_u8(w, too_big ? V6_TOO_BIG : V6_TIME_EXCEEDED);
        wr_u8(w, 0);
    }
    wr_u16(w, 0);
    wr_u32(w, too_big ? what->mtu : 0);
}

size_t icmp_make_error(const struct icmp_error *what, const struct addr *from, const uint8_t *packet,
                       const struct ip_view *v, uint8_t *to, size_t cap)
{
    if (!may_be_sent(what, from, packet, v))
        return 0;
    bool v4 = v->version == 4;
    struct ip_head head = {
        .protocol = v4 ? PROTO_ICMP : PROTO_ICMPV6, .tos = v4 ? V4_TOS : 0, .ttl = 64, .src = from, .dst = &v->src};
    size_t head_len = ip_head_len(&head), room = (v4 ? V4_QUOTE_MAX : V6_QUOTE_MAX) - head_len - ICMP_HEAD_LEN;
    size_t quote = v->total_len < room ? v->total_len : room;
    size_t total = head_len + ICMP_HEAD_LEN + quote;
    struct wr w = wr_over(to, cap);
    ip_write(&head, total, &w);
    write_message(what, v->version, &w);
    wr_bytes(&w, packet, quote);
    struct ip_view made;
    if (!w.ok || !ip_parse(to, total, &made))
        return 0;
    checksum_fill_l4(to, &made);
    return total;
}

/* The quoted packet is cut, so only its fixed header is looked at. */
static bool read_quoted(struct rd *r, struct addr *src, struct addr *dst)
{
    if (!rd_left(r))
        return false;
    bool v4 = *r->at >> 4 == 4;
    rd_skip(r, v4 ? 12 : 8);
    const uint8_t *s = rd_bytes(r, v4 ? 4 : 16), *d = rd_bytes(r, v4 ? 4 : 16);
    if (!r->ok)
        return false;
    addr_take(src, v4 ? 4 : 6, s);
    addr_take(dst, v4 ? 4 : 6, d);
    return true;
}

bool icmp_read_error(const uint8_t *packet, const struct ip_view *v, struct icmp_error *what, struct addr *quoted_src,
                     struct addr *quoted_dst)
{
    if ((v->protocol != PROTO_ICMP && v->protocol != PROTO_ICMPV6) || v->fragment)
        return false;
    struct rd r = rd_over(packet + v->head_len, v->total_len - v->head_len);
    uint8_t type = rd_u8(&r), code = rd_u8(&r);
    rd_skip(&r, 2);
    uint32_t rest = rd_u32(&r);
    bool v4 = v->protocol == PROTO_ICMP;
    if (v4 ? type == V4_UNREACHABLE && code == V4_CODE_FRAG_NEEDED : type == V6_TOO_BIG)
        *what = (struct icmp_error){ICMP_TOO_BIG, v4 ? rest & 0xffff : rest};
    else if (type == (v4 ? V4_TIME_EXCEEDED : V6_TIME_EXCEEDED))
        *what = (struct icmp_error){ICMP_TTL_EXCEEDED, 0};
    else
        return false;
    return read_quoted(&r, quoted_src, quoted_dst);
}
