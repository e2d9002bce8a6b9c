/* cursor.h - byte cursors: the only place that knows byte order.
 *
 * A reader or writer lives on the stack and borrows a buffer. Its error sticks: after the first field that does not
 * fit, `ok` is false, readers give zeros and writers write nothing. Take all fields, then ask `ok` once.
 * All numbers are big-endian (network order) unless the name ends in `le`.
 */
#ifndef ESPSIM_BASE_CURSOR_H
#define ESPSIM_BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct rd {
    const uint8_t *at;  /* next octet */
    const uint8_t *end; /* one past the last octet */
    bool ok;
};

struct wr {
    uint8_t *at;
    uint8_t *end;
    bool ok;
};

static inline struct rd rd_over(const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    return (struct rd){at, at + len, true};
}

static inline size_t rd_left(const struct rd *r)
{
    return (size_t)(r->end - r->at);
}

/* Borrows n octets of the buffer, or gives NULL and spoils the cursor. */
static inline const uint8_t *rd_bytes(struct rd *r, size_t n)
{
    if (!r->ok || rd_left(r) < n) {
        r->ok = false;
        return NULL;
    }
    const uint8_t *bytes = r->at;
    r->at += n;
    return bytes;
}

static inline uint64_t rd_be(struct rd *r, size_t n)
{
    const uint8_t *bytes = rd_bytes(r, n);
    uint64_t value = 0;
    for (size_t i = 0; bytes && i < n; i++)
        value = value << 8 | bytes[i];
    return value;
}

static inline uint8_t rd_u8(struct rd *r)
{
    return (uint8_t)rd_be(r, 1);
}

static inline uint16_t rd_u16(struct rd *r)
{
    return (uint16_t)rd_be(r, 2);
}

static inline uint32_t rd_u32(struct rd *r)
{
    return (uint32_t)rd_be(r, 4);
}

static inline uint64_t rd_u64(struct rd *r)
{
    return rd_be(r, 8);
}

static inline void rd_skip(struct rd *r, size_t n)
{
    rd_bytes(r, n);
}

static inline struct wr wr_over(void *bytes, size_t len)
{
    uint8_t *at = bytes;
    return (struct wr){at, at + len, true};
}

static inline size_t wr_left(const struct wr *w)
{
    return (size_t)(w->end - w->at);
}

/* Reserves n octets for the caller to fill, or gives NULL and spoils the cursor. */
static inline uint8_t *wr_space(struct wr *w, size_t n)
{
    if (!w->ok || wr_left(w) < n) {
        w->ok = false;
        return NULL;
    }
    uint8_t *bytes = w->at;
    w->at += n;
    return bytes;
}

static inline void wr_be(struct wr *w, uint64_t value, size_t n)
{
    uint8_t *bytes = wr_space(w, n);
    for (size_t i = 0; bytes && i < n; i++)
        bytes[i] = (uint8_t)(value >> (8 * (n - 1 - i)));
}

static inline void wr_u8(struct wr *w, uint8_t value)
{
    wr_be(w, value, 1);
}

static inline void wr_u16(struct wr *w, uint16_t value)
{
    wr_be(w, value, 2);
}

static inline void wr_u32(struct wr *w, uint32_t value)
{
    wr_be(w, value, 4);
}

static inline void wr_u64(struct wr *w, uint64_t value)
{
    wr_be(w, value, 8);
}

static inline void wr_bytes(struct wr *w, const void *bytes, size_t n)
{
    uint8_t *to = wr_space(w, n);
    if (to && n)
        memcpy(to, bytes, n);
}

#endif
