#include "models/wire/ipv4.h"
#include "models/wire/ipv6.h"
#include "models/wire/protocol.h"
#include "models/wire/tcp.h"
#include "sim/topo/tcp_conn.h"

#include <stdlib.h>

enum {
    FIRST_PORT = 5001,
    SOURCE_OFFSET = 10000,
    SEGMENTS = 1 << 15,
    LAN_MTU = 1500 /* of Ethernet, for connections that stay in a LAN */
};

/* When a segment left its host, by the hash of its sequence number. */
struct segment {
    uint32_t seq;
    bool waits; /* not arrived yet */
    sim_time sent_at;
};

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The largest segment that needs no fragmentation in this mode and fits a buffer, or what the scenario says. */
static uint32_t segment_size(const struct topo *t, const struct config_flow *c, bool on_lan, size_t buffer)
{
    size_t mtu = on_lan ? LAN_MTU : gateway_inner_mtu(t->gw[0], (uint8_t)t->config->ip);
    size_t heads = (t->config->ip == 4 ? IPV4_HEAD_LEN : IPV6_HEAD_LEN) + TCP_HEAD_LEN + ENG_TCP_OPTIONS_LEN;
    uint32_t fits = (uint32_t)smaller(smaller(mtu - heads, ENG_TCP_MSS_MAX), buffer);
    /* ns-3 sends no MSS option for the gateways to lower, so what they would write is set at both ends. */
    return !c->mss || (t->config->ipsec.mss_clamp && c->mss > fits) ? fits : (uint32_t)c->mss;
}

static struct tcp_conn *append(struct topo *t, struct tcp_role role, uint16_t port)
{
    t->conns = realloc(t->conns, (t->n_conns + 1) * sizeof *t->conns);
    assert(t->conns);
    int handle = (int)t->n_conns++;
    struct tcp_conn *c = &t->conns[handle];
    *c = (struct tcp_conn){.flow = role.flow,
                           .of = role.of,
                           .ends = role.ends,
                           .port = port,
                           .back = -1,
                           .crosses = handle,
                           .payload = handle};
    if (role.flow >= 0) {
        c->segments = calloc(SEGMENTS, sizeof *c->segments);
        assert(c->segments);
    }
    return c;
}

int tcp_conn_add(struct topo *t, const struct tcp_way *way, struct tcp_role role, struct err *e)
{
    const struct topo_flow *f = &t->flows[role.of];
    const struct config_flow *c = f->config;
    struct eng_tcp tcp = {.from = way->from,
                          .to = way->to,
                          .port = way->port ? way->port : (uint16_t)(FIRST_PORT + t->n_conns),
                          .dscp = (uint8_t)c->dscp,
                          .congestion = way->congestion->name,
                          .mss = segment_size(t, c, way->on_lan, way->buffer),
                          .buffer = (uint32_t)way->buffer,
                          .initial_cwnd = (uint32_t)way->initial_cwnd,
                          .delack = (uint32_t)c->delack,
                          .sack = true,
                          .limit = c->octets,
                          .on_demand = way->on_demand,
                          .start = f->start,
                          .stop = way->on_demand ? 0 : f->stop};
    assert(t->n_conns < CONFIG_CONNECTIONS_MAX); /* sim/config has counted them */
    int handle = t->ops->add_tcp(t->eng, &tcp, e);
    if (handle < 0) {
        err_at(e, "flow %s", f->name);
        return -1;
    }
    assert((size_t)handle == t->n_conns);
    append(t, role, tcp.port)->opened = true;
    return handle;
}

int tcp_conn_add_back(struct topo *t, int handle, struct tcp_role role, struct err *e)
{
    int back = t->ops->add_tcp_back(t->eng, handle, e);
    if (back < 0)
        return -1;
    assert((size_t)back == t->n_conns);
    append(t, role, t->conns[handle].port);
    t->conns[handle].back = back;
    t->conns[back].back = handle;
    return back;
}

/* From host to host. */
static bool connect_hosts(struct topo *t, int flow, size_t pair, bool on_demand, struct tcp_path *there,
                          struct tcp_path *back, struct err *e)
{
    const struct config_flow *c = t->flows[flow].config;
    uint32_t from, to;
    struct tcp_way way = {
        .on_demand = on_demand, .buffer = c->buffer, .initial_cwnd = c->initial_cwnd, .congestion = c->congestion};
    config_flow_pair(c, pair, &from, &to);
    if (!lan_add_tcp_host(t, c->from.lan, LAN_HOST, from, &way.from, e) ||
        !lan_add_tcp_host(t, c->to.lan, LAN_HOST, to, &way.to, e))
        return false;
    there->offers = there->takes = tcp_conn_add(t, &way, (struct tcp_role){flow, flow, flow}, e);
    if (there->offers < 0 || !back)
        return there->offers >= 0;
    back->offers = back->takes =
        tcp_conn_add_back(t, there->offers, (struct tcp_role){flow + 1, flow + 1, flow + 1}, e);
    return back->offers >= 0;
}

bool tcp_connect(struct topo *t, int flow, size_t pair, bool on_demand, struct tcp_path *there, struct tcp_path *back,
                 struct err *e)
{
    return (pep_splits(t) ? pep_connect : connect_hosts)(t, flow, pair, on_demand, there, back, e);
}

bool tcp_flow_add(struct topo *t, const struct config_flow *config, struct err *e)
{
    struct topo_flow *f = topo_add_flow(t, config, false);
    f->tcp = true;
    for (size_t i = 0; i < config_flow_pairs(config); i++) {
        struct tcp_path path;
        if (!tcp_connect(t, (int)(f - t->flows), i, false, &path, NULL, e))
            return false;
        f->n_streams++;
    }
    return true;
}

