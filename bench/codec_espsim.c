#include "bench/codec.h"

#include "models/crypto/crypt.h"

#include <stdio.h>
#include <stdlib.h>

static void *espsim_make(const struct suite *s, const struct codec_keys *keys)
{
    struct crypt *c;
    struct err e;
    if (crypt_new(s, keys->encr, s->key_len, keys->salt, s->encr->salt_len, keys->integ, s->integ->key_len, &c, &e))
        return c;
    fprintf(stderr, "bench_codec: %s\n", e.text);
    return NULL;
}

static void espsim_free(void *state)
{
    crypt_free(state);
}

static bool espsim_seal(void *state, const struct codec_packet *p)
{
    struct crypt_text t = {p->esp, p->text_len, false, 0};
    return crypt_seal(state, &t);
}

static bool espsim_open(void *state, const struct codec_packet *p)
{
    struct crypt_text t = {p->esp, p->text_len, false, 0};
    return crypt_open(state, &t);
}

const struct codec_side codec_espsim = {"espsim", espsim_make, espsim_free, espsim_seal, espsim_open};
