/* Bound End-to-End Tunnel (RFC 7402 appendix B): the SA fixes the inner addresses, so the inner header is not sent;
 * its other fields travel in the outer one. IPv4 options become a pseudo header (B.1.7):
 *
 *   next header 1 | length 1 (8-octet units after the first) | pad length 1 (0 or 4) | reserved 1
 *   padding (NOP) | options
 */
#include "models/ipsec/sa.h"
#include "models/wire/protocol.h"

enum { PSEUDO_LEN = 4, NOP = 1 };

/* Options are a multiple of 4 octets; 4 more make the pseudo header a multiple of 8, or 4 octets of NOPs do. */
static size_t pseudo_pad(size_t opts_len)
{
    return opts_len % 8 ? 0 : 4;
}

static size_t pseudo_len(size_t opts_len)
{
    return opts_len ? PSEUDO_LEN + pseudo_pad(opts_len) + opts_len : 0;
}

/* A header with the fields of the other one, whichever of the two is the outer. Between versions, DF and ID are as in
 * Linux: an IPv6 packet is never to be fragmented, so its IPv4 header has DF and needs no ID (RFC 6864). */
static struct ip_head head_like(const struct ip_view *v, const struct addr *src, const struct addr *dst)
{
    return (struct ip_head){.tos = v->tos,
                            .ttl = v->ttl,
                            .df = v->version == 4 ? v->df : true,
                            .id = v->version == 4 ? (uint16_t)v->id : 0,
                            .flow_label = v->flow_label,
                            .src = src,
                            .dst = dst};
}

/* The pseudo header fits into the place of the header it replaces: 20 + options >= 8 + options. */
static void put_pseudo(struct buf *packet, const struct ip_view *v)
{
    uint8_t opts[IPV4_OPTS_CAP];
    size_t pad = pseudo_pad(v->opts_len), len = pseudo_len(v->opts_len);
    memcpy(opts, packet->data + IPV4_HEAD_LEN, v->opts_len);
    buf_pull(packet, v->head_len - len);
    struct wr w = wr_over(packet->data, len);
    wr_u8(&w, v->protocol);
    wr_u8(&w, (uint8_t)(len / 8 - 1));
    wr_u8(&w, (uint8_t)pad);
    wr_u8(&w, 0);
    for (size_t i = 0; i < pad; i++)
        wr_u8(&w, NOP);
    wr_bytes(&w, opts, v->opts_len);
}

static enum drop wrap(struct sa *sa, struct buf *packet, const struct ip_view *v, struct wrap *w)
{
    if (v->fragment)
        return DROP_FRAGMENT;
    if (!addr_equal(&v->src, &sa->p.inner_src) || !addr_equal(&v->dst, &sa->p.inner_dst))
        return DROP_POLICY;
    *w = (struct wrap){.head = head_like(v, &sa->p.src, &sa->p.dst)};
    if (v->version == 6) { /* extension headers travel inside (B.1.2) */
        w->next_header = packet->data[6];
        buf_pull(packet, IPV6_HEAD_LEN);
    } else if (v->opts_len) {
        w->next_header = PROTO_BEETPH;
        put_pseudo(packet, v);
    } else {
        w->next_header = v->protocol;
        buf_pull(packet, IPV4_HEAD_LEN);
    }
    return DROP_NONE;
}

/* Takes the pseudo header off the payload. False: it lies about its length or padding. */
static bool take_pseudo(struct buf *packet, struct unwrap *u, uint8_t opts[IPV4_OPTS_CAP], size_t *opts_len)
{
    struct rd r = rd_over(packet->data + u->payload_off, u->payload_len);
    uint8_t next_header = rd_u8(&r);
    size_t len = 8 * ((size_t)rd_u8(&r) + 1), pad = rd_u8(&r);
    rd_skip(&r, 1);
    if (!r.ok || (pad != 0 && pad != 4) || len < PSEUDO_LEN + pad || len > u->payload_len ||
        len - PSEUDO_LEN - pad > IPV4_OPTS_CAP)
        return false;
    *opts_len = len - PSEUDO_LEN - pad;
    memcpy(opts, packet->data + u->payload_off + PSEUDO_LEN + pad, *opts_len);
    u->next_header = next_header;
    u->payload_off += len;
    u->payload_len -= len;
    return true;
}

static enum drop unwrap(const struct sa *sa, struct buf *packet, const struct ip_view *outer,
                        const struct unwrap *given)
{
    struct unwrap u = *given;
    uint8_t opts[IPV4_OPTS_CAP];
    size_t opts_len = 0;
    bool v4 = sa->p.inner_src.version == 4;
    if (u.next_header == PROTO_BEETPH && v4 && !take_pseudo(packet, &u, opts, &opts_len))
        return DROP_MALFORMED;
    if (u.next_header == PROTO_BEETPH)
        return v4 ? DROP_MALFORMED : DROP_POLICY;
    buf_trim(packet, u.payload_off + mode_without_tfc(sa, packet, &u));
    buf_pull(packet, u.payload_off);
    struct ip_head head = head_like(outer, &sa->p.inner_src, &sa->p.inner_dst);
    head.protocol = u.next_header;
    head.opts = opts;
    head.opts_len = opts_len;
    size_t head_len = ip_head_len(&head);
    if (!ip_len_fits(sa->p.inner_src.version, head_len + packet->len))
        return DROP_MALFORMED;
    struct wr w = wr_over(buf_push(packet, head_len), head_len);
    ip_write(&head, packet->len, &w);
    return DROP_NONE;
}

static void sizes(const struct shape *s, size_t *front, size_t *payload)
{
    *front = s->outer_version == 4 ? IPV4_HEAD_LEN : IPV6_HEAD_LEN;
    *payload = s->inner_version == 4 ? s->inner_len - IPV4_HEAD_LEN - s->opts_len + pseudo_len(s->opts_len)
                                     : s->inner_len - IPV6_HEAD_LEN;
}

const struct mode mode_beet = {
    .m = {"beet", "bound end-to-end tunnel: fixed inner addresses, so no inner header; one SA pair per pair of hosts",
          "RFC 7402 appendix B"},
    .esp = true,
    .two_addresses = true,
    .two_versions = true,
    .whole_datagrams = true,
    .ipv4_allowance = 8, /* as Linux: the pseudo header of options, without the options */
    .scope = SCOPE_HOST_PAIR,
    .wrap = wrap,
    .unwrap = unwrap,
    .sizes = sizes,
    .routed = {CLAIM_PARTLY,
               "an SA pair per pair of hosts that talk, made before their first packet passes; no host fragments"},
    .rfc4301 = {CLAIM_NO, "not a mode of RFC 4301; specified for HIP in RFC 7402 appendix B"},
    .linux_can = {CLAIM_YES, "ip xfrm, mode beet, one state and policy per pair of hosts"},
    .strongswan = {CLAIM_PARTLY, "only host to host (/32 === /32), with send_vendor_id on both sides"},
};
