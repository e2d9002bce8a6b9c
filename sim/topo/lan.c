#include "models/wire/checksum.h"
#include "models/wire/icmp.h"
#include "models/wire/ipv4.h"
#include "models/wire/protocol.h"
#include "models/wire/tcp.h"
#include "sim/topo/topo_impl.h"

#include <stdlib.h>
#include <utlist.h>

/* A packet between a TCP host and its gateway, in the list of its LAN. */
struct on_lan {
    struct on_lan *prev, *next;
    struct topo *topo;
    int side;
    struct lan_host *host;
    bool to_host, stays; /* stays: from a host of the LAN to another one, or the PEP */
    size_t len;
    uint8_t octets[];
};

void lan_init(struct topo *t, int side)
{
    const struct config_lan *c = &t->config->lan[side];
    struct lan *lan = &t->lan[side];
    lan->n_hosts = (size_t)c->hosts;
    lan->hosts = calloc(lan->n_hosts + 1, sizeof *lan->hosts);
    assert(lan->hosts);
    lan->fragments = reassembly_new();
    for (size_t i = 0; i < lan->n_hosts; i++)
        lan->hosts[i] = (struct lan_host){.address = prefix_host(&c->prefix, i + 1), .side = side, .engine_host = -1};
    lan->hosts[lan->n_hosts] = (struct lan_host){.side = side, .engine_host = -1};
}

void lan_fini(struct topo *t, int side)
{
    struct on_lan *p, *next;
    DL_FOREACH_SAFE(t->lan[side].under_way, p, next)
    {
        free(p);
    }
    reassembly_free(t->lan[side].fragments);
    free(t->lan[side].hosts);
    free(t->engine_hosts);
    t->engine_hosts = NULL;
}

bool lan_add_tcp_host(struct topo *t, int side, uint32_t number, int *engine_host, struct err *e)
{
    struct lan_host *h = &t->lan[side].hosts[number - 1];
    if (h->engine_host < 0) {
        h->engine_host = t->ops->add_host(t->eng, &h->address, e);
        t->engine_hosts = realloc(t->engine_hosts, (t->n_engine_hosts + 1) * sizeof(struct lan_host *));
        assert(t->engine_hosts);
        t->engine_hosts[t->n_engine_hosts++] = h;
    }
    *engine_host = h->engine_host;
    return h->engine_host >= 0;
}

bool lan_add_pep(struct topo *t, int side, int *engine_host, struct err *e)
{
    struct lan *lan = &t->lan[side];
    struct lan_host *pep = &lan->hosts[lan->n_hosts];
    if (!addr_is_set(&pep->address)) {
        pep->address = gateway_config(t->gw[side])->lan_address;
        pep->address.bytes[addr_len(&pep->address) - 1]--;
    }
    if (prefix_number(&t->config->lan[side].prefix, &pep->address) <= lan->n_hosts)
        return err_set(e, "lan%d: a PEP needs an address below the gateway's; use fewer hosts or a shorter prefix",
                       side + 1);
    return lan_add_tcp_host(t, side, (uint32_t)lan->n_hosts + 1, engine_host, e);
}

static struct lan_host *find_address(struct topo *t, int side, const struct addr *a)
{
    uint64_t number = prefix_number(&t->config->lan[side].prefix, a);
    struct lan *lan = &t->lan[side];
    if (addr_equal(&lan->hosts[lan->n_hosts].address, a))
        return &lan->hosts[lan->n_hosts];
    return number && number <= lan->n_hosts ? &lan->hosts[number - 1] : NULL;
}

void lan_to_gateway(struct topo *t, int side, struct buf *packet)
{
    topo_tell(t, (struct event){.kind = EVENT_HOST_SENT, .side = side, .packet = packet->data, .len = packet->len});
    gateway_from_lan(t->gw[side], topo_now(t), packet);
}

