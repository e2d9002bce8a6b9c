/* The yardstick: EVP called directly, keys set once, IV per packet, and nothing else done. It shares no code with
 * models/crypto; bench_codec checks before it measures that both sides make the same octets. */
#include "bench/codec.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD_LEN = 8 };

struct bare {
    EVP_CIPHER_CTX *encrypt, *decrypt;
    EVP_MAC_CTX *mac;
    EVP_CIPHER_CTX *xcbc; /* OpenSSL has no XCBC: AES-CBC over the octets is what it cannot do without */
    int icv_len;
    bool (*seal)(struct bare *b, const struct codec_packet *p);
    bool (*open)(struct bare *b, const struct codec_packet *p);
};

static uint8_t *icv_of(const struct codec_packet *p)
{
    return p->payload + p->text_len;
}

/* ---- Encrypt, then MAC. */

static bool mac(struct bare *b, const struct codec_packet *p, uint8_t code[EVP_MAX_MD_SIZE])
{
    size_t len = (size_t)(icv_of(p) - p->esp), code_len;
    if (b->mac)
        return EVP_MAC_init(b->mac, NULL, 0, NULL) && EVP_MAC_update(b->mac, p->esp, len) &&
               EVP_MAC_final(b->mac, code, &code_len, EVP_MAX_MD_SIZE);
    static const uint8_t zero[16];
    static uint8_t unused[65536];
    int n;
    return EVP_EncryptInit_ex2(b->xcbc, NULL, NULL, zero, NULL) &&
           EVP_EncryptUpdate(b->xcbc, unused, &n, p->esp, (int)len);
}

static bool cipher(EVP_CIPHER_CTX *ctx, const struct codec_packet *p)
{
    int n;
    return !ctx || (EVP_CipherInit_ex2(ctx, NULL, NULL, p->nonce, -1, NULL) &&
                    EVP_CipherUpdate(ctx, p->payload, &n, p->payload, (int)p->text_len));
}

static bool then_mac_seal(struct bare *b, const struct codec_packet *p)
{
    uint8_t code[EVP_MAX_MD_SIZE];
    if (!cipher(b->encrypt, p))
        return false;
    if (!b->icv_len)
        return true;
    if (!mac(b, p, code))
        return false;
    memcpy(icv_of(p), code, (size_t)b->icv_len);
    return true;
}

static bool then_mac_open(struct bare *b, const struct codec_packet *p)
{
    uint8_t code[EVP_MAX_MD_SIZE];
    if (b->icv_len && (!mac(b, p, code) || (b->mac && CRYPTO_memcmp(code, icv_of(p), (size_t)b->icv_len))))
        return false;
    return cipher(b->decrypt, p);
}

/* ---- Combined modes. The tag is passed as a parameter, which is faster than EVP_CIPHER_CTX_ctrl. */

static bool get_tag(const struct bare *b, const struct codec_packet *p)
{
    OSSL_PARAM tag[] = {
        OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, icv_of(p), (size_t)b->icv_len),
        OSSL_PARAM_END,
    };
    return EVP_CIPHER_CTX_get_params(b->encrypt, tag);
}

static bool decrypt_init(const struct bare *b, const struct codec_packet *p)
{
    const OSSL_PARAM tag[] = {
        OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, icv_of(p), (size_t)b->icv_len),
        OSSL_PARAM_END,
    };
    return EVP_DecryptInit_ex2(b->decrypt, NULL, NULL, p->nonce, tag);
}

static bool aead_seal(struct bare *b, const struct codec_packet *p)
{
    EVP_CIPHER_CTX *ctx = b->encrypt;
    int n;
    return EVP_EncryptInit_ex2(ctx, NULL, NULL, p->nonce, NULL) && EVP_EncryptUpdate(ctx, NULL, &n, p->esp, HEAD_LEN) &&
           EVP_EncryptUpdate(ctx, p->payload, &n, p->payload, (int)p->text_len) &&
           EVP_EncryptFinal_ex(ctx, icv_of(p), &n) && get_tag(b, p);
}

