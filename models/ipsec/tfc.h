/* tfc.h - traffic flow confidentiality padding (RFC 4303 2.7): zeros behind a payload that tells its own length. */
#ifndef ESPSIM_IPSEC_TFC_H
#define ESPSIM_IPSEC_TFC_H

#include <stddef.h>
#include <stdint.h>

/* Octets of `payload` as it tells itself: an IP packet or a UDP datagram, at most `len`. 0: it does not tell, so it
 * can't be told from padding behind it. */
size_t tfc_own_len(uint8_t next_header, const uint8_t *payload, size_t len);

#endif
