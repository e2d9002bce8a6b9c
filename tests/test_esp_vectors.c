/* Whole ESP packets that others made: published ones and a Linux kernel's, sealed and opened byte for byte; and the
 * sizes of an independent implementation. tests/vectors/README.md names the sources. */
#include "models/capture/capture.h"
#include "models/ipsec/safile.h"
#include "models/wire/esp.h"
#include "tests/esp_fixture.h"

#include <dirent.h>
#include <jansson.h>

static char what[512]; /* the row in hand, for messages */

struct octets {
    uint8_t at[2048];
    size_t len;
};

static void same(const char *part, const uint8_t *is, size_t is_len, const uint8_t *should, size_t should_len)
{
    if (is_len != should_len)
        fail_msg("%s: %s has %zu octets, should have %zu", what, part, is_len, should_len);
    for (size_t i = 0; i < should_len; i++)
        if (is[i] != should[i])
            fail_msg("%s: %s: octet %zu is %02x, should be %02x", what, part, i, is[i], should[i]);
}

/* Seals `plain` with a new SA into `wire`, then opens `wire` with another one into `plain`. */
static void check_both_ways(const struct sa_params *p, const struct octets *plain, const struct octets *wire)
{
    struct buf b = fixture_buf();
    struct sa *out = fixture_sa(p), *in = fixture_sa(p);
    uint64_t seq = 0;
    memcpy(buf_put(&b, plain->len), plain->at, plain->len);
    assert_int_equal(fixture_seal(out, &b, &seq, NULL), DROP_NONE);
    assert_true(seq == p->seq);
    same("sealed packet", b.data, b.len, wire->at, wire->len);
    b = fixture_buf();
    memcpy(buf_put(&b, wire->len), wire->at, wire->len);
    enum drop d = fixture_open(in, &b, &seq);
    if (d)
        fail_msg("%s: refused: %s", what, drop_name(d));
    assert_true(seq == p->seq);
    same("opened packet", b.data, b.len, plain->at, plain->len);
    sa_free(out);
    sa_free(in);
}

/* ---- published packets ---- */

static struct octets octets_of(const json_t *v, const char *field)
{
    struct octets o = {.len = 0};
    const char *hex = json_string_value(json_object_get(v, field));
    assert_non_null(hex);
    assert_true(strlen(hex) / 2 <= sizeof o.at);
    for (; hex[2 * o.len]; o.len++)
        assert_int_equal(sscanf(hex + 2 * o.len, "%2hhx", &o.at[o.len]), 1);
    return o;
}

static void take(const json_t *v, const char *field, uint8_t *to, size_t cap)
{
    struct octets o = octets_of(v, field);
    assert_true(o.len <= cap);
    memcpy(to, o.at, o.len);
}

static const struct {
    const char *published, *ours;
} names[] = {{"AES-CBC", "aes-cbc"},
             {"AES-GCM", "aes-gcm-16"},
             {"NULL-AES-GMAC", "null-aes-gmac"},
             {"CHACHA20-POLY1305", "chacha20-poly1305"}};

static const struct encr_alg *encr_of(const json_t *v)
{
    const char *published = json_string_value(json_object_get(v, "encr"));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(names[i].published, published))
            return (const struct encr_alg *)family_get(&encr_family, names[i].ours);
    fail_msg("%s: no algorithm of ours for %s", what, published);
    return NULL;
}

static struct sa_params params_of(const json_t *v, const char *mode)
{
    struct sa_params p;
    sa_params_init(&p);
    p.spi = (uint32_t)json_integer_value(json_object_get(v, "spi"));
    p.mode = mode_get(mode);
    p.suite = (struct suite){encr_of(v), (const struct integ_alg *)family_get(&integ_family, "none"),
                             (size_t)json_integer_value(json_object_get(v, "encr_key_bits")) / 8};
    take(v, "key", p.key, sizeof p.key);
    take(v, "salt", p.salt, sizeof p.salt);
    take(v, "iv", p.iv, sizeof p.iv);
    p.has_iv = true;
    p.esn = json_is_true(json_object_get(v, "esn"));
    p.seq = (uint64_t)json_integer_value(json_object_get(v, "seq_hi")) << 32 |
            (uint64_t)json_integer_value(json_object_get(v, "seq"));
    return p;
}

