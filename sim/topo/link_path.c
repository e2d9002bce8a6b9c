/* link_path.c - follows the path models: rate, delay and outages of the link over time, and MODCODs with them. */
#include "sim/topo/topo_impl.h"

static const enum eng_queue engine_queue[] = {
    [CONFIG_QUEUE_DROP_TAIL] = ENG_QUEUE_DROP_TAIL,
    [CONFIG_QUEUE_CODEL] = ENG_QUEUE_CODEL,
    [CONFIG_QUEUE_PRIORITY] = ENG_QUEUE_PRIORITY,
};

struct eng_link link_path_engine(const struct config *c, int side)
{
    const struct config_link *link = &c->link;
    return (struct eng_link){.rate = link->rate[side],
                             .delay = link->delay[side],
                             .queue = engine_queue[config_queue_kind(c)],
                             .queue_octets = link->queue_packets ? 0 : link->queue[side],
                             .queue_packets = link->queue_packets,
                             .codel_target = link->codel_target,
                             .codel_interval = link->codel_interval,
                             .codel_backlog = link->mtu};
}

bool link_path_init(struct topo *t, int side, struct err *e)
{
    struct link_way *way = &t->sat.way[side];
    const struct path_kind *kind = path_find(t->config->link.path->name, e);
    struct path_settings set = config_path(t->config, side);
    if (!kind || !path_check(kind, &set, e))
        return false;
    /* Both directions go by the same satellites, so by the same slots. */
    path_init(&way->path, kind, &set, rng_derive(t->run->seed, "link/path"));
    way->rate = set.rate;
    return true;
}

static bool follows_rain(const struct link_way *way)
{
    return way->path.symbol_rate > 0;
}

bool topo_fade(const struct topo *t, int side, struct topo_fade *fade)
{
    const struct link_way *way = &t->sat.way[side];
    double most_robust = modcods[0].es_n0 + way->path.set.acm.margin;
    *fade = (struct topo_fade){way->fade_max, way->fade_full, way->path.set.es_n0 - most_robust};
    return follows_rain(way);
}

static void follow(void *arg)
{
    struct link_way *way = arg;
    struct topo *t = way->topo;
    if (t->sat.let_go)
        return;
    sim_time now = topo_now(t);
    struct path_now n = path_at(&way->path, now);
    if (!t->closing) { /* what it carries after the run's end is no capacity of the run */
        way->capacity = link_path_capacity(way, now);
        way->since = now;
        way->rate = n.rate;
    }
    if (n.delay > way->delay)
        way->delay = n.delay;
    if (follows_rain(way) && !t->closing) {
        way->fade = way->path.set.es_n0 - n.es_n0;
        way->fade_max = way->fade > way->fade_max ? way->fade : way->fade_max;
    }
    /* Frames have the new MODCOD from the next one on, but the rate changes at once: what is left of the open one takes
     * the time of the new one. A fade of 14 dB at 0.25 Msymbol/s costs a frame that way, of 1,100 in a minute. */
    if (n.modcod)
        framing_set_modcod(&way->framing, n.modcod);
    t->ops->link_set(t->eng, way->side, n.rate, n.delay, n.up);
    if (n.next != PATH_NEVER)
        t->ops->at(t->eng, n.next - now, follow, way);
}

void link_path_start(struct topo *t)
{
    for (int side = 0; side < 2; side++)
        follow(&t->sat.way[side]);
}

sim_time link_path_time_to_empty(const struct link_way *way)
{
    const struct path_settings *set = &way->path.set;
    bit_rate rate = way->rate && way->rate < set->rate ? way->rate : set->rate;
    return way->delay + set->trace->period + units_tx_time(10 * way->waiting + IP_TOTAL_MAX, rate);
}

void link_path_let_go(struct topo *t)
{
    t->sat.let_go = true;
    for (int side = 0; side < 2; side++) {
        const struct link_way *way = &t->sat.way[side];
        t->ops->link_set(t->eng, side, way->path.set.rate, way->delay, true);
    }
}

double link_path_capacity(const struct link_way *way, sim_time now)
{
    return way->capacity + (double)way->rate * (double)(now - way->since) / NS_PER_S;
}
