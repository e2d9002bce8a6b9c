#include "models/link/loss_kinds.h"

static bool trace_check(const struct loss_settings *s, struct err *e)
{
    for (size_t i = 0; i < s->n_steps; i++) {
        if (!loss_is_ratio(s->steps[i].p))
            return err_set(e, "step %zu: a loss of %g; expected 0 to 1", i + 1, s->steps[i].p);
        if (i && s->steps[i].at < s->steps[i - 1].at)
            return err_set(e, "step %zu is earlier than the one before; sort the trace by time", i + 1);
    }
    return true;
}

static bool trace_offer(struct loss *l, struct rng *r, sim_time now)
{
    const struct loss_settings *s = &l->set;
    while (l->step < s->n_steps && s->steps[l->step].at <= now)
        l->step++;
    double fate = rng_unit(r);
    return l->step && fate < s->steps[l->step - 1].p;
}

const struct loss_kind loss_trace = {
    .m = {"trace", "loss probability over time, in steps", "models/link/trace.h"},
    .from_trace = true,
    .check = trace_check,
    .offer = trace_offer,
};