/* Outer TTL, ID and addresses are the sender's choice: taken from the published packet. */
static void check_packet(const json_t *v)
{
    struct sa_params p = params_of(v, json_string_value(json_object_get(v, "mode")));
    struct octets plain = octets_of(v, "inner_packet"), wire = octets_of(v, "outer_packet");
    struct ip_view outer;
    assert_true(ip_parse(wire.at, wire.len, &outer));
    p.src = outer.src;
    p.dst = outer.dst;
    p.ttl = outer.ttl;
    p.outer_id = (uint16_t)outer.id;
    check_both_ways(&p, &plain, &wire);
}

static void put_header(struct octets *o, uint8_t protocol, const struct octets *payload)
{
    struct ipv4 h = {.total_len = (uint16_t)(IPV4_HEAD_LEN + payload->len),
                     .ttl = 64,
                     .protocol = protocol,
                     .src = fixture_addr(INNER_SRC(4)),
                     .dst = fixture_addr(INNER_DST(4))};
    struct wr w = wr_over(o->at, sizeof o->at);
    ipv4_write(&h, &w);
    wr_bytes(&w, payload->at, payload->len);
    assert_true(w.ok);
    o->len = h.total_len;
}

/* Without an IP header of its own: transport mode puts one in front of both. */
static void check_esp(const json_t *v)
{
    struct sa_params p = params_of(v, "transport");
    struct octets contained = octets_of(v, "contained_data"), esp = octets_of(v, "esp"), plain, wire;
    put_header(&plain, (uint8_t)json_integer_value(json_object_get(v, "next_header")), &contained);
    put_header(&wire, PROTO_ESP, &esp);
    check_both_ways(&p, &plain, &wire);
}

static void check_file(const char *name, size_t n_expected)
{
    char path[512];
    snprintf(path, sizeof path, TEST_DATA "/vectors/%s.json", name);
    json_error_t error;
    json_t *root = json_load_file(path, 0, &error);
    if (!root)
        fail_msg("%s:%d: %s", path, error.line, error.text);
    size_t i, n = 0;
    const json_t *v;
    json_array_foreach(json_object_get(root, "vectors"), i, v)
    {
        const char *level = json_string_value(json_object_get(v, "level"));
        snprintf(what, sizeof what, "%s", json_string_value(json_object_get(v, "id")));
        if (!strcmp(level, "esp-packet"))
            check_packet(v);
        else if (!strcmp(level, "esp"))
            check_esp(v);
        else
            continue;
        n++;
    }
    assert_int_equal(n, n_expected);
    json_decref(root);
}

static void published_packets(void **state)
{
    (void)state;
    check_file("rfc3602_aes_cbc", 4);
    check_file("rfc7634_chacha20poly1305", 1);
    check_file("draft_mcgrew_gcm_test_01", 17);
}

/* ---- packets of other stacks: SA file, packets on the link, the same in clear ---- */

static bool next_packet(struct capture *c, struct octets *o)
{
    struct capture_packet p;
    struct err e;
    switch (capture_next(c, &p, &e)) {
    case CAPTURE_PACKET:
        assert_true(p.len <= sizeof o->at);
        memcpy(o->at, p.data, p.len);
        o->len = p.len;
        return true;
    case CAPTURE_END:
        return false;
    default:
        fail_msg("%s: %s", what, e.text);
        return false;
    }
}

static struct sa_params read_params(const char *row)
{
    char path[512], text[8192];
    snprintf(path, sizeof path, TEST_DATA "/vectors/%s.sa.ini", row);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t len = fread(text, 1, sizeof text, file);
    fclose(file);
    struct safile f;
    struct err_list bad = {0};
    if (!safile_read(&f, path, text, len, &bad))
        fail_msg("%s", bad.errs[0].text);
    struct sa_params p = f.sas[0];
    safile_fini(&f);
    return p;
}

static struct capture *open_capture(const char *row, const char *kind)
{
    char path[512];
    struct err e;
    snprintf(path, sizeof path, TEST_DATA "/vectors/%s.%s.pcap", row, kind);
    struct capture *c = capture_open(path, &e);
    if (!c)
        fail_msg("%s", e.text);
    return c;
}

