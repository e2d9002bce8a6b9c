/* Laws of sealing and opening: they hold for every length, suite, mode and IP version in the tables, so that a new
 * member is tested unasked. Rows for what RFC 4303, 3948, 6040 and 7402 say of single packets. */
#include "models/wire/esp.h"
#include "tests/esp_fixture.h"

#if defined(__SANITIZE_ADDRESS__)
#define COUNTS_ALLOCATIONS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define COUNTS_ALLOCATIONS 0
#endif
#endif
#ifndef COUNTS_ALLOCATIONS
#define COUNTS_ALLOCATIONS 1
#endif

static char what[256]; /* the row in hand, for messages */

static const struct mode *mode_at(size_t i)
{
    return (const struct mode *)mode_family.members[i];
}

/* Room of its own for what fixture_buf's must be compared with. */
struct kept {
    uint8_t at[BUF_HEADROOM + 2048 + BUF_TAILROOM];
    size_t len;
};

static void keep(struct kept *k, const struct buf *b)
{
    assert_true(b->len <= sizeof k->at);
    memcpy(k->at, b->data, b->len);
    k->len = b->len;
}

static struct buf again(const struct kept *k)
{
    struct buf b = fixture_buf();
    memcpy(buf_put(&b, k->len), k->at, k->len);
    return b;
}

/* ---- sizes: predicted = sealed, and what went in comes out ---- */

struct variant {
    const char *name;
    bool udp;
    size_t opts_len;
    bool ext;
    uint32_t tfc;
};

struct case_of {
    const struct mode *mode;
    struct suite suite;
    uint8_t inner, outer;
    const struct variant *variant;
};

/* Every combination of IP versions that the mode has. */
static bool versions_fit(const struct mode *m, uint8_t inner, uint8_t outer)
{
    return m->esp && (inner == outer || m->two_versions);
}

/* Between IP versions BEET has no place for an IPv4 ID and an IPv6 flow label. */
static bool comes_out_whole(const struct case_of *c)
{
    return c->mode->scope != SCOPE_HOST_PAIR || c->inner == c->outer;
}

static size_t tfc_expected(const struct case_of *c, const struct inner *in)
{
    bool udp = in->len - inner_head_len(in) >= UDP_HEAD_LEN;
    bool tunnel = !strcmp(c->mode->m.name, "tunnel");
    bool hidden = c->mode->scope == SCOPE_HOST_PAIR && (in->opts_len || in->ext); /* behind another next header */
    return tunnel || (udp && !hidden) ? c->variant->tfc : 0;
}

static void check_length(const struct case_of *c, struct sa *out, struct sa *in, size_t len)
{
    struct inner inner = {.version = c->inner, .len = len, .opts_len = c->variant->opts_len, .ext = c->variant->ext};
    static struct kept before;
    struct buf b = fixture_buf();
    inner_make(&inner, &b);
    keep(&before, &b);
    struct ip_view v;
    assert_true(ip_parse(b.data, b.len, &v));
    struct size_of how = {c->mode, c->suite, c->variant->udp, tfc_expected(c, &inner)};
    struct shape shape = size_shape(&v, c->outer);
    struct ledger predicted = size_ledger(&how, &shape), sealed;
    uint64_t sent, got;

    enum drop d = seal(out, &b, &v, 0, &sent, &sealed);
    if (d)
        fail_msg("%s, %zu octets: not sealed: %s", what, len, drop_name(d));
    if (memcmp(&predicted, &sealed, sizeof sealed) || b.len != ledger_sum(&sealed))
        fail_msg("%s, %zu octets: predicted %zu, ledger %zu, sealed %zu", what, len, size_wire(&how, &shape),
                 (size_t)ledger_sum(&sealed), b.len);
    d = fixture_open(in, &b, &got);
    if (d)
        fail_msg("%s, %zu octets: not opened: %s", what, len, drop_name(d));
    assert_true(sent == got);
    assert_int_equal(b.len, before.len);
    if (comes_out_whole(c))
        assert_memory_equal(b.data, before.at, before.len);
}

static void check_case(const struct case_of *c, size_t step)
{
    char name[SUITE_NAME_CAP];
    struct sa_params p = fixture_params(c->mode->m.name, &c->suite, c->inner, c->outer);
    snprintf(what, sizeof what, "%s, %s, IPv%d in IPv%d, %s", c->mode->m.name, suite_name(&c->suite, name), c->inner,
             c->outer, c->variant->name);
    p.tfc = c->variant->tfc;
    p.udp_sport = p.udp_dport = c->variant->udp ? PORT_ESP_UDP : 0;
    struct sa *out = fixture_sa(&p), *in = fixture_sa(&p);
    size_t head =
        inner_head_len(&(struct inner){.version = c->inner, .opts_len = c->variant->opts_len, .ext = c->variant->ext});
    for (size_t len = head; len <= 1500; len += step)
        check_length(c, out, in, len);
    assert_int_equal(out->packets, in->packets);
    assert_int_equal(out->octets, in->octets);
    sa_free(out);
    sa_free(in);
}

static void check_modes(const struct suite *s, const struct variant *variant, size_t step)
{
    for (size_t m = 0; m < mode_family.n_members; m++)
        for (uint8_t inner = 4; inner <= 6; inner = (uint8_t)(inner + 2))
            for (uint8_t outer = 4; outer <= 6; outer = (uint8_t)(outer + 2)) {
                struct case_of c = {mode_at(m), *s, inner, outer, variant};
                bool has_shape = inner == 4 ? !variant->ext : !variant->opts_len;
                if (versions_fit(c.mode, inner, outer) && has_shape)
                    check_case(&c, step);
            }
}

static const struct variant plain_variant = {"as it is", false, 0, false, 0};

static void predicted_is_sealed_for_every_suite(void **state)
{
    (void)state;
    size_t at = 0, n = 0;
    for (struct suite s; suite_next(&at, &s); n++)
        check_modes(&s, &plain_variant, 1);
    assert_true(n > 50);
}

