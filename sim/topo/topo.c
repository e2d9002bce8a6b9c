#include "sim/topo/topo.h"

#include "models/traffic/traffic.h"
#include "sim/topo/topo_impl.h"

#include <stdio.h>
#include <stdlib.h>

enum { PROGRESS_STEPS = 200, DRAIN_STEPS = 1000 };

static const sim_time drain_on_path = 3600 * NS_PER_S;

sim_time topo_now(const struct topo *t)
{
    return t->ops->now(t->eng);
}

void topo_tell(struct topo *t, struct event e)
{
    e.now = topo_now(t);
    t->n_outstanding += e.kind == EVENT_HOST_SENT || e.kind == EVENT_MADE;
    t->n_outstanding -= e.kind == EVENT_HOST_GOT || e.kind == EVENT_DROPPED;
    t->n_outstanding -= e.kind == EVENT_JOINED ? e.octets : 0;
    event_tell(t->bus, &e);
}

struct topo_flow *topo_add_flow(struct topo *t, const struct config_flow *config, bool back)
{
    t->flows = realloc(t->flows, (t->n_flows + 1) * sizeof *t->flows);
    assert(t->flows);
    struct topo_flow *f = &t->flows[t->n_flows++];
    uint32_t from, to;
    config_flow_pair(config, 0, &from, &to);
    struct addr a = prefix_host(&t->config->lan[config->from.lan].prefix, from);
    struct addr b = prefix_host(&t->config->lan[config->to.lan].prefix, to);
    *f = (struct topo_flow){.config = config,
                            .from = back ? b : a,
                            .to = back ? a : b,
                            .start = config->start,
                            .stop = config->stop ? config->stop : t->config->duration};
    snprintf(f->name, sizeof f->name, "%s%s", config->name, back ? "-back" : "");
    return f;
}

uint32_t topo_flow_first_stream(const struct topo *t, int flow)
{
    uint64_t first = 0;
    for (int i = 0; i < flow; i++)
        first += t->flows[i].tcp ? 0 : t->flows[i].n_streams;
    return (uint32_t)first;
}

static bool make_engine(struct topo *t, struct err *e)
{
    struct eng_config config = {.seed = (uint32_t)(rng_derive(t->run->seed, "engine") >> 33) + 1};
    for (int side = 0; side < 2; side++)
        config.link[side] = link_path_engine(t->config, side);
    struct eng_hooks hooks = {.from_host = lan_from_host,
                              .from_link = satellite_from_link,
                              .link_start = satellite_link_start,
                              .link_idle = satellite_link_idle,
                              .link_event = satellite_link_event,
                              .tcp_data = tcp_flow_data,
                              .tcp_fill = tcp_flow_fill,
                              .tcp_taken = pep_taken,
                              .ctx = t};
    t->ops = engine_load(e);
    return t->ops && t->ops->create(&config, &hooks, &t->eng, e);
}

typedef bool (*flow_adder)(struct topo *t, const struct config_flow *c, struct err *e);

static flow_adder adder_of(const struct config_flow *c)
{
    const struct traffic_kind *kind = (const struct traffic_kind *)c->kind;
    if (kind->carrier == TRAFFIC_TCP)
        return tcp_flow_add;
    if (kind->carrier == TRAFFIC_WEB)
        return web_flow_add;
    return c->file ? replay_flow_add : udp_flow_add;
}

static bool make_flows(struct topo *t, struct err *e)
{
    for (size_t i = 0; i < t->config->n_flows; i++) {
        const struct config_flow *c = &t->config->flows[i];
        if (!adder_of(c)(t, c, e))
            return false;
    }
    return true;
}

bool topo_new(const struct config *c, const struct plan_run *run, const struct event_bus *bus, struct topo **out,
              struct err *e)
{
    struct topo *t = calloc(1, sizeof *t);
    assert(t);
    t->config = c;
    t->run = run;
    t->bus = bus;
    t->mode = (const struct mode *)run->mode;
    rng_init(&t->adversary_rng, run->seed, "adversary");
    payload_init(&t->payload, rng_derive(run->seed, "payload"));
    lan_init(t);
    for (int side = 0; side < 2; side++) {
        t->room[side] = malloc(TOPO_ROOM_LEN);
        assert(t->room[side]);
        t->host_sad[side] = sad_new();
    }
    gateways_init(t);
    if (!make_engine(t, e) || !satellite_init(t, e) || !keying_init(t, e) || !make_flows(t, e)) {
        topo_free(t);
        return false;
    }
    *out = t;
    return true;
}

static void tick(void *arg)
{
    struct topo *t = arg;
    sim_time step = t->config->duration / PROGRESS_STEPS;
    if (t->closing || step <= 0)
        return;
    *t->progress = (double)topo_now(t) / (double)t->config->duration;
    t->ops->at(t->eng, step, tick, t);
}

