/* size.h - how long an ESP packet will be, without making it: the second computation of the overhead (the first is
 * sealing, and tests hold both equal for every length, mode and algorithm). RFC 4303 section 2. */
#ifndef ESPSIM_IPSEC_SIZE_H
#define ESPSIM_IPSEC_SIZE_H

#include "models/base/ledger.h"
#include "models/ipsec/sa.h"

/* What decides the size besides the packet itself. */
struct size_of {
    const struct mode *mode; /* plain too */
    struct suite suite;
    bool udp;   /* UDP encapsulation */
    size_t tfc; /* octets of TFC padding that are really put there */
};

/* The ledger of the packet on the link, without framing; its sum is the IP length. `shape` must be lawful: inner_len
 * not below its headers; outer_version = inner_version where the mode keeps the header. */
struct ledger size_ledger(const struct size_of *how, const struct shape *shape);

/* Octets of the IP packet on the link. */
size_t size_wire(const struct size_of *how, const struct shape *shape);

/* The largest inner packet whose ESP packet fits into `mtu` octets; 0 where none does. Shape's inner_len is ignored. */
size_t size_max_inner(const struct size_of *how, const struct shape *shape, size_t mtu);

/* The same as a gateway announces it in ICMP and goes by itself: less the mode's allowance for IPv4, which `mtu`
 * exceeds. */
size_t size_announced(const struct size_of *how, const struct shape *shape, size_t mtu);

/* The longest packet with DF that gets across: the same or, where it is IPv6 and the gateways have the outer addresses,
 * 1280 octets, which no host goes below: the gateway is the source of what is too long then, and cuts it (RFC 2473
 * 7.1). In transport formats the source is a host, and nobody else may. */
size_t size_carried(const struct size_of *how, const struct shape *shape, size_t mtu);

/* The shape of a packet as it will be seen by a mode. */
struct shape size_shape(const struct ip_view *v, uint8_t outer_version);

#endif