static const struct variant variants[] = {
    {"in UDP", true, 0, false, 0},
    {"4 octets of options", false, 4, false, 0},
    {"8 octets of options", false, 8, false, 0},
    {"12 octets of options in UDP", true, 12, false, 0},
    {"40 octets of options", false, 40, false, 0},
    {"an extension header", false, 0, true, 0},
    {"an extension header in UDP", true, 0, true, 0},
    {"1 octet of TFC padding", false, 0, false, 1},
    {"100 octets of TFC padding in UDP", true, 0, false, 100},
    {"TFC padding behind options", false, 8, false, 63},
    {"TFC padding behind an extension header", false, 0, true, 63},
};

static void predicted_is_sealed_for_every_variant(void **state)
{
    (void)state;
    static const char *const suites[] = {"aes-gcm-16-128", "aes-cbc-256-hmac-sha2-512-256", "3des-cbc-192-hmac-sha1-96",
                                         "null-hmac-sha2-256-96", "chacha20-poly1305-iiv-256"};
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++) {
        struct suite s = fixture_suite(suites[i]);
        for (size_t k = 0; k < sizeof variants / sizeof *variants; k++)
            check_modes(&s, &variants[k], 1);
    }
}

/* size_max_inner's answer fits, and one octet more does not. */
static void largest_inner_packet(void **state)
{
    (void)state;
    static const size_t mtus[] = {1500, 1492, 1280, 576, 100};
    size_t at = 0;
    for (struct suite s; suite_next(&at, &s);)
        for (size_t m = 0; m < mode_family.n_members; m++)
            for (size_t k = 0; k < sizeof mtus / sizeof *mtus; k++) {
                struct size_of how = {.mode = mode_at(m), .suite = s};
                struct shape shape = {.inner_version = 4, .outer_version = 4};
                shape.inner_len = size_max_inner(&how, &shape, mtus[k]);
                if (shape.inner_len) {
                    assert_true(size_wire(&how, &shape) <= mtus[k]);
                    shape.inner_len++;
                }
                if (shape.inner_len >= IPV4_HEAD_LEN)
                    assert_true(size_wire(&how, &shape) > mtus[k]);
            }
}

/* ---- forged and damaged packets ---- */

static struct kept sealed_packet(const struct sa_params *p, const struct inner *in)
{
    struct kept k;
    struct sa *out = fixture_sa(p);
    struct buf b = fixture_buf();
    inner_make(in, &b);
    assert_int_equal(fixture_seal(out, &b, NULL, NULL), DROP_NONE);
    keep(&k, &b);
    sa_free(out);
    return k;
}

/* The window is as before after every damaged packet, so the good one is still accepted, once. */
static void every_flipped_bit_is_refused(void **state)
{
    (void)state;
    size_t at = 0;
    for (struct suite s; suite_next(&at, &s);) {
        if (!suite_icv_len(&s))
            continue;
        char name[SUITE_NAME_CAP];
        for (int esn = 0; esn <= 1; esn++) {
            struct sa_params p = fixture_params("tunnel", &s, 4, 4);
            snprintf(what, sizeof what, "%s, ESN %d", suite_name(&s, name), esn);
            p.esn = esn;
            p.seq = 1000;
            struct kept good = sealed_packet(&p, &(struct inner){.version = 4, .len = 61});
            struct sa *in = fixture_sa(&p);
            struct replay before = in->replay;
            for (size_t bit = 8 * IPV4_HEAD_LEN; bit < 8 * good.len; bit++) {
                struct buf b = again(&good);
                b.data[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
                enum drop d = fixture_open(in, &b, NULL);
                if (d != DROP_ICV && d != DROP_REPLAY)
                    fail_msg("%s, bit %zu: %s", what, bit, drop_name(d));
                assert_memory_equal(&in->replay, &before, sizeof before);
            }
            struct buf b = again(&good);
            assert_int_equal(fixture_open(in, &b, NULL), DROP_NONE);
            b = again(&good);
            assert_int_equal(fixture_open(in, &b, NULL), DROP_REPLAY);
            sa_free(in);
        }
    }
}

static void set_len(struct buf *b)
{
    if (b->data[0] >> 4 == 4)
        ipv4_set_len(b->data, (uint16_t)b->len);
    else
        ipv6_set_payload_len(b->data, (uint16_t)(b->len - IPV6_HEAD_LEN));
}

static void every_shorter_length_is_refused(void **state)
{
    (void)state;
    size_t at = 0;
    for (struct suite s; suite_next(&at, &s);) {
        if (!suite_icv_len(&s))
            continue;
        char name[SUITE_NAME_CAP];
        for (uint8_t version = 4; version <= 6; version = (uint8_t)(version + 2)) {
            struct sa_params p = fixture_params("tunnel", &s, version, version);
            snprintf(what, sizeof what, "%s, IPv%d", suite_name(&s, name), version);
            struct kept good = sealed_packet(&p, &(struct inner){.version = version, .len = 101});
            struct sa *in = fixture_sa(&p);
            struct replay before = in->replay;
            for (size_t len = 0; len < good.len; len++)
                for (int told = 0; told <= 1; told++) { /* cut on the way, or said to be shorter */
                    struct buf b = again(&good);
                    buf_trim(&b, len);
                    if (told && len >= (version == 4 ? IPV4_HEAD_LEN : IPV6_HEAD_LEN))
                        set_len(&b);
                    enum drop d = fixture_open(in, &b, NULL);
                    if (d != DROP_ICV && d != DROP_MALFORMED)
                        fail_msg("%s, %zu octets: %s", what, len, drop_name(d));
                }
            assert_memory_equal(&in->replay, &before, sizeof before);
            sa_free(in);
        }
    }
}

/* ---- sequence numbers and IVs ---- */

static void the_number_never_cycles(void **state)
{
    (void)state;
    static const struct {
        bool esn;
        uint64_t first;
        int n_sent;
    } rows[] = {{false, UINT32_MAX - 2, 3}, {false, UINT32_MAX, 1}, {true, UINT64_MAX - 1, 2}, {true, UINT64_MAX, 1}};
    struct suite s = fixture_suite("aes-gcm-16-128");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sa_params p = fixture_params("tunnel", &s, 4, 4);
        p.esn = rows[i].esn;
        p.seq = rows[i].first;
        struct sa *sa = fixture_sa(&p);
        for (int k = 0; k < rows[i].n_sent + 3; k++) {
            struct buf b = fixture_buf();
            uint64_t seq = 0;
            inner_make(&(struct inner){.version = 4, .len = 60}, &b);
            assert_int_equal(fixture_seal(sa, &b, &seq, NULL), k < rows[i].n_sent ? DROP_NONE : DROP_SEQ_OVERFLOW);
            assert_true(seq == (k < rows[i].n_sent ? rows[i].first + (uint64_t)k : 0));
        }
        sa_free(sa);
    }
}

