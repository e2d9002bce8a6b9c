#include "models/traffic/pace.h"
#include "models/traffic/traffic_kinds.h"

static bool poisson_next(struct traffic *t, struct rng *r, struct traffic_packet *p)
{
    p->len = t->set.size;
    p->at += to_ns(rng_exp(r, t->set.size * 8e9 / (double)t->set.rate));
    return true;
}

static double rate_of(const struct traffic_settings *s)
{
    return (double)s->rate;
}

const struct traffic_kind traffic_poisson = {
    .m = {"poisson", "UDP packets of one size at exponential intervals", "Poisson process"},
    .carrier = TRAFFIC_UDP,
    .check = traffic_check_rate_and_size,
    .next = poisson_next,
    .mean_rate = rate_of,
};