static bool aead_open(struct bare *b, const struct codec_packet *p)
{
    EVP_CIPHER_CTX *ctx = b->decrypt;
    int n;
    return decrypt_init(b, p) && EVP_DecryptUpdate(ctx, NULL, &n, p->esp, HEAD_LEN) &&
           EVP_DecryptUpdate(ctx, p->payload, &n, p->payload, (int)p->text_len) &&
           EVP_DecryptFinal_ex(ctx, icv_of(p), &n);
}

static bool ccm_seal(struct bare *b, const struct codec_packet *p)
{
    EVP_CIPHER_CTX *ctx = b->encrypt;
    int n;
    return EVP_EncryptInit_ex2(ctx, NULL, NULL, p->nonce, NULL) &&
           EVP_EncryptUpdate(ctx, NULL, &n, NULL, (int)p->text_len) &&
           EVP_EncryptUpdate(ctx, NULL, &n, p->esp, HEAD_LEN) &&
           EVP_EncryptUpdate(ctx, p->payload, &n, p->payload, (int)p->text_len) && get_tag(b, p);
}

static bool ccm_open(struct bare *b, const struct codec_packet *p)
{
    EVP_CIPHER_CTX *ctx = b->decrypt;
    int n;
    return decrypt_init(b, p) && EVP_DecryptUpdate(ctx, NULL, &n, NULL, (int)p->text_len) &&
           EVP_DecryptUpdate(ctx, NULL, &n, p->esp, HEAD_LEN) &&
           EVP_DecryptUpdate(ctx, p->payload, &n, p->payload, (int)p->text_len);
}

/* All of the packet is additional data, in one piece. */
static bool gmac_seal(struct bare *b, const struct codec_packet *p)
{
    EVP_CIPHER_CTX *ctx = b->encrypt;
    int n;
    return EVP_EncryptInit_ex2(ctx, NULL, NULL, p->nonce, NULL) &&
           EVP_EncryptUpdate(ctx, NULL, &n, p->esp, (int)(icv_of(p) - p->esp)) &&
           EVP_EncryptFinal_ex(ctx, icv_of(p), &n) && get_tag(b, p);
}

static bool gmac_open(struct bare *b, const struct codec_packet *p)
{
    EVP_CIPHER_CTX *ctx = b->decrypt;
    int n;
    return decrypt_init(b, p) && EVP_DecryptUpdate(ctx, NULL, &n, p->esp, (int)(icv_of(p) - p->esp)) &&
           EVP_DecryptFinal_ex(ctx, icv_of(p), &n);
}

/* ---- Keys, once. */

/* Lengths are set before the key, as CCM needs it. Padding is turned off in the provider only: EVP's own flag for it
 * would cost a call in each packet. */
static EVP_CIPHER_CTX *cipher_keyed(const char *name, const uint8_t *key, int encrypting, size_t nonce_len,
                                    size_t tag_len)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    unsigned padding = 0;
    const OSSL_PARAM none[] = {OSSL_PARAM_END};
    const OSSL_PARAM no_padding[] = {
        OSSL_PARAM_construct_uint(OSSL_CIPHER_PARAM_PADDING, &padding),
        OSSL_PARAM_END,
    };
    const OSSL_PARAM lengths[] = {
        OSSL_PARAM_construct_size_t(OSSL_CIPHER_PARAM_AEAD_IVLEN, &nonce_len),
        OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, NULL, tag_len),
        OSSL_PARAM_END,
    };
    int mode = cipher ? EVP_CIPHER_get_mode(cipher) : 0;
    const OSSL_PARAM *params = mode == EVP_CIPH_CCM_MODE ? lengths : mode == EVP_CIPH_CBC_MODE ? no_padding : none;
    bool ok = cipher && ctx && EVP_CipherInit_ex2(ctx, cipher, NULL, NULL, encrypting, params) &&
              EVP_CipherInit_ex2(ctx, NULL, key, NULL, encrypting, NULL);
    EVP_CIPHER_free(cipher);
    if (ok)
        return ctx;
    EVP_CIPHER_CTX_free(ctx);
    return NULL;
}

