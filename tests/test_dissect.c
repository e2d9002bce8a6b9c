/* A packet as a list of fields: whatever it holds, the fields are the packet, in order and without gaps; and their
 * octets, counted by part, are the ledger that the sealer wrote. */
#include "models/base/rng.h"
#include "models/wire/dissect.h"
#include "models/wire/esp.h"
#include "tests/esp_fixture.h"

struct seen {
    size_t at, n;
    struct ledger ledger;
};

static void check_next(void *ctx, const struct field *f)
{
    struct seen *s = ctx;
    assert_int_equal(f->off, s->at);
    assert_true(f->len > 0);
    assert_non_null(f->layer);
    assert_non_null(f->name);
    assert_true(s->n || f->begins);
    s->at += f->len;
    s->n++;
    switch (f->part) {
#define X(name, what)                                                                                                  \
    case LEDGER_##name:                                                                                                \
        s->ledger.name += f->len;                                                                                      \
        break;
        LEDGER_FIELDS(X)
#undef X
    }
}

static struct seen dissected(const uint8_t *packet, size_t len, const struct dissect_esp *esp)
{
    struct seen s = {0};
    uint8_t *exact = malloc(len ? len : 1); /* so that the sanitizer sees a read behind it */
    assert_non_null(exact);
    memcpy(exact, packet, len);
    dissect(exact, len, esp, check_next, &s);
    free(exact);
    assert_int_equal(s.at, len);
    return s;
}

static struct dissect_esp known_of(struct sa *sa, const struct buf *b, uint8_t *text)
{
    struct dissect_esp esp = {.iv_len = suite_iv_len(&sa->p.suite), .icv_len = suite_icv_len(&sa->p.suite)};
    struct located at;
    assert_int_equal(locate(b, fixture_any_port, NULL, &at), DROP_NONE);
    esp.text_len = at.esp_len - ESP_HEAD_LEN - esp.iv_len - esp.icv_len;
    memcpy(text, b->data + at.esp_off, at.esp_len);
    struct crypt_text t = {text, esp.text_len, false, 0};
    assert_true(crypt_open(sa->crypt, &t));
    esp.text = text + ESP_HEAD_LEN + esp.iv_len;
    return esp;
}

struct shape_row {
    struct inner in;
    bool udp;
    uint32_t tfc;
};

static const struct shape_row shapes[] = {
    {{.version = 4, .len = 20}, false, 0},
    {{.version = 4, .len = 61}, false, 0},
    {{.version = 4, .len = 61}, true, 0},
    {{.version = 4, .len = 301, .opts_len = 8}, false, 0},
    {{.version = 4, .len = 301, .opts_len = 12}, true, 0},
    {{.version = 4, .len = 301}, false, 77},
    {{.version = 4, .len = 99, .protocol = PROTO_TCP}, false, 0},
    {{.version = 4, .len = 99, .protocol = PROTO_ICMP}, false, 0},
    {{.version = 6, .len = 40}, false, 0},
    {{.version = 6, .len = 161}, false, 0},
    {{.version = 6, .len = 161, .ext = true}, true, 0},
    {{.version = 6, .len = 161}, false, 33},
};

static void parts_are_the_ledger(void **state)
{
    (void)state;
    static uint8_t text[4096];
    size_t at = 0;
    for (struct suite s; suite_next(&at, &s);)
        for (size_t m = 0; m < mode_family.n_members; m++)
            for (const struct shape_row *r = shapes; r < shapes + sizeof shapes / sizeof *shapes; r++) {
                if (!((const struct mode *)mode_family.members[m])->esp)
                    continue;
                struct sa_params p = fixture_params(mode_family.members[m]->name, &s, r->in.version, r->in.version);
                p.udp_sport = p.udp_dport = r->udp ? PORT_ESP_UDP : 0;
                p.tfc = r->tfc;
                struct sa *sa = fixture_sa(&p);
                struct buf b = fixture_buf();
                struct ledger sealed;
                inner_make(&r->in, &b);
                assert_int_equal(fixture_seal(sa, &b, NULL, &sealed), DROP_NONE);
                struct dissect_esp esp = known_of(sa, &b, text);
                struct seen seen = dissected(b.data, b.len, &esp);
                assert_memory_equal(&seen.ledger, &sealed, sizeof sealed);
                esp.text = NULL; /* without the key, what is encrypted is one field of the payload */
                seen = dissected(b.data, b.len, &esp);
                assert_int_equal(seen.ledger.payload, sealed.payload + sealed.tfc + sealed.padding + sealed.trailer);
                assert_int_equal(seen.ledger.icv, sealed.icv);
                seen = dissected(b.data, b.len, NULL);
                assert_int_equal(seen.ledger.ip, sealed.ip);
                assert_int_equal(seen.ledger.esp, sealed.esp);
                sa_free(sa);
            }
}

