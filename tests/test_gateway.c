/* One gateway, or two back to back: what leaves, what is refused and why, and that nothing is lost on the way. */
#include "models/base/rng.h"
#include "models/ipsec/gateway.h"
#include "models/wire/esp.h"
#include "models/wire/icmp.h"
#include "tests/esp_fixture.h"

#include "tests/allocations.h" /* behind cmocka */

static char what[256]; /* the row in hand, for messages */

enum left { NOTHING, TO_LINK, TO_LAN, DROPPED };

enum { WIRE_CAP = 64, PACKET_CAP = 4096 };

struct kept_packet {
    uint8_t at[PACKET_CAP];
    size_t len;
};

/* Everything that a gateway did with the packets given to it. */
struct seen {
    size_t n[4];     /* packets, by how they left */
    enum left last;  /* the packet given, not one that the gateway made */
    enum drop why;   /* DROPPED */
    bool inbound;    /* DROPPED */
    struct sent how; /* TO_LINK */
    size_t n_made, n_joined;
    bool making; /* the next packet that leaves is one more than came: ICMP, a probe, a second fragment */
    struct kept_packet packet, made, wire[WIRE_CAP];
    size_t n_wire; /* packets on the link that did not arrive yet */
};

static void keep(struct kept_packet *k, const struct buf *b)
{
    assert_true(b->len <= PACKET_CAP);
    memcpy(k->at, b->data, b->len);
    k->len = b->len;
}

static void leave(struct seen *s, enum left how, const struct buf *b)
{
    s->n[how]++;
    if (s->making) {
        keep(&s->made, b);
        s->making = false;
        return;
    }
    s->last = how;
    keep(&s->packet, b);
}

static void to_link(void *ctx, struct gateway *gw, struct buf *packet, const struct sent *how)
{
    struct seen *s = ctx;
    (void)gw;
    if (!s->making)
        s->how = *how;
    assert_true(s->n_wire < WIRE_CAP);
    keep(&s->wire[s->n_wire++], packet);
    leave(s, TO_LINK, packet);
}

static void to_lan(void *ctx, struct gateway *gw, struct buf *packet)
{
    (void)gw;
    leave(ctx, TO_LAN, packet);
}

static void dropped(void *ctx, struct gateway *gw, enum drop why, bool inbound, const struct buf *packet)
{
    struct seen *s = ctx;
    (void)gw;
    (void)packet;
    s->n[DROPPED]++;
    s->making = false;
    s->last = DROPPED;
    s->why = why;
    s->inbound = inbound;
}

static void made(void *ctx, struct gateway *gw, const struct buf *packet)
{
    struct seen *s = ctx;
    (void)gw;
    (void)packet;
    s->n_made++;
    s->making = true;
}

static void joined(void *ctx, struct gateway *gw, size_t n)
{
    struct seen *s = ctx;
    (void)gw;
    s->n_joined += n;
}

/* Both ends of a satellite link, gw1 with LAN 10.1.0.0/24 (or fd00:1::/64), gw2 with 10.2.0.0/24 (fd00:2::/64), one SA
 * from gw1 to gw2. */
struct ends {
    struct gateway *gw1, *gw2;
    struct seen seen1, seen2;
    struct sa *out, *in;
};

struct shape_of_ends {
    const char *mode, *suite, *lookup;
    uint8_t inner, outer; /* 0: 4 */
    bool udp;
    size_t mtu; /* 0: 1500 */
    bool probes, reinput, take_all_esp;
    bool selectors; /* the SA has the LANs as selectors */
    enum gateway_cut cut;
    bool reassemble;
};

static struct prefix lan(uint8_t version, int which)
{
    struct prefix p;
    const char *const texts[2][2] = {{"10.1.0.0/24", "10.2.0.0/24"}, {"fd00:1::/64", "fd00:2::/64"}};
    assert_true(prefix_parse(texts[version == 6][which], &p, NULL));
    return p;
}

static struct gateway_config config_of(const struct shape_of_ends *s, int which)
{
    uint8_t inner = s->inner ? s->inner : 4, outer = s->outer ? s->outer : 4;
    struct gateway_config c = {.name = which ? "gw2" : "gw1",
                               .address = fixture_addr(which ? OUTER_DST(outer) : OUTER_SRC(outer)),
                               .lan = lan(inner, which),
                               .mode = mode_get(s->mode),
                               .lookup = lookup_get(s->lookup ? s->lookup : "rfc4301"),
                               .suite = fixture_suite(s->suite ? s->suite : "aes-gcm-16-128"),
                               .udp_encap = s->udp,
                               .link_mtu = s->mtu ? s->mtu : 1500,
                               .probes = s->probes,
                               .reinput = s->reinput,
                               .take_all_esp = s->take_all_esp,
                               .cut = s->cut,
                               .reassemble_lan = s->reassemble,
                               .reassemble_link = s->reassemble};
    assert_non_null(c.mode);
    assert_non_null(c.lookup);
    c.lan_address = prefix_host(&c.lan, 1);
    spd_add(&c.spd, (struct spd_rule){lan(inner, which), lan(inner, !which), PROTO_ESP, SPD_BYPASS});
    spd_add(&c.spd, (struct spd_rule){lan(inner, which), lan(inner, !which), SPD_ANY_PROTOCOL,
                                      c.mode->esp ? SPD_PROTECT : SPD_BYPASS});
    return c;
}

