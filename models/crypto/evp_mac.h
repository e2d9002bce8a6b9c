/* evp_mac.h - the keyed EVP_MAC context of an integrity algorithm: what HMAC and CMAC share. */
#ifndef ESPSIM_CRYPTO_EVP_MAC_H
#define ESPSIM_CRYPTO_EVP_MAC_H

#include "models/crypto/integ.h"

/* Gives a keyed context of OpenSSL's `mac` in *ctx. `param` is the parameter of `mac` that takes the algorithm's evp
 * (OSSL_MAC_PARAM_DIGEST or OSSL_MAC_PARAM_CIPHER). */
bool evp_mac_new(const struct integ_alg *a, const char *mac, const char *param, const uint8_t *key, void **ctx,
                 struct err *e);

/* Members fini and sum. No allocation of ours; OpenSSL 3.0 itself makes two small ones in each HMAC. */
void evp_mac_free(void *ctx);
bool evp_mac_sum(void *ctx, const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len, uint8_t icv[INTEG_ICV_CAP]);

#endif
