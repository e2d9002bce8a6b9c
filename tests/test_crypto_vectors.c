/* Published vectors, byte for byte, both ways: tests/vectors/README.md names the sources. */
#include "models/crypto/crypt.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

enum { OCTETS_CAP = 1024, MAC_CAP = 64, HEAD_LEN = 8 };

struct octets {
    uint8_t at[OCTETS_CAP];
    size_t len;
};

static const char *id; /* of the vector in hand, for messages */

static struct octets octets_of(const json_t *vector, const char *field)
{
    const char *hex = json_string_value(json_object_get(vector, field));
    struct octets o = {.len = 0};
    if (!hex || strlen(hex) % 2 || strlen(hex) / 2 > sizeof o.at)
        fail_msg("%s: %s: not hexadecimal of at most %d octets", id, field, OCTETS_CAP);
    for (; hex[2 * o.len]; o.len++)
        assert_int_equal(sscanf(hex + 2 * o.len, "%2hhx", &o.at[o.len]), 1);
    return o;
}

static bool has(const json_t *vector, const char *field)
{
    return json_is_string(json_object_get(vector, field));
}

static void same(const char *what, const uint8_t *is, const struct octets *should)
{
    for (size_t i = 0; i < should->len; i++)
        if (is[i] != should->at[i])
            fail_msg("%s: %s: octet %zu is %02x, published %02x", id, what, i, is[i], should->at[i]);
}

/* Which of our descriptors meets which name of the vectors; `evp` where the vectors go beyond ESP. */
struct name {
    const char *published, *ours, *evp;
};

static const struct name names[] = {
    {"HMAC-MD5", "hmac-md5-96", NULL},
    {"HMAC-SHA1", "hmac-sha1-96", NULL},
    {"HMAC-SHA224", "hmac-sha2-256-128", "SHA2-224"},
    {"HMAC-SHA256", "hmac-sha2-256-128", NULL},
    {"HMAC-SHA384", "hmac-sha2-384-192", NULL},
    {"HMAC-SHA512", "hmac-sha2-512-256", NULL},
    {"AES-CMAC", "aes-cmac-96", NULL},
    {"AES-XCBC-MAC", "aes-xcbc-96", NULL},
    {"NULL", "null", NULL},
    {"AES-CBC", "aes-cbc", NULL},
    {"AES-CBC-128", "aes-cbc", NULL},
    {"AES-CTR-128", "aes-ctr", NULL},
    {"AES-CTR-192", "aes-ctr", NULL},
    {"AES-CTR-256", "aes-ctr", NULL},
    {"AES-GCM", "aes-gcm-16", NULL},
    {"NULL-AES-GMAC", "null-aes-gmac", NULL},
    {"AES-CCM-128", "aes-ccm-16", NULL},
    {"CHACHA20-POLY1305", "chacha20-poly1305", NULL},
};

static const struct name *name_of(const json_t *vector, const char *field)
{
    const char *published = json_string_value(json_object_get(vector, field));
    assert_non_null(published);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(names[i].published, published))
            return &names[i];
    fail_msg("%s: no algorithm of ours for %s", id, published);
    return NULL;
}

static const struct encr_alg *encr_of(const json_t *vector, const char *field)
{
    const struct member *m = family_get(&encr_family, name_of(vector, field)->ours);
    assert_non_null(m);
    return (const struct encr_alg *)m;
}

/* The code over the data must be `should`, however the data is divided in two, time after time. */
static void check_code(const struct integ_alg *a, const struct octets *key, const struct octets *data,
                       const struct octets *should)
{
    void *ctx;
    struct err e;
    if (!a->init(a, key->at, &ctx, &e))
        fail_msg("%s: %s", id, e.text);
    for (size_t cut = 0; cut <= data->len; cut++) {
        uint8_t code[MAC_CAP];
        assert_true(a->sum(ctx, data->at, cut, data->at + cut, data->len - cut, code));
        same("code", code, should);
    }
    a->fini(ctx);
}

