#include "models/ipsec/open.h"

#include "models/base/cursor.h"
#include "models/wire/checksum.h"
#include "models/wire/esp.h"
#include "models/wire/protocol.h"

enum { NON_ESP_MARKER_LEN = 4, KEEPALIVE = 0xff };

/* RFC 3948 2.2 and 2.3: what else may stand in a UDP packet on the ESP port. */
static enum drop look_into_udp(const uint8_t *data, size_t len)
{
    if (len == 1 && data[0] == KEEPALIVE)
        return DROP_KEEPALIVE;
    if (len < NON_ESP_MARKER_LEN)
        return DROP_MALFORMED;
    return !data[0] && !data[1] && !data[2] && !data[3] ? DROP_IKE : DROP_NONE;
}

static enum drop locate_in_udp(const struct buf *packet, udp_ports_test ports, const void *ctx, struct located *at)
{
    const struct ip_view *v = &at->outer;
    struct rd r = rd_over(packet->data + v->head_len, v->total_len - v->head_len);
    struct udp udp;
    bool ok = udp_read(&udp, &r);
    if (v->total_len - v->head_len < UDP_HEAD_LEN)
        return DROP_MALFORMED;
    if (!ports || !ports(ctx, udp.sport, udp.dport))
        return DROP_NOT_ESP;
    if (!ok || (udp.checksum && !checksum_l4_is_good(packet->data, v)))
        return DROP_MALFORMED;
    at->in_udp = true;
    at->sport = udp.sport;
    at->dport = udp.dport;
    at->esp_off = v->head_len + UDP_HEAD_LEN;
    at->esp_len = (size_t)udp.len - UDP_HEAD_LEN;
    return look_into_udp(packet->data + at->esp_off, at->esp_len);
}

enum drop locate(const struct buf *packet, udp_ports_test ports, const void *ports_ctx, struct located *at)
{
    at->in_udp = false;
    if (!ip_parse(packet->data, packet->len, &at->outer) || !at->outer.upper_ok)
        return DROP_MALFORMED;
    const struct ip_view *v = &at->outer;
    if (v->fragment)
        return DROP_FRAGMENT;
    if (v->protocol == PROTO_UDP) {
        enum drop d = locate_in_udp(packet, ports, ports_ctx, at);
        if (d)
            return d;
    } else if (v->protocol == PROTO_ESP) {
        at->esp_off = v->head_len;
        at->esp_len = v->total_len - v->head_len;
    } else {
        return DROP_NOT_ESP;
    }
    struct esp esp;
    struct rd r = rd_over(packet->data + at->esp_off, at->esp_len);
    if (!esp_read(&esp, &r))
        return DROP_MALFORMED;
    at->spi = esp.spi;
    at->seq_lo = esp.seq;
    return DROP_NONE;
}

/* Octets of IV, text and ICV that the suite demands (RFC 4303 2.4). */
static bool lengths_are_right(const struct suite *s, const struct located *at, size_t *text_len)
{
    size_t around = ESP_HEAD_LEN + suite_iv_len(s) + suite_icv_len(s);
    if (at->esp_len < around + ESP_TRAILER_LEN)
        return false;
    *text_len = at->esp_len - around;
    return suite_pad_len(s, *text_len) == 0;
}

/* Padding and trailer behind the payload (RFC 4303 2.4 to 2.6); `text` is the decrypted text. */
static enum drop take_trailer(const struct sa *sa, const uint8_t *text, size_t len, struct unwrap *u)
{
    size_t pad_len = text[len - ESP_TRAILER_LEN];
    if (pad_len + ESP_TRAILER_LEN > len)
        return DROP_PAD;
    u->next_header = text[len - 1];
    u->payload_len = len - ESP_TRAILER_LEN - pad_len;
    for (size_t i = 0; sa->p.check_pad && i < pad_len; i++)
        if (text[u->payload_len + i] != i + 1)
            return DROP_PAD;
    return DROP_NONE;
}

/* RFC 4301 5.2 step 4: what came out must be what the SA is for. */
static enum drop check_selectors(const struct sa *sa, const struct buf *packet)
{
    const struct sa_params *p = &sa->p;
    struct ip_view inner;
    if (!addr_is_set(&p->sel_src.addr) && !addr_is_set(&p->sel_dst.addr))
        return DROP_NONE;
    if (!ip_parse(packet->data, packet->len, &inner))
        return DROP_MALFORMED;
    bool inside = prefix_admits(&p->sel_src, &inner.src) && prefix_admits(&p->sel_dst, &inner.dst);
    return inside ? DROP_NONE : DROP_POLICY;
}

enum drop open_esp(struct sa *sa, struct buf *packet, const struct located *at, sim_time now, uint64_t *seq)
{
    const struct suite *s = &sa->p.suite;
    struct unwrap u = {.payload_off = at->esp_off + ESP_HEAD_LEN + suite_iv_len(s)};
    size_t text_len;
    uint64_t number = at->seq_lo;
    if (sa->p.hard_expiry && now >= sa->p.hard_expiry)
        return DROP_SA_EXPIRED;
    if (at->in_udp != (sa->p.udp_dport != 0))
        return DROP_POLICY;
    bool inferred = replay_infer(&sa->replay, at->seq_lo, &number);
    if (seq)
        *seq = number;
    if (!inferred || !replay_check(&sa->replay, number))
        return DROP_REPLAY;
    if (!lengths_are_right(s, at, &text_len))
        return DROP_MALFORMED;
    struct crypt_text text = {packet->data + at->esp_off, text_len, sa->p.esn, (uint32_t)(number >> 32)};
    if (!crypt_open(sa->crypt, &text))
        return DROP_ICV;
    replay_mark(&sa->replay, number);
    enum drop d = take_trailer(sa, packet->data + u.payload_off, text_len, &u);
    if (d)
        return d;
    if (u.next_header == PROTO_NONE)
        return DROP_DUMMY;
    if (u.next_header == PROTO_HOPOPTS && !u.payload_len) /* over IPv6 it would pass for a jumbogram (RFC 2675) */
        return DROP_MALFORMED;
    d = sa->p.mode->unwrap(sa, packet, &at->outer, &u);
    if (!d)
        d = check_selectors(sa, packet);
    if (!d) {
        sa->packets++;
        sa->octets += packet->len;
    }
    return d;
}

bool open_icv_is_good(const struct sa *sa, struct buf *packet, const struct located *at)
{
    size_t text_len;
    uint64_t number = at->seq_lo;
    if (at->in_udp != (sa->p.udp_dport != 0) || !lengths_are_right(&sa->p.suite, at, &text_len))
        return false;
    replay_infer(&sa->replay, at->seq_lo, &number);
    return crypt_open(sa->crypt,
                      &(struct crypt_text){packet->data + at->esp_off, text_len, sa->p.esn, (uint32_t)(number >> 32)});
}
