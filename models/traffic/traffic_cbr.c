#include "models/traffic/pace.h"
#include "models/traffic/traffic_kinds.h"

static bool cbr_next(struct traffic *t, struct rng *r, struct traffic_packet *p)
{
    (void)r;
    p->len = t->set.size;
    if (p->n)
        p->at += pace(t->set.size, t->set.rate, &t->rest);
    return true;
}

static double rate_of(const struct traffic_settings *s)
{
    return (double)s->rate;
}

const struct traffic_kind traffic_cbr = {
    .m = {"cbr", "constant bit rate: UDP packets of one size at equal intervals", "ns-3 OnOffApplication, always on"},
    .carrier = TRAFFIC_UDP,
    .check = traffic_check_rate_and_size,
    .next = cbr_next,
    .mean_rate = rate_of,
};