/* ESN goes on where the low half wraps, and both ends agree on the high half. */
static void esn_goes_on_over_the_wrap(void **state)
{
    (void)state;
    size_t at = 0;
    for (struct suite s; suite_next(&at, &s);) {
        struct sa_params p = fixture_params("transport", &s, 4, 4);
        p.esn = true;
        p.seq = UINT64_C(0x2fffffffd);
        struct sa *out = fixture_sa(&p), *in = fixture_sa(&p);
        for (uint64_t i = 0; i < 6; i++) {
            struct buf b = fixture_buf();
            uint64_t seq;
            inner_make(&(struct inner){.version = 4, .len = 60}, &b);
            assert_int_equal(fixture_seal(out, &b, NULL, NULL), DROP_NONE);
            assert_int_equal(fixture_open(in, &b, &seq), DROP_NONE);
            assert_true(seq == p.seq + i);
        }
        sa_free(out);
        sa_free(in);
    }
}

static int compare_ivs(const void *a, const void *b)
{
    return memcmp(a, b, ENCR_IV_CAP);
}

/* Two SAs with one key, as two runs of a sender are: neither repeats an IV of its own or of the other. */
static void no_iv_comes_twice(void **state)
{
    (void)state;
    enum { N = 100000 };
    uint8_t(*ivs)[ENCR_IV_CAP] = calloc(N, ENCR_IV_CAP);
    assert_non_null(ivs);
    for (size_t i = 0; i < encr_family.n_members; i++) {
        const struct encr_alg *a = (const struct encr_alg *)encr_family.members[i];
        if (!a->iv_len)
            continue;
        bool own_icv = a->icv_len != 0;
        struct suite s = {a, (const struct integ_alg *)family_get(&integ_family, own_icv ? "none" : "hmac-sha1-96"),
                          a->key_lens[0]};
        struct sa_params p = fixture_params("transport", &s, 4, 4);
        struct sa *runs[2] = {fixture_sa(&p), fixture_sa(&p)};
        for (size_t k = 0; k < N; k++) {
            struct buf b = fixture_buf();
            inner_make(&(struct inner){.version = 4, .len = 24}, &b);
            assert_int_equal(fixture_seal(runs[k % 2], &b, NULL, NULL), DROP_NONE);
            memcpy(ivs[k], b.data + IPV4_HEAD_LEN + ESP_HEAD_LEN, a->iv_len);
        }
        qsort(ivs, N, ENCR_IV_CAP, compare_ivs);
        for (size_t k = 1; k < N; k++)
            if (!compare_ivs(ivs[k - 1], ivs[k]))
                fail_msg("%s: an IV came twice", a->m.name);
        sa_free(runs[0]);
        sa_free(runs[1]);
        memset(ivs, 0, (size_t)N * ENCR_IV_CAP);
    }
    free(ivs);
}

/* A given IV is the first packet's alone, whatever the rule for IVs. */
static void a_given_iv_comes_once(void **state)
{
    (void)state;
    size_t at = 0;
    for (struct suite s; suite_next(&at, &s);) {
        char name[SUITE_NAME_CAP];
        uint8_t ivs[2][ENCR_IV_CAP];
        size_t len = suite_iv_len(&s);
        struct sa_params p = fixture_params("transport", &s, 4, 4);
        p.has_iv = true;
        memset(p.iv, 0x5a, sizeof p.iv);
        struct sa *out = fixture_sa(&p);
        for (size_t k = 0; k < 2; k++) {
            struct buf b = fixture_buf();
            inner_make(&(struct inner){.version = 4, .len = 60}, &b);
            assert_int_equal(fixture_seal(out, &b, NULL, NULL), DROP_NONE);
            memcpy(ivs[k], b.data + IPV4_HEAD_LEN + ESP_HEAD_LEN, len);
        }
        assert_memory_equal(ivs[0], p.iv, len);
        if (len && !memcmp(ivs[0], ivs[1], len))
            fail_msg("%s: the given IV came twice", suite_name(&s, name));
        sa_free(out);
    }
}

/* ---- fragments, lengths, lifetimes, addresses ---- */

static void fragments(void **state)
{
    (void)state;
    static const struct {
        const char *mode;
        bool mf;
        uint16_t off;
        enum drop expected;
    } rows[] = {
        {"tunnel", true, 0, DROP_NONE},        {"tunnel", false, 800, DROP_NONE},
        {"transport", true, 0, DROP_FRAGMENT}, {"transport", false, 8, DROP_FRAGMENT},
        {"wildcard", true, 0, DROP_FRAGMENT},  {"wildcard", false, 65528, DROP_FRAGMENT},
        {"beet", true, 0, DROP_FRAGMENT},      {"beet", true, 800, DROP_FRAGMENT},
        {"wildcard", false, 0, DROP_NONE},     {"beet", false, 0, DROP_NONE},
    };
    struct suite s = fixture_suite("aes-gcm-16-128");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sa_params p = fixture_params(rows[i].mode, &s, 4, 4);
        struct sa *sa = fixture_sa(&p);
        struct buf b = fixture_buf();
        inner_make(&(struct inner){.version = 4, .len = 100, .mf = rows[i].mf, .frag_off = rows[i].off}, &b);
        assert_int_equal(fixture_seal(sa, &b, NULL, NULL), rows[i].expected);
        assert_int_equal(sa->next_seq, rows[i].expected ? 1 : 2); /* a refused packet uses no number */
        sa_free(sa);
    }
}

