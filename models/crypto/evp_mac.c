#include "models/crypto/evp_mac.h"

#include "models/crypto/evp.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

struct keyed_mac {
    EVP_MAC_CTX *mac;
    size_t icv_len;
};

/* EVP_MAC_init says only that it failed, so the part that may be missing is asked for by itself. */
static bool part_is_there(const char *evp)
{
    EVP_MD *digest = EVP_MD_fetch(NULL, evp, NULL);
    EVP_CIPHER *cipher = digest ? NULL : EVP_CIPHER_fetch(NULL, evp, NULL);
    bool there = digest || cipher;
    EVP_MD_free(digest);
    EVP_CIPHER_free(cipher);
    return there;
}

bool evp_mac_new(const struct integ_alg *a, const char *mac, const char *param, const uint8_t *key, void **ctx,
                 struct err *e)
{
    ERR_clear_error();
    if (!part_is_there(a->evp))
        return evp_missing(a->m.name, a->evp, e);
    EVP_MAC *fetched = EVP_MAC_fetch(NULL, mac, NULL);
    if (!fetched)
        return evp_missing(a->m.name, mac, e);
    char part[16];
    OPENSSL_strlcpy(part, a->evp, sizeof part);
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(param, part, 0), OSSL_PARAM_END};
    struct keyed_mac *k = OPENSSL_zalloc(sizeof *k);
    if (k) {
        k->icv_len = a->icv_len;
        k->mac = EVP_MAC_CTX_new(fetched);
    }
    EVP_MAC_free(fetched); /* the context holds its own reference */
    if (k && k->mac && EVP_MAC_init(k->mac, key, a->key_len, params)) {
        *ctx = k;
        return true;
    }
    evp_mac_free(k);
    return evp_refused(a->m.name, e);
}

void evp_mac_free(void *ctx)
{
    struct keyed_mac *k = ctx;
    if (k)
        EVP_MAC_CTX_free(k->mac);
    OPENSSL_free(k);
}

bool evp_mac_sum(void *ctx, const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len, uint8_t icv[INTEG_ICV_CAP])
{
    struct keyed_mac *k = ctx;
    uint8_t full[EVP_MAX_MD_SIZE];
    size_t full_len;
    /* Without a key, init starts anew under the key that is there. */
    if (!EVP_MAC_init(k->mac, NULL, 0, NULL) || !EVP_MAC_update(k->mac, a, a_len) ||
        (b_len && !EVP_MAC_update(k->mac, b, b_len)) || !EVP_MAC_final(k->mac, full, &full_len, sizeof full))
        return false;
    memcpy(icv, full, k->icv_len);
    return true;
}
