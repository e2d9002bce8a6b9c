/* evp.h - what the algorithm files share of OpenSSL EVP: fetching by name, with an error that helps, and the keyed
 * pair of cipher contexts behind every encryption algorithm. */
#ifndef ESPSIM_CRYPTO_EVP_H
#define ESPSIM_CRYPTO_EVP_H

#include "models/base/err.h"
#include "models/crypto/encr.h"

#include <openssl/core.h>
#include <openssl/evp.h>

#define EVP_NONCE_CAP 16

/* Says that OpenSSL lacks `evp`, and where it would be found; returns false. All algorithms of ESP that we know are in
 * OpenSSL 3's `default` provider, also the old ones (MD5, 3DES); builds and configurations may lack it or them. */
bool evp_missing(const char *alg, const char *evp, struct err *e);

/* Says that OpenSSL refused the key or the set-up of `alg`, with OpenSSL's own reason; returns false. */
bool evp_refused(const char *alg, struct err *e);

/* A context that is keyed once for each direction: per packet only the IV is set, so nothing is allocated. */
struct evp_pair {
    const struct encr_alg *alg;
    EVP_CIPHER_CTX *seal;
    EVP_CIPHER_CTX *open;
    uint8_t nonce[EVP_NONCE_CAP]; /* salt | IV [| first counter block of AES-CTR]; the IV changes per packet */
};

/* Gives a keyed pair in *pair. `params` (may be NULL) are set before the key: CCM's key set-up depends on them. */
bool evp_pair_new(const struct encr_alg *a, const uint8_t *key, size_t key_len, const uint8_t *salt,
                  const OSSL_PARAM *params, struct evp_pair **pair, struct err *e);
void evp_pair_free(void *pair);

/* salt | iv, borrowed from the pair until the next call. */
const uint8_t *evp_pair_nonce(struct evp_pair *p, const uint8_t iv[8]);

/* Members init, seal and open of combined modes whose calls are: IV, AAD, text, tag. */
bool evp_aead_init(const struct encr_alg *a, const uint8_t *key, size_t key_len, const uint8_t *salt, void **ctx,
                   struct err *e);
bool evp_aead_seal(void *ctx, const struct encr_call *c);
bool evp_aead_open(void *ctx, const struct encr_call *c);

#endif