/* A fragment of an ESP packet is refused before anything is looked up (RFC 4303 3.4.1). */
static void fragments_of_esp(void **state)
{
    (void)state;
    struct suite s = fixture_suite("aes-gcm-16-128");
    struct sa_params p = fixture_params("tunnel", &s, 4, 4);
    struct kept good = sealed_packet(&p, &(struct inner){.version = 4, .len = 100});
    static const struct {
        uint8_t flags, offset;
        enum drop expected;
    } rows[] = {{0x20, 0, DROP_FRAGMENT}, {0, 1, DROP_FRAGMENT}, {0x1f, 0xff, DROP_FRAGMENT}, {0x40, 0, DROP_NONE}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sa *in = fixture_sa(&p);
        struct buf b = again(&good);
        b.data[6] = rows[i].flags;
        b.data[7] = rows[i].offset;
        ipv4_fill_checksum(b.data);
        assert_int_equal(fixture_open(in, &b, NULL), rows[i].expected);
        sa_free(in);
    }
}

/* An atomic fragment (RFC 6946) is a whole packet, also with ESP in it. */
static void atomic_fragments(void **state)
{
    (void)state;
    static const uint8_t headers[] = {PROTO_UDP, 0, 0, 0, 1, 2, 3, 4};
    struct suite s = fixture_suite("aes-gcm-16-128");
    struct sa_params p = fixture_params("transport", &s, 6, 6);
    struct sa *out = fixture_sa(&p), *in = fixture_sa(&p);
    struct buf b = fixture_buf();
    struct kept before;
    inner_make(&(struct inner){.version = 6, .len = 100}, &b);
    buf_push(&b, sizeof headers);
    memmove(b.data, b.data + sizeof headers, IPV6_HEAD_LEN);
    memcpy(b.data + IPV6_HEAD_LEN, headers, sizeof headers);
    b.data[6] = PROTO_FRAGMENT;
    set_len(&b);
    keep(&before, &b);
    assert_int_equal(fixture_seal(out, &b, NULL, NULL), DROP_NONE);
    assert_int_equal(b.data[IPV6_HEAD_LEN], PROTO_ESP);
    assert_int_equal(fixture_open(in, &b, NULL), DROP_NONE);
    assert_int_equal(b.len, before.len);
    assert_memory_equal(b.data, before.at, before.len);
    struct buf fragment = again(&before);
    fragment.data[IPV6_HEAD_LEN + 3] = 1; /* M */
    assert_int_equal(fixture_seal(out, &fragment, NULL, NULL), DROP_FRAGMENT);
    sa_free(out);
    sa_free(in);
}

static void too_long_is_refused(void **state)
{
    (void)state;
    struct suite s = fixture_suite("aes-gcm-16-128");
    for (uint8_t version = 4; version <= 6; version = (uint8_t)(version + 2))
        for (size_t m = 0; m < mode_family.n_members; m++) {
            if (!mode_at(m)->esp)
                continue;
            struct sa_params p = fixture_params(mode_at(m)->m.name, &s, version, version);
            struct sa *out = fixture_sa(&p), *in = fixture_sa(&p);
            struct size_of how = {.mode = mode_at(m), .suite = s};
            struct shape shape = {.inner_version = version, .outer_version = version};
            size_t longest = version == 4 ? IP_TOTAL_MAX : IP_TOTAL_MAX + IPV6_HEAD_LEN;
            size_t fits = size_max_inner(&how, &shape, longest);
            for (size_t len = fits - 3; len <= fits + 3 && len <= longest; len++) {
                struct buf b = fixture_buf();
                inner_make(&(struct inner){.version = version, .len = len}, &b);
                enum drop d = fixture_seal(out, &b, NULL, NULL);
                assert_int_equal(d, len <= fits ? DROP_NONE : DROP_TOO_LONG);
                if (!d)
                    assert_int_equal(fixture_open(in, &b, NULL), DROP_NONE);
            }
            sa_free(out);
            sa_free(in);
        }
}

/* An IPv6 packet may carry what no IPv4 packet can hold. */
static void beet_makes_no_packet_that_lies(void **state)
{
    (void)state;
    struct suite null = fixture_suite("null");
    struct sa_params six = fixture_params("beet", &null, 6, 6), four = fixture_params("beet", &null, 4, 6);
    struct sa *out = fixture_sa(&six), *in = fixture_sa(&four);
    for (size_t payload = 65512; payload <= 65522; payload++) {
        struct buf b = fixture_buf();
        inner_make(&(struct inner){.version = 6, .len = IPV6_HEAD_LEN + payload, .protocol = PROTO_TEST}, &b);
        assert_int_equal(fixture_seal(out, &b, NULL, NULL), DROP_NONE);
        assert_int_equal(fixture_open(in, &b, NULL),
                         payload + IPV4_HEAD_LEN <= IP_TOTAL_MAX ? DROP_NONE : DROP_MALFORMED);
    }
    sa_free(out);
    sa_free(in);
}

static void lifetime_ends(void **state)
{
    (void)state;
    struct suite s = fixture_suite("aes-gcm-16-128");
    struct sa_params p = fixture_params("tunnel", &s, 4, 4);
    p.hard_expiry = 100;
    struct sa *out = fixture_sa(&p), *in = fixture_sa(&p);
    for (sim_time now = 98; now < 103; now++) {
        struct buf b = fixture_buf();
        struct ip_view v;
        struct located at;
        inner_make(&(struct inner){.version = 4, .len = 60}, &b);
        assert_true(ip_parse(b.data, b.len, &v));
        assert_int_equal(seal(out, &b, &v, now, NULL, NULL), now < 100 ? DROP_NONE : DROP_SA_EXPIRED);
        if (now < 100) {
            assert_int_equal(locate(&b, NULL, NULL, &at), DROP_NONE);
            assert_int_equal(open_esp(in, &b, &at, 100, NULL), DROP_SA_EXPIRED);
            assert_int_equal(open_esp(in, &b, &at, now, NULL), DROP_NONE);
        }
    }
    sa_free(out);
    sa_free(in);
}

