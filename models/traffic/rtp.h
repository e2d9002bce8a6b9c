/* rtp.h - the RTP fixed header (RFC 3550 section 5.1), without CSRCs and extensions:
 *
 *     octet 0: version 2, padding 0, extension 0, CSRC count 0    octet 1: marker (1 bit), payload type (7)
 *     2-3: sequence number    4-7: timestamp    8-11: SSRC
 */
#ifndef ESPSIM_TRAFFIC_RTP_H
#define ESPSIM_TRAFFIC_RTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTP_HEAD_LEN 12

struct rtp {
    bool marker; /* first packet of a talk spurt (RFC 3551 section 4.1) */
    uint8_t payload_type;
    uint16_t seq;
    uint32_t timestamp;
    uint32_t ssrc;
};

/* Writes RTP_HEAD_LEN octets. */
void rtp_write(const struct rtp *h, uint8_t *to);

/* False: shorter than a header, or not such a header. */
bool rtp_read(struct rtp *h, const uint8_t *bytes, size_t len);

#endif