/* What the sender chose for this packet: IV and ID. */
static void take_choices(struct sa_params *p, const struct octets *wire)
{
    struct buf b = buf_over((uint8_t *)(size_t)wire->at, sizeof wire->at, 0, wire->len);
    struct located at;
    assert_int_equal(locate(&b, fixture_any_port, NULL, &at), DROP_NONE);
    p->outer_id = (uint16_t)at.outer.id;
    p->has_iv = true;
    memcpy(p->iv, wire->at + at.esp_off + ESP_HEAD_LEN, suite_iv_len(&p->suite));
}

/* Whether a tunnel's header copies DF is the sender's choice (RFC 4301 8.1); Linux does, as we do. */
static void forget_df(uint8_t *packet)
{
    enum { FLAGS_AT = 6, DF = 0x40 };
    if (packet[0] >> 4 == 4) {
        packet[FLAGS_AT] &= (uint8_t)~DF;
        ipv4_fill_checksum(packet);
    }
}

/* The kernel leaves the reserved octet of BEET's pseudo header as it was, so that packet is ours only in length. */
static void check_sealed(const struct sa_params *p, const struct octets *plain, const struct octets *wire, bool same_df)
{
    struct octets expected = *wire;
    struct buf b = fixture_buf();
    struct sa *out = fixture_sa(p);
    memcpy(buf_put(&b, plain->len), plain->at, plain->len);
    assert_int_equal(fixture_seal(out, &b, NULL, NULL), DROP_NONE);
    struct ip_view v;
    assert_true(ip_parse(plain->at, plain->len, &v));
    struct size_of how = {p->mode, p->suite, p->udp_dport != 0, 0};
    struct shape shape = size_shape(&v, sa_outer_version(p, v.version));
    assert_int_equal(size_wire(&how, &shape), wire->len);
    if (!same_df) {
        forget_df(b.data);
        forget_df(expected.at);
    }
    if (p->mode == mode_get("beet") && v.opts_len)
        assert_int_equal(b.len, wire->len);
    else
        same("sealed packet", b.data, b.len, expected.at, expected.len);
    sa_free(out);
}

static size_t check_row(const char *row, bool same_df)
{
    struct sa_params p = read_params(row);
    struct sa *in = fixture_sa(&p);
    struct capture *esp = open_capture(row, "esp"), *plains = open_capture(row, "plain");
    struct octets wire, plain;
    size_t n = 0;
    for (; next_packet(esp, &wire); n++, p.seq++) {
        snprintf(what, sizeof what, "%s, packet %zu", row, n + 1);
        assert_true(next_packet(plains, &plain));
        take_choices(&p, &wire);
        check_sealed(&p, &plain, &wire, same_df);
        struct buf b = fixture_buf();
        memcpy(buf_put(&b, wire.len), wire.at, wire.len);
        uint64_t seq;
        enum drop d = fixture_open(in, &b, &seq);
        if (d)
            fail_msg("%s: refused: %s", what, drop_name(d));
        assert_true(seq == p.seq);
        same("opened packet", b.data, b.len, plain.at, plain.len);
    }
    assert_false(next_packet(plains, &plain));
    capture_close(esp);
    capture_close(plains);
    sa_free(in);
    return n;
}

static void check_folder(const char *path, const char *name_of_folder, size_t n_expected, bool same_df)
{
    DIR *folder = opendir(path);
    assert_non_null(folder);
    size_t n_rows = 0;
    for (struct dirent *d; (d = readdir(folder));) {
        char row[300];
        const char *end = strstr(d->d_name, ".sa.ini");
        if (!end)
            continue;
        snprintf(row, sizeof row, "%s/%.*s", name_of_folder, (int)(end - d->d_name), d->d_name);
        assert_true(check_row(row, same_df) > 0);
        n_rows++;
    }
    closedir(folder);
    assert_int_equal(n_rows, n_expected);
}

static void packets_of_a_linux_kernel(void **state)
{
    (void)state;
    check_folder(TEST_DATA "/vectors/kernel", "kernel", 110, true);
}