void tcp_flow_fini(struct topo *t)
{
    for (size_t i = 0; i < t->n_conns; i++)
        free(t->conns[i].segments);
    free(t->conns);
}

/* The connection in whose direction of data the packet goes, and its TCP header; NULL: none, or no data in it. */
static struct tcp_conn *find_conn(struct topo *t, const struct buf *packet, const struct ip_view *v, struct tcp *tcp)
{
    struct rd r = rd_over(packet->data + v->head_len, v->total_len - v->head_len);
    if (v->protocol != PROTO_TCP || v->fragment || !tcp_read(tcp, &r) || !rd_left(&r))
        return NULL;
    bool opened = tcp->sport == tcp->dport + SOURCE_OFFSET;
    uint16_t port = opened ? tcp->dport : tcp->sport;
    size_t i = (size_t)port - FIRST_PORT;
    if (port < FIRST_PORT || i >= t->n_conns || !t->conns[i].opened ||
        (!opened && tcp->dport != tcp->sport + SOURCE_OFFSET))
        return NULL;
    struct tcp_conn *c = &t->conns[t->conns[i].crosses];
    if (!opened)
        c = c->back < 0 ? NULL : &t->conns[c->back];
    return c && c->segments ? c : NULL;
}

static struct segment *segment_of(struct tcp_conn *c, uint32_t seq)
{
    return &c->segments[seq * UINT32_C(2654435761) >> 17];
}

void tcp_flow_sent(struct topo *t, const struct buf *packet, const struct ip_view *v)
{
    struct tcp tcp;
    struct tcp_conn *c = find_conn(t, packet, v, &tcp);
    if (!c || t->closing)
        return;
    *segment_of(c, tcp.seq) = (struct segment){tcp.seq, true, topo_now(t)};
    topo_tell(t, (struct event){.kind = EVENT_FLOW_SENT, .flow = c->flow, .octets = v->total_len});
}

void tcp_flow_received(struct topo *t, const struct buf *packet, const struct ip_view *v)
{
    struct tcp tcp;
    struct tcp_conn *c = find_conn(t, packet, v, &tcp);
    if (!c)
        return;
    struct segment *s = segment_of(c, tcp.seq);
    bool first = s->seq == tcp.seq && s->waits;
    s->waits = s->seq == tcp.seq ? false : s->waits;
    topo_tell(t, (struct event){.kind = first ? EVENT_FLOW_RECEIVED : EVENT_FLOW_REPEATED,
                                .flow = c->flow,
                                .octets = v->total_len,
                                .sent_at = s->sent_at});
}

void tcp_flow_fill(void *ctx, int flow, uint64_t offset, uint8_t *data, size_t len)
{
    struct topo *t = ctx;
    payload_fill(&t->payload, (uint32_t)t->conns[flow].payload, offset, data, len);
}

void tcp_flow_data(void *ctx, int flow, const uint8_t *data, size_t len)
{
    struct topo *t = ctx;
    struct tcp_conn *c = &t->conns[flow];
    size_t good = payload_match(&t->payload, (uint32_t)c->payload, c->received, data, len);
    t->n_corrupt += len - good;
    c->received += len;
    if (c->ends >= 0)
        topo_tell(t, (struct event){.kind = EVENT_FLOW_DELIVERED, .flow = c->ends, .octets = len});
    if (c->taker && !t->closing)
        c->taker(c->who, flow, len);
}

/* What a host sends from now on reaches nobody, so that it will be sent again: that is not the link's doing. */
void tcp_flow_end_all(struct topo *t)
{
    for (size_t k = 0; k < t->n_conns; k++) {
        struct eng_tcp_stats s;
        t->ops->tcp_stats(t->eng, (int)k, &s);
        t->conns[k].retransmits = s.retransmits;
        t->conns[k].timeouts = s.timeouts;
    }
}

static sim_time later(sim_time a, sim_time b)
{
    return a > b ? a : b;
}

static void add_end(struct eng_tcp_stats *sum, const struct eng_tcp_stats *one, bool *all_complete)
{
    sum->octets_sent += one->octets_sent;
    sum->octets_received += one->octets_received;
    if (one->first_octet >= 0 && (sum->first_octet < 0 || one->first_octet < sum->first_octet))
        sum->first_octet = one->first_octet;
    sum->last_octet = later(sum->last_octet, one->last_octet);
    sum->completed = later(sum->completed, one->completed);
    *all_complete = *all_complete && one->completed >= 0;
}

bool topo_tcp(const struct topo *t, size_t i, struct eng_tcp_stats *sum)
{
    *sum = (struct eng_tcp_stats){.first_octet = -1, .last_octet = -1, .completed = -1};
    bool all_complete = true;
    for (size_t k = 0; k < t->n_conns; k++) {
        const struct tcp_conn *c = &t->conns[k];
        struct eng_tcp_stats one;
        if ((size_t)c->of != i)
            continue;
        t->ops->tcp_stats(t->eng, (int)k, &one);
        sum->retransmits += c->retransmits;
        sum->timeouts += c->timeouts;
        sum->failed = sum->failed || one.failed;
        if (c->ends >= 0)
            add_end(sum, &one, &all_complete);
    }
    if (!all_complete)
        sum->completed = -1;
    return t->flows[i].tcp;
}

bool topo_stalled(const struct topo *t, size_t i, sim_time after)
{
    const struct topo_flow *f = &t->flows[i];
    struct eng_tcp_stats s;
    if (!topo_tcp(t, i, &s))
        return false;
    if (((const struct traffic_kind *)f->config->kind)->carrier == TRAFFIC_WEB)
        return web_flow_stalled(t, i, after);
    return s.completed < 0 && f->stop - later(s.last_octet, f->start) > after;
}
