/* suite.h - an encryption algorithm with a key length and an integrity algorithm, before there are keys.
 *
 * A suite is named encryption-keybits[-integrity]: aes-gcm-16-128, aes-cbc-128-hmac-sha2-256-128,
 * chacha20-poly1305-256, null-hmac-sha1-96 (null has no key bits), and with implicit IV (RFC 8750)
 * aes-gcm-16-iiv-128. Integrity `none` is not named.
 */
#ifndef ESPSIM_CRYPTO_SUITE_H
#define ESPSIM_CRYPTO_SUITE_H

#include "models/base/err.h"
#include "models/crypto/encr.h"
#include "models/crypto/integ.h"

#include <stddef.h>

struct suite {
    const struct encr_alg *encr;
    const struct integ_alg *integ; /* never NULL: `none` for combined modes */
    size_t key_len;                /* octets of the encryption key, without salt */
};

#define SUITE_NAME_CAP 64

bool suite_parse(const char *name, struct suite *s, struct err *e);
const char *suite_name(const struct suite *s, char name[SUITE_NAME_CAP]);
/* False and why: a key length that the algorithm does not have, a combined mode with separate integrity. A suite
 * without integrity, `null` alone even, is a thing to measure and to test with, though RFC 4303 3.2 forbids using it.
 */
bool suite_check(const struct suite *s, struct err *e);

static inline size_t suite_iv_len(const struct suite *s) /* octets on the wire */
{
    return s->encr->iv_len;
}

static inline size_t suite_icv_len(const struct suite *s) /* octets on the wire */
{
    return s->encr->icv_len ? s->encr->icv_len : s->integ->icv_len;
}

static inline size_t suite_align(const struct suite *s) /* of payload + padding + trailer, RFC 4303 2.4 */
{
    return s->encr->block > 4 ? s->encr->block : 4;
}

/* Octets from `len` to the next multiple of the alignment. By a mask, since it stands on the path of every packet. */
static inline size_t suite_pad_len(const struct suite *s, size_t len)
{
    return -len & (suite_align(s) - 1);
}

/* A walk over every suite that exists (each algorithm x key length x integrity), for lists and tests:
 * start with *at = 0; false at the end. */
bool suite_next(size_t *at, struct suite *s);

#endif
