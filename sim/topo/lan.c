#include "models/wire/checksum.h"
#include "models/wire/icmp.h"
#include "models/wire/ipv4.h"
#include "models/wire/protocol.h"
#include "models/wire/tcp.h"
#include "sim/topo/topo_impl.h"

#include <stdlib.h>
#include <utlist.h>

/* A packet between a TCP host, a PEP and the gateway, in the list of its LAN. */
struct on_lan {
    struct on_lan *prev, *next;
    struct topo *topo;
    int side;
    struct lan_host *to; /* NULL: the gateway */
    bool stays;          /* between host and PEP */
    size_t len;
    uint8_t octets[];
};

static struct lan_host *make_hosts(const struct topo *t, int side, enum lan_role role)
{
    int at = role == LAN_PEP_TO_HOSTS ? !side : side;
    size_t n = (size_t)t->config->lan[at].hosts;
    struct lan_host *hosts = calloc(n, sizeof *hosts);
    assert(hosts);
    for (size_t i = 0; i < n; i++)
        hosts[i] = (struct lan_host){
            .address = prefix_host(&t->config->lan[at].prefix, i + 1), .side = side, .role = role, .engine_host = -1};
    return hosts;
}

static void init_side(struct topo *t, int side)
{
    struct lan *lan = &t->lan[side];
    lan->n_hosts = (size_t)t->config->lan[side].hosts;
    lan->fragments = reassembly_new();
    for (enum lan_role role = LAN_HOST; role < (pep_splits(t) ? LAN_ROLES : LAN_PEP_TO_HOSTS); role++)
        lan->hosts[role] = make_hosts(t, side, role);
}

void lan_init(struct topo *t)
{
    for (int side = 0; side < 2; side++)
        init_side(t, side);
}

static void fini_side(struct topo *t, int side)
{
    struct on_lan *p, *next;
    DL_FOREACH_SAFE(t->lan[side].under_way, p, next)
    {
        free(p);
    }
    reassembly_free(t->lan[side].fragments);
    for (int role = 0; role < LAN_ROLES; role++)
        free(t->lan[side].hosts[role]);
}

void lan_fini(struct topo *t)
{
    for (int side = 0; side < 2; side++)
        fini_side(t, side);
    free(t->engine_hosts);
}

bool lan_add_tcp_host(struct topo *t, int side, enum lan_role role, uint32_t number, int *engine_host, struct err *e)
{
    struct lan_host *h = &t->lan[side].hosts[role][number - 1];
    if (h->engine_host < 0) {
        h->engine_host = t->ops->add_host(t->eng, &h->address, e);
        t->engine_hosts = realloc(t->engine_hosts, (t->n_engine_hosts + 1) * sizeof(struct lan_host *));
        assert(t->engine_hosts);
        t->engine_hosts[t->n_engine_hosts++] = h;
    }
    *engine_host = h->engine_host;
    return h->engine_host >= 0;
}