static struct sa_params params_of_ends(const struct shape_of_ends *s)
{
    struct suite suite = fixture_suite(s->suite ? s->suite : "aes-gcm-16-128");
    uint8_t inner = s->inner ? s->inner : 4, outer = s->outer ? s->outer : 4;
    struct sa_params p = fixture_params(s->mode, &suite, inner, outer);
    if (!p.mode->two_addresses) { /* the SA is the gateways', whoever's addresses the packets have */
        p.src = fixture_addr(OUTER_SRC(outer));
        p.dst = fixture_addr(OUTER_DST(outer));
    }
    p.udp_sport = p.udp_dport = s->udp ? PORT_ESP_UDP : 0;
    if (s->selectors) {
        p.sel_src = lan(inner, 0);
        p.sel_dst = lan(inner, 1);
    }
    return p;
}

static struct ends *ends_new(const struct shape_of_ends *s)
{
    struct ends *e = calloc(1, sizeof *e);
    assert_non_null(e);
    struct gateway_ports ports = {
        .to_link = to_link, .to_lan = to_lan, .dropped = dropped, .made = made, .joined = joined, .ctx = &e->seen1};
    struct gateway_config c1 = config_of(s, 0), c2 = config_of(s, 1);
    e->gw1 = gateway_new(&c1, &ports);
    ports.ctx = &e->seen2;
    e->gw2 = gateway_new(&c2, &ports);
    if (c1.mode->esp) {
        struct sa_params p = params_of_ends(s);
        e->out = fixture_sa(&p);
        e->in = fixture_sa(&p);
        outbound_set(gateway_outbound(e->gw1), e->out);
        sad_add(gateway_sad(e->gw2), e->in);
    }
    return e;
}

static void ends_free(struct ends *e)
{
    gateway_free(e->gw1);
    gateway_free(e->gw2);
    sa_free(e->out);
    sa_free(e->in);
    free(e);
}

static void send_from_lan(struct ends *e, const struct inner *in)
{
    struct buf b = fixture_buf();
    inner_make(in, &b);
    gateway_from_lan(e->gw1, 0, &b);
}

static void arrive(struct ends *e, const struct kept_packet *k)
{
    struct buf b = fixture_buf();
    memcpy(buf_put(&b, k->len), k->at, k->len);
    gateway_from_link(e->gw2, 0, &b);
}

/* What gw1 sent since the last time arrives at gw2. */
static void cross(struct ends *e)
{
    assert_true(e->seen1.n_wire > 0);
    for (size_t i = 0; i < e->seen1.n_wire; i++)
        arrive(e, &e->seen1.wire[i]);
    e->seen1.n_wire = 0;
}

static struct ip_view view(const struct kept_packet *k)
{
    struct ip_view v;
    if (!ip_parse(k->at, k->len, &v))
        fail_msg("%s: what left is no IP packet", what);
    return v;
}

static void expect(const struct seen *s, enum left how, enum drop why)
{
    static const char *const names[] = {"nothing", "to the link", "to the LAN", "dropped"};
    if (s->last != how || (how == DROPPED && s->why != why))
        fail_msg("%s: %s (%s), expected %s (%s)", what, names[s->last], drop_name(s->why), names[how], drop_name(why));
}

/* ---- through both gateways ---- */

static const char *const esp_modes[] = {"tunnel", "beet", "wildcard"};

static void packets_cross_in_every_mode(void **state)
{
    (void)state;
    for (size_t m = 0; m < mode_family.n_members; m++)
        for (uint8_t inner = 4; inner <= 6; inner = (uint8_t)(inner + 2))
            for (int udp = 0; udp <= 1; udp++) {
                struct shape_of_ends shape = {.mode = mode_family.members[m]->name, .inner = inner, .outer = inner};
                shape.udp = udp;
                snprintf(what, sizeof what, "%s, IPv%d, UDP %d", shape.mode, inner, udp);
                if (mode_get(shape.mode)->own_traffic)
                    continue; /* refused, see below */
                struct ends *e = ends_new(&shape);
                struct inner in = {.version = inner, .len = 400, .ttl = 50, .tos = 0xb8, .df = true};
                struct buf sent = fixture_buf();
                inner_make(&in, &sent);
                struct kept_packet original;
                keep(&original, &sent);
                send_from_lan(e, &in);
                expect(&e->seen1, TO_LINK, DROP_NONE);
                cross(e);
                expect(&e->seen2, TO_LAN, DROP_NONE);
                ip_set_ttl(original.at, 48); /* one less at each gateway, nothing else */
                assert_int_equal(e->seen2.packet.len, original.len);
                assert_memory_equal(e->seen2.packet.at, original.at, original.len);
                ends_free(e);
            }
}

