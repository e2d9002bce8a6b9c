/* Decapsulation with the right key, by every suite and mode. Three octets choose the SA; then come records:
 *
 *   flags 1 | length 2 | octets
 *
 * Bit 0 of the flags: the octets are a whole packet; otherwise the text of an ESP packet, which is sealed as it is, so
 * that it gets past the ICV with any payload, padding and trailer. Bit 1: an IPv4 option, or a hop-by-hop and a routing
 * header, in front of ESP. Bits 3 to 7: how far its number is from the one before, -15 to 16. */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/fuzz_sa.h"

#include "models/ipsec/open.h"
#include "models/wire/esp.h"
#include "models/wire/ipv4.h"
#include "models/wire/ipv6.h"

enum { ROOM = 1 << 17, RECORDS_MAX = 64 };

static bool esp_port(const void *ctx, uint16_t sport, uint16_t dport)
{
    (void)ctx;
    (void)sport;
    return dport == PORT_ESP_UDP;
}

/* The header in front of UDP or ESP, `behind` octets before the packet's end. */
static void put_front(struct wr *w, const struct sa_params *p, bool more, size_t behind)
{
    static const uint8_t option[] = {0x94, 4, 0, 0}; /* router alert */
    uint8_t protocol = p->udp_dport ? PROTO_UDP : PROTO_ESP;
    uint8_t chain[] = {PROTO_ROUTING, 0, 1, 4, 0, 0, 0, 0, protocol, 0, 4, 0, 0, 0, 0, 0};
    size_t opts_len = more ? sizeof option : 0, chain_len = more ? sizeof chain : 0;
    if (p->dst.version == 4) {
        ipv4_write(&(struct ipv4){.total_len = (uint16_t)(IPV4_HEAD_LEN + opts_len + behind),
                                  .ttl = 64,
                                  .tos = 3,
                                  .protocol = protocol,
                                  .src = p->src,
                                  .dst = p->dst,
                                  .opts = option,
                                  .opts_len = opts_len},
                   w);
    } else {
        ipv6_write(&(struct ipv6){.payload_len = (uint16_t)(chain_len + behind),
                                  .hop_limit = 64,
                                  .tclass = 3,
                                  .next_header = more ? PROTO_HOPOPTS : protocol,
                                  .src = p->src,
                                  .dst = p->dst},
                   w);
        wr_bytes(w, chain, chain_len);
    }
}

/* A packet around the text, with a right ICV; what is no multiple of the alignment is left off. */
static void seal_text(struct sa *sa, bool more, uint64_t seq, const uint8_t *text, size_t len, struct buf *packet)
{
    const struct suite *s = &sa->p.suite;
    size_t text_len = len / suite_align(s) * suite_align(s), udp = sa->p.udp_dport ? UDP_HEAD_LEN : 0;
    size_t behind = udp + ESP_HEAD_LEN + suite_iv_len(s) + text_len + suite_icv_len(s);
    struct wr w = wr_over(packet->data, buf_tail(packet));
    if (!text_len)
        return;
    put_front(&w, &sa->p, more, behind);
    if (udp)
        udp_write(&(struct udp){PORT_ESP_UDP, PORT_ESP_UDP, (uint16_t)behind, 0}, &w);
    uint8_t *esp = w.at;
    esp_write(&(struct esp){SPI, (uint32_t)seq}, &w);
    uint8_t *iv = wr_space(&w, suite_iv_len(s));
    must(iv != NULL);
    memset(iv, 7, suite_iv_len(s));
    wr_bytes(&w, text, text_len);
    wr_space(&w, suite_icv_len(s));
    must(w.ok);
    must(crypt_seal(sa->crypt, &(struct crypt_text){esp, text_len, sa->p.esn, (uint32_t)(seq >> 32)}));
    buf_put(packet, (size_t)(w.at - packet->data));
}

/* What is accepted is a whole IP packet; a window that is on takes no number twice, and moves for good ICVs only. */
static void check_open(struct sa *sa, struct buf *packet, const struct located *at)
{
    struct replay before = sa->replay;
    struct ip_view v;
    uint64_t seq;
    enum drop d = open_esp(sa, packet, at, 0, &seq);
    if (d == DROP_NONE) {
        must(ip_parse(packet->data, packet->len, &v) && v.total_len == packet->len);
        must(!sa->p.replay_window || (replay_check(&before, seq) && !replay_check(&sa->replay, seq)));
    }
    if (d == DROP_REPLAY || d == DROP_ICV)
        must(!memcmp(&before, &sa->replay, sizeof before));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static uint8_t room[ROOM];
    if (len < CHOICE_LEN)
        return 0;
    struct sa *sa = make_sa(data);
    uint64_t seq = sa->p.seq - 1;
    struct rd r = rd_over(data + CHOICE_LEN, len - CHOICE_LEN);
    for (int n = 0; n < RECORDS_MAX && rd_left(&r) > 3; n++) {
        uint8_t flags = rd_u8(&r);
        size_t told = rd_u16(&r), there = told < rd_left(&r) ? told : rd_left(&r);
        const uint8_t *octets = rd_bytes(&r, there);
        struct buf packet = buf_over(room, sizeof room, BUF_HEADROOM, 0);
        struct located at;
        seq += (uint64_t)(flags >> 3) - 15;
        if (flags & 1)
            memcpy(buf_put(&packet, there), octets, there);
        else
            seal_text(sa, flags & 2, seq, octets, there < 60000 ? there : 60000, &packet);
        if (!locate(&packet, esp_port, NULL, &at) && at.spi == SPI)
            check_open(sa, &packet, &at);
    }
    sa_free(sa);
    return 0;
}
