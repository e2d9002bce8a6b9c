#include "models/link/loss_kinds.h"

static bool bernoulli_check(const struct loss_settings *s, struct err *e)
{
    return loss_is_ratio(s->p) || err_set(e, "a loss of %g; expected 0 to 1, or 0 %% to 100 %%", s->p);
}

static bool bernoulli_offer(struct loss *l, struct rng *r, sim_time now)
{
    (void)now;
    return rng_unit(r) < l->set.p;
}

static double bernoulli_mean(const struct loss_settings *s)
{
    return s->p;
}

const struct loss_kind loss_bernoulli = {
    .m = {"bernoulli", "each packet is lost with the same probability", "independent loss"},
    .check = bernoulli_check,
    .offer = bernoulli_offer,
    .mean = bernoulli_mean,
};
