/* esp.h - ESP on the wire (RFC 4303 section 2):
 *
 *   SPI 4 | sequence number, low half 4 | IV | payload (+ TFC padding) | padding 0..255: 1, 2, 3, ...
 *   pad length 1 | next header 1 | ICV
 *
 * and in UDP (RFC 3948): a UDP header in front; 4 zero octets instead of an SPI are IKE, one octet 0xff a keepalive.
 */
#ifndef ESPSIM_WIRE_ESP_H
#define ESPSIM_WIRE_ESP_H

#include "models/base/cursor.h"

#define ESP_HEAD_LEN    (4 + 4)
#define ESP_TRAILER_LEN (1 + 1)

struct esp {
    uint32_t spi;
    uint32_t seq; /* low half */
};

static inline bool esp_read(struct esp *h, struct rd *r)
{
    h->spi = rd_u32(r);
    h->seq = rd_u32(r);
    return r->ok;
}

static inline void esp_write(const struct esp *h, struct wr *w)
{
    wr_u32(w, h->spi);
    wr_u32(w, h->seq);
}

#endif
