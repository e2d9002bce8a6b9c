#include "models/link/path_kinds.h"

static bool trace_check(const struct path_settings *s, struct err *e)
{
    if (!s->trace || !s->trace->n_steps)
        return err_set(e, "no trace; expected a file of mahimahi, LeoReplayer or CSV");
    if (!(s->trace->has & TRACE_OWD) && !s->delay)
        return err_set(e, "the trace has no delays; expected a delay such as 25 ms beside it");
    return true;
}

static sim_time trace_longest(const struct path_settings *s)
{
    sim_time longest = 0;
    for (size_t i = 0; i < s->trace->n_steps; i++)
        if (s->trace->steps[i].owd > longest)
            longest = s->trace->steps[i].owd;
    return longest;
}

static void trace_path_at(struct path *p, sim_time now, struct path_now *n)
{
    const struct trace *t = p->set.trace;
    const struct trace_step *step = trace_at(t, now, &n->next);
    if (t->has & TRACE_OWD)
        n->delay = step->owd;
    if (t->has & TRACE_RATE)
        n->rate = step->rate;
    if (t->has & TRACE_LOSS)
        n->loss = step->loss;
}

const struct path_kind path_trace = {
    .m = {"trace", "rate, delay and loss as recorded", "models/link/trace.h"},
    .from_trace = true,
    .longest = trace_longest,
    .check = trace_check,
    .at = trace_path_at,
};
