/* integ.h - integrity algorithms of ESP as a family: one file integ_NAME.c and one line in integ.c each. */
#ifndef ESPSIM_CRYPTO_INTEG_H
#define ESPSIM_CRYPTO_INTEG_H

#include "models/base/family.h"

#include <stddef.h>
#include <stdint.h>

#define INTEG_KEY_CAP 64
#define INTEG_ICV_CAP 32

struct integ_alg {
    struct member m;
    const char *evp;       /* name of the digest or cipher in OpenSSL */
    uint8_t key_len;       /* octets */
    uint8_t icv_len;       /* octets after truncation */
    bool fills_key;        /* a shorter key is the same as one filled up with zeros (HMAC: RFC 2104 section 2) */
    const char *kernel;    /* name in Linux; NULL for none */
    const char *ike;       /* keyword in strongSwan's proposals; NULL for none */
    const char *wireshark; /* name in esp_sa of Wireshark 4.0 */
    /* A keyed context, given to the caller in *ctx; false and `e` on failure. */
    bool (*init)(const struct integ_alg *a, const uint8_t *key, void **ctx, struct err *e);
    void (*fini)(void *ctx);
    /* The first icv_len octets of the code over a, then b (b is the high half of an ESN, or empty). */
    bool (*sum)(void *ctx, const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len, uint8_t icv[INTEG_ICV_CAP]);
};

extern const struct family integ_family; /* `none` is a member with lengths 0 */

#endif
