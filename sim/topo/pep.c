/* Performance enhancing proxies (RFC 3135): a connection becomes three, host - PEP - PEP - host, of which the middle
 * one alone crosses the satellite, with a TCP of the PEPs' own. They are transparent: each leg has the addresses and
 * ports of the hosts, which do not know of it. Each PEP stores so many octets and then reads no more, so that its
 * sender's window closes. Outside of ESP there is no TCP to be seen, so nothing is split. */
#include "models/wire/protocol.h"
#include "sim/config/choices.h"
#include "sim/topo/tcp_conn.h"

#include <stdlib.h>

/* Two legs that meet in a PEP. */
struct relay {
    struct topo *topo;
    int in, out;      /* handles */
    uint64_t offered; /* octets given to `out` so far */
    bool held;        /* `in` is not read */
    struct relay *next;
};

bool pep_splits(const struct topo *t)
{
    const struct member *place = t->config->pep.place;
    return place == &pep_inside || (place == &pep_outside && !t->mode->esp);
}

/* Octets that the PEP has and TCP towards the next one has not taken. */
static uint64_t stored(const struct relay *r)
{
    struct eng_tcp_stats s;
    r->topo->ops->tcp_stats(r->topo->eng, r->out, &s);
    return r->offered - s.octets_sent;
}

static void pass_on(void *who, int handle, size_t len)
{
    struct relay *r = who;
    (void)handle;
    r->offered += len;
    r->topo->ops->tcp_offer(r->topo->eng, r->out, len);
    if (r->held || stored(r) < r->topo->config->pep.buffer)
        return;
    r->held = true;
    r->topo->ops->tcp_hold(r->topo->eng, r->in, true);
}

static void read_on(void *arg)
{
    struct relay *r = arg;
    if (!r->topo->closing)
        r->topo->ops->tcp_hold(r->topo->eng, r->in, false);
}

/* Half empty: so that windows open by much at a time. */
void pep_taken(void *ctx, int handle)
{
    struct topo *t = ctx;
    struct relay *r = t->conns[handle].fed_by;
    if (!r || !r->held || stored(r) > t->config->pep.buffer / 2)
        return;
    r->held = false;
    t->ops->at(t->eng, 0, read_on, r);
}

/* A PEP passes on what comes on `in`. */
static void relay(struct topo *t, int in, int out)
{
    struct relay *r = calloc(1, sizeof *r);
    assert(r);
    *r = (struct relay){.topo = t, .in = in, .out = out, .next = t->relays};
    t->relays = r;
    t->conns[in].taker = pass_on;
    t->conns[in].who = r;
    t->conns[out].fed_by = r;
    t->conns[out].payload = t->conns[in].payload;
}

enum { LEGS = 3 };

/* The ends of the legs: hosts, and the PEPs in each other's and the hosts' names. */
static bool add_ends(struct topo *t, const struct config_flow *c, size_t pair, struct tcp_way legs[LEGS], struct err *e)
{
    uint32_t from, to;
    int near = c->from.lan, far = c->to.lan;
    config_flow_pair(c, pair, &from, &to);
    return lan_add_tcp_host(t, near, LAN_HOST, from, &legs[0].from, e) &&
           lan_add_tcp_host(t, near, LAN_PEP_TO_HOSTS, to, &legs[0].to, e) &&
           lan_add_tcp_host(t, near, LAN_PEP_TO_LINK, from, &legs[1].from, e) &&
           lan_add_tcp_host(t, far, LAN_PEP_TO_LINK, to, &legs[1].to, e) &&
           lan_add_tcp_host(t, far, LAN_PEP_TO_HOSTS, from, &legs[2].from, e) &&
           lan_add_tcp_host(t, far, LAN_HOST, to, &legs[2].to, e);
}

/* The middle leg is measured, the last one leads to the receiver. */
static struct tcp_role role_of(int leg, int last, int flow)
{
    return (struct tcp_role){.flow = leg == 1 ? flow : -1, .of = flow, .ends = leg == last ? flow : -1};
}

static void join_legs(struct topo *t, const int leg[LEGS], struct tcp_path *there, struct tcp_path *back)
{
    *there = (struct tcp_path){.offers = leg[0], .takes = leg[2]};
    relay(t, leg[0], leg[1]);
    relay(t, leg[1], leg[2]);
    t->conns[leg[0]].crosses = leg[1];
    if (!back)
        return;
    *back = (struct tcp_path){.offers = t->conns[leg[2]].back, .takes = t->conns[leg[0]].back};
    relay(t, back->offers, t->conns[leg[1]].back);
    relay(t, t->conns[leg[1]].back, back->takes);
}

bool pep_connect(struct topo *t, int flow, size_t pair, bool on_demand, struct tcp_path *there, struct tcp_path *back,
                 struct err *e)
{
    const struct config_flow *c = t->flows[flow].config;
    const struct config_pep *pep = &t->config->pep;
    struct tcp_way host = {
        .on_lan = true, .buffer = c->buffer, .initial_cwnd = c->initial_cwnd, .congestion = c->congestion};
    struct tcp_way legs[LEGS] = {host, host, host};
    int leg[LEGS];
    legs[1] = (struct tcp_way){.buffer = pep->buffer, .initial_cwnd = pep->initial_cwnd, .congestion = pep->congestion};
    if (!add_ends(t, c, pair, legs, e))
        return false;
    for (int i = 0; i < LEGS; i++) {
        legs[i].on_demand = on_demand || i > 0;
        legs[i].port = i ? t->conns[leg[0]].port : 0;
        leg[i] = tcp_conn_add(t, &legs[i], role_of(i, 2, flow), e);
        if (leg[i] < 0 || (back && tcp_conn_add_back(t, leg[i], role_of(i, 0, flow + 1), e) < 0))
            return false;
    }
    join_legs(t, leg, there, back);
    t->n_split++;
    return true;
}

void pep_see(struct topo *t, int side, const struct buf *packet)
{
    struct ip_view v;
    if (t->config->pep.place != &pep_outside || !ip_parse(packet->data, packet->len, &v))
        return;
    t->pep_saw_tcp[side] += v.protocol == PROTO_TCP;
    t->pep_saw_esp[side] += v.protocol == PROTO_ESP || (t->mode->esp && v.protocol == PROTO_UDP);
}

struct topo_pep topo_pep(const struct topo *t, int side)
{
    return (struct topo_pep){t->n_split, t->pep_saw_tcp[side], t->pep_saw_esp[side]};
}

void pep_fini(struct topo *t)
{
    for (struct relay *r = t->relays, *next; r; r = next) {
        next = r->next;
        free(r);
    }
}
