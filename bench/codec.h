/* codec.h - what bench_codec compares: sides that seal and open the same packets.
 *
 * A packet lies in a buffer with room on both ends (models/base/buf.h), so that a side may put headers in front:
 *
 *     headroom ... SPI | sequence number (8)   IV   payload | padding | pad length | next header   ICV ... tailroom
 *                  ^esp                             ^payload
 *
 * Before seal, everything but the ICV is there, and the payload is an IPv4 packet; a side that makes head, IV and
 * trailer itself writes over them. The payload never moves.
 */
#ifndef ESPSIM_BENCH_CODEC_H
#define ESPSIM_BENCH_CODEC_H

#include "models/crypto/suite.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct codec_keys {
    uint8_t encr[ENCR_KEY_CAP];
    uint8_t salt[ENCR_SALT_CAP];
    uint8_t integ[INTEG_KEY_CAP];
};

struct codec_packet {
    uint8_t *store;
    size_t store_len;
    uint8_t *esp;
    uint8_t *payload;
    size_t payload_len;
    size_t text_len;   /* from the payload to the next header */
    uint8_t nonce[16]; /* the IV as the cipher takes it: salt and block counter included */
};

struct codec_side {
    const char *name;
    const char *what;
    /* Gives a keyed state for one suite; NULL where this side cannot do the suite. */
    void *(*make)(const struct suite *s, const struct codec_keys *keys);
    void (*free)(void *state);
    void (*rewind)(void *state); /* forgets what was sealed and opened; not timed */
    bool (*seal)(void *state, const struct codec_packet *p);
    bool (*open)(void *state, const struct codec_packet *p);
};

extern const struct codec_side codec_packet; /* espsim, whole packets */
extern const struct codec_side codec_crypt;  /* espsim, cryptography alone */
extern const struct codec_side codec_bare;   /* the shortest loop over EVP: the yardstick */

#endif
