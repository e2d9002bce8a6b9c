/* ipv4.h - the IPv4 header (RFC 791).
 *
 *   version 4 bits | IHL 4 bits | TOS 1 (DSCP 6 bits, ECN 2) | total length 2
 *   identification 2            | flags 3 bits, fragment offset 13 bits (8 octets)
 *   TTL 1 | protocol 1          | header checksum 2
 *   source 4 | destination 4    | options 0..40
 */
#ifndef ESPSIM_WIRE_IPV4_H
#define ESPSIM_WIRE_IPV4_H

#include "models/base/addr.h"
#include "models/base/cursor.h"

#define IPV4_HEAD_LEN 20 /* without options */
#define IPV4_OPTS_CAP 40

struct ipv4 {
    uint8_t tos;
    uint16_t total_len; /* octets, header included */
    uint16_t id;
    bool df, mf;
    uint16_t frag_off; /* octets */
    uint8_t ttl;
    uint8_t protocol;
    struct addr src, dst;
    const uint8_t *opts; /* borrows the packet; NULL where there are none */
    size_t opts_len;     /* a multiple of 4, at most IPV4_OPTS_CAP */
};

/* Takes the header at the cursor. False: short, IHL or total length that lie, total length beyond the cursor's end,
 * or a wrong header checksum. The cursor is then anywhere. */
bool ipv4_read(struct ipv4 *h, struct rd *r);

/* Writes the header with its checksum. `opts_len` a multiple of 4. */
void ipv4_write(const struct ipv4 *h, struct wr *w);

/* Changes fields of a header in place (`packet` begins with a valid one) and puts the checksum right. */
void ipv4_set_len(uint8_t *packet, uint16_t total_len);
void ipv4_set_ttl(uint8_t *packet, uint8_t ttl);
void ipv4_set_tos(uint8_t *packet, uint8_t tos);
void ipv4_fill_checksum(uint8_t *packet);

#endif