/* ns-3 leaves checksums to us. */
static bool fill_checksums(struct buf *packet, struct ip_view *v)
{
    if (packet->data[0] >> 4 == 4)
        ipv4_fill_checksum(packet->data);
    if (!ip_parse(packet->data, packet->len, v))
        return false;
    checksum_fill_l4(packet->data, v);
    return true;
}

static void dropped_at_host(struct topo *t, int side, enum drop why)
{
    topo_tell(t, (struct event){.kind = EVENT_DROPPED, .side = side, .place = PLACE_HOSTS, .why = why});
}

/* ns-3's TCP does not listen to ICMP, so the segment size is set from here (RFC 1191, RFC 8201). */
static bool take_too_big(struct topo *t, const struct lan_host *host, const struct buf *packet, const struct ip_view *v)
{
    struct icmp_error what;
    struct addr src, dst;
    if (!icmp_read_error(packet->data, v, &what, &src, &dst) || what.kind != ICMP_TOO_BIG)
        return false;
    uint32_t heads = (v->version == 4 ? IPV4_HEAD_LEN : IPV6_HEAD_LEN) + TCP_HEAD_LEN + ENG_TCP_OPTIONS_LEN;
    if (host->engine_host >= 0 && what.mtu > heads)
        t->ops->tcp_set_mss(t->eng, host->engine_host, &dst, what.mtu - heads);
    return true;
}

static void arrive_at_host(struct on_lan *p)
{
    struct topo *t = p->topo;
    struct buf packet = buf_over(p->octets, p->len, 0, p->len);
    struct ip_view v;
    if (!ip_parse(p->octets, p->len, &v)) {
        dropped_at_host(t, p->side, DROP_MALFORMED);
        return;
    }
    if (take_too_big(t, p->host, &packet, &v)) {
        topo_tell(t, (struct event){.kind = EVENT_HOST_GOT, .side = p->side});
        return;
    }
    tcp_flow_received(t, &packet, &v);
    bool taken = t->ops->to_host(t->eng, p->host->engine_host, p->octets, p->len);
    if (p->stays)
        return; /* no gateway has seen it, so nobody counts it */
    if (taken)
        topo_tell(t, (struct event){.kind = EVENT_HOST_GOT, .side = p->side});
    else
        dropped_at_host(t, p->side, DROP_NO_ROUTE);
}

static void cross(struct topo *t, int side, struct lan_host *host, const struct on_lan *how, const uint8_t *octets);

static void arrive_at_gateway(struct on_lan *p)
{
    struct topo *t = p->topo;
    struct buf packet = buf_over(t->room[0], TOPO_ROOM_LEN, BUF_HEADROOM, p->len);
    struct ip_view v;
    if (t->closing)
        return;
    memcpy(packet.data, p->octets, p->len);
    struct lan_host *near = t->relays && ip_parse(packet.data, p->len, &v) ? find_address(t, p->side, &v.dst) : NULL;
    if (near)
        cross(t, p->side, near, &(struct on_lan){.to_host = true, .stays = true, .len = p->len}, packet.data);
    else
        lan_to_gateway(t, p->side, &packet);
}

static void arrive(void *arg)
{
    struct on_lan *p = arg;
    DL_DELETE(p->topo->lan[p->side].under_way, p);
    if (p->to_host)
        arrive_at_host(p);
    else
        arrive_at_gateway(p);
    free(p);
}

/* The access link sends one packet after the other, then it takes the LAN's delay. */
static void cross(struct topo *t, int side, struct lan_host *host, const struct on_lan *how, const uint8_t *octets)
{
    const struct config_lan *c = &t->config->lan[side];
    sim_time now = topo_now(t), *busy = &host->busy[how->to_host];
    struct on_lan *p = malloc(sizeof *p + how->len);
    assert(p);
    *p = *how;
    p->topo = t;
    p->side = side;
    p->host = host;
    memcpy(p->octets, octets, how->len);
    DL_APPEND(t->lan[side].under_way, p);
    *busy = (*busy > now ? *busy : now) + units_tx_time(how->len, c->rate);
    t->ops->at(t->eng, *busy - now + c->delay, arrive, p);
}

