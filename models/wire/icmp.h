/* icmp.h - the ICMP messages that gateways make: fragmentation needed (RFC 792, 1191), Packet Too Big (RFC 4443),
 * time exceeded. type 1 | code 1 | checksum 2 | rest 4 | as much of the packet as fits. */
#ifndef ESPSIM_WIRE_ICMP_H
#define ESPSIM_WIRE_ICMP_H

#include "models/base/addr.h"
#include "models/wire/ip.h"

#define ICMP_HEAD_LEN  8
#define ICMP_ERROR_MAX 1280 /* octets of the longest error (RFC 4443 2.4 (c)) */

enum icmp_kind { ICMP_TOO_BIG, ICMP_TTL_EXCEEDED };

struct icmp_error {
    enum icmp_kind kind;
    uint32_t mtu; /* octets, ICMP_TOO_BIG only */
};

/* Writes a whole IP packet with an ICMP (IPv4) or ICMPv6 error about `packet`, from `from` to its source, into `to`.
 * Quotes as much as keeps it within 576 (RFC 1812) or 1280 octets (RFC 4443). Returns its length, or 0 where no
 * error may be sent: about an ICMP error, a fragment that is not the first, a packet from or for no single host
 * (RFC 1122 3.2.2; IPv6 multicast may be too big, RFC 4443 2.4 (e)), where `from` is of the other version, or where
 * `cap` is too small. */
size_t icmp_make_error(const struct icmp_error *what, const struct addr *from, const uint8_t *packet,
                       const struct ip_view *v, uint8_t *to, size_t cap);

/* What an ICMP error says: false where the packet is none of the two kinds. `*about` is parsed from the quoted
 * header (its total_len is the one claimed, not the quoted octets). */
bool icmp_read_error(const uint8_t *packet, const struct ip_view *v, struct icmp_error *what, struct addr *quoted_src,
                     struct addr *quoted_dst);

#endif
