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

/* The mask as a word, turned so that words can be taken from octet `at` of the lap on. */
static uint64_t turned(const struct mask *m, size_t at)
{
    uint8_t bytes[8];
    uint64_t word;
    for (size_t i = 0; i < 8; i++)
        bytes[i] = m->bytes[(at + i) % 8];
    memcpy(&word, bytes, 8);
    return word;
}

static inline uint64_t word_at(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, 8);
    return word;
}

/* A part of one lap: octets at .. at + len. */
static void fill_in_lap(const struct payload *p, const struct mask *m, size_t at, uint8_t *to, size_t len)
{
    uint64_t mask = turned(m, at), word;
    const uint8_t *from = p->lap + at;
    size_t i = 0;
    for (; i + 8 <= len; i += 8) {
        word = word_at(from + i) ^ mask;
        memcpy(to + i, &word, 8);
    }
    for (; i < len; i++)
        to[i] = from[i] ^ m->bytes[(at + i) % 8];
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

/* How many octets of a part of one lap are right, from its beginning. */
static size_t match_in_lap(const struct payload *p, const struct mask *m, size_t at, const uint8_t *got, size_t len)
{
    uint64_t mask = turned(m, at);
    const uint8_t *lap = p->lap + at;
    size_t i = 0;
    while (i + 8 <= len && word_at(got + i) == (word_at(lap + i) ^ mask))
        i += 8;
    while (i < len && got[i] == (lap[i] ^ m->bytes[(at + i) % 8]))
        i++;
    return i;
}

size_t payload_match(const struct payload *p, uint32_t flow, uint64_t offset, const void *bytes, size_t len)
{
    const uint8_t *got = bytes;
    size_t done = 0;
    while (done < len) {
        size_t at = (offset + done) % PAYLOAD_LAP, left = len - done;
        size_t part = PAYLOAD_LAP - at < left ? PAYLOAD_LAP - at : left;
        struct mask m = mask_of(p, flow, (offset + done) / PAYLOAD_LAP);
        size_t good = match_in_lap(p, &m, at, got + done, part);
        done += good;
        if (good < part)
            break;
    }
    return done;
}