/* Any octets at all, and damaged packets. */
static void fields_are_the_packet_whatever_it_holds(void **state)
{
    (void)state;
    static const uint8_t beginnings[] = {0x45, 0x46, 0x4f, 0x40, 0x60, 0x6f, 0x00, 0xff};
    static const uint8_t protocols[] = {PROTO_UDP,     PROTO_TCP,     PROTO_ICMP,    PROTO_ESP,
                                        PROTO_IPV4,    PROTO_IPV6,    PROTO_HOPOPTS, PROTO_FRAGMENT,
                                        PROTO_DSTOPTS, PROTO_ROUTING, PROTO_BEETPH,  PROTO_NONE};
    struct rng rng;
    uint8_t bytes[200], text[200];
    rng_init(&rng, 1, "dissect");
    for (int i = 0; i < 200000; i++) {
        size_t len = rng_below(&rng, sizeof bytes);
        rng_fill(&rng, bytes, sizeof bytes);
        rng_fill(&rng, text, sizeof text);
        bytes[0] = beginnings[rng_below(&rng, sizeof beginnings)];
        bytes[6] = bytes[0] >> 4 == 6 ? protocols[rng_below(&rng, sizeof protocols)] : 0;
        bytes[7] = 0;
        bytes[9] = protocols[rng_below(&rng, sizeof protocols)];
        bytes[2] = bytes[4] = 0;
        bytes[40] = protocols[rng_below(&rng, sizeof protocols)];
        struct dissect_esp esp = {.iv_len = 8, .icv_len = 16, .text = text, .udp_port = 0};
        esp.text_len = len > 60 ? len - 20 - 8 - 8 - 16 : 0;
        text[sizeof text / 2] = protocols[rng_below(&rng, sizeof protocols)];
        dissected(bytes, len, rng_below(&rng, 2) && esp.text_len >= ESP_TRAILER_LEN ? &esp : NULL);
    }
}

/* ---- rows ---- */

static void fields_by_offset(void **state)
{
    (void)state;
    static const struct {
        size_t off;
        const char *layer, *name, *value;
    } rows[] = {{0, "IPv4", "version, header length", "4, 20 octets"},
                {1, "IPv4", "DSCP, ECN", "46, CE"},
                {3, "IPv4", "total length", "100"},
                {7, "IPv4", "flags, fragment offset", "DF, 0"},
                {8, "IPv4", "TTL", "61"},
                {9, "IPv4", "protocol", "17 (UDP)"},
                {12, "IPv4", "source", "10.1.0.10"},
                {19, "IPv4", "destination", "10.2.0.20"},
                {20, "UDP", "source port", "50000"},
                {25, "UDP", "length", "80"},
                {99, "UDP", "data", ""}};
    struct buf b = fixture_buf();
    struct field f;
    inner_make(&(struct inner){.version = 4, .len = 100, .tos = 0xbb, .df = true}, &b);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_true(dissect_field_at(b.data, b.len, NULL, rows[i].off, &f));
        assert_string_equal(f.layer, rows[i].layer);
        assert_string_equal(f.name, rows[i].name);
        assert_string_equal(f.value, rows[i].value);
    }
    assert_false(dissect_field_at(b.data, b.len, NULL, 100, &f));
    b.data[11] ^= 1;
    assert_true(dissect_field_at(b.data, b.len, NULL, 10, &f));
    assert_non_null(strstr(f.value, "wrong"));
    memset(buf_put(&b, 6), 0, 6); /* Ethernet's padding */
    assert_true(dissect_field_at(b.data, b.len, NULL, 100, &f));
    assert_string_equal(f.layer, "link padding");
    assert_true(dissect_field_at(b.data, 30, NULL, 29, &f));
    assert_string_equal(f.value, "");
    assert_true(dissect_field_at(b.data, 15, NULL, 14, &f));
    assert_string_equal(f.value, "cut: 3 of 4 octets");
}