static void beet_is_for_one_pair_of_hosts(void **state)
{
    (void)state;
    struct suite s = fixture_suite("aes-gcm-16-128");
    struct sa_params p = fixture_params("beet", &s, 4, 4);
    p.inner_dst = fixture_addr("10.2.0.21");
    struct sa *sa = fixture_sa(&p);
    struct buf b = fixture_buf();
    inner_make(&(struct inner){.version = 4, .len = 60}, &b);
    assert_int_equal(fixture_seal(sa, &b, NULL, NULL), DROP_POLICY);
    sa_free(sa);
}

/* RFC 4301 5.2 step 4. */
static void selectors_hold_on_input(void **state)
{
    (void)state;
    static const struct {
        const char *src, *dst;
        enum drop expected;
    } rows[] = {{NULL, NULL, DROP_NONE},
                {"10.1.0.0/24", "10.2.0.0/24", DROP_NONE},
                {"10.1.0.10/32", "10.2.0.20/32", DROP_NONE},
                {"10.1.1.0/24", "10.2.0.0/24", DROP_POLICY},
                {"10.1.0.0/24", "10.3.0.0/24", DROP_POLICY},
                {NULL, "10.2.0.21/32", DROP_POLICY},
                {"fd00:1::/64", NULL, DROP_POLICY}};
    struct suite s = fixture_suite("aes-gcm-16-128");
    static const char *const modes[] = {"tunnel", "transport", "wildcard", "beet"};
    for (size_t m = 0; m < sizeof modes / sizeof *modes; m++)
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            struct sa_params p = fixture_params(modes[m], &s, 4, 4);
            struct kept good = sealed_packet(&p, &(struct inner){.version = 4, .len = 60});
            assert_true(!rows[i].src || prefix_parse(rows[i].src, &p.sel_src, NULL));
            assert_true(!rows[i].dst || prefix_parse(rows[i].dst, &p.sel_dst, NULL));
            struct sa *in = fixture_sa(&p);
            struct buf b = again(&good);
            assert_int_equal(fixture_open(in, &b, NULL), rows[i].expected);
            sa_free(in);
        }
}

/* ---- what stands in the text ---- */

/* An ESP packet of the suite `null` without integrity, whose text is given as it is: [payload][padding][length][next].
 */
static struct buf crafted(const struct sa_params *p, const uint8_t *text, size_t len)
{
    struct buf b = fixture_buf();
    struct ipv4 h = {.total_len = (uint16_t)(IPV4_HEAD_LEN + ESP_HEAD_LEN + len),
                     .ttl = 60,
                     .tos = 0x28,
                     .id = 77,
                     .protocol = PROTO_ESP,
                     .src = p->src,
                     .dst = p->dst};
    struct wr w = wr_over(buf_put(&b, h.total_len), h.total_len);
    ipv4_write(&h, &w);
    esp_write(&(struct esp){p->spi, 1}, &w);
    wr_bytes(&w, text, len);
    assert_true(w.ok && wr_left(&w) == 0);
    return b;
}

struct text_row {
    const char *what, *mode;
    const char *text; /* hexadecimal */
    bool check_pad;
    enum drop expected;
    const char *inner; /* hexadecimal from the end of the IP header on, when accepted */
};

static size_t hex_to(const char *hex, uint8_t *to)
{
    size_t n = 0;
    for (; hex[2 * n]; n++)
        assert_int_equal(sscanf(hex + 2 * n, "%2hhx", &to[n]), 1);
    return n;
}

static const struct text_row text_rows[] = {
    {"no payload, no padding but for alignment", "transport", "010202fd", true, DROP_NONE, ""},
    {"payload fills the block", "transport", "aabb00fd", true, DROP_NONE, "aabb"},
    {"padding of 6", "transport", "01020304050606fd", true, DROP_NONE, ""},
    {"padding longer than the text", "transport", "aabb03fd", true, DROP_PAD, NULL},
    {"padding of 255 in 4 octets", "transport", "aabbfffd", true, DROP_PAD, NULL},
    {"padding longer than the text, not inspected", "transport", "aabb03fd", false, DROP_PAD, NULL},
    {"padding of 255 in 4 octets, not inspected", "transport", "aabbfffd", false, DROP_PAD, NULL},
    {"padding just as long as the text", "transport", "010202fd", true, DROP_NONE, ""},
    {"padding that begins with 0", "transport", "00010203040506fd", true, DROP_PAD, NULL},
    {"text that is no multiple of 4", "transport", "0102030404fd", true, DROP_MALFORMED, NULL},
    {"padding of zeros", "transport", "000002fd", true, DROP_PAD, NULL},
    {"padding of zeros, not inspected", "transport", "000002fd", false, DROP_NONE, ""},
    {"last octet of padding wrong", "transport", "01020304050706fd", true, DROP_PAD, NULL},
    {"dummy packet", "transport", "0000003b", true, DROP_DUMMY, NULL},
    {"dummy packet in a tunnel", "tunnel", "0102023b", true, DROP_DUMMY, NULL},
    {"dummy packet in BEET", "beet", "0102023b", true, DROP_DUMMY, NULL},
    {"UDP in tunnel mode", "tunnel", "01020211", true, DROP_POLICY, NULL},
    {"ESP in tunnel mode", "tunnel", "01020232", true, DROP_POLICY, NULL},
    {"empty IPv4 packet in tunnel mode", "tunnel", "01020204", true, DROP_MALFORMED, NULL},
    {"IPv4 next header, IPv6 packet", "tunnel",
     "600000000000fd40fd000001000000000000000000000010fd0000020000000000000000000000200102"
     "0204",
     true, DROP_MALFORMED, NULL},
    {"IPv6 next header, IPv4 packet", "tunnel",
     "450000140000000040fd662c0a0100100a0200200102"
     "0229",
     true, DROP_MALFORMED, NULL},
    {"inner IPv4 longer than its text", "tunnel",
     "450000180000000040fd66280a0100100a0200200102"
     "0204",
     true, DROP_MALFORMED, NULL},
    {"inner IPv4 header checksum wrong", "tunnel",
     "450000140000000040fd662d0a0100100a0200200102"
     "0204",
     true, DROP_MALFORMED, NULL},
    /* RFC 7402 B.1.7: next header, length, pad length, reserved, NOPs, options */
    {"pseudo header: options of 4, no padding", "beet",
     "fd0000000101010a"
     "aabb005e",
     true, DROP_NONE, "!0101010aaabb"},
    {"pseudo header: options of 4, reserved set", "beet",
     "fd0000ff0101010a"
     "aabb005e",
     true, DROP_NONE, "!0101010aaabb"},
    {"pseudo header: options of 8, padded by 4", "beet",
     "fd0104000101010101010101010101000102"
     "025e",
     true, DROP_NONE, "!0101010101010100"},
    {"pseudo header: pad length 3", "beet",
     "fd0003000101010a"
     "aabb005e",
     true, DROP_MALFORMED, NULL},
    {"pseudo header: longer than the payload", "beet",
     "fd0100000101010a"
     "aabb005e",
     true, DROP_MALFORMED, NULL},
    {"pseudo header: cut", "beet", "fd00005e", true, DROP_MALFORMED, NULL},
    {"pseudo header: 44 octets of options", "beet",
     "fd050000"
     "0101010101010101010101010101010101010101010101010101010101010101010101010101010101010101"
     "0102025e",
     true, DROP_MALFORMED, NULL},
    {"pseudo header in a pseudo header", "beet",
     "5e0000000101010a"
     "aabb005e",
     true, DROP_MALFORMED, NULL},
};

