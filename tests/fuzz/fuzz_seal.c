/* Any octets behind the three that choose the SA are an IP packet that is sealed, or refused. What is sealed opens with
 * the same SA to the same packet. */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/fuzz_sa.h"

#include "models/ipsec/open.h"
#include "models/ipsec/seal.h"

enum { ROOM = 1 << 18, PACKET_MAX = IP_TOTAL_MAX + IPV6_HEAD_LEN };

static bool any_port(const void *ctx, uint16_t sport, uint16_t dport)
{
    (void)ctx;
    return sport && dport;
}

/* What may stop a packet that this SA sealed: it is for others, it looks like a dummy, it claims what BEET uses, or its
 * inner and outer ECN do not go together. */
static bool is_own_fault(enum drop d)
{
    return d == DROP_POLICY || d == DROP_DUMMY || d == DROP_MALFORMED || d == DROP_ECN;
}

/* The checksum is written anew, and BEET does not carry the bit that must be 0. */
static bool same_packet(const struct sa *sa, const struct ip_view *v, const uint8_t *a, const uint8_t *b)
{
    size_t head = v->version == 4 ? 12 : 0;
    bool beet = sa->p.mode->scope == SCOPE_HOST_PAIR;
    return (beet || !memcmp(a, b, head ? 10 : 0)) && !memcmp(a + head, b + head, v->total_len - head);
}

static void open_again(struct sa *sa, struct buf *packet, const uint8_t *plain, const struct ip_view *v)
{
    struct located at;
    bool tunnel = sa->p.mode == mode_get("tunnel");
    bool over_versions = sa->p.mode->scope == SCOPE_HOST_PAIR && sa->p.src.version != v->version;
    must(!locate(packet, any_port, NULL, &at) && at.spi == SPI);
    enum drop d = open_esp(sa, packet, &at, 0, NULL);
    must(!d || is_own_fault(d));
    must(!d || !tunnel || d == DROP_POLICY);
    if (d || over_versions || (sa->p.tfc && !tunnel)) /* other headers; UDP that does not fill its packet is cut */
        return;
    must(packet->len == v->total_len && same_packet(sa, v, plain, packet->data));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static uint8_t room[ROOM];
    struct ip_view v;
    struct ledger ledger;
    if (len < CHOICE_LEN || len - CHOICE_LEN > PACKET_MAX || !ip_parse(data + CHOICE_LEN, len - CHOICE_LEN, &v))
        return 0;
    struct sa *sa = make_sa(data);
    for (int n = 0; n < 2; n++) {
        struct buf packet = buf_over(room, sizeof room, BUF_HEADROOM, 0);
        memcpy(buf_put(&packet, len - CHOICE_LEN), data + CHOICE_LEN, len - CHOICE_LEN);
        if (seal(sa, &packet, &v, 0, NULL, &ledger))
            break;
        must(ledger_sum(&ledger) == packet.len);
        open_again(sa, &packet, data + CHOICE_LEN, &v);
    }
    sa_free(sa);
    return 0;
}
