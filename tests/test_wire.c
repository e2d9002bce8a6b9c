/* Headers on the wire: what is written is read back, every shorter length is refused, and no flipped bit leads a parser
 * out of the packet. */
#include "models/wire/esp.h"
#include "models/wire/icmp.h"
#include "models/wire/tcp.h"
#include "tests/esp_fixture.h"

static uint8_t bytes[2048];

/* A packet in memory of exactly its length, so that the sanitizer sees a read behind it. */
static uint8_t *exact(const uint8_t *from, size_t len)
{
    uint8_t *at = malloc(len ? len : 1);
    assert_non_null(at);
    memcpy(at, from, len);
    return at;
}

static void view_is_inside(const struct ip_view *v, size_t len)
{
    assert_true(v->total_len <= len);
    assert_true(v->head_len <= v->total_len);
    assert_true(v->nh_at < v->head_len);
    assert_true(v->opts_len <= IPV4_OPTS_CAP);
}

/* What every user of a view may do with it. */
static void use(uint8_t *packet, size_t len)
{
    struct ip_view v;
    if (!ip_parse(packet, len, &v))
        return;
    view_is_inside(&v, len);
    struct icmp_error what;
    struct addr src, dst, from = fixture_addr(v.version == 4 ? "10.1.0.1" : "fd00:1::1");
    struct tcp tcp;
    struct udp udp;
    uint8_t message[1500];
    if (v.upper_ok) {
        struct rd r = rd_over(packet + v.head_len, v.total_len - v.head_len), again = r;
        if (tcp_read(&tcp, &r)) {
            assert_true(tcp.opts_len <= 40);
            tcp_mss_option(&tcp);
        }
        udp_read(&udp, &again);
        icmp_read_error(packet, &v, &what, &src, &dst);
        checksum_l4_is_good(packet, &v);
    }
    size_t made = icmp_make_error(&(struct icmp_error){ICMP_TOO_BIG, 1400}, &from, packet, &v, message, sizeof message);
    assert_true(made <= (v.version == 4 ? 576 : 1280));
    if (v.upper_ok)
        checksum_fill_l4(packet, &v);
}

