/* The cryptographic half alone: crypt_seal and crypt_open. */
#include "bench/codec.h"

#include "models/crypto/crypt.h"

#include <stdio.h>
#include <stdlib.h>

static void *crypt_side_make(const struct suite *s, const struct codec_keys *keys)
{
    struct crypt *c;
    struct err e;
    if (crypt_new(s, keys->encr, s->key_len, keys->salt, s->encr->salt_len, keys->integ, s->integ->key_len, &c, &e))
        return c;
    fprintf(stderr, "bench_codec: %s\n", e.text);
    return NULL;
}

static void crypt_side_free(void *state)
{
    crypt_free(state);
}

static bool crypt_side_seal(void *state, const struct codec_packet *p)
{
    struct crypt_text t = {p->esp, p->text_len, false, 0};
    return crypt_seal(state, &t);
}

static bool crypt_side_open(void *state, const struct codec_packet *p)
{
    struct crypt_text t = {p->esp, p->text_len, false, 0};
    return crypt_open(state, &t);
}

static void crypt_side_rewind(void *state)
{
    (void)state; /* it has no memory of packets */
}

const struct codec_side codec_crypt = {
    "crypt",           "models/crypto: encryption and integrity, in place",
    crypt_side_make,   crypt_side_free,
    crypt_side_rewind, crypt_side_seal,
    crypt_side_open,
};
