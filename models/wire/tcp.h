/* tcp.h - the TCP header (RFC 9293 3.1).
 *
 *   source port 2 | destination port 2 | sequence 4 | acknowledgement 4
 *   data offset 4 bits (32-bit words), reserved 4 | flags 1 | window 2 | checksum 2 | urgent 2 | options 0..40
 */
#ifndef ESPSIM_WIRE_TCP_H
#define ESPSIM_WIRE_TCP_H

#include "models/base/cursor.h"

#define TCP_HEAD_LEN 20 /* without options */

enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16 };

struct tcp {
    uint16_t sport, dport;
    uint32_t seq, ack;
    uint8_t flags;
    uint16_t window, checksum, urgent;
    const uint8_t *opts; /* borrows the packet */
    size_t opts_len;     /* octets; 0: none */
};

/* False: short, or a data offset below 5 or beyond the cursor's end. */
bool tcp_read(struct tcp *h, struct rd *r);
void tcp_write(const struct tcp *h, struct wr *w);

/* The value of the MSS option, or 0 where there is none or the options are broken. */
uint16_t tcp_mss_option(const struct tcp *h);

#endif
