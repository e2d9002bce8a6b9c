#include "models/ipsec/sa.h"
#include "models/wire/protocol.h"

/* Header rules as Linux has them (RFC 4301 5.1.2): DF copied from IPv4 and set for IPv6, flow label copied, hop limit
 * and ID of the gateway's own; what is never cut needs no ID (RFC 6864), unless a published packet wants one. */
static enum drop wrap(struct sa *sa, struct buf *packet, const struct ip_view *v, struct wrap *w)
{
    (void)packet;
    bool df = v->version == 4 ? v->df : true;
    bool needs_id = sa->p.dst.version == 4 && (!df || sa->p.outer_id);
    *w = (struct wrap){.next_header = v->version == 4 ? PROTO_IPV4 : PROTO_IPV6,
                       .head = {.tos = sa->p.tos->encap(v->tos),
                                .ttl = sa->p.ttl,
                                .df = df,
                                .id = needs_id ? sa->next_id++ : 0,
                                .flow_label = v->flow_label,
                                .src = &sa->p.src,
                                .dst = &sa->p.dst}};
    return DROP_NONE;
}

static enum drop unwrap(const struct sa *sa, struct buf *packet, const struct ip_view *outer, const struct unwrap *u)
{
    struct ip_view inner;
    if (u->next_header != PROTO_IPV4 && u->next_header != PROTO_IPV6)
        return DROP_POLICY;
    buf_pull(packet, u->payload_off);
    buf_trim(packet, u->payload_len);
    if (!ip_parse(packet->data, packet->len, &inner) || (inner.version == 4) != (u->next_header == PROTO_IPV4))
        return DROP_MALFORMED;
    buf_trim(packet, inner.total_len); /* what is behind is TFC padding (RFC 4303 2.7) */
    uint8_t tos = inner.tos;
    if (!sa->p.tos->decap(outer->tos, &tos))
        return DROP_ECN;
    if (tos != inner.tos)
        ip_set_tos(packet->data, tos);
    return DROP_NONE;
}

static void sizes(const struct shape *s, size_t *front, size_t *payload)
{
    *front = s->outer_version == 4 ? IPV4_HEAD_LEN : IPV6_HEAD_LEN;
    *payload = s->inner_len;
}

const struct mode mode_tunnel = {
    .m = {"tunnel", "the whole packet inside, a new header between the gateways outside",
          "RFC 4301 5.1.2, RFC 4303 3.1.2"},
    .esp = true,
    .two_addresses = true,
    .two_versions = true,
    .scope = SCOPE_GATEWAY_PAIR,
    .wrap = wrap,
    .unwrap = unwrap,
    .sizes = sizes,
    .routed = {CLAIM_YES, "made for it"},
    .rfc4301 = {CLAIM_YES, "required between gateways (4.1)"},
    .linux_can = {CLAIM_YES, "ip xfrm, mode tunnel"},
    .strongswan = {CLAIM_YES, "the default mode"},
};