/* docs: Linux 6.1. Tunnel: TTL 64, an ID of its own, DF and DSCP copied. The others keep their header. */
static void headers_on_the_link(void **state)
{
    (void)state;
    for (size_t m = 0; m < sizeof esp_modes / sizeof *esp_modes; m++)
        for (int df = 0; df <= 1; df++)
            for (uint8_t ecn = 0; ecn < 4; ecn++) {
                struct ends *e = ends_new(&(struct shape_of_ends){.mode = esp_modes[m]});
                bool tunnel = m == 0;
                snprintf(what, sizeof what, "%s, DF %d, ECN %d", esp_modes[m], df, ecn);
                send_from_lan(
                    e, &(struct inner){.version = 4, .len = 400, .ttl = 50, .df = df, .tos = (uint8_t)(0xb8 | ecn)});
                struct ip_view v = view(&e->seen1.packet);
                assert_int_equal(v.protocol, PROTO_ESP);
                assert_int_equal(v.ttl, tunnel ? 64 : 49);
                assert_int_equal(v.df, df);
                assert_int_equal(v.tos, 0xb8 | (tunnel && ecn == ECN_CE ? ECN_ECT0 : ecn));
                if (!tunnel)
                    assert_int_equal(v.id, 0x1234);
                bool between_gateways = strcmp(esp_modes[m], "wildcard") != 0;
                struct addr dst = fixture_addr(between_gateways ? OUTER_DST(4) : INNER_DST(4));
                assert_true(addr_equal(&v.dst, &dst));
                ends_free(e);
            }
}

/* The ledger that a gateway tells adds up to the packet. */
static void ledgers_add_up(void **state)
{
    (void)state;
    for (size_t m = 0; m < mode_family.n_members; m++)
        for (size_t len = 20; len < 1400; len += 7) {
            struct ends *e = ends_new(&(struct shape_of_ends){.mode = mode_family.members[m]->name});
            send_from_lan(e, &(struct inner){.version = 4, .len = len});
            if (e->seen1.last == TO_LINK) {
                assert_int_equal(ledger_sum(&e->seen1.how.ledger), e->seen1.packet.len);
                assert_int_equal(e->seen1.how.inner_len, len);
                assert_int_equal(e->seen1.how.sa != NULL, e->out != NULL);
            }
            ends_free(e);
        }
}

/* ---- what a gateway refuses ---- */

static void set_addr(struct buf *b, size_t at, const char *text)
{
    struct addr a = fixture_addr(text);
    memcpy(b->data + at, a.bytes, addr_len(&a));
    ipv4_fill_checksum(b->data);
}

enum { SRC_AT = 12, DST_AT = 16 };

