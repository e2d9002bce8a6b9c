#include "models/link/trace_lines.h"

#include <assert.h>
#include <stdlib.h>

enum { OPPORTUNITY_BITS = 1500 * 8 };

static const uint64_t ms_max = 1000ull * 86400 * 366; /* a year */

struct stamps {
    uint64_t *ms;
    size_t n;
};

static void stamps_add(struct stamps *s, uint64_t ms)
{
    if (!(s->n & (s->n - 1))) {
        s->ms = realloc(s->ms, (s->n ? 2 * s->n : 1) * sizeof *s->ms);
        assert(s->ms);
    }
    s->ms[s->n++] = ms;
}

static void read_stamps(struct stamps *s, struct trace_lines *lines)
{
    uint64_t ms;
    while (trace_lines_next(lines)) {
        if (!trace_lines_integer(lines, ms_max, &ms))
            trace_lines_bad(lines, "no timestamp; expected milliseconds since the start, a whole number");
        else if (s->n && ms < s->ms[s->n - 1])
            trace_lines_bad(lines, "earlier than the line before (%llu); sort the trace (sort -n)",
                            (unsigned long long)s->ms[s->n - 1]);
        else
            stamps_add(s, ms);
    }
}

/* `n` opportunities in the bin at `at`; the last bin of a period may be short. */
static void add_bin(struct trace *t, sim_time at, sim_time bin, uint64_t n)
{
    sim_time len = t->period - at < bin ? t->period - at : bin;
    __extension__ typedef unsigned __int128 u128;
    bit_rate rate = (bit_rate)((u128)n * OPPORTUNITY_BITS * NS_PER_S / (u128)len);
    if (!t->n_steps || t->steps[t->n_steps - 1].rate != rate)
        trace_add(t, &(struct trace_step){.at = at, .rate = rate});
}

/* mahimahi delivers at a stamp: an opportunity is the millisecond that ends there. The last stamp is the period, which
 * wraps. Opportunities are counted in octets: small packets share one. */
static void bins_of(struct trace *t, const struct stamps *s, sim_time bin)
{
    sim_time current = 0;
    uint64_t in_bin = 0;
    for (size_t i = 0; i < s->n; i++) {
        uint64_t ms = s->ms[i] ? s->ms[i] - 1 : 0;
        sim_time start = (sim_time)ms * NS_PER_MS / bin * bin;
        if (start != current) {
            add_bin(t, current, bin, in_bin);
            if (start > current + bin)
                add_bin(t, current + bin, bin, 0); /* one step for the whole pause */
            current = start;
            in_bin = 0;
        }
        in_bin++;
    }
    add_bin(t, current, bin, in_bin);
}

static bool parse(struct trace *t, const struct trace_source *source, struct err_list *bad)
{
    assert(source->bin > 0);
    struct trace_lines lines = {.source = source, .bad = bad};
    struct stamps stamps = {0};
    size_t before = bad->n_errs;
    read_stamps(&stamps, &lines);
    bool good = bad->n_errs == before;
    if (good && stamps.n && !stamps.ms[stamps.n - 1]) {
        err_list_add(bad,
                     "%s:%d: all opportunities are at 0 ms; the last line is the length of the trace and must be "
                     "more than 0",
                     source->file, lines.number);
        good = false;
    }
    if (good && stamps.n) {
        t->has = TRACE_RATE;
        t->period = (sim_time)stamps.ms[stamps.n - 1] * NS_PER_MS;
        bins_of(t, &stamps, source->bin);
    }
    free(stamps.ms);
    return good;
}

const struct trace_format trace_mahimahi = {
    .m = {"mahimahi", "a millisecond per line for each chance to send 1500 octets; repeated",
          "mahimahi mm-link, link_queue.cc; LeoReplayer bw_*.txt"},
    .parse = parse,
};
