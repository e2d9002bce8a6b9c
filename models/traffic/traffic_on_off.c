#include "models/traffic/pace.h"
#include "models/traffic/traffic_kinds.h"

static bool on_off_check(const struct traffic_settings *s, struct err *e)
{
    if (s->on <= 0 || s->off < 0)
        return err_set(e, "on and off of %lld and %lld ns; expected on > 0 and off >= 0", (long long)s->on,
                       (long long)s->off);
    return traffic_check_rate_and_size(s, e);
}

/* Time on runs on across periods: a packet that does not fit into one begins in it and ends in the next, so the mean
 * rate is exactly rate * on / (on + off). */
static bool on_off_next(struct traffic *t, struct rng *r, struct traffic_packet *p)
{
    p->len = t->set.size;
    if (!p->n) {
        t->left = to_ns(rng_exp(r, (double)t->set.on));
        p->marker = true;
        return true;
    }
    sim_time gap = pace(t->set.size, t->set.rate, &t->rest);
    p->at += gap;
    for (t->left -= gap; t->left < 0; t->left += to_ns(rng_exp(r, (double)t->set.on))) {
        p->at += to_ns(rng_exp(r, (double)t->set.off));
        p->marker = true;
    }
    return true;
}

static double rate_of(const struct traffic_settings *s)
{
    return (double)s->rate * (double)s->on / (double)(s->on + s->off);
}

const struct traffic_kind traffic_on_off = {
    .m = {"on-off", "constant bit rate while on; on and off times exponential", "ns-3 OnOffApplication"},
    .carrier = TRAFFIC_UDP,
    .check = on_off_check,
    .next = on_off_next,
    .mean_rate = rate_of,
};