static void rows_from_the_lan(void **state)
{
    (void)state;
    static const struct {
        const char *what, *mode, *dst;
        struct inner in;
        enum left how;
        enum drop why;
        size_t n_icmp;
    } rows[] = {
        {"to LAN2", "tunnel", NULL, {.version = 4, .len = 100}, TO_LINK, DROP_NONE, 0},
        {"TTL 2 goes on with 1", "tunnel", NULL, {.version = 4, .len = 100, .ttl = 2}, TO_LINK, DROP_NONE, 0},
        {"TTL 1 ends", "tunnel", NULL, {.version = 4, .len = 100, .ttl = 1}, DROPPED, DROP_TTL, 1},
        {"within the LAN", "tunnel", "10.1.0.77", {.version = 4, .len = 100}, DROPPED, DROP_NO_ROUTE, 0},
        {"to the gateway", "tunnel", "192.0.2.1", {.version = 4, .len = 100}, DROPPED, DROP_NO_ROUTE, 0},
        {"no policy", "tunnel", "10.3.0.1", {.version = 4, .len = 100}, DROPPED, DROP_NO_POLICY, 0},
        {"bypass", "tunnel", NULL, {.version = 4, .len = 100, .protocol = PROTO_ESP}, TO_LINK, DROP_NONE, 0},
        {"too big", "tunnel", NULL, {.version = 4, .len = 1447, .df = true}, DROPPED, DROP_TOO_BIG, 1},
        {"bypass, too big",
         "tunnel",
         NULL,
         {.version = 4, .len = 1501, .df = true, .protocol = PROTO_ESP},
         DROPPED,
         DROP_TOO_BIG,
         1},
        {"fragment in a tunnel", "tunnel", NULL, {.version = 4, .len = 100, .mf = true}, TO_LINK, DROP_NONE, 0},
        {"fragment, wildcard", "wildcard", NULL, {.version = 4, .len = 100, .mf = true}, DROPPED, DROP_FRAGMENT, 0},
        {"fragment, BEET", "beet", NULL, {.version = 4, .len = 100, .frag_off = 80}, DROPPED, DROP_FRAGMENT, 0},
        {"BEET, another host", "beet", "10.2.0.99", {.version = 4, .len = 100}, DROPPED, DROP_NO_SA_OUT, 0},
        {"transport", "transport", NULL, {.version = 4, .len = 100}, DROPPED, DROP_NO_SA_OUT, 0},
        {"plain", "plain", NULL, {.version = 4, .len = 100}, TO_LINK, DROP_NONE, 0},
        {"plain, too big", "plain", NULL, {.version = 4, .len = 1501, .df = true}, DROPPED, DROP_TOO_BIG, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ends *e = ends_new(&(struct shape_of_ends){.mode = rows[i].mode});
        struct buf b = fixture_buf();
        snprintf(what, sizeof what, "%s", rows[i].what);
        inner_make(&rows[i].in, &b);
        if (rows[i].dst)
            set_addr(&b, DST_AT, rows[i].dst);
        gateway_from_lan(e->gw1, 0, &b);
        expect(&e->seen1, rows[i].how, rows[i].why);
        assert_int_equal(e->seen1.n_made, rows[i].n_icmp);
        assert_int_equal(gateway_counters(e->gw1)->icmp_sent, rows[i].n_icmp);
        if (rows[i].how == DROPPED) {
            assert_int_equal(gateway_counters(e->gw1)->drops[0][rows[i].why], 1);
            assert_false(e->seen1.inbound);
        }
        ends_free(e);
    }
}

static void malformed_packets_from_the_lan(void **state)
{
    (void)state;
    struct ends *e = ends_new(&(struct shape_of_ends){.mode = "tunnel"});
    for (size_t len = 0; len < 60; len++) {
        struct buf b = fixture_buf();
        inner_make(&(struct inner){.version = 4, .len = 60}, &b);
        buf_trim(&b, len);
        gateway_from_lan(e->gw1, 0, &b);
        expect(&e->seen1, DROPPED, DROP_MALFORMED);
    }
    struct buf b = fixture_buf(); /* Ethernet's padding behind it is not the packet's */
    inner_make(&(struct inner){.version = 4, .len = 40}, &b);
    memset(buf_put(&b, 6), 0, 6);
    gateway_from_lan(e->gw1, 0, &b);
    assert_int_equal(e->seen1.how.inner_len, 40);
    ends_free(e);
}

static void rows_from_the_link(void **state)
{
    (void)state;
    static const struct {
        const char *what, *src, *dst;
        struct inner in;
        enum left how;
        enum drop why;
    } rows[] = {
        {"in clear, though a policy wants it protected", NULL, NULL, {.version = 4, .len = 100}, DROPPED, DROP_POLICY},
        {"to the gateway, no ESP", NULL, "192.0.2.2", {.version = 4, .len = 100}, DROPPED, DROP_NOT_ESP},
        {"fragment to the gateway, which waits for the others",
         NULL,
         "192.0.2.2",
         {.version = 4, .len = 100, .mf = true},
         NOTHING,
         DROP_NONE},
        {"fragment in clear", NULL, NULL, {.version = 4, .len = 100, .mf = true}, DROPPED, DROP_POLICY},
        {"from nowhere", "10.9.0.1", NULL, {.version = 4, .len = 100}, DROPPED, DROP_POLICY},
        {"ESP with an unknown SPI to the gateway",
         "192.0.2.1",
         "192.0.2.2",
         {.version = 4, .len = 100, .protocol = PROTO_ESP},
         DROPPED,
         DROP_NO_SA},
        {"a host's ESP to a host", NULL, NULL, {.version = 4, .len = 100, .protocol = PROTO_ESP}, TO_LAN, DROP_NONE},
        {"a host's ESP, TTL ends",
         NULL,
         NULL,
         {.version = 4, .len = 100, .protocol = PROTO_ESP, .ttl = 1},
         DROPPED,
         DROP_TTL},
        {"ESP for no LAN of ours",
         NULL,
         "10.3.0.1",
         {.version = 4, .len = 100, .protocol = PROTO_ESP},
         DROPPED,
         DROP_NO_ROUTE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ends *e = ends_new(&(struct shape_of_ends){.mode = "tunnel"});
        struct buf b = fixture_buf();
        snprintf(what, sizeof what, "%s", rows[i].what);
        inner_make(&rows[i].in, &b);
        if (rows[i].src)
            set_addr(&b, SRC_AT, rows[i].src);
        if (rows[i].dst)
            set_addr(&b, DST_AT, rows[i].dst);
        gateway_from_link(e->gw2, 0, &b);
        expect(&e->seen2, rows[i].how, rows[i].why);
        assert_true(e->seen2.last != DROPPED || e->seen2.inbound);
        ends_free(e);
    }
}

/* ---- MTU ---- */

/* docs: Linux 6.1 on a link of 1500; tunnel, BEET, transport format. */
static const struct {
    const char *suite;
    bool udp;
    uint8_t inner, outer;
    size_t tunnel, beet, wildcard;
} mtu_rows[] = {
    {"aes-gcm-16-128", false, 4, 4, 1446, 1458, 1466},
    {"chacha20-poly1305-256", false, 4, 4, 1446, 1458, 1466},
    {"null-aes-gmac-128", false, 4, 4, 1446, 1458, 1466},
    {"aes-ctr-128-hmac-sha2-256-128", false, 4, 4, 1446, 1458, 1466},
    {"aes-gcm-12-128", false, 4, 4, 1450, 1462, 1470},
    {"aes-gcm-8-128", false, 4, 4, 1454, 1466, 1474},
    {"aes-cbc-128-hmac-sha2-256-128", false, 4, 4, 1438, 1442, 1458},
    {"null-hmac-sha1-96", false, 4, 4, 1458, 1470, 1478},
    {"aes-gcm-16-128", true, 4, 4, 1438, 1450, 1458},
    {"aes-gcm-16-128", false, 6, 6, 1426, 1466, 1466},
    {"aes-gcm-16-128", false, 4, 6, 1426, 0, 0},
    {"aes-gcm-16-128", false, 6, 4, 1446, 0, 0},
};

/* The largest packet crosses, and about one that is an octet larger an ICMP error says so. */
static void check_mtu(size_t row, const char *mode, size_t mtu)
{
    uint8_t inner = mtu_rows[row].inner;
    struct shape_of_ends shape = {.mode = mode,
                                  .suite = mtu_rows[row].suite,
                                  .udp = mtu_rows[row].udp,
                                  .inner = inner,
                                  .outer = mtu_rows[row].outer};
    struct ends *e = ends_new(&shape);
    snprintf(what, sizeof what, "%s, %s, IPv%d in IPv%d", mode, shape.suite, inner, shape.outer);
    assert_int_equal(gateway_inner_mtu(e->gw1, inner), mtu);
    send_from_lan(e, &(struct inner){.version = inner, .len = mtu, .df = true});
    expect(&e->seen1, TO_LINK, DROP_NONE);
    assert_true(e->seen1.packet.len <= 1500);
    send_from_lan(e, &(struct inner){.version = inner, .len = mtu + 1, .df = true});
    expect(&e->seen1, DROPPED, DROP_TOO_BIG);
    struct ip_view v = view(&e->seen1.made);
    struct icmp_error icmp;
    struct addr src, dst, host = fixture_addr(INNER_SRC(inner));
    assert_true(icmp_read_error(e->seen1.made.at, &v, &icmp, &src, &dst));
    assert_int_equal(icmp.kind, ICMP_TOO_BIG);
    assert_int_equal(icmp.mtu, mtu);
    assert_true(addr_equal(&v.src, &gateway_config(e->gw1)->lan_address));
    assert_true(addr_equal(&v.dst, &host));
    ends_free(e);
}

static void mtu_as_linux_has_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mtu_rows / sizeof *mtu_rows; i++) {
        check_mtu(i, "tunnel", mtu_rows[i].tunnel);
        if (mtu_rows[i].inner == mtu_rows[i].outer) {
            check_mtu(i, "beet", mtu_rows[i].beet);
            check_mtu(i, "wildcard", mtu_rows[i].wildcard);
        }
    }
}

