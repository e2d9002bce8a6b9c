/* HMAC (RFC 2104) with the truncations of ESP. The key is as long as the digest. */
#include "models/crypto/evp.h"
#include "models/crypto/integ.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <string.h>

struct hmac {
    EVP_MAC_CTX *mac;
    size_t icv_len;
};

static void hmac_fini(void *ctx)
{
    struct hmac *h = ctx;
    if (h)
        EVP_MAC_CTX_free(h->mac);
    OPENSSL_free(h);
}

static bool hmac_init(const struct integ_alg *a, const uint8_t *key, void **ctx, struct err *e)
{
    ERR_clear_error();
    EVP_MD *digest = EVP_MD_fetch(NULL, a->evp, NULL);
    if (!digest)
        return evp_missing(a->m.name, a->evp, e);
    EVP_MD_free(digest); /* was only asked for, because HMAC's own failure would not name it */
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    if (!mac)
        return evp_missing(a->m.name, "HMAC", e);
    char name[16];
    OPENSSL_strlcpy(name, a->evp, sizeof name);
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0), OSSL_PARAM_END};
    struct hmac *h = OPENSSL_zalloc(sizeof *h);
    if (h) {
        h->icv_len = a->icv_len;
        h->mac = EVP_MAC_CTX_new(mac);
    }
    EVP_MAC_free(mac);
    if (h && h->mac && EVP_MAC_init(h->mac, key, a->key_len, params)) {
        *ctx = h;
        return true;
    }
    hmac_fini(h);
    return evp_refused(a->m.name, e);
}

static bool hmac_sum(void *ctx, const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len,
                     uint8_t icv[INTEG_ICV_CAP])
{
    struct hmac *h = ctx;
    uint8_t full[EVP_MAX_MD_SIZE];
    size_t full_len;
    if (!EVP_MAC_init(h->mac, NULL, 0, NULL) || !EVP_MAC_update(h->mac, a, a_len) ||
        (b_len && !EVP_MAC_update(h->mac, b, b_len)) || !EVP_MAC_final(h->mac, full, &full_len, sizeof full))
        return false;
    memcpy(icv, full, h->icv_len);
    return true;
}

#define HMAC .init = hmac_init, .fini = hmac_fini, .sum = hmac_sum

const struct integ_alg integ_hmac_md5_96 = {
    .m = {"hmac-md5-96", "HMAC with MD5, 96 bits (MD5 is broken; for old peers only)", "RFC 2403"},
    .evp = "MD5",
    .key_len = 16,
    .icv_len = 12,
    .wireshark = "HMAC-MD5-96 [RFC2403]",
    HMAC,
};

const struct integ_alg integ_hmac_sha1_96 = {
    .m = {"hmac-sha1-96", "HMAC with SHA-1, 96 bits", "RFC 2404"},
    .evp = "SHA1",
    .key_len = 20,
    .icv_len = 12,
    .wireshark = "HMAC-SHA-1-96 [RFC2404]",
    HMAC,
};

const struct integ_alg integ_hmac_sha2_256_128 = {
    .m = {"hmac-sha2-256-128", "HMAC with SHA-256, 128 bits", "RFC 4868"},
    .evp = "SHA2-256",
    .key_len = 32,
    .icv_len = 16,
    .wireshark = "HMAC-SHA-256-128 [RFC4868]",
    HMAC,
};

const struct integ_alg integ_hmac_sha2_384_192 = {
    .m = {"hmac-sha2-384-192", "HMAC with SHA-384, 192 bits", "RFC 4868"},
    .evp = "SHA2-384",
    .key_len = 48,
    .icv_len = 24,
    .wireshark = "HMAC-SHA-384-192 [RFC4868]",
    HMAC,
};

const struct integ_alg integ_hmac_sha2_512_256 = {
    .m = {"hmac-sha2-512-256", "HMAC with SHA-512, 256 bits", "RFC 4868"},
    .evp = "SHA2-512",
    .key_len = 64,
    .icv_len = 32,
    .wireshark = "HMAC-SHA-512-256 [RFC4868]",
    HMAC,
};

const struct integ_alg integ_hmac_sha2_256_96 = {
    .m = {"hmac-sha2-256-96", "HMAC with SHA-256, 96 bits, as old Linux kernels cut it",
          "draft-ietf-ipsec-ciph-sha-256-00"},
    .evp = "SHA2-256",
    .key_len = 32,
    .icv_len = 12,
    .wireshark = "HMAC-SHA-256-96 [draft-ietf-ipsec-ciph-sha-256-00]",
    HMAC,
};
