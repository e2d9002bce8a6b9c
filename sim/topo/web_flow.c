/* Web pages: a browser asks for a page, then, once it has it, for the page's objects, over connections that stay open
 * (HTTP/1.1 without pipelining: one request at a time on each); when all has come it pauses, and asks for the next. */
#include "sim/topo/tcp_conn.h"

#include <stdio.h>
#include <stdlib.h>

/* A connection of a browser. */
struct channel {
    struct tcp_path request, response;
    uint64_t to_ask;  /* octets of the request that the server has not got */
    uint64_t to_come; /* octets of the answer that the browser has not got */
    uint32_t answer;  /* size of the object asked for; 0: the channel is idle */
};

struct browser {
    struct topo *topo;
    int flow; /* of topo_flow; the responses' is the next one */
    struct traffic traffic;
    struct rng rng;
    struct web_page page;
    uint32_t n_asked, n_done; /* objects of the page */
    bool loading;
    sim_time since; /* the request for the page */
    sim_time moved; /* last octet of anything; a page that is being loaded and does not move has stalled */
    struct channel *channels;
    size_t n_channels;
    struct browser *next;
};

static void ask(struct browser *b, struct channel *c)
{
    c->answer = b->page.sizes[b->n_asked++];
    c->to_come = c->answer;
    c->to_ask = b->page.request;
    b->topo->ops->tcp_offer(b->topo->eng, c->request.offers, c->to_ask);
}

static void ask_for_page(void *arg)
{
    struct browser *b = arg;
    struct topo *t = b->topo;
    if (t->closing || topo_now(t) >= b->traffic.stop)
        return;
    b->loading = true;
    b->since = b->moved = topo_now(t);
    ask(b, &b->channels[0]);
}

static void plan_page(struct browser *b)
{
    traffic_page(&b->traffic, &b->rng, &b->page);
    b->n_asked = b->n_done = 0;
    b->topo->ops->at(b->topo->eng, b->page.think, ask_for_page, b);
}

static void end_page(struct browser *b)
{
    sim_time now = topo_now(b->topo);
    b->loading = false;
    topo_tell(b->topo, (struct event){.kind = EVENT_PAGE, .flow = b->flow, .waited = now - b->since});
    plan_page(b);
}

static struct channel *channel_of(struct browser *b, int handle)
{
    for (size_t i = 0; i < b->n_channels; i++)
        if (b->channels[i].request.takes == handle || b->channels[i].response.takes == handle)
            return &b->channels[i];
    assert(false);
    return NULL;
}

/* The server has a part of a request; it answers without a pause once it has all of it. */
static void request_came(void *who, int handle, size_t len)
{
    struct browser *b = who;
    struct channel *c = channel_of(b, handle);
    assert(len <= c->to_ask);
    b->moved = topo_now(b->topo);
    c->to_ask -= len;
    if (!c->to_ask)
        b->topo->ops->tcp_offer(b->topo->eng, c->response.offers, c->answer);
}

/* What the page holds is only known when the page itself is there. */
static void response_came(void *who, int handle, size_t len)
{
    struct browser *b = who;
    struct channel *c = channel_of(b, handle);
    assert(len <= c->to_come);
    b->moved = topo_now(b->topo);
    c->to_come -= len;
    if (c->to_come)
        return;
    c->answer = 0;
    b->n_done++;
    for (size_t i = 0; i < b->n_channels && b->n_asked < b->page.n_objects; i++)
        if (!b->channels[i].answer)
            ask(b, &b->channels[i]);
    if (b->n_done == b->page.n_objects)
        end_page(b);
}

static bool add_channel(struct topo *t, struct browser *b, size_t pair, struct err *e)
{
    struct channel *c = &b->channels[b->n_channels];
    if (!tcp_connect(t, b->flow, pair, true, &c->request, &c->response, e))
        return false;
    t->conns[c->request.takes].taker = request_came;
    t->conns[c->response.takes].taker = response_came;
    t->conns[c->request.takes].who = t->conns[c->response.takes].who = b;
    b->n_channels++;
    return true;
}

static struct browser *add_browser(struct topo *t, int flow, size_t pair)
{
    const struct topo_flow *f = &t->flows[flow];
    struct traffic_settings set = config_flow_traffic(t->config, f->config);
    struct browser *b = calloc(1, sizeof *b);
    char name[128];
    assert(b);
    b->topo = t;
    b->flow = flow;
    b->channels = calloc((size_t)f->config->connections, sizeof *b->channels);
    assert(b->channels);
    traffic_init(&b->traffic, (const struct traffic_kind *)f->config->kind, &set, f->start, f->stop);
    snprintf(name, sizeof name, "flow/%s/%zu", f->name, pair);
    rng_init(&b->rng, t->run->seed, name);
    b->next = t->browsers;
    t->browsers = b;
    return b;
}

static bool add_pair(struct topo *t, int flow, size_t pair, struct err *e)
{
    struct browser *b = add_browser(t, flow, pair);
    for (uint64_t i = 0; i < t->flows[flow].config->connections; i++)
        if (!add_channel(t, b, pair, e))
            return false;
    return true;
}

bool web_flow_add(struct topo *t, const struct config_flow *config, struct err *e)
{
    size_t flow = t->n_flows, n_pairs = config_flow_pairs(config);
    topo_add_flow(t, config, false)->web = true;
    topo_add_flow(t, config, true);
    for (size_t i = 0; i < 2; i++) {
        t->flows[flow + i].tcp = true;
        t->flows[flow + i].n_streams = n_pairs * config->connections;
    }
    for (size_t i = 0; i < n_pairs; i++)
        if (!add_pair(t, (int)flow, i, e))
            return false;
    return true;
}

static void begin(void *arg)
{
    plan_page(arg);
}

void web_flow_start_all(struct topo *t)
{
    for (struct browser *b = t->browsers; b; b = b->next)
        t->ops->at(t->eng, b->traffic.start, begin, b);
}

bool web_flow_stalled(const struct topo *t, size_t flow, sim_time after)
{
    for (const struct browser *b = t->browsers; b; b = b->next)
        if ((b->flow == (int)flow || b->flow + 1 == (int)flow) && b->loading && t->config->duration - b->moved > after)
            return true;
    return false;
}

void web_flow_fini(struct topo *t)
{
    for (struct browser *b = t->browsers, *next; b; b = next) {
        next = b->next;
        free(b->channels);
        free(b);
    }
}