void lan_from_host(void *ctx, int engine_host, const uint8_t *octets, size_t len)
{
    struct topo *t = ctx;
    struct lan_host *host = t->engine_hosts[engine_host];
    struct buf packet = buf_over(t->room[0], TOPO_ROOM_LEN, BUF_HEADROOM, len);
    struct ip_view v;
    memcpy(packet.data, octets, len);
    bool whole = fill_checksums(&packet, &v);
    assert(whole);
    (void)whole;
    tcp_flow_sent(t, &packet, &v);
    cross(t, host->side, host, &(struct on_lan){.len = packet.len}, packet.data);
}

/* A host puts fragments together. False: the packet waits, or was dropped. */
static bool reassemble(struct topo *t, int side, struct buf *packet, struct ip_view *v)
{
    struct reassembly *r = t->lan[side].fragments;
    uint64_t n_gone = 0, waited = reassembly_waiting(r);
    enum reassembled what = reassembly_take(r, topo_now(t), packet, v, &n_gone);
    for (uint64_t i = 0; i < n_gone; i++)
        dropped_at_host(t, side, DROP_REASSEMBLY);
    if (what != REASSEMBLY_WHOLE)
        return false;
    topo_tell(t, (struct event){.kind = EVENT_JOINED, .side = side, .octets = waited - n_gone - reassembly_waiting(r)});
    return ip_parse(packet->data, packet->len, v);
}

void lan_end(struct topo *t)
{
    for (int side = 0; side < 2; side++)
        for (uint64_t n = reassembly_waiting(t->lan[side].fragments); n; n--)
            dropped_at_host(t, side, DROP_REASSEMBLY);
}

/* The host's own ESP comes off first. */
static enum drop take_esp(struct topo *t, int side, struct buf *packet, struct ip_view *v)
{
    if (v->protocol != PROTO_ESP)
        return DROP_NONE;
    enum drop d = host_esp_open(t, side, packet);
    return d || ip_parse(packet->data, packet->len, v) ? d : DROP_MALFORMED;
}

void lan_from_gateway(struct topo *t, int side, struct buf *packet)
{
    struct ip_view v;
    topo_tell(t, (struct event){.kind = EVENT_TO_LAN, .side = side, .packet = packet->data, .len = packet->len});
    bool whole = ip_parse(packet->data, packet->len, &v);
    assert(whole); /* the gateway forwards nothing else */
    (void)whole;
    if (replay_flow_receive(t, packet, &v)) {
        topo_tell(t, (struct event){.kind = EVENT_HOST_GOT, .side = side});
        return;
    }
    struct lan_host *host = find_address(t, side, &v.dst);
    if (host && v.fragment && !reassemble(t, side, packet, &v))
        return;
    enum drop d = host ? take_esp(t, side, packet, &v) : DROP_NO_ROUTE;
    if (!d && !checksum_l4_is_good(packet->data, &v))
        d = DROP_CORRUPT;
    if (d)
        dropped_at_host(t, side, d);
    else if (replay_flow_receive(t, packet, &v) || (v.protocol == PROTO_UDP && udp_flow_receive(t, packet, &v)))
        topo_tell(t, (struct event){.kind = EVENT_HOST_GOT, .side = side});
    else if (host->engine_host >= 0)
        cross(t, side, host, &(struct on_lan){.to_host = true, .len = packet->len}, packet->data);
    else if (v.protocol == PROTO_ICMP || v.protocol == PROTO_ICMPV6)
        topo_tell(t, (struct event){.kind = EVENT_HOST_GOT, .side = side});
    else
        dropped_at_host(t, side, DROP_NO_ROUTE);
}
