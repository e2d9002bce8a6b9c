/* Decapsulation with the right key. The first octet chooses mode, suite, UDP and ESN; bit 7 whether the rest is a whole
 * packet, or the text of an ESP packet that is then sealed as it is, so that it gets past the ICV with any trailer. */
#include "tests/fuzz/fuzz.h"

#include "models/ipsec/open.h"
#include "models/ipsec/sad.h"
#include "models/wire/esp.h"
#include "models/wire/ipv4.h"
#include "models/wire/protocol.h"

#include <stdlib.h>

enum { SPI = 0x1000abcd, ROOM = 1 << 17 };

static bool any_port(const void *ctx, uint16_t sport, uint16_t dport)
{
    (void)ctx;
    return sport == PORT_ESP_UDP && dport == PORT_ESP_UDP;
}

static struct sa *make_sa(uint8_t choice)
{
    static const char *const modes[] = {"tunnel", "transport", "beet", "wildcard"};
    static const char *const suites[] = {"aes-gcm-16-128", "aes-cbc-128-hmac-sha2-256-128", "null-hmac-sha1-96",
                                         "chacha20-poly1305-256"};
    struct sa_params p;
    struct sa *sa;
    struct err e;
    sa_params_init(&p);
    p.spi = SPI;
    p.mode = mode_get(modes[choice & 3]);
    suite_parse(suites[choice >> 2 & 3], &p.suite, NULL);
    p.udp_sport = p.udp_dport = choice & 16 ? PORT_ESP_UDP : 0;
    p.esn = choice & 32;
    p.check_pad = !(choice & 64);
    p.tfc = 8;
    if (p.mode->two_addresses) {
        addr_parse("198.18.0.1", &p.src, NULL);
        addr_parse("198.19.0.1", &p.dst, NULL);
    }
    addr_parse("172.16.0.1", &p.inner_src, NULL);
    addr_parse("172.17.0.1", &p.inner_dst, NULL);
    bool ok = sa_new(&p, &sa, &e);
    assert(ok);
    return ok ? sa : NULL;
}

/* An IPv4 packet around the text, with a right ICV. */
static void seal_text(struct sa *sa, const uint8_t *text, size_t len, struct buf *packet)
{
    const struct suite *s = &sa->p.suite;
    size_t align = suite_align(s), text_len = len / align * align;
    size_t udp = sa->p.udp_dport ? UDP_HEAD_LEN : 0;
    size_t esp_len = ESP_HEAD_LEN + suite_iv_len(s) + text_len + suite_icv_len(s);
    if (!text_len)
        return;
    struct wr w = wr_over(buf_put(packet, IPV4_HEAD_LEN + udp + esp_len), IPV4_HEAD_LEN + udp + esp_len);
    struct ipv4 h = {
        .total_len = (uint16_t)(IPV4_HEAD_LEN + udp + esp_len), .ttl = 64, .protocol = udp ? PROTO_UDP : PROTO_ESP};
    addr_parse("198.18.0.1", &h.src, NULL);
    addr_parse("198.19.0.1", &h.dst, NULL);
    ipv4_write(&h, &w);
    if (udp)
        udp_write(&(struct udp){PORT_ESP_UDP, PORT_ESP_UDP, (uint16_t)(udp + esp_len), 0}, &w);
    uint8_t *esp = w.at;
    esp_write(&(struct esp){SPI, 1}, &w);
    uint8_t *iv = wr_space(&w, suite_iv_len(s));
    if (iv)
        memset(iv, 7, suite_iv_len(s));
    wr_bytes(&w, text, text_len);
    struct crypt_text t = {esp, text_len, sa->p.esn, 0};
    crypt_seal(sa->crypt, &t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static uint8_t room[ROOM];
    struct located at;
    uint64_t seq;
    if (len < 1 || len > 65000)
        return 0;
    struct sa *sa = make_sa(data[0]);
    struct buf packet = buf_over(room, sizeof room, BUF_HEADROOM, 0);
    if (data[0] & 128)
        seal_text(sa, data + 1, len - 1, &packet);
    else
        memcpy(buf_put(&packet, len - 1), data + 1, len - 1);
    if (!locate(&packet, any_port, NULL, &at) && at.spi == SPI) {
        enum drop d = open_esp(sa, &packet, &at, 0, &seq);
        struct ip_view v;
        if (!d && !ip_parse(packet.data, packet.len, &v))
            abort(); /* what is accepted is an IP packet */
        if (!d && v.total_len != packet.len)
            abort();
    }
    sa_free(sa);
    return 0;
}
