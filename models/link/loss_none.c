#include "models/link/loss_kinds.h"

static bool none_offer(struct loss *l, struct rng *r, sim_time now)
{
    (void)l, (void)r, (void)now;
    return false;
}

static double none_mean(const struct loss_settings *s)
{
    (void)s;
    return 0;
}

const struct loss_kind loss_none = {
    .m = {"none", "a channel that loses nothing", "quasi error free: EN 302 307-1 section 6"},
    .offer = none_offer,
    .mean = none_mean,
};