static void what_the_text_may_hold(void **state)
{
    (void)state;
    struct suite null = fixture_suite("null");
    for (const struct text_row *r = text_rows; r < text_rows + sizeof text_rows / sizeof *text_rows; r++) {
        uint8_t text[256], inner[256];
        struct sa_params p = fixture_params(r->mode, &null, 4, 4);
        p.check_pad = r->check_pad;
        struct sa *sa = fixture_sa(&p);
        size_t len = hex_to(r->text, text);
        struct buf b = crafted(&p, text, len);
        enum drop d = fixture_open(sa, &b, NULL);
        if (d != r->expected)
            fail_msg("%s: %s, expected %s", r->what, drop_name(d), drop_name(r->expected));
        if (!d) {
            bool options = r->inner[0] == '!'; /* they are part of the header */
            size_t n = hex_to(r->inner + options, inner);
            struct ip_view v;
            assert_true(ip_parse(b.data, b.len, &v));
            assert_int_equal(b.len, IPV4_HEAD_LEN + n);
            assert_memory_equal(b.data + IPV4_HEAD_LEN, inner, n);
            assert_int_equal(v.protocol, PROTO_TEST);
            assert_true(!options || v.opts_len);
            assert_int_equal(v.tos, 0x28);
            assert_int_equal(v.ttl, 60);
            assert_int_equal(v.id, 77);
        }
        /* Behind the ICV the window has moved, whatever the text held; before it, it has not. */
        b = crafted(&p, text, len);
        assert_int_equal(fixture_open(sa, &b, NULL), len % suite_align(&null) ? r->expected : DROP_REPLAY);
        sa_free(sa);
    }
}

/* BEET's pseudo header as sent, for every length of options. */
static void pseudo_header_as_sent(void **state)
{
    (void)state;
    struct suite null = fixture_suite("null");
    struct sa_params p = fixture_params("beet", &null, 4, 4);
    for (size_t opts = 4; opts <= IPV4_OPTS_CAP; opts += 4) {
        struct sa *sa = fixture_sa(&p);
        struct buf b = fixture_buf();
        inner_make(&(struct inner){.version = 4, .len = 100, .opts_len = opts}, &b);
        assert_int_equal(fixture_seal(sa, &b, NULL, NULL), DROP_NONE);
        const uint8_t *pseudo = b.data + IPV4_HEAD_LEN + ESP_HEAD_LEN;
        size_t pad = opts % 8 ? 0 : 4, len = 4 + pad + opts;
        assert_int_equal(len % 8, 0);
        assert_int_equal(pseudo[0], PROTO_UDP);
        assert_int_equal(pseudo[1], len / 8 - 1);
        assert_int_equal(pseudo[2], pad);
        assert_int_equal(pseudo[3], 0);
        for (size_t i = 4; i < len; i++)
            assert_int_equal(pseudo[i], 1); /* NOPs, of padding and options */
        assert_int_equal(b.data[b.len - 1], PROTO_BEETPH);
        sa_free(sa);
    }
}

/* ---- UDP encapsulation (RFC 3948) ---- */

static struct buf udp_crafted(const struct sa_params *p, const char *hex)
{
    uint8_t data[64];
    size_t len = hex_to(hex, data);
    struct buf b = fixture_buf();
    struct ipv4 h = {.total_len = (uint16_t)(IPV4_HEAD_LEN + UDP_HEAD_LEN + len),
                     .ttl = 60,
                     .protocol = PROTO_UDP,
                     .src = p->src,
                     .dst = p->dst};
    struct wr w = wr_over(buf_put(&b, h.total_len), h.total_len);
    ipv4_write(&h, &w);
    udp_write(&(struct udp){PORT_ESP_UDP, PORT_ESP_UDP, (uint16_t)(UDP_HEAD_LEN + len), 0}, &w);
    wr_bytes(&w, data, len);
    return b;
}

