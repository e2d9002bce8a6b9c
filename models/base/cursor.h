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

static inline uint8_t rd_u8(struct rd *r)
{
    const uint8_t *b = rd_bytes(r, 1);
    return b ? b[0] : 0;
}

static inline uint16_t rd_u16(struct rd *r)
{
    const uint8_t *b = rd_bytes(r, 2);
    return b ? (uint16_t)(b[0] << 8 | b[1]) : 0;
}

static inline uint32_t rd_u32(struct rd *r)
{
    const uint8_t *b = rd_bytes(r, 4);
    return b ? (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3] : 0;
}

static inline uint64_t rd_u64(struct rd *r)
{
    uint64_t high = rd_u32(r);
    return high << 32 | rd_u32(r);
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

static inline void wr_u8(struct wr *w, uint8_t value)
{
    uint8_t *b = wr_space(w, 1);
    if (b)
        b[0] = value;
}

static inline void wr_u16(struct wr *w, uint16_t value)
{
    uint8_t *b = wr_space(w, 2);
    if (b) {
        b[0] = (uint8_t)(value >> 8);
        b[1] = (uint8_t)value;
    }
}

static inline void wr_u32(struct wr *w, uint32_t value)
{
    uint8_t *b = wr_space(w, 4);
    if (b) {
        b[0] = (uint8_t)(value >> 24);
        b[1] = (uint8_t)(value >> 16);
        b[2] = (uint8_t)(value >> 8);
        b[3] = (uint8_t)value;
    }
}

static inline void wr_u64(struct wr *w, uint64_t value)
{
    wr_u32(w, (uint32_t)(value >> 32));
    wr_u32(w, (uint32_t)value);
}

static inline void wr_bytes(struct wr *w, const void *bytes, size_t n)
{
    uint8_t *to = wr_space(w, n);
    if (to && n)
        memcpy(to, bytes, n);
}

#endif
