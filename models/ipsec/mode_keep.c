/* Not a mode: what the modes share whose packets keep their own header. */
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
    *w = (struct wrap){.next_header = v->front_next, .keep_len = v->front_len, .nh_at = v->front_nh_at};
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
    *front = s->inner_version == 4 ? IPV4_HEAD_LEN + s->opts_len : IPV6_HEAD_LEN + s->ext_len - s->ext_inside;
    *payload = s->inner_len - *front;
}
