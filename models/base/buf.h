/* buf.h - a packet in memory that can grow at both ends without being copied. */
#ifndef ESPSIM_BASE_BUF_H
#define ESPSIM_BASE_BUF_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The octets data[0..len) lie inside base[0..cap). The struct borrows `base`; who made it frees it. */
struct buf {
    uint8_t *base;
    size_t cap;
    uint8_t *data;
    size_t len;
};

/* Room that every maker of a struct buf leaves in front and behind, so that ESP fits in place:
 * outer IPv6 (40) + UDP (8) + ESP (8) + IV (16), rounded up; behind: padding (255) + trailer (2) + ICV (32) + TFC is
 * checked against buf_tail by the sealer. */
#define BUF_HEADROOM 128
#define BUF_TAILROOM 320

static inline struct buf buf_over(uint8_t *base, size_t cap, size_t headroom, size_t len)
{
    assert(headroom + len <= cap);
    return (struct buf){base, cap, base + headroom, len};
}

static inline size_t buf_head(const struct buf *b)
{
    return (size_t)(b->data - b->base);
}

static inline size_t buf_tail(const struct buf *b)
{
    return b->cap - buf_head(b) - b->len;
}

/* Opens n octets in front; the caller fills them. n must fit (buf_head). */
static inline uint8_t *buf_push(struct buf *b, size_t n)
{
    assert(buf_head(b) >= n);
    b->data -= n;
    b->len += n;
    return b->data;
}

/* Drops n octets at the front. */
static inline void buf_pull(struct buf *b, size_t n)
{
    assert(b->len >= n);
    b->data += n;
    b->len -= n;
}

/* Opens n octets behind; the caller fills them. n must fit (buf_tail). */
static inline uint8_t *buf_put(struct buf *b, size_t n)
{
    assert(buf_tail(b) >= n);
    uint8_t *at = b->data + b->len;
    b->len += n;
    return at;
}

/* Keeps the first n octets. */
static inline void buf_trim(struct buf *b, size_t n)
{
    assert(n <= b->len);
    b->len = n;
}

#endif