/* ESP fixes the lengths of key and code; the vectors have others, so that a copy of the descriptor is bent to them. */
static void check_mac(const json_t *v)
{
    const struct name *name = name_of(v, "alg");
    const struct member *m = family_get(&integ_family, name->ours);
    assert_non_null(m);
    struct integ_alg a = *(const struct integ_alg *)m;
    struct octets key = octets_of(v, "key"), data = octets_of(v, "data");
    const size_t esp_icv_len = a.icv_len;
    a.key_len = (uint8_t)key.len;
    if (name->evp)
        a.evp = name->evp;
    for (size_t whole = 0; whole < 2; whole++) {
        const char *field = whole ? "mac" : "icv";
        if (!has(v, field))
            continue;
        struct octets should = octets_of(v, field);
        if (!whole)
            assert_int_equal(should.len, esp_icv_len);
        a.icv_len = (uint8_t)should.len;
        check_code(&a, &key, &data, &should);
    }
}

/* Seals `plain` to `cipher` and `icv` and opens it again, twice over; then a forged ICV must be refused, where there
 * is one. */
static void check_call(const struct encr_alg *a, const struct octets *key, const struct octets *salt,
                       struct encr_call call, const struct octets *plain, const struct octets *cipher,
                       const struct octets *icv)
{
    uint8_t text[OCTETS_CAP], tag[ENCR_ICV_CAP];
    void *ctx;
    struct err e;
    if (!a->init(a, key->at, key->len, salt->at, &ctx, &e))
        fail_msg("%s: %s", id, e.text);
    call.text = memcpy(text, plain->at, plain->len);
    call.text_len = plain->len;
    call.icv = tag;
    for (int round = 0; round < 2; round++) {
        assert_true(a->seal(ctx, &call));
        same("ciphertext", text, cipher);
        same("icv", tag, icv);
        assert_true(a->open(ctx, &call));
        same("plaintext", text, plain);
    }
    memcpy(text, cipher->at, cipher->len);
    tag[0] ^= 1;
    if (icv->len)
        assert_false(a->open(ctx, &call));
    a->fini(ctx);
}

static void check_cipher(const json_t *v)
{
    static const struct octets none;
    const struct encr_alg *a = encr_of(v, "alg");
    struct octets key = a->key_lens[0] ? octets_of(v, "key") : none;
    struct octets salt = a->salt_len ? octets_of(v, "salt") : none;
    struct octets iv = a->iv_len ? octets_of(v, "iv") : none;
    struct octets plain = octets_of(v, "plaintext"), cipher = octets_of(v, "ciphertext");
    check_call(a, &key, &salt, (struct encr_call){.iv = iv.at}, &plain, &cipher, &none);
}

/* `nonce` is salt | IV: the IV has 8 octets; RFC 3610's CCM has salts of 5. */
static void check_combined(const json_t *v, const struct encr_alg *alg, const struct octets *nonce,
                           const char *plain_field)
{
    struct octets key = octets_of(v, "key"), aad = octets_of(v, "aad"), icv = octets_of(v, "icv");
    struct octets plain = octets_of(v, plain_field), cipher = octets_of(v, "ciphertext");
    struct encr_alg a = *alg;
    a.salt_len = (uint8_t)(nonce->len - 8);
    a.icv_len = (uint8_t)icv.len;
    struct encr_call call = {.iv = nonce->at + a.salt_len, .aad = aad.at, .aad_len = aad.len};
    check_call(&a, &key, nonce, call, &plain, &cipher, &icv);
}

static void check_aead(const json_t *v)
{
    struct octets nonce = octets_of(v, "nonce");
    check_combined(v, encr_of(v, "alg"), &nonce, "plaintext");
}

static void check_ike(const json_t *v)
{
    struct octets nonce = octets_of(v, "salt"), iv = octets_of(v, "iv");
    memcpy(nonce.at + nonce.len, iv.at, iv.len);
    nonce.len += iv.len;
    check_combined(v, encr_of(v, "encr"), &nonce, "payload_plaintext");
}