static EVP_MAC_CTX *mac_keyed(const struct integ_alg *a, const uint8_t *key)
{
    bool is_hmac = !strncmp(a->m.name, "hmac", 4);
    char part[16];
    OPENSSL_strlcpy(part, a->evp, sizeof part);
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(is_hmac ? OSSL_MAC_PARAM_DIGEST : OSSL_MAC_PARAM_CIPHER, part, 0),
        OSSL_PARAM_END,
    };
    EVP_MAC *fetched = EVP_MAC_fetch(NULL, is_hmac ? "HMAC" : "CMAC", NULL);
    EVP_MAC_CTX *ctx = fetched ? EVP_MAC_CTX_new(fetched) : NULL;
    EVP_MAC_free(fetched);
    if (ctx && EVP_MAC_init(ctx, key, a->key_len, params))
        return ctx;
    EVP_MAC_CTX_free(ctx);
    return NULL;
}

static void choose_calls(struct bare *b, const struct suite *s)
{
    int mode = b->encrypt ? EVP_CIPHER_CTX_get_mode(b->encrypt) : 0;
    bool is_gmac = !strcmp(s->encr->m.name, "null-aes-gmac");
    b->seal = !s->encr->icv_len           ? then_mac_seal
              : is_gmac                   ? gmac_seal
              : mode == EVP_CIPH_CCM_MODE ? ccm_seal
                                          : aead_seal;
    b->open = !s->encr->icv_len           ? then_mac_open
              : is_gmac                   ? gmac_open
              : mode == EVP_CIPH_CCM_MODE ? ccm_open
                                          : aead_open;
}

static void bare_free(void *state)
{
    struct bare *b = state;
    if (!b)
        return;
    EVP_CIPHER_CTX_free(b->encrypt);
    EVP_CIPHER_CTX_free(b->decrypt);
    EVP_CIPHER_CTX_free(b->xcbc);
    EVP_MAC_CTX_free(b->mac);
    free(b);
}

static void *bare_make(const struct suite *s, const struct codec_keys *keys)
{
    struct bare *b = calloc(1, sizeof *b);
    if (!b)
        return NULL;
    bool ok = true;
    b->icv_len = (int)suite_icv_len(s);
    if (s->key_len) {
        const char *name = s->encr->evp[s->encr->key_lens[1] ? s->key_len / 8 - 2 : 0];
        size_t nonce_len = (size_t)s->encr->salt_len + 8;
        b->encrypt = cipher_keyed(name, keys->encr, 1, nonce_len, suite_icv_len(s));
        b->decrypt = cipher_keyed(name, keys->encr, 0, nonce_len, suite_icv_len(s));
        ok = b->encrypt && b->decrypt;
    }
    if (!strcmp(s->integ->m.name, "aes-xcbc-96"))
        ok = ok && (b->xcbc = cipher_keyed("AES-128-CBC", keys->integ, 1, 0, 0));
    else if (s->integ->key_len)
        ok = ok && (b->mac = mac_keyed(s->integ, keys->integ));
    choose_calls(b, s);
    if (ok)
        return b;
    bare_free(b);
    return NULL;
}

static bool bare_seal(void *state, const struct codec_packet *p)
{
    struct bare *b = state;
    return b->seal(b, p);
}

static bool bare_open(void *state, const struct codec_packet *p)
{
    struct bare *b = state;
    return b->open(b, p);
}

static void bare_rewind(void *state)
{
    (void)state;
}

const struct codec_side codec_bare = {
    "bare", "EVP alone, keys set once, IV per packet", bare_make, bare_free, bare_rewind, bare_seal, bare_open,
};
