#include "models/traffic/traffic_kinds.h"

static bool replay_check(const struct traffic_settings *s, struct err *e)
{
    for (size_t i = 1; i < s->n_items; i++)
        if (s->items[i].at < s->items[i - 1].at)
            return err_set(e,
                           "packet %zu of the recording is older than the one before; sort it by time "
                           "(reordercap does that)",
                           i + 1);
    return s->n_items ? true : err_set(e, "the recording has no packets; expected at least one IP packet");
}

static bool replay_next(struct traffic *t, struct rng *r, struct traffic_packet *p)
{
    (void)r;
    if (p->n >= t->set.n_items)
        return false;
    const struct traffic_item *item = &t->set.items[p->n];
    p->at = t->start + item->at - t->set.items[0].at;
    p->len = item->len;
    return true;
}

const struct traffic_kind traffic_replay = {
    .m = {"replay", "the IP packets of a recording with their own timing", "libpcap capture"},
    .carrier = TRAFFIC_UDP,
    .check = replay_check,
    .next = replay_next,
};
