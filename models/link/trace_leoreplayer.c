#include "models/link/trace_lines.h"

static const sim_time interval = 10 * NS_PER_MS;
static const uint64_t ms_max = 100000;

static bool parse(struct trace *t, const struct trace_source *source, struct err_list *bad)
{
    struct trace_lines lines = {.source = source, .bad = bad};
    size_t before = bad->n_errs;
    sim_time at = 0;
    for (uint64_t ms; trace_lines_next(&lines); at += interval) {
        if (!trace_lines_integer(&lines, ms_max, &ms))
            trace_lines_bad(&lines, "no delay; expected the one-way delay in milliseconds, a whole number up to %llu",
                            (unsigned long long)ms_max);
        else if (!t->n_steps || t->steps[t->n_steps - 1].owd != (sim_time)ms * NS_PER_MS)
            trace_add(t, &(struct trace_step){.at = at, .owd = (sim_time)ms * NS_PER_MS});
    }
    t->has = TRACE_OWD;
    t->period = at;
    return bad->n_errs == before;
}

const struct trace_format trace_leoreplayer = {
    .m = {"leoreplayer", "the one-way delay in milliseconds of each 10 ms, one per line; repeated",
          "SpaceNetLab/LeoCC leoreplayer delay_queue.cc, traces/README.md"},
    .parse = parse,
};
