#include "models/ipsec/sa.h"
#include "models/ipsec/tfc.h"

/* RFC 4303 3.3.4: a transport-format SA takes whole datagrams only. */
enum drop mode_keep_wrap(struct sa *sa, struct buf *packet, const struct ip_view *v, struct wrap *w)
{
    (void)sa;
    (void)packet;
    if (!v->upper_ok)
        return DROP_MALFORMED;
    if (v->fragment)
        return DROP_FRAGMENT;
    *w = (struct wrap){.next_header = v->protocol, .keep_len = v->head_len, .nh_at = v->nh_at};
    return DROP_NONE;
}

size_t mode_without_tfc(const struct sa *sa, const struct buf *packet, const struct unwrap *u)
{
    size_t own = sa->p.tfc ? tfc_own_len(u->next_header, packet->data + u->payload_off, u->payload_len) : 0;
    return own ? own : u->payload_len;
}

/* The outer header, less what encapsulation put behind it, moves up to the payload. */
enum drop mode_keep_unwrap(const struct sa *sa, struct buf *packet, const struct ip_view *outer, const struct unwrap *u)
{
    size_t payload_len = mode_without_tfc(sa, packet, u);
    size_t gap = u->payload_off - outer->head_len;
    memmove(packet->data + gap, packet->data, outer->head_len);
    buf_pull(packet, gap);
    buf_trim(packet, outer->head_len + payload_len);
    ip_set_upper(packet->data, outer->nh_at, u->next_header, packet->len);
    return DROP_NONE;
}

void mode_keep_sizes(const struct shape *s, size_t *front, size_t *payload)
{
    *front = s->inner_version == 4 ? IPV4_HEAD_LEN + s->opts_len : IPV6_HEAD_LEN + s->ext_len;
    *payload = s->inner_len - *front;
}

const struct mode mode_transport = {
    .m = {"transport", "transport mode as RFC 4301 has it: for a gateway's own packets only",
          "RFC 4301 4.1, RFC 4303 3.1.1"},
    .esp = true,
    .own_traffic = true,
    .whole_datagrams = true,
    .scope = SCOPE_GATEWAY_PAIR,
    .lookup = "linux",
    .wrap = mode_keep_wrap,
    .unwrap = mode_keep_unwrap,
    .sizes = mode_keep_sizes,
    .routed = {CLAIM_NO,
               "the SA ends at GW2, the packets at LAN2 hosts: GW1 finds no SA to send by, GW2 none to open by"},
    .rfc4301 = {CLAIM_NO,
                "between gateways only for packets that are the gateway's own; else it MUST be tunnel mode (4.1)"},
    .linux_can = {CLAIM_NO, "XfrmOutNoStates at GW1; what GW2 gets it forwards unopened"},
    .strongswan = {CLAIM_NO, "TS_UNACCEPTABLE: transport mode only between two single hosts"},
};