static void every_damage(const uint8_t *packet, size_t len)
{
    struct ip_view v;
    for (size_t n = 0; n < len; n++) {
        uint8_t *cut = exact(packet, n);
        assert_false(ip_parse(cut, n, &v));
        free(cut);
    }
    for (size_t bit = 0; bit < 8 * len; bit++) {
        uint8_t *bent = exact(packet, len);
        bent[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
        bool header = packet[0] >> 4 == 4 && bit < 8 * 4 * (size_t)(packet[0] & 15);
        assert_false(header && ip_parse(bent, len, &v)); /* the header checksum sees any single bit */
        use(bent, len);
        if (header) { /* and once more with a checksum that covers the damage */
            memcpy(bent, packet, len);
            bent[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
            if (4 * (size_t)(bent[0] & 15) <= len)
                ipv4_fill_checksum(bent);
            use(bent, len);
        }
        free(bent);
    }
}

/* ---- packets to damage ---- */

static size_t put_ip(uint8_t version, uint8_t protocol, const uint8_t *upper, size_t len)
{
    struct buf b = buf_over(bytes, sizeof bytes, 0, 0);
    inner_make(&(struct inner){.version = version,
                               .len = (version == 4 ? IPV4_HEAD_LEN : IPV6_HEAD_LEN) + len,
                               .protocol = protocol == PROTO_UDP ? PROTO_TEST : protocol},
               &b);
    memcpy(b.data + b.len - len, upper, len);
    struct ip_view v;
    ip_set_upper(b.data, version == 4 ? 9 : 6, protocol, b.len);
    assert_true(ip_parse(b.data, b.len, &v));
    checksum_fill_l4(b.data, &v);
    assert_true(checksum_l4_is_good(b.data, &v));
    return b.len;
}

static size_t a_tcp_segment(uint8_t version)
{
    static const uint8_t opts[] = {1, 1, 1, 2, 4, 5, 0xb4, 0}; /* NOPs, MSS 1460, end */
    uint8_t upper[64];
    struct wr w = wr_over(upper, sizeof upper);
    tcp_write(&(struct tcp){.sport = 1,
                            .dport = 2,
                            .seq = 3,
                            .ack = 4,
                            .flags = TCP_SYN,
                            .window = 5,
                            .opts = opts,
                            .opts_len = sizeof opts},
              &w);
    wr_u32(&w, 0xdeadbeef);
    return put_ip(version, PROTO_TCP, upper, sizeof upper - wr_left(&w));
}

static size_t a_datagram(uint8_t version)
{
    uint8_t upper[20] = {0};
    struct wr w = wr_over(upper, sizeof upper);
    udp_write(&(struct udp){1000, 4500, sizeof upper, 0}, &w);
    return put_ip(version, PROTO_UDP, upper, sizeof upper);
}

static size_t an_esp_packet(uint8_t version)
{
    uint8_t upper[40] = {0};
    struct wr w = wr_over(upper, sizeof upper);
    esp_write(&(struct esp){0x1000, 7}, &w);
    return put_ip(version, PROTO_ESP, upper, sizeof upper);
}

static size_t an_icmp_error(uint8_t version)
{
    uint8_t packet[512];
    size_t len = a_datagram(version);
    memcpy(packet, bytes, len);
    struct ip_view v;
    assert_true(ip_parse(packet, len, &v));
    struct addr from = fixture_addr(version == 4 ? "10.1.0.1" : "fd00:1::1");
    size_t made = icmp_make_error(&(struct icmp_error){ICMP_TOO_BIG, 1400}, &from, packet, &v, bytes, sizeof bytes);
    assert_true(made > 0);
    return made;
}

static size_t with_options(uint8_t version)
{
    struct buf b = buf_over(bytes, sizeof bytes, 0, 0);
    inner_make(&(struct inner){.version = version, .len = 120, .opts_len = version == 4 ? 12 : 0, .ext = version == 6},
               &b);
    return b.len;
}

/* Hop-by-hop, destination options, routing, fragment header (atomic), then UDP. */
static size_t a_long_chain(uint8_t version)
{
    static const uint8_t chain[] = {PROTO_DSTOPTS,
                                    0,
                                    1,
                                    4,
                                    0,
                                    0,
                                    0,
                                    0,
                                    PROTO_ROUTING,
                                    1,
                                    1,
                                    12,
                                    0,
                                    0,
                                    0,
                                    0,
                                    0,
                                    0,
                                    0,
                                    0,
                                    0,
                                    0,
                                    0,
                                    0,
                                    PROTO_FRAGMENT,
                                    0,
                                    4,
                                    0,
                                    0,
                                    0,
                                    0,
                                    0,
                                    PROTO_UDP,
                                    0,
                                    0,
                                    0,
                                    1,
                                    2,
                                    3,
                                    4,
                                    0,
                                    1,
                                    0,
                                    2,
                                    0,
                                    12,
                                    0,
                                    0,
                                    9,
                                    9,
                                    9,
                                    9};
    if (version == 4)
        return a_datagram(4);
    struct buf b = buf_over(bytes, sizeof bytes, 0, 0);
    inner_make(&(struct inner){.version = 6, .len = IPV6_HEAD_LEN + sizeof chain, .protocol = PROTO_TEST}, &b);
    memcpy(b.data + IPV6_HEAD_LEN, chain, sizeof chain);
    b.data[6] = PROTO_HOPOPTS;
    return b.len;
}

static size_t (*const makers[])(uint8_t version) = {a_tcp_segment, a_datagram,   an_esp_packet,
                                                    an_icmp_error, with_options, a_long_chain};

static void no_damage_leads_out_of_the_packet(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++)
        for (uint8_t version = 4; version <= 6; version = (uint8_t)(version + 2)) {
            uint8_t packet[2048];
            size_t len = makers[i](version);
            memcpy(packet, bytes, len);
            struct ip_view v;
            assert_true(ip_parse(packet, len, &v));
            use(packet, len);
            every_damage(packet, len);
        }
}

/* Every single bit of a segment or datagram changes whether its checksum is right. */
static void checksums_see_every_bit(void **state)
{
    (void)state;
    static size_t (*const with_checksum[])(uint8_t) = {a_tcp_segment, a_datagram, an_icmp_error};
    for (size_t i = 0; i < sizeof with_checksum / sizeof *with_checksum; i++)
        for (uint8_t version = 4; version <= 6; version = (uint8_t)(version + 2)) {
            struct ip_view v;
            size_t len = with_checksum[i](version);
            assert_true(ip_parse(bytes, len, &v));
            assert_true(checksum_l4_is_good(bytes, &v));
            for (size_t bit = 8 * v.head_len; bit < 8 * len; bit++) {
                bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
                assert_false(checksum_l4_is_good(bytes, &v));
                bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
            }
        }
}

/* ---- rows ---- */

/* RFC 1071 section 3, and an odd length. */
static void checksum_rows(void **state)
{
    (void)state;
    static const uint8_t rfc1071[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    assert_int_equal(checksum_of(rfc1071, sizeof rfc1071), (uint16_t)~0xddf2);
    assert_int_equal(checksum_of(rfc1071, 0), 0xffff);
    assert_int_equal(checksum_of(rfc1071, 3), (uint16_t)~0xf201);
    for (size_t len = 0; len < 70; len++) { /* against the definition */
        uint32_t sum = 0;
        for (size_t i = 0; i < len; i++) {
            bytes[i] = (uint8_t)(i * 37 + 251);
            sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
        }
        while (sum >> 16)
            sum = (sum & 0xffff) + (sum >> 16);
        assert_int_equal(checksum_of(bytes, len), (uint16_t)~sum);
    }
}

/* A datagram whose sum is 0 says 0xffff, because 0 means that there is none (RFC 768). */
static void udp_never_says_zero(void **state)
{
    (void)state;
    struct ip_view v;
    size_t len = a_datagram(6);
    assert_true(ip_parse(bytes, len, &v));
    uint8_t *field = bytes + v.head_len + 6, *last = bytes + len - 2;
    uint16_t sum = (uint16_t)(field[0] << 8 | field[1]);
    uint32_t word = (uint32_t)(last[0] << 8 | last[1]) + sum; /* adding the complement's complement makes it 0 */
    word = (word & 0xffff) + (word >> 16);
    last[0] = (uint8_t)(word >> 8);
    last[1] = (uint8_t)word;
    checksum_fill_l4(bytes, &v);
    assert_int_equal(field[0] << 8 | field[1], 0xffff);
    assert_true(checksum_l4_is_good(bytes, &v));
}

static void ipv4_fields_in_place(void **state)
{
    (void)state;
    struct ip_view v;
    size_t len = with_options(4);
    ipv4_set_tos(bytes, 0xb9);
    ipv4_set_ttl(bytes, 7);
    ip_set_upper(bytes, 9, PROTO_ESP, len - 4);
    assert_true(ip_parse(bytes, len, &v));
    assert_int_equal(v.tos, 0xb9);
    assert_int_equal(v.ttl, 7);
    assert_int_equal(v.protocol, PROTO_ESP);
    assert_int_equal(v.total_len, len - 4);
}

static void ipv6_fields_in_place(void **state)
{
    (void)state;
    struct ip_view before, v;
    size_t len = with_options(6);
    assert_true(ip_parse(bytes, len, &before));
    for (int tclass = 0; tclass < 256; tclass++) {
        ipv6_set_tclass(bytes, (uint8_t)tclass);
        ipv6_set_hop_limit(bytes, (uint8_t)(255 - tclass));
        assert_true(ip_parse(bytes, len, &v));
        assert_int_equal(v.tos, tclass);
        assert_int_equal(v.ttl, 255 - tclass);
        assert_int_equal(v.flow_label, before.flow_label);
        assert_int_equal(v.version, 6);
    }
}

static void the_chain_is_walked(void **state)
{
    (void)state;
    struct ip_view v;
    size_t len = a_long_chain(6);
    assert_true(ip_parse(bytes, len, &v));
    assert_true(v.upper_ok && !v.fragment);
    assert_int_equal(v.protocol, PROTO_UDP);
    assert_int_equal(v.head_len, IPV6_HEAD_LEN + 8 + 16 + 8 + 8);
    assert_int_equal(v.nh_at, IPV6_HEAD_LEN + 8 + 16 + 8);
    assert_int_equal(v.id, 0x01020304);
    bytes[v.nh_at + 3] = 1; /* M: the first fragment of several */
    assert_true(ip_parse(bytes, len, &v) && v.fragment && v.mf && !v.frag_off);
    bytes[v.nh_at + 2] = 1; /* offset 256: what follows is no header */
    assert_true(ip_parse(bytes, len, &v) && v.fragment && v.frag_off == 256);
    bytes[IPV6_HEAD_LEN + 1] = 200; /* the hop-by-hop header runs past the end */
    assert_true(ip_parse(bytes, len, &v) && !v.upper_ok);
}

/* What stays in front of ESP in transport format, by the headers of a chain, each of 8 octets. */
static void the_front_ends_before_the_last_hosts_options(void **state)
{
    (void)state;
    enum { H = PROTO_HOPOPTS, R = PROTO_ROUTING, D = PROTO_DSTOPTS, F = PROTO_FRAGMENT, U = PROTO_UDP, CAP = 6 };
    static const struct {
        uint8_t chain[CAP];
        size_t front; /* headers */
    } rows[] = {{{U}, 0},       {{D, U}, 1},          {{H, D, R, U}, 3},
                {{R, D, U}, 1}, {{H, D, R, D, U}, 3}, {{R, D, R, D, U}, 1},
                {{R, F, U}, 2}, {{R, D, F, U}, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t packet[IPV6_HEAD_LEN + 8 * CAP] = {0x60};
        struct ip_view v;
        size_t n = 0;
        packet[6] = rows[i].chain[0];
        for (; rows[i].chain[n] != U; n++)
            packet[IPV6_HEAD_LEN + 8 * n] = rows[i].chain[n + 1];
        ipv6_set_payload_len(packet, (uint16_t)(8 * n + 8));
        assert_true(ip_parse(packet, IPV6_HEAD_LEN + 8 * n + 8, &v) && v.upper_ok);
        assert_int_equal(v.head_len, IPV6_HEAD_LEN + 8 * n);
        assert_int_equal(v.front_len, IPV6_HEAD_LEN + 8 * rows[i].front);
        assert_int_equal(v.front_next, rows[i].chain[rows[i].front]);
        assert_int_equal(packet[v.front_nh_at], v.front_next);
    }
}

static void jumbograms_are_refused(void **state)
{
    (void)state;
    struct ip_view v;
    size_t len = with_options(6);
    ipv6_set_payload_len(bytes, 0);
    assert_false(ip_parse(bytes, len, &v));
}

static void mss_option_rows(void **state)
{
    (void)state;
    static const struct {
        uint8_t opts[8];
        size_t len;
        uint16_t mss;
    } rows[] = {{{2, 4, 5, 0xb4}, 4, 1460},
                {{1, 1, 2, 4, 5, 0xb4, 0, 0}, 8, 1460},
                {{0, 4, 5, 0xb4}, 4, 0},
                {{2, 3, 5, 0xb4}, 4, 0},
                {{2, 4, 5}, 3, 0},
                {{8, 0, 2, 4, 5, 0xb4}, 6, 0},
                {{8, 1, 2, 4, 5, 0xb4}, 6, 0},
                {{3, 3, 7, 2, 4, 2, 0x18, 0}, 8, 536},
                {{3, 200, 7, 2, 4, 2, 0x18}, 7, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(tcp_mss_option(&(struct tcp){.opts = rows[i].opts, .opts_len = rows[i].len}), rows[i].mss);
}

/* ---- ICMP errors ---- */

static void icmp_errors_come_back(void **state)
{
    (void)state;
    for (uint8_t version = 4; version <= 6; version = (uint8_t)(version + 2))
        for (size_t len = version == 4 ? 28 : 48; len <= 1500; len += 67)
            for (int kind = ICMP_TOO_BIG; kind <= ICMP_TTL_EXCEEDED; kind++) {
                uint8_t message[1500];
                struct buf b = buf_over(bytes, sizeof bytes, 0, 0);
                struct ip_view v, made;
                struct icmp_error sent = {(enum icmp_kind)kind, kind == ICMP_TOO_BIG ? 1446 : 0}, got;
                struct addr src, dst, from = fixture_addr(version == 4 ? "10.1.0.1" : "fd00:1::1");
                inner_make(&(struct inner){.version = version, .len = len}, &b);
                assert_true(ip_parse(b.data, b.len, &v));
                size_t n = icmp_make_error(&sent, &from, b.data, &v, message, sizeof message);
                assert_true(n > 0 && ip_parse(message, n, &made));
                assert_int_equal(made.total_len, n);
                assert_true(checksum_l4_is_good(message, &made));
                assert_true(addr_equal(&made.src, &from) && addr_equal(&made.dst, &v.src));
                assert_true(icmp_read_error(message, &made, &got, &src, &dst));
                assert_int_equal(got.kind, sent.kind);
                assert_int_equal(got.mtu, sent.mtu);
                assert_true(addr_equal(&src, &v.src) && addr_equal(&dst, &v.dst));
                /* as much of the packet as there is room for */
                size_t most = version == 4 ? 576 : 1280, all = made.head_len + ICMP_HEAD_LEN + len;
                assert_int_equal(n, all < most ? all : most);
            }
}

static void set_dst(struct buf *b, const char *dst)
{
    struct addr a = fixture_addr(dst);
    memcpy(b->data + (a.version == 4 ? 16 : 24), a.bytes, addr_len(&a));
    if (a.version == 4)
        ipv4_fill_checksum(b->data);
}

/* RFC 1122 3.2.2, RFC 4443 2.4 (e): no error about an error, a later fragment, a packet for or from many; none that
 * would need an address of the other version. */
static void where_no_icmp_error_is_sent(void **state)
{
    (void)state;
    static const struct {
        uint8_t version;
        const char *dst;
        uint16_t off;
        enum icmp_kind kind;
        bool sent;
        const char *from; /* NULL: an address of that version */
    } rows[] = {{4, "10.2.0.20", 0, ICMP_TOO_BIG, true, NULL},
                {4, "10.2.0.20", 0, ICMP_TOO_BIG, false, "fd00:1::1"},
                {4, "10.2.0.20", 800, ICMP_TOO_BIG, false, NULL},
                {4, "224.0.0.5", 0, ICMP_TTL_EXCEEDED, false, NULL},
                {4, "255.255.255.255", 0, ICMP_TTL_EXCEEDED, false, NULL},
                {6, "fd00:2::20", 0, ICMP_TOO_BIG, true, NULL},
                {6, "fd00:2::20", 0, ICMP_TOO_BIG, false, "10.1.0.1"},
                {6, "ff02::1", 0, ICMP_TTL_EXCEEDED, false, NULL},
                {6, "ff02::1", 0, ICMP_TOO_BIG, true, NULL}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t message[1500];
        struct buf b = buf_over(bytes, sizeof bytes, 0, 0);
        struct ip_view v;
        const char *own = rows[i].version == 4 ? "10.1.0.1" : "fd00:1::1";
        struct addr from = fixture_addr(rows[i].from ? rows[i].from : own);
        inner_make(&(struct inner){.version = rows[i].version, .len = 100, .frag_off = rows[i].off}, &b);
        set_dst(&b, rows[i].dst);
        assert_true(ip_parse(b.data, b.len, &v));
        struct icmp_error what = {rows[i].kind, 1400};
        assert_int_equal(icmp_make_error(&what, &from, b.data, &v, message, sizeof message) > 0, rows[i].sent);
    }
    for (uint8_t version = 4; version <= 6; version = (uint8_t)(version + 2)) {
        uint8_t message[1500];
        struct ip_view v;
        size_t len = an_icmp_error(version);
        struct addr from = fixture_addr(version == 4 ? "10.1.0.1" : "fd00:1::1");
        assert_true(ip_parse(bytes, len, &v));
        struct icmp_error what = {ICMP_TTL_EXCEEDED, 0};
        assert_int_equal(icmp_make_error(&what, &from, bytes, &v, message, sizeof message), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_damage_leads_out_of_the_packet),
        cmocka_unit_test(checksums_see_every_bit),
        cmocka_unit_test(checksum_rows),
        cmocka_unit_test(udp_never_says_zero),
        cmocka_unit_test(ipv4_fields_in_place),
        cmocka_unit_test(ipv6_fields_in_place),
        cmocka_unit_test(the_chain_is_walked),
        cmocka_unit_test(the_front_ends_before_the_last_hosts_options),
        cmocka_unit_test(jumbograms_are_refused),
        cmocka_unit_test(mss_option_rows),
        cmocka_unit_test(icmp_errors_come_back),
        cmocka_unit_test(where_no_icmp_error_is_sent),
    };
    return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
