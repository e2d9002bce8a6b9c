/* ip.h - one view of an IP packet for both versions: what ESP, gateways and recorders ask of it. */
#ifndef ESPSIM_WIRE_IP_H
#define ESPSIM_WIRE_IP_H

#include "models/base/addr.h"
#include "models/base/cursor.h"

#include <stddef.h>
#include <stdint.h>

struct ip_view {
    uint8_t version;  /* 4 or 6 */
    uint8_t protocol; /* of what follows the header and the walked extension headers (ipv6.h) */
    uint8_t tos;      /* TOS or traffic class: DSCP << 2 | ECN */
    uint8_t ttl;      /* TTL or hop limit */
    bool df;          /* IPv4 only */
    bool fragment;    /* MF or an offset is set: not a whole datagram (an atomic fragment, RFC 6946, is whole) */
    bool mf;
    uint16_t frag_off; /* octets */
    uint32_t id;       /* IPv4: 16 bits; IPv6: that of the fragment header, or 0 */
    uint32_t flow_label;
    size_t opts_len;  /* IPv4 options, octets */
    size_t head_len;  /* header, options and walked extension headers, octets */
    size_t nh_at;     /* offset of the octet that names `protocol` */
    size_t front_len; /* the same three for what stays in front of ESP in transport format: all, or see ipv6.h */
    size_t front_nh_at;
    uint8_t front_next;
    size_t total_len; /* octets of the packet; a buffer may have link padding behind it */
    bool upper_ok;    /* false: the chain of IPv6 extension headers is cut or lies; `protocol` is then unknown */
    struct addr src, dst;
};

enum { ECN_NOT_ECT = 0, ECN_ECT1 = 1, ECN_ECT0 = 2, ECN_CE = 3, ECN_MASK = 3 };

/* False: no packet of either version that is whole and true to its length fields, or a wrong IPv4 header checksum; `v`
 * then says nothing. */
bool ip_parse(const uint8_t *packet, size_t len, struct ip_view *v);

/* A new header of either version. DF, ID and options are IPv4's alone, the flow label is IPv6's. */
struct ip_head {
    uint8_t protocol; /* or next header */
    uint8_t tos;      /* or traffic class */
    uint8_t ttl;      /* or hop limit */
    bool df;
    uint16_t id;
    uint32_t flow_label;
    const struct addr *src, *dst; /* borrowed; of one version, which is the header's */
    const uint8_t *opts;          /* borrowed; NULL where there are none */
    size_t opts_len;              /* a multiple of 4 */
};

/* Octets of the header. */
size_t ip_head_len(const struct ip_head *h);

/* Writes the header of a packet of total_len octets, itself included; ip_len_fits(version, total_len). */
void ip_write(const struct ip_head *h, size_t total_len, struct wr *w);

/* The traffic class or type of service of a packet of either version, without looking further. */
static inline uint8_t ip_tos(const uint8_t *packet)
{
    return packet[0] >> 4 == 4 ? packet[1] : (uint8_t)((packet[0] & 15) << 4 | packet[1] >> 4);
}

/* Fields of a valid packet in place; the IPv4 header checksum is kept right. `ip_set_upper`: the protocol named at
 * nh_at, and lengths for a packet of `total_len` octets. */
void ip_set_upper(uint8_t *packet, size_t nh_at, uint8_t protocol, size_t total_len);
void ip_set_ttl(uint8_t *packet, uint8_t ttl);
void ip_set_tos(uint8_t *packet, uint8_t tos);

#define IP_TOTAL_MAX 65535 /* octets of an IPv4 packet, and of an IPv6 payload */

/* Whether a packet of total_len octets can be told in the length field of that version. */
bool ip_len_fits(uint8_t version, size_t total_len);

#endif
