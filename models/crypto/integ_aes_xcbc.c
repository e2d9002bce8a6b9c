/* AES-XCBC-MAC (RFC 3566) cut to 96 bits. OpenSSL has none, so it is built from AES-CBC with a zero IV: the last block
 * of the ciphertext is the CBC-MAC of the text. */
#include "models/crypto/evp.h"
#include "models/crypto/integ.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

enum { BLOCK = 16, RUN = 32 * BLOCK };

struct xcbc {
    EVP_CIPHER_CTX *cbc;    /* keyed with K1 */
    uint8_t whole[BLOCK];   /* K2: into a last block that is full */
    uint8_t partial[BLOCK]; /* K3: into one that was padded */
    uint8_t run[RUN];       /* of the message, not yet encrypted: the last block of all is treated differently */
    size_t run_len;
    size_t icv_len;
};

static void xcbc_fini(void *ctx)
{
    struct xcbc *x = ctx;
    if (x)
        EVP_CIPHER_CTX_free(x->cbc);
    OPENSSL_clear_free(x, sizeof *x);
}

static bool start(EVP_CIPHER_CTX *cbc, const uint8_t *key)
{
    static const uint8_t zero[BLOCK];
    return EVP_EncryptInit_ex2(cbc, NULL, key, zero, NULL);
}

/* Derived key n: the encryption of a block of octets n (RFC 3566 section 4, step 1). */
static bool derive(EVP_CIPHER_CTX *cbc, uint8_t n, uint8_t key[BLOCK])
{
    int len;
    memset(key, n, BLOCK);
    return start(cbc, NULL) && EVP_EncryptUpdate(cbc, key, &len, key, BLOCK);
}

static bool set_keys(struct xcbc *x, const EVP_CIPHER *aes_cbc, const uint8_t *key)
{
    uint8_t k1[BLOCK];
    unsigned padding = 0;
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_uint(OSSL_CIPHER_PARAM_PADDING, &padding), OSSL_PARAM_END};
    bool ok = EVP_EncryptInit_ex2(x->cbc, aes_cbc, NULL, NULL, params) && start(x->cbc, key) && derive(x->cbc, 1, k1) &&
              derive(x->cbc, 2, x->whole) && derive(x->cbc, 3, x->partial) && start(x->cbc, k1);
    OPENSSL_cleanse(k1, sizeof k1);
    return ok;
}

static bool xcbc_init(const struct integ_alg *a, const uint8_t *key, void **ctx, struct err *e)
{
    ERR_clear_error();
    EVP_CIPHER *aes_cbc = EVP_CIPHER_fetch(NULL, a->evp, NULL);
    if (!aes_cbc)
        return evp_missing(a->m.name, a->evp, e);
    struct xcbc *x = OPENSSL_zalloc(sizeof *x);
    if (x) {
        x->icv_len = a->icv_len;
        x->cbc = EVP_CIPHER_CTX_new();
    }
    bool ok = x && x->cbc && set_keys(x, aes_cbc, key);
    EVP_CIPHER_free(aes_cbc);
    if (ok) {
        *ctx = x;
        return true;
    }
    xcbc_fini(x);
    return evp_refused(a->m.name, e);
}

static bool encrypt_run(struct xcbc *x)
{
    int n;
    return EVP_EncryptUpdate(x->cbc, x->run, &n, x->run, (int)x->run_len);
}

static bool feed(struct xcbc *x, const uint8_t *text, size_t len)
{
    while (len) {
        if (x->run_len == RUN) {
            if (!encrypt_run(x))
                return false;
            x->run_len = 0;
        }
        size_t n = len < RUN - x->run_len ? len : RUN - x->run_len;
        memcpy(x->run + x->run_len, text, n);
        x->run_len += n;
        text += n;
        len -= n;
    }
    return true;
}

/* Pads (also the empty message), masks and encrypts the last block; gives the code, borrowed from x, or NULL. */
static const uint8_t *finish(struct xcbc *x)
{
    const uint8_t *mask = x->whole;
    if (!x->run_len || x->run_len % BLOCK) {
        mask = x->partial;
        x->run[x->run_len++] = 0x80;
        while (x->run_len % BLOCK)
            x->run[x->run_len++] = 0;
    }
    uint8_t *last = x->run + x->run_len - BLOCK;
    for (size_t i = 0; i < BLOCK; i++)
        last[i] ^= mask[i];
    return encrypt_run(x) ? last : NULL;
}

static bool xcbc_sum(void *ctx, const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len,
                     uint8_t icv[INTEG_ICV_CAP])
{
    struct xcbc *x = ctx;
    x->run_len = 0;
    if (!start(x->cbc, NULL) || !feed(x, a, a_len) || !feed(x, b, b_len))
        return false;
    const uint8_t *code = finish(x);
    if (!code)
        return false;
    memcpy(icv, code, x->icv_len);
    return true;
}

const struct integ_alg integ_aes_xcbc_96 = {
    .m = {"aes-xcbc-96", "AES-128 in XCBC-MAC, 96 bits", "RFC 3566"},
    .evp = "AES-128-CBC",
    .key_len = 16,
    .icv_len = 12,
    .kernel = "xcbc(aes)",
    .ike = "aesxcbc",
    .wireshark = "ANY 96 bit authentication [no checking]",
    .init = xcbc_init,
    .fini = xcbc_fini,
    .sum = xcbc_sum,
};