static void packets_of_other_stacks(void **state)
{
    (void)state;
    check_folder(TEST_DATA "/vectors/stacks", "stacks", 20, false);
}

/* ---- sizes ---- */

static const struct {
    const char *encr, *integ, *suite;
    size_t icv;
} size_suites[] = {
    {"AES-CBC", "HMAC-SHA1-96", "aes-cbc-128-hmac-sha1-96", 12},
    {"AES-CBC", "SHA2-256-128", "aes-cbc-128-hmac-sha2-256-128", 16},
    {"AES-CBC", "SHA2-512-256", "aes-cbc-128-hmac-sha2-512-256", 32},
    {"AES-CTR", "SHA2-256-128", "aes-ctr-128-hmac-sha2-256-128", 16},
    {"NULL", "SHA2-256-128", "null-hmac-sha2-256-128", 16},
    {"AES-CCM", "none(AEAD)", "aes-ccm-8-128", 8},
    {"AES-GCM", "none(AEAD)", "aes-gcm-16-128", 16},
    {"AES-NULL-GMAC", "none(AEAD)", "null-aes-gmac-128", 16},
    {"CHACHA20-POLY1305", "none(AEAD)", "chacha20-poly1305-256", 16},
};

struct size_row {
    char encr[32], integ[32], mode[16];
    size_t icv, inner_version, outer_version, inner, wire, added, iv, pad;
};

static struct suite suite_of(const struct size_row *r)
{
    for (size_t i = 0; i < sizeof size_suites / sizeof *size_suites; i++)
        if (!strcmp(size_suites[i].encr, r->encr) && !strcmp(size_suites[i].integ, r->integ) &&
            size_suites[i].icv == r->icv)
            return fixture_suite(size_suites[i].suite);
    fail_msg("%s: no suite of ours for %s, %s, %zu", what, r->encr, r->integ, r->icv);
    return (struct suite){0};
}

static void check_size(const struct size_row *r)
{
    struct suite suite = suite_of(r);
    struct size_of how = {.mode = mode_get(r->mode), .suite = suite};
    struct shape shape = {
        .inner_version = (uint8_t)r->inner_version, .outer_version = (uint8_t)r->outer_version, .inner_len = r->inner};
    struct ledger l = size_ledger(&how, &shape);
    assert_int_equal(size_wire(&how, &shape), r->wire);
    assert_int_equal(r->wire - r->inner, r->added);
    assert_int_equal(l.iv, r->iv);
    assert_int_equal(l.padding, r->pad);
    assert_int_equal(l.icv, r->icv);

    struct sa_params p = fixture_params(r->mode, &suite, (uint8_t)r->inner_version, (uint8_t)r->outer_version);
    struct sa *sa = fixture_sa(&p);
    struct buf b = fixture_buf();
    inner_make(&(struct inner){.version = (uint8_t)r->inner_version, .len = r->inner}, &b);
    assert_int_equal(fixture_seal(sa, &b, NULL, NULL), DROP_NONE);
    assert_int_equal(b.len, r->wire);
    sa_free(sa);
}

static void sizes_of_an_independent_implementation(void **state)
{
    (void)state;
    FILE *file = fopen(TEST_DATA "/vectors/esp-size-oracle.csv", "r");
    assert_non_null(file);
    char line[256];
    assert_non_null(fgets(line, sizeof line, file));
    size_t n = 0;
    for (; fgets(line, sizeof line, file); n++) {
        struct size_row r;
        snprintf(what, sizeof what, "line %zu", n + 2);
        assert_int_equal(sscanf(line, "%31[^,],%zu,%31[^,],%15[^,],%zu,%zu,%zu,%zu,%zu,%zu,%zu", r.encr, &r.icv,
                                r.integ, r.mode, &r.inner_version, &r.outer_version, &r.inner, &r.wire, &r.added, &r.iv,
                                &r.pad),
                         11);
        check_size(&r);
    }
    fclose(file);
    assert_int_equal(n, 1134);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_packets),
        cmocka_unit_test(packets_of_a_linux_kernel),
        cmocka_unit_test(packets_of_other_stacks),
        cmocka_unit_test(sizes_of_an_independent_implementation),
    };
    return cmocka_run_group_tests_name("packets of others", tests, NULL, NULL);
}
