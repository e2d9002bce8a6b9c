/* encr.h - encryption algorithms of ESP as a family: one file encr_NAME.c and one line in encr.c each. */
#ifndef ESPSIM_CRYPTO_ENCR_H
#define ESPSIM_CRYPTO_ENCR_H

#include "models/base/family.h"

#include <stddef.h>
#include <stdint.h>

#define ENCR_KEY_CAP  32
#define ENCR_SALT_CAP 4
#define ENCR_IV_CAP   16
#define ENCR_ICV_CAP  16

/* How the sender must choose IVs. */
enum encr_iv_rule {
    IV_NONE,          /* no IV on the wire and none needed */
    IV_COUNTER,       /* any value, never twice under a key (RFC 4106, 3686, 4309, 7634) */
    IV_UNPREDICTABLE, /* random (RFC 3602 section 2.1) */
    IV_IMPLICIT       /* the sequence number; nothing on the wire (RFC 8750) */
};

/* One call of an algorithm; all pointers are borrowed. For a combined mode, aad and icv are set; otherwise they are
 * NULL. */
struct encr_call {
    const uint8_t *iv;  /* 8 or 16 octets as on the wire (implicit: 8 made from the sequence number) */
    const uint8_t *aad; /* SPI | sequence number, 8 octets, or 12 with ESN */
    size_t aad_len;
    uint8_t *text;   /* in place */
    size_t text_len; /* a multiple of `block`, not 0 */
    uint8_t *icv;    /* icv_len octets: written by seal, compared by open */
};

struct encr_alg {
    struct member m;
    uint8_t key_lens[4]; /* octets, 0-terminated; {0} for null */
    const char *evp[3];  /* name in OpenSSL, for each key length */
    uint8_t salt_len;    /* octets of key material after the key */
    uint8_t iv_len;      /* octets on the wire */
    uint8_t block;       /* octets, a power of two; 1 for stream-like */
    uint8_t icv_len;     /* octets; 0: needs separate integrity */
    bool clear;          /* the text is sent as it is */
    enum encr_iv_rule iv_rule;
    const struct encr_alg *with_iv; /* IV_IMPLICIT: the algorithm that it is with the IV in each packet; else NULL */
    const char *kernel;             /* name in Linux, or NULL where it has none */
    const char *ike;                /* keyword in strongSwan's proposals, %u for the key's bits; NULL with `kernel` */
    const char *wireshark;          /* name in esp_sa of Wireshark 4.0, or NULL where it has none */
    const char *wireshark_newer;    /* name in later ones, where 4.0 has none; or NULL */
    /* A keyed context for both directions, given to the caller in *ctx; false and `e` on failure. Both lengths fit. */
    bool (*init)(const struct encr_alg *a, const uint8_t *key, size_t key_len, const uint8_t *salt, void **ctx,
                 struct err *e);
    void (*fini)(void *ctx);
    bool (*seal)(void *ctx, const struct encr_call *c);
    bool (*open)(void *ctx, const struct encr_call *c); /* false: ICV mismatch */
};

extern const struct family encr_family;

#endif