/* Who has the address `a`, of LAN `at`, in the LAN `side`; NULL: nobody. */
static struct lan_host *find_address(struct topo *t, int side, enum lan_role role, int at, const struct addr *a)
{
    uint64_t number = prefix_number(&t->config->lan[at].prefix, a);
    return number && number <= t->lan[at].n_hosts ? &t->lan[side].hosts[role][number - 1] : NULL;
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

/* ns-3's TCP does not listen to ICMP, so the segment size is set from here (RFC 1191, RFC 8201). False: it is no such
 * message. */
static bool take_too_big(struct topo *t, const struct lan_host *host, const struct buf *packet, const struct ip_view *v)
{
    struct icmp_error what;
    struct addr src, dst;
    if (!icmp_read_error(packet->data, v, &what, &src, &dst) || what.kind != ICMP_TOO_BIG)
        return false;
    uint32_t heads = (v->version == 4 ? IPV4_HEAD_LEN : IPV6_HEAD_LEN) + TCP_HEAD_LEN + ENG_TCP_OPTIONS_LEN;
    if (host->engine_host >= 0 && what.mtu > heads)
        t->ops->tcp_set_mss(t->eng, host->engine_host, &dst, what.mtu - heads);
    udp_flow_too_big(t, &src, &dst, what.mtu);
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
    if (p->stays) { /* no gateway has seen it, so nobody counts it */
        t->ops->to_host(t->eng, p->to->engine_host, p->octets, p->len);
        return;
    }
    if (take_too_big(t, p->to, &packet, &v)) {
        topo_tell(t, (struct event){.kind = EVENT_HOST_GOT, .side = p->side});
        return;
    }
    tcp_flow_received(t, &packet, &v);
    if (t->ops->to_host(t->eng, p->to->engine_host, p->octets, p->len))
        topo_tell(t, (struct event){.kind = EVENT_HOST_GOT, .side = p->side});
    else
        dropped_at_host(t, p->side, DROP_NO_ROUTE);
}

static void arrive_at_gateway(struct on_lan *p)
{
    struct topo *t = p->topo;
    struct buf packet = buf_over(t->room[0], TOPO_ROOM_LEN, BUF_HEADROOM, p->len);
    if (t->closing)
        return;
    memcpy(packet.data, p->octets, p->len);
    lan_to_gateway(t, p->side, &packet);
}

static void arrive(void *arg)
{
    struct on_lan *p = arg;
    DL_DELETE(p->topo->lan[p->side].under_way, p);
    if (p->to)
        arrive_at_host(p);
    else
        arrive_at_gateway(p);
    free(p);
}

/* The access link sends one packet after the other. Gives how long this one takes to its end: behind the others, then
 * the LAN's delay; a PEP stands beside its gateway. */
static sim_time cross(struct topo *t, struct lan_host *access, bool to_host, size_t len)
{
    const struct config_lan *c = &t->config->lan[access->side];
    sim_time now = topo_now(t), *busy = &access->busy[to_host];
    *busy = (*busy > now ? *busy : now) + units_tx_time(len, c->rate);
    return *busy - now + (access->role == LAN_HOST ? c->delay : 0);
}

/* Whether the packet finds room at the gateway's port. What waits there is what the port is busy with; a port that is
 * not takes every packet. */
static bool port_has_room(const struct topo *t, const struct lan_host *access, size_t len)
{
    const struct config_lan *c = &t->config->lan[access->side];
    sim_time waits = access->busy[1] - topo_now(t);
    return waits <= 0 || waits + units_tx_time(len, c->rate) <= units_tx_time(c->queue, c->rate);
}

static void dropped_at_port(struct topo *t, int side)
{
    enum event_place place = side ? PLACE_GW2 : PLACE_GW1;
    topo_tell(t, (struct event){.kind = EVENT_DROPPED, .side = side, .place = place, .why = DROP_LAN_QUEUE});
}

sim_time lan_time_to_empty(const struct topo *t, int side)
{
    const struct config_lan *c = &t->config->lan[side];
    return units_tx_time(c->queue + 2 * IP_TOTAL_MAX, c->rate) + c->delay;
}

/* `to` has the packet after that time; NULL: the gateway. */
static void travel(struct topo *t, int side, struct lan_host *to, bool stays, const struct buf *packet, sim_time takes)
{
    struct on_lan *p = malloc(sizeof *p + packet->len);
    assert(p);
    *p = (struct on_lan){.topo = t, .side = side, .to = to, .stays = stays, .len = packet->len};
    memcpy(p->octets, packet->data, packet->len);
    DL_APPEND(t->lan[side].under_way, p);
    t->ops->at(t->eng, takes, arrive, p);
}

/* What a PEP and a host of its LAN say to each other; everything else is the gateway's. */
static struct lan_host *near_end(struct topo *t, const struct lan_host *from, const struct ip_view *v)
{
    int side = from->side;
    if (from->role == LAN_PEP_TO_HOSTS)
        return find_address(t, side, LAN_HOST, side, &v->dst);
    bool meets_pep = from->role == LAN_HOST && v->protocol == PROTO_TCP && t->lan[side].hosts[LAN_PEP_TO_HOSTS];
    return meets_pep ? find_address(t, side, LAN_PEP_TO_HOSTS, !side, &v->dst) : NULL;
}

/* Between a host and a PEP. What finds no room was counted by nobody: it comes to be in order to be dropped. */
static void cross_to_near_end(struct topo *t, struct lan_host *from, struct lan_host *near, const struct buf *packet)
{
    bool to_host = near->role == LAN_HOST;
    struct lan_host *access = to_host ? near : from;
    if (!to_host || port_has_room(t, access, packet->len)) {
        travel(t, from->side, near, true, packet, cross(t, access, to_host, packet->len));
    } else if (!t->closing) {
        topo_tell(t, (struct event){.kind = EVENT_MADE, .side = from->side});
        dropped_at_port(t, from->side);
    }
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
    struct lan_host *near = near_end(t, host, &v);
    if (near) {
        cross_to_near_end(t, host, near, &packet);
        return;
    }
    tcp_flow_sent(t, &packet, &v);
    travel(t, host->side, NULL, false, &packet, cross(t, host, false, packet.len));
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

void lan_end(struct topo *t, int side)
{
    for (uint64_t n = reassembly_waiting(t->lan[side].fragments); n; n--)
        dropped_at_host(t, side, DROP_REASSEMBLY);
}

struct lan_count lan_count(const struct topo *t, int side)
{
    struct lan_count n = {.fragments = reassembly_waiting(t->lan[side].fragments)};
    const struct on_lan *p;
    DL_FOREACH(t->lan[side].under_way, p)
    {
        n.stay += p->stays;
        n.to_gateway += !p->to;
        n.to_peps += p->to && !p->stays && p->to->role != LAN_HOST;
        n.to_hosts += p->to && !p->stays && p->to->role == LAN_HOST;
    }
    return n;
}

/* The host's own ESP comes off first. */
static enum drop take_esp(struct topo *t, int side, struct buf *packet, struct ip_view *v)
{
    if (v->protocol != PROTO_ESP)
        return DROP_NONE;
    enum drop d = host_esp_open(t, side, packet);
    return d || ip_parse(packet->data, packet->len, v) ? d : DROP_MALFORMED;
}

/* The packet is at the far end of its access link after `to_go`; what no event needs then is taken now. */
static void take(struct topo *t, int side, struct buf *packet, struct ip_view *v, sim_time to_go)
{
    struct lan_host *host = find_address(t, side, pep_splits(t) ? LAN_PEP_TO_LINK : LAN_HOST, side, &v->dst);
    if (host && v->fragment && !reassemble(t, side, packet, v))
        return;
    enum drop d = host ? take_esp(t, side, packet, v) : DROP_NO_ROUTE;
    if (!d && !checksum_l4_is_good(packet->data, v))
        d = DROP_CORRUPT;
    if (d)
        dropped_at_host(t, side, d);
    else if (replay_flow_receive(t, packet, v, to_go) ||
             (v->protocol == PROTO_UDP && udp_flow_receive(t, packet, v, to_go)))
        topo_tell(t, (struct event){.kind = EVENT_HOST_GOT, .side = side});
    else if (host->engine_host >= 0)
        travel(t, side, host, false, packet, to_go);
    else if (take_too_big(t, host, packet, v) || v->protocol == PROTO_ICMP || v->protocol == PROTO_ICMPV6)
        topo_tell(t, (struct event){.kind = EVENT_HOST_GOT, .side = side});
    else
        dropped_at_host(t, side, DROP_NO_ROUTE);
}

/* Whose access link the packet goes on: a PEP takes the TCP of its LAN's hosts. NULL: no host has the address. */
static struct lan_host *access_of(struct topo *t, int side, const struct ip_view *v)
{
    bool to_pep = pep_splits(t) && v->protocol == PROTO_TCP;
    return find_address(t, side, to_pep ? LAN_PEP_TO_LINK : LAN_HOST, side, &v->dst);
}

void lan_from_gateway(struct topo *t, int side, struct buf *packet)
{
    const struct config_lan *c = &t->config->lan[side];
    struct ip_view v;
    bool whole = ip_parse(packet->data, packet->len, &v);
    assert(whole); /* the gateway forwards nothing else */
    (void)whole;
    struct lan_host *access = access_of(t, side, &v);
    if (access && !port_has_room(t, access, packet->len)) {
        dropped_at_port(t, side);
        return;
    }
    topo_tell(t, (struct event){.kind = EVENT_TO_LAN, .side = side, .packet = packet->data, .len = packet->len});
    sim_time to_go = access ? cross(t, access, true, packet->len) : units_tx_time(packet->len, c->rate) + c->delay;
    if (replay_flow_receive(t, packet, &v, to_go))
        topo_tell(t, (struct event){.kind = EVENT_HOST_GOT, .side = side});
    else
        take(t, side, packet, &v, to_go);
}
