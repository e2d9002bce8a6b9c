#include "models/traffic/payload.h"
#include "models/base/rng.h"

#include <string.h>

void payload_init(struct payload *p, uint64_t seed)
{
    struct rng r;
    rng_init(&r, seed, "payload");
    p->seed = rng_u64(&r);
    rng_fill(&r, p->lap, sizeof p->lap);
}

struct mask {
    uint8_t bytes[8];
};

/* The mask of a lap, its octets in an order that does not depend on the machine. */
static struct mask mask_of(const struct payload *p, uint32_t flow, uint64_t lap)
{
    uint64_t z = p->seed + flow * 0x9e3779b97f4a7c15u + lap * 0xd1342543de82ef95u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    struct mask m;
    for (int i = 0; i < 8; i++)
        m.bytes[i] = (uint8_t)(z >> 8 * i);
    return m;
}

/* A part of one lap: octets at .. at + len. */
static void fill_in_lap(const struct payload *p, const struct mask *m, size_t at, uint8_t *to, size_t len)
{
    struct mask turned; /* so that whole words can be taken from `at` on */
    for (size_t i = 0; i < 8; i++)
        turned.bytes[i] = m->bytes[(at + i) % 8];
    uint64_t mask, word;
    memcpy(&mask, turned.bytes, 8);
    size_t i = 0;
    for (; i + 8 <= len; i += 8) {
        memcpy(&word, p->lap + at + i, 8);
        word ^= mask;
        memcpy(to + i, &word, 8);
    }
    for (; i < len; i++)
        to[i] = p->lap[at + i] ^ turned.bytes[i % 8];
}

void payload_fill(const struct payload *p, uint32_t flow, uint64_t offset, void *bytes, size_t len)
{
    uint8_t *to = bytes;
    while (len) {
        size_t at = offset % PAYLOAD_LAP, part = PAYLOAD_LAP - at < len ? PAYLOAD_LAP - at : len;
        struct mask m = mask_of(p, flow, offset / PAYLOAD_LAP);
        fill_in_lap(p, &m, at, to, part);
        to += part;
        offset += part;
        len -= part;
    }
}

size_t payload_match(const struct payload *p, uint32_t flow, uint64_t offset, const void *bytes, size_t len)
{
    const uint8_t *got = bytes;
    uint8_t want[256];
    for (size_t at = 0; at < len;) {
        size_t part = len - at < sizeof want ? len - at : sizeof want;
        payload_fill(p, flow, offset + at, want, part);
        if (memcmp(got + at, want, part) != 0) {
            for (size_t i = 0;; i++)
                if (got[at + i] != want[i])
                    return at + i;
        }
        at += part;
    }
    return len;
}
