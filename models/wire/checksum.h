/* checksum.h - the Internet checksum (RFC 1071) and those of TCP, UDP, ICMP. */
#ifndef ESPSIM_WIRE_CHECKSUM_H
#define ESPSIM_WIRE_CHECKSUM_H

#include "models/wire/ip.h"

#include <stddef.h>
#include <stdint.h>

/* The value for a checksum field that was 0 while summing; 0 over octets with a right checksum. */
uint16_t checksum_of(const uint8_t *bytes, size_t len);

static inline void checksum_put(uint8_t *field, uint16_t sum)
{
    field[0] = (uint8_t)(sum >> 8);
    field[1] = (uint8_t)sum;
}

/* As checksum_of, over the pseudo header (RFC 793 3.1, RFC 8200 8.1) and `len` octets of protocol `proto`. */
uint16_t checksum_l4(const struct addr *src, const struct addr *dst, uint8_t proto, const uint8_t *bytes, size_t len);

/* Fills the checksum of a whole TCP, UDP, ICMP or ICMPv6 packet (not a fragment) in place; other protocols are left
 * alone. `v` is its parsed view. UDP's 0 becomes 0xffff (RFC 768). */
void checksum_fill_l4(uint8_t *packet, const struct ip_view *v);

/* Whether the L4 checksum is right; true too where there is none (other protocol, fragment, UDP over IPv4 with 0). */
bool checksum_l4_is_good(const uint8_t *packet, const struct ip_view *v);

#endif
