/* gateway_parts.h - a gateway from the inside, for gateway.c, gateway_out.c (LAN to link) and gateway_in.c (link to
 * LAN) alone. */
#ifndef ESPSIM_IPSEC_GATEWAY_PARTS_H
#define ESPSIM_IPSEC_GATEWAY_PARTS_H

#include "models/ipsec/gateway.h"
#include "models/ipsec/size.h"
#include "models/wire/fragment.h"

struct gateway {
    struct gateway_config config;
    struct gateway_ports ports;
    struct gateway_counters counters;
    struct sad *sad;
    struct outbound *outbound;
    struct probed *probed; /* gateway_out.c */
    struct reassembly *from_lan, *from_link;
    uint32_t next_fragment_id; /* of packets without an ID */
    size_t inner_mtu[2];       /* of IPv4 and IPv6 packets */
    size_t carried6;           /* the longest IPv6 packet that crosses, cut behind ESP where it must be */
    uint8_t *copy;             /* room for a packet that has to be kept while it is tried or cut */
    uint8_t *cut;              /* room for a fragment */
};

enum { GATEWAY_COPY_LEN = BUF_HEADROOM + IP_TOTAL_MAX + IPV6_HEAD_LEN + BUF_TAILROOM };

/* How a packet leaves: counted, and told to the ports. */
void gateway_refuse(struct gateway *gw, enum drop why, bool inbound, const struct buf *packet);
void gateway_send_to_lan(struct gateway *gw, struct buf *packet);
void gateway_send_to_link(struct gateway *gw, struct buf *packet, const struct sent *how);

/* Takes one off the TTL as forwarding does. False: it ended here. */
bool gateway_forward_step(struct buf *packet, struct ip_view *v);

/* Gives a fragment to `r`. True: `packet` is whole now, `v` its view. False: it waits, or was dropped. */
bool gateway_reassemble(struct gateway *gw, struct reassembly *r, sim_time now, bool inbound, struct buf *packet,
                        struct ip_view *v);

/* What decides the size of the gateway's packets, and the IP version of their header for an inner packet. */
struct size_of gateway_size_rule(const struct gateway *gw);
uint8_t gateway_outer_version(const struct gateway *gw, uint8_t inner);

/* Frees what gateway_out.c keeps. */
void gateway_forget_probes(struct gateway *gw);

#endif