static void what_udp_may_hold(void **state)
{
    (void)state;
    static const struct {
        const char *data;
        enum drop expected;
    } rows[] = {{"ff", DROP_KEEPALIVE},
                {"fe", DROP_MALFORMED},
                {"", DROP_MALFORMED},
                {"000000", DROP_MALFORMED},
                {"00000000", DROP_IKE},
                {"00000000112233", DROP_IKE},
                {"ffff", DROP_MALFORMED},
                {"00000100", DROP_MALFORMED},
                {"0000100000000001"
                 "010202fd",
                 DROP_NONE}};
    struct suite null = fixture_suite("null");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sa_params p = fixture_params("transport", &null, 4, 4);
        p.udp_sport = p.udp_dport = PORT_ESP_UDP;
        struct sa *sa = fixture_sa(&p);
        struct buf b = udp_crafted(&p, rows[i].data);
        assert_int_equal(fixture_open(sa, &b, NULL), rows[i].expected);
        sa_free(sa);
    }
}

/* As Linux (XfrmInStateMismatch): an SA with encapsulation takes no plain ESP, and the other way round. */
static void encapsulation_is_the_sas(void **state)
{
    (void)state;
    struct suite s = fixture_suite("aes-gcm-16-128");
    for (int sent = 0; sent <= 1; sent++)
        for (int expected = 0; expected <= 1; expected++) {
            struct sa_params p = fixture_params("tunnel", &s, 4, 4);
            p.udp_sport = p.udp_dport = sent ? PORT_ESP_UDP : 0;
            struct kept good = sealed_packet(&p, &(struct inner){.version = 4, .len = 60});
            p.udp_sport = p.udp_dport = expected ? PORT_ESP_UDP : 0;
            struct sa *in = fixture_sa(&p);
            struct buf b = again(&good);
            assert_int_equal(fixture_open(in, &b, NULL), sent == expected ? DROP_NONE : DROP_POLICY);
            sa_free(in);
        }
}

/* Over IPv4 the checksum is 0; over IPv6 it is there and right; a wrong one is refused, none is tolerated (RFC 6935).
 */
static void udp_checksums(void **state)
{
    (void)state;
    struct suite s = fixture_suite("aes-gcm-16-128");
    for (uint8_t version = 4; version <= 6; version = (uint8_t)(version + 2)) {
        struct sa_params p = fixture_params("tunnel", &s, 4, version);
        p.udp_sport = p.udp_dport = PORT_ESP_UDP;
        struct kept good = sealed_packet(&p, &(struct inner){.version = 4, .len = 60});
        size_t at = (version == 4 ? IPV4_HEAD_LEN : IPV6_HEAD_LEN) + 6;
        assert_int_equal(version == 6, good.at[at] || good.at[at + 1]);
        static const struct {
            bool zero, wrong;
            enum drop expected;
        } rows[] = {{false, false, DROP_NONE}, {true, false, DROP_NONE}, {true, true, DROP_MALFORMED}};
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            struct sa *in = fixture_sa(&p);
            struct buf b = again(&good);
            if (rows[i].zero)
                b.data[at] = b.data[at + 1] = rows[i].wrong ? 0x55 : 0;
            assert_int_equal(fixture_open(in, &b, NULL), rows[i].expected);
            sa_free(in);
        }
    }
}

/* Octets behind the datagram belong to nobody, and its checksum does not cover them. */
static void udp_ends_where_it_says(void **state)
{
    (void)state;
    struct suite s = fixture_suite("aes-gcm-16-128");
    struct sa_params p = fixture_params("tunnel", &s, 4, 6);
    p.udp_sport = p.udp_dport = PORT_ESP_UDP;
    struct kept good = sealed_packet(&p, &(struct inner){.version = 4, .len = 60});
    struct sa *in = fixture_sa(&p);
    struct buf b = again(&good);
    memset(buf_put(&b, 5), 0x77, 5);
    set_len(&b);
    assert_int_equal(fixture_open(in, &b, NULL), DROP_NONE);
    sa_free(in);
}

/* ---- ECN and DSCP ---- */

/* RFC 6040 4.2 figure 4 (X: dropped), and what Linux does; rows: inner Not-ECT, ECT(1), ECT(0), CE; columns: outer. */
static const struct ecn_table {
    const char *rule;
    uint8_t encap[4];
    int decap[4][4]; /* -1: dropped */
} ecn_tables[] = {
    {"rfc6040",
     {ECN_NOT_ECT, ECN_ECT1, ECN_ECT0, ECN_CE},
     {{0, 0, 0, -1}, {ECN_ECT1, ECN_ECT1, ECN_ECT1, ECN_CE}, {ECN_ECT0, ECN_ECT1, ECN_ECT0, ECN_CE}, {3, 3, 3, 3}}},
    {"linux",
     {ECN_NOT_ECT, ECN_ECT1, ECN_ECT0, ECN_ECT0},
     {{0, 0, 0, 0}, {1, 1, 1, ECN_CE}, {2, 2, 2, ECN_CE}, {3, 3, 3, 3}}},
};

static void set_tos(struct buf *b, uint8_t tos)
{
    ip_set_tos(b->data, tos);
}

static void check_ecn(const struct ecn_table *t, const char *mode, uint8_t version, uint8_t inner, uint8_t outer)
{
    enum { DSCP = 46 << 2, OTHER_DSCP = 10 << 2 };
    struct suite s = fixture_suite("aes-gcm-16-128");
    struct sa_params p = fixture_params(mode, &s, version, version);
    p.tos = (const struct tos_rule *)family_get(&tos_family, t->rule);
    struct sa *out = fixture_sa(&p), *in = fixture_sa(&p);
    struct buf b = fixture_buf();
    struct ip_view v;
    bool tunnel = !strcmp(mode, "tunnel");
    inner_make(&(struct inner){.version = version, .len = 60, .tos = (uint8_t)(DSCP | inner)}, &b);
    assert_int_equal(fixture_seal(out, &b, NULL, NULL), DROP_NONE);
    assert_true(ip_parse(b.data, b.len, &v));
    assert_int_equal(v.tos, DSCP | (tunnel ? t->encap[inner] : inner));
    set_tos(&b, (uint8_t)(OTHER_DSCP | outer)); /* as a network on the way may */
    int expected = tunnel ? t->decap[inner][outer] : outer;
    enum drop d = fixture_open(in, &b, NULL);
    assert_int_equal(d, expected < 0 ? DROP_ECN : DROP_NONE);
    if (!d) {
        assert_true(ip_parse(b.data, b.len, &v));
        assert_int_equal(v.tos, (tunnel ? DSCP : OTHER_DSCP) | expected);
    }
    sa_free(out);
    sa_free(in);
}

