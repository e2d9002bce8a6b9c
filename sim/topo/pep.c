/* Performance enhancing proxies (RFC 3135): a bulk transfer becomes three connections, host - PEP - PEP - host, of
 * which the middle one alone crosses the satellite, with a window of its own. Each PEP stores so many octets and then
 * reads no more, so that its sender's window closes. Outside of ESP there is no TCP to be seen, so nothing is split. */
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
    for (struct relay *r = t->relays; r; r = r->next)
        if (r->out == handle && r->held && stored(r) <= t->config->pep.buffer / 2) {
            r->held = false;
            t->ops->at(t->eng, 0, read_on, r);
        }
}

static void join_legs(struct topo *t, int in, int out, int payload)
{
    struct relay *r = calloc(1, sizeof *r);
    assert(r);
    *r = (struct relay){.topo = t, .in = in, .out = out, .next = t->relays};
    t->relays = r;
    t->conns[in].taker = pass_on;
    t->conns[in].who = r;
    t->conns[out].payload = payload;
}

bool pep_add_pair(struct topo *t, int flow, size_t pair, struct err *e)
{
    const struct topo_flow *f = &t->flows[flow];
    const struct config_flow *c = f->config;
    uint32_t from, to;
    int host[2], pep[2], leg[3];
    config_flow_pair(c, pair, &from, &to);
    if (!lan_add_tcp_host(t, c->from.lan, from, &host[0], e) || !lan_add_tcp_host(t, c->to.lan, to, &host[1], e) ||
        !lan_add_pep(t, c->from.lan, &pep[0], e) || !lan_add_pep(t, c->to.lan, &pep[1], e))
        return false;
    const struct tcp_way ways[3] = {
        {.from = host[0], .to = pep[0], .flow = -1, .ends = -1, .on_lan = true, .buffer = c->buffer},
        {.from = pep[0], .to = pep[1], .flow = flow, .ends = -1, .buffer = t->config->pep.buffer},
        {.from = pep[1], .to = host[1], .flow = -1, .ends = flow, .on_lan = true, .buffer = c->buffer},
    };
    for (int i = 0; i < 3; i++) {
        leg[i] = tcp_conn_add(t, f, &ways[i], i > 0, e);
        if (leg[i] < 0)
            return false;
    }
    join_legs(t, leg[0], leg[1], leg[0]);
    join_legs(t, leg[1], leg[2], leg[0]);
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
