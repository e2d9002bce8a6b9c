/* settle.c - settings that follow from others. */
#include "sim/config/reader.h"

#include <string.h>

#define DSCP_EF           46 /* RFC 3246 */
#define QUEUE_PACKETS_MIN 10
#define BUFFER_MIN        65536
#define BUFFER_MAX        (UINT64_C(1) << 30)

/* Whether the value at `value` was left to follow; it then counts as filled in. */
static bool follows(struct reader *r, const void *value)
{
    struct setting *s = setting_of(r->c, value);
    if (s->unused || s->state != SETTING_UNSET)
        return false;
    s->state = SETTING_FOLLOWS;
    return true;
}

static bool is_unset(const struct reader *r, const void *value)
{
    return setting_of(r->c, value)->state == SETTING_UNSET;
}

/* What the path says about its delay; 0: nothing. */
static sim_time usual_delay(const struct config *c, int d)
{
    const struct path_kind *kind = (const struct path_kind *)c->link.path;
    struct path_settings set = config_path(c, d);
    return kind->longest ? kind->longest(&set) : kind->usual_delay;
}

static void settle_delay(struct reader *r, int d)
{
    struct config_link *link = &r->c->link;
    if (setting_is_sound(r, &link->both_delays)) {
        if (follows(r, &link->delay[d]))
            link->delay[d] = link->both_delays;
        return;
    }
    if (!is_unset(r, &link->both_delays) || !is_unset(r, &link->delay[d]) || !setting_is_sound(r, &link->path) ||
        lacks_trace(r, d))
        return;
    if (usual_delay(r->c, d)) {
        link->delay[d] = usual_delay(r->c, d);
        follows(r, &link->delay[d]);
    } else if (d == 0 || !is_unset(r, &link->delay[0])) {
        fault_section(r, "link", "delay: is missing; expected a time (propagation one way), for example `25 ms`");
    }
}

/* Over its period, or up to its last step. */
static bit_rate mean_rate(const struct trace *t)
{
    double bits = 0;
    const struct trace_step *last = &t->steps[t->n_steps - 1];
    sim_time end = t->period ? t->period : last->at;
    for (size_t i = 0; i < t->n_steps; i++)
        bits += (double)t->steps[i].rate * (double)((i + 1 < t->n_steps ? t->steps[i + 1].at : end) - t->steps[i].at);
    bit_rate mean = end ? (bit_rate)(bits / (double)end) : last->rate;
    return mean ? mean : 1000;
}

static void settle_rate(struct reader *r, int d)
{
    struct config_link *link = &r->c->link;
    if (!is_unset(r, &link->rate[d]) || lacks_trace(r, d))
        return;
    if (link->trace[d].has & TRACE_RATE) {
        link->rate[d] = mean_rate(&link->trace[d]);
        follows(r, &link->rate[d]);
    } else {
        fault_section(r, "link", "rate_%s: is missing; expected a rate, for example `10 Mbit/s`",
                      d ? "return" : "forward");
    }
}

/* RFC 8289 section 4: an interval of about the longest round trip, and 5 to 10 % of it as target. */
static void settle_codel(struct reader *r)
{
    struct config_link *link = &r->c->link;
    if (setting_is_sound(r, &link->delay[0]) && setting_is_sound(r, &link->delay[1]) &&
        follows(r, &link->codel_interval)) {
        sim_time round_trip = link->delay[0] + link->delay[1];
        link->codel_interval = round_trip > 100 * NS_PER_MS ? round_trip : 100 * NS_PER_MS;
    }
    if (setting_is_sound(r, &link->codel_interval) && follows(r, &link->codel_target))
        link->codel_target = link->codel_interval / 20;
}

/* Octets that fill the link of direction d for one round trip. */
static uint64_t bandwidth_delay_product(const struct config_link *link, int d)
{
    __extension__ typedef unsigned __int128 u128;
    return (uint64_t)((u128)link->rate[d] * (uint64_t)(link->delay[0] + link->delay[1]) / (8 * NS_PER_S));
}

static void settle_queues(struct reader *r)
{
    struct config_link *link = &r->c->link;
    for (int d = 0; d < 2; d++) {
        if (setting_is_sound(r, &link->both_queues)) {
            if (follows(r, &link->queue[d]))
                link->queue[d] = link->both_queues;
            continue;
        }
        if (!is_unset(r, &link->both_queues) || !setting_is_sound(r, &link->rate[d]) ||
            !setting_is_sound(r, &link->delay[0]) || !setting_is_sound(r, &link->delay[1]) ||
            !setting_is_sound(r, &link->mtu) || !follows(r, &link->queue[d]))
            continue;
        uint64_t least = QUEUE_PACKETS_MIN * link->mtu;
        link->queue[d] = bandwidth_delay_product(link, d);
        if (link->queue[d] < least)
            link->queue[d] = least;
    }
}

static void settle_buffer(struct reader *r, struct config_flow *f)
{
    const struct config_link *link = &r->c->link;
    if (!setting_is_sound(r, &f->from))
        return;
    int d = f->from.lan;
    if (!setting_is_sound(r, &link->rate[d]) || !setting_is_sound(r, &link->queue[d]) ||
        !setting_is_sound(r, &link->delay[0]) || !setting_is_sound(r, &link->delay[1]) || !follows(r, &f->buffer))
        return;
    f->buffer = 2 * (bandwidth_delay_product(link, d) + link->queue[d]);
    if (f->buffer < BUFFER_MIN)
        f->buffer = BUFFER_MIN;
    if (f->buffer > BUFFER_MAX)
        f->buffer = BUFFER_MAX;
}

static void settle_flow(struct reader *r, struct config_flow *f)
{
    if (setting_is_sound(r, &r->c->duration) && follows(r, &f->stop))
        f->stop = r->c->duration;
    if (setting_is_sound(r, &f->kind) && follows(r, &f->dscp))
        f->dscp = ((const struct traffic_kind *)f->kind)->speech ? DSCP_EF : 0;
    if (setting_is_sound(r, &f->codec) && follows(r, &f->frames))
        f->frames = codec_find(f->codec->name, NULL)->frames;
    settle_buffer(r, f);
}

void settle(struct reader *r)
{
    for (int d = 0; d < 2; d++) {
        settle_delay(r, d);
        settle_rate(r, d);
    }
    settle_queues(r);
    settle_codel(r);
    for (size_t i = 0; i < r->c->n_flows; i++)
        settle_flow(r, &r->c->flows[i]);
}