/* ---- transport mode between gateways ---- */

static void transport_is_refused_and_probed_once_a_pair(void **state)
{
    (void)state;
    struct ends *e = ends_new(&(struct shape_of_ends){.mode = "transport", .lookup = "linux", .probes = true});
    snprintf(what, sizeof what, "transport");
    for (int i = 0; i < 5; i++) {
        send_from_lan(e, &(struct inner){.version = 4, .len = 200});
        expect(&e->seen1, DROPPED, DROP_NO_SA_OUT);
    }
    assert_int_equal(gateway_counters(e->gw1)->probes, 1);
    assert_int_equal(e->seen1.n[TO_LINK], 1);
    /* The probe is what a wildcard gateway would send; gw2 forwards it as it is, still encrypted. */
    struct ip_view v = view(&e->seen1.made);
    struct addr host = fixture_addr(INNER_DST(4));
    assert_int_equal(v.protocol, PROTO_ESP);
    assert_true(addr_equal(&v.dst, &host));
    arrive(e, &e->seen1.made);
    expect(&e->seen2, TO_LAN, DROP_NONE);
    assert_int_equal(gateway_counters(e->gw2)->forwarded_unopened, 1);
    assert_int_equal(view(&e->seen2.packet).protocol, PROTO_ESP);
    ends_free(e);
}

/* ---- lookups and packets in transit ---- */

