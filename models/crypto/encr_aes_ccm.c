/* AES-CCM, RFC 4309: nonce = salt (3) | IV (8). The first block authenticates the lengths of nonce, text and ICV, so
 * that OpenSSL wants all three beforehand, and the shorter ICVs are not the beginnings of the long one. */
#include "models/crypto/evp_pair.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

enum { SALT_LEN = 3, IV_LEN = 8 };

static bool ccm_init(const struct encr_alg *a, const uint8_t *key, size_t key_len, const uint8_t *salt, void **ctx,
                     struct err *e)
{
    size_t nonce_len = (size_t)a->salt_len + IV_LEN;
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_size_t(OSSL_CIPHER_PARAM_AEAD_IVLEN, &nonce_len),
        OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, NULL, a->icv_len),
        OSSL_PARAM_END,
    };
    struct evp_pair *p;
    if (!evp_pair_new(a, key, key_len, salt, params, &p, e))
        return false;
    *ctx = p;
    return true;
}

static bool ccm_seal(void *ctx, const struct encr_call *c)
{
    struct evp_pair *p = ctx;
    int n;
    return evp_pair_start_seal(p, c) && EVP_EncryptUpdate(p->seal, NULL, &n, NULL, (int)c->text_len) &&
           EVP_EncryptUpdate(p->seal, NULL, &n, c->aad, (int)c->aad_len) &&
           EVP_EncryptUpdate(p->seal, c->text, &n, c->text, (int)c->text_len) && evp_pair_write_icv(p, c);
}

/* OpenSSL compares the ICV at the end of the text; there is no final call. */
static bool ccm_open(void *ctx, const struct encr_call *c)
{
    struct evp_pair *p = ctx;
    int n;
    return evp_pair_start_open(p, c) && EVP_DecryptUpdate(p->open, NULL, &n, NULL, (int)c->text_len) &&
           EVP_DecryptUpdate(p->open, NULL, &n, c->aad, (int)c->aad_len) &&
           EVP_DecryptUpdate(p->open, c->text, &n, c->text, (int)c->text_len) > 0;
}

#define AES_CCM                                                                                                        \
    .key_lens = {16, 24, 32}, .evp = {"AES-128-CCM", "AES-192-CCM", "AES-256-CCM"}, .salt_len = SALT_LEN, .block = 1,  \
    .init = ccm_init, .fini = evp_pair_free, .seal = ccm_seal, .open = ccm_open

const struct encr_alg encr_aes_ccm_16 = {
    .m = {"aes-ccm-16", "AES in Counter with CBC-MAC, ICV of 16 octets", "RFC 4309"},
    .iv_len = IV_LEN,
    .icv_len = 16,
    .iv_rule = IV_COUNTER,
    .kernel = "rfc4309(ccm(aes))",
    .ike = "aes%uccm16",
    AES_CCM,
};

const struct encr_alg encr_aes_ccm_12 = {
    .m = {"aes-ccm-12", "AES in Counter with CBC-MAC, ICV of 12 octets", "RFC 4309"},
    .iv_len = IV_LEN,
    .icv_len = 12,
    .iv_rule = IV_COUNTER,
    .kernel = "rfc4309(ccm(aes))",
    .ike = "aes%uccm12",
    AES_CCM,
};

const struct encr_alg encr_aes_ccm_8 = {
    .m = {"aes-ccm-8", "AES in Counter with CBC-MAC, ICV of 8 octets", "RFC 4309"},
    .iv_len = IV_LEN,
    .icv_len = 8,
    .iv_rule = IV_COUNTER,
    .kernel = "rfc4309(ccm(aes))",
    .ike = "aes%uccm8",
    AES_CCM,
};

const struct encr_alg encr_aes_ccm_16_iiv = {
    .m = {"aes-ccm-16-iiv", "AES-CCM, ICV of 16 octets, IV implied by the sequence number", "RFC 8750"},
    .iv_len = 0,
    .icv_len = 16,
    .iv_rule = IV_IMPLICIT,
    .with_iv = &encr_aes_ccm_16,
    AES_CCM,
};
