#include "models/ipsec/gateway_parts.h"

#include <stdlib.h>

struct size_of gateway_size_rule(const struct gateway *gw)
{
    return (struct size_of){gw->config.mode, gw->config.suite, gw->config.udp_encap, gw->config.tfc};
}

uint8_t gateway_outer_version(const struct gateway *gw, uint8_t inner)
{
    return gw->config.mode->two_addresses ? gw->config.address.version : inner;
}

static size_t find_mtu(const struct gateway *gw, uint8_t version,
                       size_t (*solve)(const struct size_of *how, const struct shape *shape, size_t mtu))
{
    struct size_of how = gateway_size_rule(gw);
    struct shape shape = {.inner_version = version, .outer_version = gateway_outer_version(gw, version)};
    return solve(&how, &shape, gw->config.link_mtu);
}

struct gateway *gateway_new(const struct gateway_config *config, const struct gateway_ports *ports)
{
    struct gateway *gw = calloc(1, sizeof *gw);
    assert(gw);
    gw->config = *config;
    gw->ports = *ports;
    gw->sad = sad_new();
    gw->outbound = outbound_new();
    gw->from_lan = reassembly_new();
    gw->from_link = reassembly_new();
    gw->copy = malloc(GATEWAY_COPY_LEN);
    gw->cut = malloc(GATEWAY_COPY_LEN);
    assert(gw->copy && gw->cut);
    gw->inner_mtu[0] = find_mtu(gw, 4, size_announced);
    gw->inner_mtu[1] = find_mtu(gw, 6, size_announced);
    gw->carried6 = find_mtu(gw, 6, size_carried);
    return gw;
}

void gateway_free(struct gateway *gw)
{
    if (!gw)
        return;
    gateway_forget_probes(gw);
    sad_free(gw->sad);
    outbound_free(gw->outbound);
    reassembly_free(gw->from_lan);
    reassembly_free(gw->from_link);
    free(gw->copy);
    free(gw->cut);
    free(gw);
}

struct sad *gateway_sad(struct gateway *gw)
{
    return gw->sad;
}

struct outbound *gateway_outbound(struct gateway *gw)
{
    return gw->outbound;
}

const struct gateway_config *gateway_config(const struct gateway *gw)
{
    return &gw->config;
}

const struct gateway_counters *gateway_counters(const struct gateway *gw)
{
    return &gw->counters;
}

size_t gateway_inner_mtu(const struct gateway *gw, uint8_t version)
{
    return gw->inner_mtu[version == 6];
}

void gateway_refuse(struct gateway *gw, enum drop why, bool inbound, const struct buf *packet)
{
    gw->counters.drops[inbound][why]++;
    gw->ports.dropped(gw->ports.ctx, gw, why, inbound, packet);
}

void gateway_send_to_lan(struct gateway *gw, struct buf *packet)
{
    gw->counters.to_lan++;
    gw->ports.to_lan(gw->ports.ctx, gw, packet);
}

void gateway_send_to_link(struct gateway *gw, struct buf *packet, const struct sent *how)
{
    gw->counters.to_link++;
    gw->ports.to_link(gw->ports.ctx, gw, packet, how);
}

bool gateway_forward_step(struct buf *packet, struct ip_view *v)
{
    if (v->ttl <= 1)
        return false;
    ip_set_ttl(packet->data, --v->ttl);
    return true;
}

bool gateway_reassemble(struct gateway *gw, struct reassembly *r, sim_time now, bool inbound, struct buf *packet,
                        struct ip_view *v)
{
    uint64_t n_gone = 0, waited = reassembly_waiting(r);
    enum reassembled what = reassembly_take(r, now, packet, v, &n_gone);
    for (uint64_t i = 0; i < n_gone; i++)
        gateway_refuse(gw, DROP_REASSEMBLY, inbound, packet);
    if (what != REASSEMBLY_WHOLE)
        return false;
    gw->counters.reassembled++;
    gw->ports.joined(gw->ports.ctx, gw, (size_t)(waited - n_gone - reassembly_waiting(r)));
    bool ok = ip_parse(packet->data, packet->len, v);
    assert(ok); /* reassembly_take wrote its header */
    return true;
}

void gateway_end(struct gateway *gw)
{
    struct buf nothing = buf_over(gw->cut, GATEWAY_COPY_LEN, BUF_HEADROOM, 0);
    for (uint64_t n = reassembly_waiting(gw->from_lan); n; n--)
        gateway_refuse(gw, DROP_REASSEMBLY, false, &nothing);
    for (uint64_t n = reassembly_waiting(gw->from_link); n; n--)
        gateway_refuse(gw, DROP_REASSEMBLY, true, &nothing);
}
