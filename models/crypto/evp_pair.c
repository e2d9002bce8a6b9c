#include "models/crypto/evp_pair.h"

#include "models/crypto/evp.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <string.h>

static const char *evp_name(const struct encr_alg *a, size_t key_len)
{
    size_t i = 0;
    while (a->key_lens[i] != key_len)
        i++;
    return a->evp[i];
}

static EVP_CIPHER_CTX *keyed(const EVP_CIPHER *cipher, const uint8_t *key, const OSSL_PARAM *params, int sealing)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (ctx && EVP_CipherInit_ex2(ctx, cipher, NULL, NULL, sealing, params) &&
        EVP_CipherInit_ex2(ctx, NULL, key, NULL, sealing, NULL))
        return ctx;
    EVP_CIPHER_CTX_free(ctx);
    return NULL;
}

bool evp_pair_new(const struct encr_alg *a, const uint8_t *key, size_t key_len, const uint8_t *salt,
                  const OSSL_PARAM *params, struct evp_pair **pair, struct err *e)
{
    ERR_clear_error();
    const char *name = evp_name(a, key_len);
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
    if (!cipher)
        return evp_missing(a->m.name, name, e);
    struct evp_pair *p = OPENSSL_zalloc(sizeof *p);
    if (p) {
        p->alg = a;
        p->seal = keyed(cipher, key, params, 1);
        p->open = keyed(cipher, key, params, 0);
        if (a->salt_len)
            memcpy(p->nonce, salt, a->salt_len);
    }
    EVP_CIPHER_free(cipher); /* the contexts hold their own references */
    if (p && p->seal && p->open) {
        *pair = p;
        return true;
    }
    evp_pair_free(p);
    return evp_refused(a->m.name, e);
}

void evp_pair_free(void *pair)
{
    struct evp_pair *p = pair;
    if (!p)
        return;
    EVP_CIPHER_CTX_free(p->seal);
    EVP_CIPHER_CTX_free(p->open);
    OPENSSL_clear_free(p, sizeof *p);
}

static const uint8_t *nonce_of(struct evp_pair *p, const uint8_t iv[8])
{
    memcpy(p->nonce + p->alg->salt_len, iv, 8);
    return p->nonce;
}

/* The ICV goes in and out as a parameter of the provider: EVP_CIPHER_CTX_ctrl ends there too, but in 30 ns more. */
#define ICV_PARAM(p, c)                                                                                                \
    {                                                                                                                  \
        OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, (c)->icv, (p)->alg->icv_len), OSSL_PARAM_END               \
    }

bool evp_pair_start_seal(struct evp_pair *p, const struct encr_call *c)
{
    return EVP_EncryptInit_ex2(p->seal, NULL, NULL, nonce_of(p, c->iv), NULL);
}

bool evp_pair_start_open(struct evp_pair *p, const struct encr_call *c)
{
    const OSSL_PARAM icv[] = ICV_PARAM(p, c);
    return EVP_DecryptInit_ex2(p->open, NULL, NULL, nonce_of(p, c->iv), icv);
}

bool evp_pair_write_icv(struct evp_pair *p, const struct encr_call *c)
{
    OSSL_PARAM icv[] = ICV_PARAM(p, c);
    return EVP_CIPHER_CTX_get_params(p->seal, icv);
}

bool evp_cipher_init(const struct encr_alg *a, const uint8_t *key, size_t key_len, const uint8_t *salt, void **ctx,
                     struct err *e)
{
    unsigned padding = 0; /* ESP brings its own. Set by parameter: EVP's flag for it would cost a call per packet. */
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_uint(OSSL_CIPHER_PARAM_PADDING, &padding), OSSL_PARAM_END};
    struct evp_pair *p;
    if (!evp_pair_new(a, key, key_len, salt, params, &p, e))
        return false;
    *ctx = p;
    return true;
}

static const uint8_t *cipher_iv(struct evp_pair *p, const struct encr_call *c)
{
    return p->alg->salt_len ? nonce_of(p, c->iv) : c->iv;
}

bool evp_cipher_seal(void *ctx, const struct encr_call *c)
{
    struct evp_pair *p = ctx;
    int n;
    return EVP_EncryptInit_ex2(p->seal, NULL, NULL, cipher_iv(p, c), NULL) &&
           EVP_EncryptUpdate(p->seal, c->text, &n, c->text, (int)c->text_len);
}

bool evp_cipher_open(void *ctx, const struct encr_call *c)
{
    struct evp_pair *p = ctx;
    int n;
    return EVP_DecryptInit_ex2(p->open, NULL, NULL, cipher_iv(p, c), NULL) &&
           EVP_DecryptUpdate(p->open, c->text, &n, c->text, (int)c->text_len);
}

bool evp_aead_init(const struct encr_alg *a, const uint8_t *key, size_t key_len, const uint8_t *salt, void **ctx,
                   struct err *e)
{
    struct evp_pair *p;
    if (!evp_pair_new(a, key, key_len, salt, NULL, &p, e))
        return false;
    *ctx = p;
    return true;
}

bool evp_aead_seal(void *ctx, const struct encr_call *c)
{
    struct evp_pair *p = ctx;
    int n;
    return evp_pair_start_seal(p, c) && EVP_EncryptUpdate(p->seal, NULL, &n, c->aad, (int)c->aad_len) &&
           EVP_EncryptUpdate(p->seal, c->text, &n, c->text, (int)c->text_len) &&
           EVP_EncryptFinal_ex(p->seal, c->text + n, &n) && evp_pair_write_icv(p, c);
}

bool evp_aead_open(void *ctx, const struct encr_call *c)
{
    struct evp_pair *p = ctx;
    int n;
    return evp_pair_start_open(p, c) && EVP_DecryptUpdate(p->open, NULL, &n, c->aad, (int)c->aad_len) &&
           EVP_DecryptUpdate(p->open, c->text, &n, c->text, (int)c->text_len) &&
           EVP_DecryptFinal_ex(p->open, c->text + n, &n) > 0;
}
