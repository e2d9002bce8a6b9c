/* crypt.h - the cryptographic half of an SA: encryption and integrity by OpenSSL EVP, keyed once, used per packet.
 *
 * What an algorithm is stands in encr.h and integ.h (one descriptor file and one line in the table each); here they
 * are joined to what ESP needs: seal and open one text in place, with everything the algorithms must bind to it.
 * Nothing here knows ESP's layout except the four facts in struct crypt_text. No allocation per packet.
 */
#ifndef ESPSIM_CRYPTO_CRYPT_H
#define ESPSIM_CRYPTO_CRYPT_H

#include "models/base/err.h"
#include "models/crypto/encr.h"
#include "models/crypto/integ.h"

#include <stddef.h>
#include <stdint.h>

/* Algorithms with their sizes, before there are keys. A suite is named encryption-keybits[-integrity]:
 * aes-gcm-16-128, aes-cbc-128-hmac-sha2-256-128, chacha20-poly1305-256, null-hmac-sha1-96 (null has no key bits),
 * and with implicit IV (RFC 8750) aes-gcm-16-iiv-128. */
struct suite {
    const struct encr_alg *encr;
    const struct integ_alg *integ; /* never NULL: `none` for combined modes */
    size_t key_len;                /* octets of the encryption key, without salt */
};

#define SUITE_NAME_CAP 64

bool suite_parse(const char *name, struct suite *s, struct err *e);
const char *suite_name(const struct suite *s, char name[SUITE_NAME_CAP]);
/* A combined mode with separate integrity, a key length the algorithm does not have, ...: false and why. */
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

/* A walk over every suite that exists (each algorithm x key length x integrity), for lists and tests:
 * start with *at = 0; false at the end. */
bool suite_next(size_t *at, struct suite *s);

struct crypt; /* keyed contexts of one direction of one SA */

/* Keys are copied into OpenSSL's contexts. `key` is suite.key_len octets, `salt` encr->salt_len, `integ_key`
 * integ->key_len. False where a length is wrong or OpenSSL lacks the algorithm (says which provider would have it). */
bool crypt_new(const struct suite *s, const uint8_t *key, size_t key_len, const uint8_t *salt, size_t salt_len,
               const uint8_t *integ_key, size_t integ_key_len, struct crypt **c, struct err *e);
void crypt_free(struct crypt *c);

/* One packet: `head` is the 8 octets SPI | low sequence number; the IV follows them, the text the IV, the ICV the
 * text, without gaps, all in one buffer (RFC 4303 section 2). */
struct crypt_text {
    uint8_t *head;   /* start of ESP; 8 octets */
    size_t text_len; /* payload + padding + pad length + next header */
    bool esn;        /* bind the high half (RFC 4303 2.2.1; RFC 4106 section 5 for AEAD) */
    uint32_t seq_hi; /* high 32 bits of the sequence number */
};

/* Encrypts the text and writes the ICV. The IV of suite_iv_len octets already stands in the packet; where it is
 * implicit (iv_len 0, RFC 8750) it is made from the sequence number. False only when OpenSSL fails. */
bool crypt_seal(struct crypt *c, const struct crypt_text *t);

/* Verifies the ICV (constant time), then decrypts the text in place. False: the ICV does not match; the octets of
 * the text are then undefined. */
bool crypt_open(struct crypt *c, const struct crypt_text *t);

#endif
