/* evp_pair.h - the keyed EVP contexts of an encryption algorithm, one for each direction, and the calls that most
 * algorithms share. Keyed once; per packet only the IV is set, so nothing is allocated. */
#ifndef ESPSIM_CRYPTO_EVP_PAIR_H
#define ESPSIM_CRYPTO_EVP_PAIR_H

#include "models/crypto/encr.h"

#include <openssl/core.h>
#include <openssl/evp.h>

#define EVP_NONCE_CAP 16

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

/* Begin a packet of a combined mode: the nonce (salt | IV) and, to open, the ICV to be compared. */
bool evp_pair_start_seal(struct evp_pair *p, const struct encr_call *c);
bool evp_pair_start_open(struct evp_pair *p, const struct encr_call *c);
/* Ends what start_seal began: writes the ICV. */
bool evp_pair_write_icv(struct evp_pair *p, const struct encr_call *c);

/* Members init, seal and open of ciphers without ICV; the nonce is the IV, or salt | IV where there is a salt. */
bool evp_cipher_init(const struct encr_alg *a, const uint8_t *key, size_t key_len, const uint8_t *salt, void **ctx,
                     struct err *e);
bool evp_cipher_seal(void *ctx, const struct encr_call *c);
bool evp_cipher_open(void *ctx, const struct encr_call *c);

/* Members init, seal and open of combined modes that are called with: nonce (salt | IV), AAD, text, tag. */
bool evp_aead_init(const struct encr_alg *a, const uint8_t *key, size_t key_len, const uint8_t *salt, void **ctx,
                   struct err *e);
bool evp_aead_seal(void *ctx, const struct encr_call *c);
bool evp_aead_open(void *ctx, const struct encr_call *c);

#endif
