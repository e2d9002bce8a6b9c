#include "models/ipsec/seal.h"

#include "models/base/cursor.h"
#include "models/ipsec/tfc.h"
#include "models/wire/checksum.h"
#include "models/wire/esp.h"
#include "models/wire/protocol.h"
#include "models/wire/udp.h"

/* Everything about the packet that is to be built, in octets. */
struct layout {
    size_t front_len; /* header in front of UDP and ESP, kept or new */
    size_t udp_len;
    size_t iv_len;
    size_t payload_len;
    size_t tfc_len;
    size_t pad_len;
    size_t icv_len;
};

static size_t text_len(const struct layout *l)
{
    return l->payload_len + l->tfc_len + l->pad_len + ESP_TRAILER_LEN;
}

static size_t esp_len(const struct layout *l)
{
    return ESP_HEAD_LEN + l->iv_len + text_len(l) + l->icv_len;
}

/* Only where the receiver can tell it from the payload. */
static size_t tfc_len(const struct sa *sa, uint8_t next_header, const uint8_t *payload, size_t len)
{
    size_t own = sa->p.tfc ? tfc_own_len(next_header, payload, len) : 0;
    return own && own == len ? sa->p.tfc : 0;
}

static struct layout lay_out(const struct sa *sa, const struct buf *packet, const struct wrap *w)
{
    const struct suite *s = &sa->p.suite;
    size_t payload_len = packet->len - w->keep_len;
    struct layout l = {.front_len = w->keep_len ? w->keep_len : ip_head_len(&w->head),
                       .udp_len = sa->p.udp_dport ? UDP_HEAD_LEN : 0,
                       .iv_len = suite_iv_len(s),
                       .payload_len = payload_len,
                       .tfc_len = tfc_len(sa, w->next_header, packet->data + w->keep_len, payload_len),
                       .icv_len = suite_icv_len(s)};
    l.pad_len = suite_pad_len(s, l.payload_len + l.tfc_len + ESP_TRAILER_LEN);
    return l;
}

static uint64_t take_number(struct sa *sa)
{
    assert(!sa->seq_used_up);
    uint64_t seq = sa->next_seq++;
    sa->seq_used_up = sa->p.esn ? sa->next_seq == 0 : sa->next_seq > UINT32_MAX;
    return seq;
}

static void put_iv(struct sa *sa, uint8_t *iv, size_t len, uint64_t seq)
{
    bool first = seq == (sa->p.seq ? sa->p.seq : 1);
    if (sa->p.suite.encr->iv_rule == IV_COUNTER) {
        struct wr w = wr_over(iv, len);
        wr_u64(&w, seq ^ sa->iv_mask);
    } else if (sa->p.has_iv && first) {
        memcpy(iv, sa->p.iv, len);
    } else if (len) {
        sa_random(&sa->p, iv, len);
    }
}

/* Writes everything from the ESP header to the ICV around the payload, which already stands in its place. */
static void put_esp(struct sa *sa, uint8_t *at, const struct layout *l, uint8_t next_header, uint64_t seq)
{
    struct wr w = wr_over(at, esp_len(l));
    esp_write(&(struct esp){sa->p.spi, (uint32_t)seq}, &w);
    put_iv(sa, wr_space(&w, l->iv_len), l->iv_len, seq);
    wr_space(&w, l->payload_len);
    uint8_t *tfc = wr_space(&w, l->tfc_len);
    if (l->tfc_len)
        memset(tfc, 0, l->tfc_len);
    for (size_t i = 1; i <= l->pad_len; i++)
        wr_u8(&w, (uint8_t)i);
    wr_u8(&w, (uint8_t)l->pad_len);
    wr_u8(&w, next_header);
    struct crypt_text text = {at, text_len(l), sa->p.esn, (uint32_t)(seq >> 32)};
    bool sealed = crypt_seal(sa->crypt, &text);
    assert(sealed); /* keyed contexts and right lengths: OpenSSL has nothing to refuse */
}

static void put_udp(const struct sa *sa, uint8_t *at, size_t len)
{
    struct wr w = wr_over(at, UDP_HEAD_LEN);
    udp_write(&(struct udp){sa->p.udp_sport, sa->p.udp_dport, (uint16_t)len, 0}, &w);
}

/* The header in front, of a packet that is otherwise complete. */
static void put_front(struct buf *packet, const struct layout *l, struct wrap *w)
{
    uint8_t protocol = l->udp_len ? PROTO_UDP : PROTO_ESP;
    if (w->keep_len) {
        ip_set_upper(packet->data, w->nh_at, protocol, packet->len);
        return;
    }
    struct wr wr = wr_over(packet->data, l->front_len);
    w->head.protocol = protocol;
    ip_write(&w->head, packet->len, &wr);
}

/* Over IPv4 the checksum stays 0 (RFC 3948 2.1); over IPv6 it is filled in, as Linux does. */
static void finish_udp(struct buf *packet)
{
    struct ip_view v;
    bool ok = ip_parse(packet->data, packet->len, &v);
    assert(ok);
    if (v.version == 6)
        checksum_fill_l4(packet->data, &v);
}

static struct ledger account(const struct layout *l)
{
    return (struct ledger){.ip = l->front_len,
                           .udp = l->udp_len,
                           .esp = ESP_HEAD_LEN,
                           .iv = l->iv_len,
                           .payload = l->payload_len,
                           .tfc = l->tfc_len,
                           .padding = l->pad_len,
                           .trailer = ESP_TRAILER_LEN,
                           .icv = l->icv_len};
}

enum drop seal(struct sa *sa, struct buf *packet, const struct ip_view *v, sim_time now, uint64_t *seq,
               struct ledger *ledger)
{
    struct wrap w;
    if (sa->p.hard_expiry && now >= sa->p.hard_expiry)
        return DROP_SA_EXPIRED;
    if (sa->seq_used_up)
        return DROP_SEQ_OVERFLOW;
    buf_trim(packet, v->total_len);
    enum drop d = sa->p.mode->wrap(sa, packet, v, &w);
    if (d)
        return d;
    struct layout l = lay_out(sa, packet, &w);
    size_t total = l.front_len + l.udp_len + esp_len(&l),
           behind = esp_len(&l) - ESP_HEAD_LEN - l.iv_len - l.payload_len;
    if (!ip_len_fits(sa_outer_version(&sa->p, v->version), total))
        return DROP_TOO_LONG;
    uint64_t number = take_number(sa);
    buf_put(packet, behind);
    buf_push(packet, total - packet->len);
    if (w.keep_len)
        memmove(packet->data, packet->data + l.udp_len + ESP_HEAD_LEN + l.iv_len, w.keep_len);
    put_esp(sa, packet->data + l.front_len + l.udp_len, &l, w.next_header, number);
    if (l.udp_len)
        put_udp(sa, packet->data + l.front_len, l.udp_len + esp_len(&l));
    put_front(packet, &l, &w);
    if (l.udp_len)
        finish_udp(packet);
    sa->packets++;
    sa->octets += v->total_len;
    if (seq)
        *seq = number;
    if (ledger)
        *ledger = account(&l);
    return DROP_NONE;
}
