#include "models/link/loss_kinds.h"

static bool ge_check(const struct loss_settings *s, struct err *e)
{
    if (!loss_is_ratio(s->loss_good) || !loss_is_ratio(s->loss_bad))
        return err_set(e, "losses of %g (good) and %g (bad); expected 0 to 1 each", s->loss_good, s->loss_bad);
    if (!loss_is_ratio(s->p) || !(s->r > 0 && s->r <= 1))
        return err_set(e,
                       "transitions p = %g (good to bad) and r = %g (bad to good); expected p from 0 to 1, r above 0 "
                       "and at most 1",
                       s->p, s->r);
    return true;
}

/* First the state of this packet, then its fate; two random numbers in any case. */
static bool ge_offer(struct loss *l, struct rng *r, sim_time now)
{
    (void)now;
    double move = rng_unit(r), fate = rng_unit(r);
    l->bad = l->bad ? move >= l->set.r : move < l->set.p;
    return fate < (l->bad ? l->set.loss_bad : l->set.loss_good);
}

static double ge_mean(const struct loss_settings *s)
{
    double bad = s->p / (s->p + s->r);
    return (1 - bad) * s->loss_good + bad * s->loss_bad;
}

/* Bursts per packet = P(lost, and the packet before was not) = P(lost) - P(lost twice in a row). */
double loss_gilbert_elliott_burst(const struct loss_settings *s)
{
    double bad = s->p / (s->p + s->r), good = 1 - bad, g = s->loss_good, b = s->loss_bad;
    double twice = good * g * ((1 - s->p) * g + s->p * b) + bad * b * ((1 - s->r) * b + s->r * g);
    double lost = ge_mean(s);
    return lost > twice ? lost / (lost - twice) : 0;
}

const struct loss_kind loss_gilbert_elliott = {
    .m = {"gilbert-elliott", "loss in bursts: a good and a bad state, a step per packet",
          "Gilbert 1960, Elliott 1963; draft-kuhn-quic-4-sat"},
    .two_states = true,
    .check = ge_check,
    .offer = ge_offer,
    .mean = ge_mean,
};
