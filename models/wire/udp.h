/* udp.h - the UDP header (RFC 768): source port 2 | destination port 2 | length 2 | checksum 2. */
#ifndef ESPSIM_WIRE_UDP_H
#define ESPSIM_WIRE_UDP_H

#include "models/base/cursor.h"

#define UDP_HEAD_LEN 8

struct udp {
    uint16_t sport, dport;
    uint16_t len; /* header and data, octets */
    uint16_t checksum;
};

/* False: short, or a length that is below 8 or beyond the cursor's end. */
bool udp_read(struct udp *h, struct rd *r);
void udp_write(const struct udp *h, struct wr *w);

#endif
