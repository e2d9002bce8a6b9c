/* Whole ESP packets, as a gateway makes them in tunnel mode over IPv4: the inner packet is read, outer header, ESP
 * header, number, IV, padding and ICV are written; inbound, the outer packet is read, the window asked, the ICV
 * verified, the window moved, and padding and header taken off. The lookup of the SA is not in it. */
#include "bench/codec.h"

#include "models/base/rng.h"
#include "models/ipsec/open.h"
#include "models/ipsec/seal.h"
#include "models/wire/esp.h"
#include "models/wire/ipv4.h"

#include <stdio.h>
#include <stdlib.h>

struct packet_side {
    struct sa *out, *in;
    struct rng rng; /* IVs of CBC; the system's generator is not what is measured here */
};

static void draw(void *ctx, uint8_t *bytes, size_t len)
{
    rng_fill(ctx, bytes, len);
}

static void packet_free(void *state)
{
    struct packet_side *side = state;
    sa_free(side->out);
    sa_free(side->in);
    free(side);
}

static void *packet_make(const struct suite *s, const struct codec_keys *keys)
{
    struct packet_side *side = calloc(1, sizeof *side);
    struct sa_params p;
    struct err e;
    if (!side)
        return NULL;
    rng_init(&side->rng, 1, "IVs");
    sa_params_init(&p);
    p.spi = 0x1000;
    p.mode = mode_get("tunnel");
    p.suite = *s;
    memcpy(p.key, keys->encr, sizeof p.key);
    memcpy(p.salt, keys->salt, sizeof p.salt);
    memcpy(p.integ_key, keys->integ, sizeof p.integ_key);
    addr_take(&p.src, 4, (const uint8_t[]){192, 0, 2, 1});
    addr_take(&p.dst, 4, (const uint8_t[]){192, 0, 2, 2});
    p.random = draw;
    p.random_ctx = &side->rng;
    if (sa_new(&p, &side->out, &e) && sa_new(&p, &side->in, &e))
        return side;
    fprintf(stderr, "bench_codec: %s\n", e.text);
    packet_free(side);
    return NULL;
}

/* The same numbers again, so that the batch can be opened once more. */
static void packet_rewind(void *state)
{
    struct packet_side *side = state;
    side->out->next_seq = 1;
    replay_init(&side->in->replay, side->in->p.replay_window, false, 1);
}

static bool packet_seal(void *state, const struct codec_packet *p)
{
    struct packet_side *side = state;
    struct buf b = buf_over(p->store, p->store_len, (size_t)(p->payload - p->store), p->payload_len);
    struct ip_view v;
    return ip_parse(b.data, b.len, &v) && !seal(side->out, &b, &v, 0, NULL, NULL);
}

static bool packet_open(void *state, const struct codec_packet *p)
{
    struct packet_side *side = state;
    const struct suite *s = &side->in->p.suite;
    size_t front = IPV4_HEAD_LEN + ESP_HEAD_LEN + suite_iv_len(s);
    struct buf b = buf_over(p->store, p->store_len, (size_t)(p->payload - p->store) - front,
                            front + p->text_len + suite_icv_len(s));
    struct located at;
    return !locate(&b, NULL, NULL, &at) && !open_esp(side->in, &b, &at, 0, NULL) && b.len == p->payload_len;
}

const struct codec_side codec_packet = {
    "packet",      "models/ipsec: whole ESP packets, tunnel mode over IPv4",
    packet_make,   packet_free,
    packet_rewind, packet_seal,
    packet_open,
};