/* What may still be on its way, from end to end. */
static sim_time time_to_empty(const struct topo *t)
{
    sim_time all = 0;
    for (int side = 0; side < 2; side++)
        all += link_path_time_to_empty(&t->sat.way[side]) + lan_time_to_empty(t, side);
    return all;
}

static sim_time longer(sim_time a, sim_time b)
{
    return a > b ? a : b;
}

/* Runs until no packet is under way, or until none should be, or for `most`. */
static bool run_until_empty(struct topo *t, sim_time most, struct err *e)
{
    const struct link_way *way = t->sat.way;
    sim_time step = longer(way[0].delay, way[1].delay) + NS_PER_S, span = time_to_empty(t) + 2 * step;
    span = span < most ? span : most;
    sim_time limit = topo_now(t) + span;
    step = longer(step, span / DRAIN_STEPS);
    while (t->n_outstanding && topo_now(t) < limit)
        if (!t->ops->run(t->eng, topo_now(t) + step, e))
            return false;
    return true;
}

/* At the end hosts fall silent and the link empties: its queues, then its delay, then the LANs' ports. A trace may
 * stand still for good; and a path that changes each millisecond is not followed through the months that a queue of 2
 * GiB takes at 1 kbit/s. */
static bool drain(struct topo *t, struct err *e)
{
    t->closing = true;
    for (int side = 0; side < 2; side++)
        t->sat.way[side].sent = t->ops->link_sent(t->eng, side);
    tcp_flow_end_all(t);
    if (!run_until_empty(t, drain_on_path, e))
        return false;
    link_path_let_go(t);
    return run_until_empty(t, INT64_MAX, e);
}

/* What waits for its other fragments waits in vain. */
static void end_reassembly(struct topo *t)
{
    for (int side = 0; side < 2; side++) {
        uint64_t before = t->n_outstanding;
        gateways_end(t, side);
        t->n_ended_gw[side] = before - t->n_outstanding;
    }
    for (int side = 0; side < 2; side++) {
        uint64_t before = t->n_outstanding;
        lan_end(t, side);
        t->n_ended_hosts[side] = before - t->n_outstanding;
    }
}

bool topo_run(struct topo *t, volatile double *progress, struct err *e)
{
    t->progress = progress;
    if (progress)
        tick(t);
    link_path_start(t);
    keying_start(t);
    udp_flow_start_all(t);
    replay_flow_start_all(t);
    web_flow_start_all(t);
    if (!t->ops->run(t->eng, t->config->duration, e) || !drain(t, e))
        return false;
    end_reassembly(t);
    udp_flow_end_all(t);
    if (progress)
        *progress = 1;
    if (t->has_failed)
        *e = t->failed;
    return !t->has_failed;
}

void topo_free(struct topo *t)
{
    if (!t)
        return;
    udp_flow_fini(t);
    replay_flow_fini(t);
    web_flow_fini(t);
    pep_fini(t);
    tcp_flow_fini(t);
    gateways_fini(t);
    for (int side = 0; side < 2; side++) {
        sad_free(t->host_sad[side]);
        free(t->room[side]);
    }
    lan_fini(t);
    keying_fini(t);
    satellite_fini(t);
    if (t->eng)
        t->ops->destroy(t->eng);
    free(t->flows);
    free(t);
}

size_t topo_n_flows(const struct topo *t)
{
    return t->n_flows;
}

const struct topo_flow *topo_flow(const struct topo *t, size_t i)
{
    return &t->flows[i];
}

struct gateway *topo_gateway(const struct topo *t, int side)
{
    return t->gw[side];
}

size_t topo_n_sas(const struct topo *t)
{
    return t->keying.n_sas;
}

size_t topo_n_lines(const struct topo *t)
{
    return t->keying.n_lines;
}

const struct topo_sa *topo_sa(const struct topo *t, size_t i)
{
    return &t->keying.sas[i];
}

double topo_link_rate(const struct topo *t, int side)
{
    return link_path_capacity(&t->sat.way[side], t->config->duration) * NS_PER_S / (double)t->config->duration;
}

/* Sums of doubles may be beyond each other by a last digit. */
double topo_link_utilisation(const struct topo *t, int side)
{
    double capacity = link_path_capacity(&t->sat.way[side], t->config->duration), sent = t->sat.way[side].sent;
    return sent < capacity ? sent / capacity : capacity > 0;
}

uint64_t topo_n_corrupt(const struct topo *t)
{
    return t->n_corrupt;
}

uint64_t topo_n_attacked(const struct topo *t)
{
    return t->n_attacked;
}

uint64_t topo_n_misled(const struct topo *t)
{
    return t->n_misled[0] + t->n_misled[1];
}

uint64_t topo_n_outstanding(const struct topo *t)
{
    return t->n_outstanding;
}

uint64_t topo_n_events(const struct topo *t)
{
    return t->ops->n_events(t->eng);
}

const char *topo_engine_version(const struct topo *t)
{
    return t->ops->version;
}
