/* protocol.h - IP protocol and next-header numbers in use here (IANA). */
#ifndef ESPSIM_WIRE_PROTOCOL_H
#define ESPSIM_WIRE_PROTOCOL_H

enum {
    PROTO_HOPOPTS = 0,
    PROTO_ICMP = 1,
    PROTO_IPV4 = 4,
    PROTO_TCP = 6,
    PROTO_UDP = 17,
    PROTO_IPV6 = 41,
    PROTO_ROUTING = 43,
    PROTO_FRAGMENT = 44,
    PROTO_ESP = 50,
    PROTO_AH = 51,
    PROTO_ICMPV6 = 58,
    PROTO_NONE = 59, /* no next header; in ESP a dummy packet (RFC 4303 2.6) */
    PROTO_DSTOPTS = 60,
    PROTO_BEETPH = 94 /* BEET pseudo header (RFC 7402 B.1.7) */
};

#define PORT_ESP_UDP 4500 /* RFC 3948 */

#endif
