/* crypt.h - the cryptographic half of an SA: encryption and integrity by OpenSSL EVP, keyed once, used per packet.
 *
 * What an algorithm is stands in encr.h and integ.h (one descriptor file and one line in the table each); here they
 * are joined to what ESP needs: seal and open one text in place, with everything the algorithms must bind to it.
 * Nothing here knows ESP's layout except the four facts in struct crypt_text. No allocation per packet.
 */
#ifndef ESPSIM_CRYPTO_CRYPT_H
#define ESPSIM_CRYPTO_CRYPT_H

#include "models/base/err.h"
#include "models/crypto/suite.h"

#include <stddef.h>
#include <stdint.h>

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
    size_t text_len; /* payload + padding + pad length + next header; not 0, a multiple of the cipher's block */
    bool esn;        /* bind the high half (RFC 4303 2.2.1; RFC 4106 section 5 for combined modes) */
    uint32_t seq_hi; /* high 32 bits of the sequence number */
};

/* Encrypts the text and writes the ICV. The IV of suite_iv_len octets already stands in the packet; where it is
 * implicit (iv_len 0, RFC 8750) it is made from the sequence number. False only when OpenSSL fails. */
bool crypt_seal(struct crypt *c, const struct crypt_text *t);

/* Verifies the ICV (constant time) and decrypts the text in place. False: the ICV does not match, or text_len is not
 * one that crypt_seal makes; the octets of the text are then undefined. */
bool crypt_open(struct crypt *c, const struct crypt_text *t);

#endif
