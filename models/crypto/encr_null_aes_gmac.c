/* ENCR_NULL_AUTH_AES_GMAC, RFC 4543: AES-GCM over nothing; all that is sent is authenticated: AAD | IV | text. */
#include "models/crypto/evp_pair.h"

/* In one call where the three lie behind each other, as they do unless an ESN's high half belongs into the AAD. */
static bool authenticate(EVP_CIPHER_CTX *gcm, const struct encr_call *c, int iv_len)
{
    int n;
    if (c->aad + c->aad_len == c->iv && c->iv + iv_len == c->text)
        return EVP_CipherUpdate(gcm, NULL, &n, c->aad, (int)(c->aad_len + c->text_len) + iv_len);
    return EVP_CipherUpdate(gcm, NULL, &n, c->aad, (int)c->aad_len) && EVP_CipherUpdate(gcm, NULL, &n, c->iv, iv_len) &&
           EVP_CipherUpdate(gcm, NULL, &n, c->text, (int)c->text_len);
}

static bool gmac_seal(void *ctx, const struct encr_call *c)
{
    struct evp_pair *p = ctx;
    uint8_t none;
    int n;
    return evp_pair_start_seal(p, c) && authenticate(p->seal, c, p->alg->iv_len) &&
           EVP_EncryptFinal_ex(p->seal, &none, &n) && evp_pair_write_icv(p, c);
}

static bool gmac_open(void *ctx, const struct encr_call *c)
{
    struct evp_pair *p = ctx;
    uint8_t none;
    int n;
    return evp_pair_start_open(p, c) && authenticate(p->open, c, p->alg->iv_len) &&
           EVP_DecryptFinal_ex(p->open, &none, &n) > 0;
}

const struct encr_alg encr_null_aes_gmac = {
    .m = {"null-aes-gmac", "no encryption, integrity by AES-GMAC", "RFC 4543"},
    .key_lens = {16, 24, 32},
    .evp = {"AES-128-GCM", "AES-192-GCM", "AES-256-GCM"},
    .salt_len = 4,
    .iv_len = 8,
    .block = 1,
    .clear = true,
    .icv_len = 16,
    .iv_rule = IV_COUNTER,
    .kernel = "rfc4543(gcm(aes))",
    .ike = "aes%ugmac",
    .init = evp_aead_init,
    .fini = evp_pair_free,
    .seal = gmac_seal,
    .open = gmac_open,
};
