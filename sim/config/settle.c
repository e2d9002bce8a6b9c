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

static void settle_delays(struct reader *r)
{
    struct config_link *link = &r->c->link;
    if (is_unset(r, &link->both_delays)) {
        if (is_unset(r, &link->delay[0]) || is_unset(r, &link->delay[1]))
            fault_section(r, "link", "delay: is missing; expected a time (propagation one way), for example `270 ms`");
        return;
    }
    for (int d = 0; d < 2 && setting_is_sound(r, &link->both_delays); d++)
        if (follows(r, &link->delay[d]))
            link->delay[d] = link->both_delays;
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
        f->dscp = strcmp(f->kind->name, "voip") ? 0 : DSCP_EF;
    if (setting_is_sound(r, &f->codec) && follows(r, &f->frames))
        f->frames = codec_find(f->codec->name, NULL)->frames;
    settle_buffer(r, f);
}

void settle(struct reader *r)
{
    settle_delays(r);
    settle_queues(r);
    for (size_t i = 0; i < r->c->n_flows; i++)
        settle_flow(r, &r->c->flows[i]);
}