static void ecn_through_every_mode(void **state)
{
    (void)state;
    static const char *const modes[] = {"tunnel", "beet", "wildcard"};
    for (size_t t = 0; t < sizeof ecn_tables / sizeof *ecn_tables; t++)
        for (size_t m = 0; m < sizeof modes / sizeof *modes; m++)
            for (uint8_t inner = 0; inner < 4; inner++)
                for (uint8_t outer = 0; outer < 4; outer++) {
                    check_ecn(&ecn_tables[t], modes[m], 4, inner, outer);
                    check_ecn(&ecn_tables[t], modes[m], 6, inner, outer);
                }
}

/* Routers that share load by the flow label keep a flow's packets together, tunnel or not (RFC 6438). */
static void flow_label_is_copied(void **state)
{
    (void)state;
    static const char *const modes[] = {"tunnel", "beet", "wildcard"};
    struct suite s = fixture_suite("aes-gcm-16-128");
    for (size_t m = 0; m < sizeof modes / sizeof *modes; m++) {
        struct sa_params p = fixture_params(modes[m], &s, 6, 6);
        struct sa *out = fixture_sa(&p);
        struct buf b = fixture_buf();
        struct ip_view inner, outer;
        inner_make(&(struct inner){.version = 6, .len = 100}, &b);
        b.data[1] = 0x0a;
        b.data[2] = 0xbc;
        b.data[3] = 0xde;
        assert_true(ip_parse(b.data, b.len, &inner));
        assert_int_equal(inner.flow_label, 0xabcde);
        assert_int_equal(fixture_seal(out, &b, NULL, NULL), DROP_NONE);
        assert_true(ip_parse(b.data, b.len, &outer));
        assert_int_equal(outer.flow_label, 0xabcde);
        sa_free(out);
    }
}

/* ---- no allocation per packet ---- */

#if COUNTS_ALLOCATIONS
static size_t n_allocations;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *at, size_t size);
void *malloc(size_t size);
void *calloc(size_t n, size_t size);
void *realloc(void *at, size_t size);

void *malloc(size_t size)
{
    n_allocations++;
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    n_allocations++;
    return __libc_calloc(n, size);
}

void *realloc(void *at, size_t size)
{
    n_allocations++;
    return __libc_realloc(at, size);
}

/* OpenSSL 3.0's HMAC makes two small ones for each ICV (models/crypto/evp_mac.h); nothing else does any. */
static size_t allocations_of(const struct suite *s)
{
    return strncmp(s->integ->m.name, "hmac", 4) ? 0 : 2;
}

/* Counting begins with the second packet: OpenSSL fetches what it needs with the first. */
static void no_allocation_per_packet(void **state)
{
    (void)state;
    size_t at = 0;
    for (struct suite s; suite_next(&at, &s);) {
        char name[SUITE_NAME_CAP];
        struct sa_params p = fixture_params("tunnel", &s, 4, 4);
        p.esn = true;
        struct sa *out = fixture_sa(&p), *in = fixture_sa(&p);
        size_t before = 0, n = 0;
        for (int i = 0; i < 20; i++, n = n_allocations - before) {
            if (i == 1)
                before = n_allocations;
            struct buf b = fixture_buf();
            inner_make(&(struct inner){.version = 4, .len = (size_t)(60 + 64 * i)}, &b);
            assert_int_equal(fixture_seal(out, &b, NULL, NULL), DROP_NONE);
            assert_int_equal(fixture_open(in, &b, NULL), DROP_NONE);
        }
        if (n > 19 * 2 * allocations_of(&s))
            fail_msg("%s: %zu allocations in 19 packets sealed and opened", suite_name(&s, name), n);
        sa_free(out);
        sa_free(in);
    }
}
#else
static void no_allocation_per_packet(void **state)
{
    (void)state;
    skip(); /* the sanitizer's allocator can't be counted */
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(predicted_is_sealed_for_every_suite),
        cmocka_unit_test(predicted_is_sealed_for_every_variant),
        cmocka_unit_test(largest_inner_packet),
        cmocka_unit_test(every_flipped_bit_is_refused),
        cmocka_unit_test(every_shorter_length_is_refused),
        cmocka_unit_test(the_number_never_cycles),
        cmocka_unit_test(esn_goes_on_over_the_wrap),
        cmocka_unit_test(no_iv_comes_twice),
        cmocka_unit_test(a_given_iv_comes_once),
        cmocka_unit_test(fragments),
        cmocka_unit_test(fragments_of_esp),
        cmocka_unit_test(atomic_fragments),
        cmocka_unit_test(too_long_is_refused),
        cmocka_unit_test(beet_makes_no_packet_that_lies),
        cmocka_unit_test(lifetime_ends),
        cmocka_unit_test(beet_is_for_one_pair_of_hosts),
        cmocka_unit_test(selectors_hold_on_input),
        cmocka_unit_test(what_the_text_may_hold),
        cmocka_unit_test(pseudo_header_as_sent),
        cmocka_unit_test(what_udp_may_hold),
        cmocka_unit_test(encapsulation_is_the_sas),
        cmocka_unit_test(udp_checksums),
        cmocka_unit_test(udp_ends_where_it_says),
        cmocka_unit_test(ecn_through_every_mode),
        cmocka_unit_test(flow_label_is_copied),
        cmocka_unit_test(no_allocation_per_packet),
    };
    return cmocka_run_group_tests_name("ESP", tests, NULL, NULL);
}
