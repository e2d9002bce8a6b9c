/* ipv6.h - the IPv6 header and the extension headers that routers and ESP walk over (RFC 8200).
 *
 *   version 4 bits | traffic class 8 bits | flow label 20 bits
 *   payload length 2 | next header 1 | hop limit 1
 *   source 16 | destination 16
 */
#ifndef ESPSIM_WIRE_IPV6_H
#define ESPSIM_WIRE_IPV6_H

#include "models/base/addr.h"
#include "models/base/cursor.h"

#define IPV6_HEAD_LEN 40
#define IPV6_FRAG_LEN 8
#define IPV6_MTU_MIN  1280 /* what every link takes, and no host goes below (RFC 8200 section 5) */

struct ipv6 {
    uint8_t tclass;
    uint32_t flow_label;  /* 20 bits */
    uint16_t payload_len; /* octets behind the header */
    uint8_t next_header;
    uint8_t hop_limit;
    struct addr src, dst;
};

/* Where the chain of extension headers in front of the upper layer (or ESP) ends: hop-by-hop, routing, destination
 * options and fragment headers are walked. The walk of a fragment ends with its fragment header: what follows is part
 * of the datagram that was cut (RFC 8200 4.5).
 *
 * ESP in transport format goes behind all of them but destination options behind a routing header: those are for the
 * last destination (RFC 8200 4.1) and go inside (RFC 4303 3.1.1 leaves it open; as Linux' ip6_find_1stfragopt). */
struct ipv6_chain {
    size_t len;          /* octets from the start of the IPv6 header to the end of the last walked header */
    size_t nh_at;        /* offset of the octet that names what follows */
    uint8_t next_header; /* that octet */
    size_t front_len;    /* the three for what stays in front of ESP in transport format */
    size_t front_nh_at;
    uint8_t front_next;
    bool fragment;     /* there is a fragment header, also one of a whole packet (RFC 6946) */
    size_t frag_at;    /* offset of the fragment header */
    uint16_t frag_off; /* octets */
    bool mf;
    uint32_t frag_id;
};

/* Takes the fixed header. False: short, payload length beyond the cursor's end, or a jumbogram (RFC 2675). */
bool ipv6_read(struct ipv6 *h, struct rd *r);
void ipv6_write(const struct ipv6 *h, struct wr *w);

/* Walks the chain of a packet whose fixed header was read. False: a header that is cut or lies about its length. */
bool ipv6_walk(const uint8_t *packet, size_t len, struct ipv6_chain *chain);

/* Change fields in place; `packet` begins with a valid header. */
void ipv6_set_payload_len(uint8_t *packet, uint16_t payload_len);
void ipv6_set_hop_limit(uint8_t *packet, uint8_t hop_limit);
void ipv6_set_tclass(uint8_t *packet, uint8_t tclass);

#endif