/* What is in ESP is told field by field too, extension headers as anywhere; a number as far as it is known. */
static void what_esp_holds(void **state)
{
    (void)state;
    static const uint8_t text[] = {PROTO_FRAGMENT,
                                   0,
                                   1,
                                   4,
                                   0,
                                   0,
                                   0,
                                   0, /* destination options */
                                   PROTO_UDP,
                                   0,
                                   0,
                                   8,
                                   0,
                                   0,
                                   0,
                                   9, /* the second fragment of something */
                                   1,
                                   2,
                                   3,
                                   4,
                                   5,
                                   6,
                                   0,
                                   PROTO_DSTOPTS};
    static const struct {
        size_t off;
        const char *layer, *name;
    } rows[] = {{48, "destination options", "next header"},
                {56, "fragment header", "next header"},
                {64, "fragment", "data"},
                {70, "ESP trailer", "pad length"}};
    const struct dissect_esp esp = {.text = text, .text_len = sizeof text, .esn = true, .seq_hi = 7};
    struct buf b = fixture_buf();
    struct field f;
    inner_make(&(struct inner){.version = 6, .len = 48 + sizeof text}, &b);
    b.data[6] = PROTO_ESP;
    memcpy(b.data + 40, (uint8_t[]){0, 0, 16, 0, 0, 0, 0, 9}, 8);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_true(dissect_field_at(b.data, b.len, &esp, rows[i].off, &f));
        assert_string_equal(f.layer, rows[i].layer);
        assert_string_equal(f.name, rows[i].name);
    }
    assert_true(dissect_field_at(b.data, b.len, &esp, 44, &f));
    assert_string_equal(f.value, "9 (high half 7 unsent)");
    assert_true(dissect_field_at(b.data, b.len, &(struct dissect_esp){0}, 44, &f));
    assert_string_equal(f.value, "9");
    assert_true(dissect_field_at(b.data, b.len, NULL, 44, &f));
    assert_string_equal(f.value, "9 (low 32 bits)");
}

static void what_udp_holds(void **state)
{
    (void)state;
    static const struct {
        const char *what, *name;
        uint8_t data[12];
        size_t len;
    } rows[] = {{"keepalive", "NAT keepalive", {0xff}, 1},
                {"IKE", "non-ESP marker", {0, 0, 0, 0, 1, 2, 3}, 7},
                {"ESP", "SPI", {0, 0, 1, 0, 0, 0, 0, 1, 9, 9, 9, 9}, 12}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf b = fixture_buf();
        struct field f;
        inner_make(&(struct inner){.version = 4, .len = 28 + rows[i].len}, &b);
        memcpy(b.data + 28, rows[i].data, rows[i].len);
        b.data[22] = PORT_ESP_UDP >> 8;
        b.data[23] = PORT_ESP_UDP & 0xff;
        assert_true(dissect_field_at(b.data, b.len, NULL, 28, &f));
        assert_string_equal(f.name, rows[i].name);
        assert_true(dissect_field_at(b.data, b.len, &(struct dissect_esp){.udp_port = 5000}, 28, &f));
        assert_string_equal(f.name, "data");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_the_ledger), cmocka_unit_test(fields_are_the_packet_whatever_it_holds),
        cmocka_unit_test(fields_by_offset),     cmocka_unit_test(what_esp_holds),
        cmocka_unit_test(what_udp_holds),
    };
    return cmocka_run_group_tests_name("dissect", tests, NULL, NULL);
}