/* From SPI to ICV. The parts of head and IV are taken from the published packet, as a sender chooses them. */
static void check_esp(const json_t *v)
{
    struct octets key = octets_of(v, "key"), salt = octets_of(v, "salt"), esp = octets_of(v, "esp");
    struct octets plain = octets_of(v, "payload_plaintext");
    const json_t *seq_hi = json_object_get(v, "seq_hi");
    struct suite s = {encr_of(v, "encr"), (const struct integ_alg *)family_get(&integ_family, "none"), key.len};
    struct crypt *c;
    struct err e;
    if (!crypt_new(&s, key.at, key.len, salt.at, salt.len, NULL, 0, &c, &e))
        fail_msg("%s: %s", id, e.text);

    struct octets packet = esp;
    uint8_t *text = packet.at + HEAD_LEN + suite_iv_len(&s);
    assert_int_equal(esp.len, HEAD_LEN + suite_iv_len(&s) + plain.len + suite_icv_len(&s));
    memset(text + plain.len, 0, suite_icv_len(&s));
    memcpy(text, plain.at, plain.len);
    struct crypt_text t = {packet.at, plain.len, json_is_true(json_object_get(v, "esn")),
                           (uint32_t)json_integer_value(seq_hi)};
    assert_int_equal(t.esn, json_is_integer(seq_hi));
    for (int round = 0; round < 2; round++) {
        assert_true(crypt_seal(c, &t));
        same("esp", packet.at, &esp);
        assert_true(crypt_open(c, &t));
        same("payload", text, &plain);
    }
    crypt_free(c);
}

static const struct {
    const char *name;
    void (*check)(const json_t *vector);
} levels[] = {
    {"mac", check_mac}, {"cipher", check_cipher},  {"aead", check_aead},
    {"esp", check_esp}, {"esp-packet", check_esp}, {"ike-sk-payload", check_ike},
};

static void check(const json_t *v)
{
    const char *level = json_string_value(json_object_get(v, "level"));
    id = json_string_value(json_object_get(v, "id"));
    assert_non_null(level);
    assert_non_null(id);
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (!strcmp(levels[i].name, level)) {
            levels[i].check(v);
            return;
        }
    fail_msg("%s: unknown level %s", id, level);
}

struct source {
    const char *file;
    size_t n_vectors;
};

static struct source sources[] = {
    {"rfc2202_hmac", 14},
    {"rfc4231_hmac", 28},
    {"rfc4868_hmac_sha2", 12},
    {"rfc4494_aes_cmac96", 4},
    {"rfc3566_aes_xcbc", 7},
    {"rfc2410_null", 2},
    {"rfc3602_aes_cbc", 8},
    {"rfc3686_aes_ctr", 9},
    {"rfc3610_aes_ccm", 24},
    {"rfc8439_chacha20poly1305", 1},
    {"rfc7634_chacha20poly1305", 2},
    {"draft_mcgrew_gcm_test_01", 17},
};

static void file_is_met(void **state)
{
    const struct source *source = *state;
    char path[512];
    snprintf(path, sizeof path, TEST_DATA "/vectors/%s.json", source->file);
    json_error_t error;
    json_t *root = json_load_file(path, 0, &error);
    if (!root)
        fail_msg("%s:%d: %s", path, error.line, error.text);
    const json_t *vectors = json_object_get(root, "vectors");
    assert_int_equal(json_array_size(vectors), source->n_vectors);
    size_t i;
    const json_t *v;
    json_array_foreach(vectors, i, v) check(v);
    json_decref(root);
}

int main(void)
{
    enum { N = sizeof sources / sizeof *sources };
    struct CMUnitTest tests[N];
    for (size_t i = 0; i < N; i++)
        tests[i] = (struct CMUnitTest){sources[i].file, file_is_met, NULL, NULL, &sources[i]};
    return cmocka_run_group_tests_name("published vectors", tests, NULL, NULL);
}