static void which_lookups_open_a_packet_in_transit(void **state)
{
    (void)state;
    static const struct {
        const char *lookup;
        bool selectors, opened;
    } rows[] = {{"linux", false, false},     {"openbsd", false, false}, {"freebsd", false, false},
                {"rfc4301", false, true},    {"spi", false, true},      {"rfc4301-local", false, false},
                {"prefix", true, true},      {"trial", false, true},    {"wildrecv", false, false},
                {"source-spi", false, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ends *e = ends_new(
            &(struct shape_of_ends){.mode = "wildcard", .lookup = rows[i].lookup, .selectors = rows[i].selectors});
        snprintf(what, sizeof what, "lookup %s", rows[i].lookup);
        send_from_lan(e, &(struct inner){.version = 4, .len = 200});
        cross(e);
        expect(&e->seen2, TO_LAN, DROP_NONE);
        assert_int_equal(gateway_counters(e->gw2)->opened, rows[i].opened);
        assert_int_equal(gateway_counters(e->gw2)->forwarded_unopened, !rows[i].opened);
        assert_int_equal(view(&e->seen2.packet).protocol, rows[i].opened ? PROTO_UDP : PROTO_ESP);
        ends_free(e);
    }
}

/* A LAN host's own ESP with the gateway's SPI: `spi` claims and drops it, `trial` passes it on unchanged. */
static void a_foreign_packet_with_our_spi(void **state)
{
    (void)state;
    static const struct {
        const char *lookup;
        enum left how;
        enum drop why;
    } rows[] = {{"spi", DROPPED, DROP_ICV},
                {"rfc4301", DROPPED, DROP_ICV},
                {"trial", TO_LAN, DROP_NONE},
                {"linux", TO_LAN, DROP_NONE}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ends *e = ends_new(&(struct shape_of_ends){.mode = "wildcard", .lookup = rows[i].lookup});
        snprintf(what, sizeof what, "lookup %s", rows[i].lookup);
        struct suite s = fixture_suite("aes-gcm-16-128");
        struct sa_params p = fixture_params("transport", &s, 4, 4);
        p.key[0] ^= 1;
        struct sa *host = fixture_sa(&p);
        struct buf b = fixture_buf();
        struct kept_packet original;
        inner_make(&(struct inner){.version = 4, .len = 200, .ttl = 30}, &b);
        assert_int_equal(fixture_seal(host, &b, NULL, NULL), DROP_NONE);
        keep(&original, &b);
        struct replay before = e->in->replay;
        gateway_from_link(e->gw2, 0, &b);
        expect(&e->seen2, rows[i].how, rows[i].why);
        if (rows[i].how == TO_LAN) {
            ip_set_ttl(original.at, 29);
            assert_int_equal(e->seen2.packet.len, original.len);
            assert_memory_equal(e->seen2.packet.at, original.at, original.len);
        }
        assert_int_equal(gateway_counters(e->gw2)->passed_on_bad_icv, !strcmp(rows[i].lookup, "trial"));
        assert_memory_equal(&e->in->replay, &before, sizeof before);
        sa_free(host);
        ends_free(e);
    }
}

/* Host ESP nested inside the gateways': Linux goes on decapsulating after transport mode. */
static void nested_esp(void **state)
{
    (void)state;
    static const struct {
        bool reinput;
        enum left how;
        enum drop why;
    } rows[] = {{false, TO_LAN, DROP_NONE}, {true, DROPPED, DROP_NO_SA}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ends *e =
            ends_new(&(struct shape_of_ends){.mode = "wildcard", .lookup = "spi", .reinput = rows[i].reinput});
        snprintf(what, sizeof what, "nested, reinput %d", rows[i].reinput);
        struct buf b = fixture_buf();
        inner_make(&(struct inner){.version = 4, .len = 200, .protocol = PROTO_ESP}, &b);
        assert_int_equal(fixture_seal(e->out, &b, NULL, NULL), DROP_NONE);
        gateway_from_link(e->gw2, 0, &b);
        expect(&e->seen2, rows[i].how, rows[i].why);
        assert_int_equal(gateway_counters(e->gw2)->opened, 1);
        ends_free(e);
    }
}

/* ---- conservation ---- */

static uint64_t n_dropped(const struct gateway_counters *c)
{
    uint64_t n = 0;
    for (int inbound = 0; inbound < 2; inbound++)
        for (int why = 0; why < DROP_COUNT; why++)
            n += c->drops[inbound][why];
    return n;
}

/* in + made = out + dropped + joined, as counted and as told, once nothing waits any more. */
static void check_conservation(struct gateway *gw, const struct seen *s)
{
    const struct gateway_counters *c = gateway_counters(gw);
    gateway_end(gw);
    assert_int_equal(c->from_lan + c->from_link + s->n_made, c->to_lan + c->to_link + n_dropped(c) + s->n_joined);
    assert_int_equal(c->to_lan, s->n[TO_LAN]);
    assert_int_equal(c->to_link, s->n[TO_LINK]);
    assert_int_equal(n_dropped(c), s->n[DROPPED]);
    assert_true(c->icmp_sent + c->probes <= s->n_made && s->n_made <= c->icmp_sent + c->probes + c->fragments_sent);
    assert_int_equal(c->drops[0][DROP_NONE] + c->drops[1][DROP_NONE], 0);
}

/* ---- fragmentation ---- */

/* docs: Linux 6.1 encrypts whole and cuts the ESP packet, 1500 -> 1500 + 76 in a tunnel; the other gateway puts it
 * together. Cut before, each fragment is a packet of its own to the tunnel. */
static void long_packets_without_df(void **state)
{
    (void)state;
    static const struct {
        const char *mode;
        enum gateway_cut cut;
        bool reassemble;
        size_t n_wire, last_len, n_to_lan;
    } rows[] = {{"tunnel", CUT_AFTER, false, 2, 76, 1},   {"tunnel", CUT_BEFORE, false, 2, 132, 2},
                {"beet", CUT_AFTER, false, 2, 56, 1},     {"wildcard", CUT_AFTER, true, 2, 56, 1},
                {"wildcard", CUT_AFTER, false, 2, 56, 0}, {"tunnel", CUT_NEVER, false, 0, 0, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ends *e = ends_new(
            &(struct shape_of_ends){.mode = rows[i].mode, .cut = rows[i].cut, .reassemble = rows[i].reassemble});
        snprintf(what, sizeof what, "%s, cut %d, reassembly %d", rows[i].mode, rows[i].cut, rows[i].reassemble);
        send_from_lan(e, &(struct inner){.version = 4, .len = 1500});
        assert_int_equal(e->seen1.n_wire, rows[i].n_wire);
        if (rows[i].n_wire) {
            assert_int_equal(e->seen1.wire[1].len, rows[i].last_len);
            cross(e);
            assert_int_equal(e->seen2.n[TO_LAN], rows[i].n_to_lan);
        } else {
            expect(&e->seen1, DROPPED, DROP_TOO_BIG);
        }
        check_conservation(e->gw1, &e->seen1);
        check_conservation(e->gw2, &e->seen2);
        ends_free(e);
    }
}

/* A link that takes less than 1280 octets of a host: IPv6 packets up to there cross all the same where the gateway is
 * the source of the ESP packet, and nobody is told less (RFC 2473 7.1, RFC 8201 4). 1280 + 40 + 34 octets, cut. */
static void ipv6_packets_of_1280_octets_cross(void **state)
{
    (void)state;
    static const struct {
        const char *mode;
        uint8_t outer;
        enum gateway_cut cut;
        size_t len, n_wire, n_to_lan;
    } rows[] = {{"tunnel", 6, CUT_AFTER, 1206, 1, 1},   {"tunnel", 6, CUT_AFTER, 1207, 2, 1},
                {"tunnel", 6, CUT_BEFORE, 1280, 2, 1},  {"tunnel", 6, CUT_AFTER, 1281, 0, 0},
                {"tunnel", 6, CUT_NEVER, 1280, 0, 0},   {"tunnel", 4, CUT_AFTER, 1280, 2, 1},
                {"beet", 6, CUT_AFTER, 1280, 2, 1},     {"beet", 6, CUT_AFTER, 1281, 0, 0},
                {"wildcard", 6, CUT_AFTER, 1247, 0, 0}, {"wildcard", 6, CUT_AFTER, 1246, 1, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ends *e = ends_new(&(struct shape_of_ends){
            .mode = rows[i].mode, .inner = 6, .outer = rows[i].outer, .cut = rows[i].cut, .mtu = 1280});
        snprintf(what, sizeof what, "%s in IPv%u, cut %d, %zu octets", rows[i].mode, rows[i].outer, rows[i].cut,
                 rows[i].len);
        uint32_t first_id = 0;
        for (size_t n = 1; n <= 2; n++) {
            send_from_lan(e, &(struct inner){.version = 6, .len = rows[i].len});
            if (e->seen1.n_wire != rows[i].n_wire)
                fail_msg("%s: %zu packets on the link", what, e->seen1.n_wire);
            if (!rows[i].n_wire) {
                struct ip_view v = view(&e->seen1.made);
                struct icmp_error icmp;
                struct addr src, dst;
                expect(&e->seen1, DROPPED, DROP_TOO_BIG);
                assert_true(icmp_read_error(e->seen1.made.at, &v, &icmp, &src, &dst));
                assert_int_equal(icmp.mtu, 1280);
                continue;
            }
            for (size_t k = 0; k < e->seen1.n_wire; k++)
                assert_true(e->seen1.wire[k].len <= 1280);
            if (n == 2 && rows[i].n_wire == 2)
                assert_int_not_equal(view(&e->seen1.wire[0]).id, first_id);
            first_id = view(&e->seen1.wire[0]).id;
            cross(e);
            assert_int_equal(e->seen2.n[TO_LAN], n * rows[i].n_to_lan);
            assert_int_equal(e->seen2.packet.len, rows[i].len);
        }
        check_conservation(e->gw1, &e->seen1);
        check_conservation(e->gw2, &e->seen2);
        ends_free(e);
    }
}

/* ---- replay, lifetimes ---- */

static void a_packet_twice_is_dropped_once(void **state)
{
    (void)state;
    for (size_t m = 0; m < sizeof esp_modes / sizeof *esp_modes; m++) {
        static const char *const lookups[] = {"spi", "trial"}; /* one's own twice is nobody else's */
        for (size_t l = 0; l < 2; l++) {
            struct ends *e = ends_new(&(struct shape_of_ends){.mode = esp_modes[m], .lookup = lookups[l]});
            snprintf(what, sizeof what, "%s, lookup %s, twice", esp_modes[m], lookups[l]);
            send_from_lan(e, &(struct inner){.version = 4, .len = 200});
            arrive(e, &e->seen1.packet);
            expect(&e->seen2, TO_LAN, DROP_NONE);
            arrive(e, &e->seen1.packet);
            expect(&e->seen2, DROPPED, DROP_REPLAY);
            ends_free(e);
        }
    }
}

static void random_packet(struct rng *rng, uint8_t version, struct buf *b)
{
    static const uint8_t protocols[] = {0, 0, 0, PROTO_ESP, PROTO_TEST};
    struct inner in = {.version = version,
                       .len = 60 + rng_below(rng, 1500),
                       .protocol = protocols[rng_below(rng, sizeof protocols)],
                       .ttl = (uint8_t)(1 + rng_below(rng, 5)),
                       .df = rng_below(rng, 2),
                       .mf = version == 4 && !rng_below(rng, 8)};
    inner_make(&in, b);
    for (uint64_t n = rng_below(rng, 3); n && !rng_below(rng, 3); n--)
        b->data[rng_below(rng, b->len)] ^= (uint8_t)(1 << rng_below(rng, 8));
    if (!rng_below(rng, 10))
        buf_trim(b, rng_below(rng, b->len + 1));
}

/* What is on the link arrives, twice, damaged, late, or not at all. */
static void random_arrivals(struct rng *rng, struct ends *e)
{
    for (size_t i = 0; i < e->seen1.n_wire; i++)
        for (uint64_t copies = rng_below(rng, 3); copies; copies--) {
            struct buf b = fixture_buf();
            struct kept_packet *k = &e->seen1.wire[i];
            memcpy(buf_put(&b, k->len), k->at, k->len);
            if (!rng_below(rng, 4))
                b.data[rng_below(rng, b.len)] ^= (uint8_t)(1 << rng_below(rng, 8));
            if (!rng_below(rng, 4))
                ipv4_fill_checksum(b.data);
            gateway_from_link(e->gw2, 0, &b);
        }
    e->seen1.n_wire = 0;
}

static void nothing_is_lost_in_a_gateway(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 1, "gateway");
    for (size_t m = 0; m < mode_family.n_members; m++)
        for (size_t l = 0; l < lookup_family.n_members; l++)
            for (int options = 0; options < 4; options++) {
                struct shape_of_ends shape = {.mode = mode_family.members[m]->name,
                                              .lookup = lookup_family.members[l]->name,
                                              .probes = options & 1,
                                              .reinput = options & 2,
                                              .take_all_esp = options == 3,
                                              .udp = options == 2,
                                              .reassemble = options & 1,
                                              .cut = (enum gateway_cut)(options % 3)};
                struct ends *e = ends_new(&shape);
                for (int i = 0; i < 200; i++) {
                    struct buf b = fixture_buf();
                    random_packet(&rng, 4, &b);
                    gateway_from_lan(e->gw1, 0, &b);
                    random_arrivals(&rng, e);
                    if (!rng_below(&rng, 4)) {
                        b = fixture_buf();
                        random_packet(&rng, 4, &b);
                        gateway_from_link(e->gw2, 0, &b);
                    }
                }
                snprintf(what, sizeof what, "%s, %s", shape.mode, shape.lookup);
                check_conservation(e->gw1, &e->seen1);
                check_conservation(e->gw2, &e->seen2);
                ends_free(e);
            }
}

/* From LAN to LAN: SPD, SA, ESP, lookup, window. */
static void packets_allocate_nothing(void **state)
{
    (void)state;
    allocations_are_counted();
    for (size_t m = 0; m < mode_family.n_members; m++) {
        struct shape_of_ends shape = {.mode = mode_family.members[m]->name, .udp = true};
        if (mode_get(shape.mode)->own_traffic)
            continue;
        struct ends *e = ends_new(&shape);
        size_t before = n_allocations;
        for (int i = 0; i < 20; i++) {
            send_from_lan(e, &(struct inner){.version = 4, .len = 1000, .ttl = 50});
            cross(e);
        }
        if (n_allocations != before || e->seen2.n[TO_LAN] != 20)
            fail_msg("%s: %zu allocations for %zu packets", shape.mode, n_allocations - before, e->seen2.n[TO_LAN]);
        ends_free(e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_cross_in_every_mode),
        cmocka_unit_test(headers_on_the_link),
        cmocka_unit_test(ledgers_add_up),
        cmocka_unit_test(rows_from_the_lan),
        cmocka_unit_test(malformed_packets_from_the_lan),
        cmocka_unit_test(rows_from_the_link),
        cmocka_unit_test(mtu_as_linux_has_it),
        cmocka_unit_test(transport_is_refused_and_probed_once_a_pair),
        cmocka_unit_test(which_lookups_open_a_packet_in_transit),
        cmocka_unit_test(a_foreign_packet_with_our_spi),
        cmocka_unit_test(nested_esp),
        cmocka_unit_test(long_packets_without_df),
        cmocka_unit_test(ipv6_packets_of_1280_octets_cross),
        cmocka_unit_test(a_packet_twice_is_dropped_once),
        cmocka_unit_test(nothing_is_lost_in_a_gateway),
        cmocka_unit_test(packets_allocate_nothing),
    };
    return cmocka_run_group_tests_name("gateway", tests, NULL, NULL);
}
