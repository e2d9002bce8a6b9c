#include "models/link/path.h"
#include "models/link/path_kinds.h"

#include <assert.h>

static const struct member *const members[] = {
    &path_geo.m, &path_meo.m, &path_leo.m, &path_leo_slots.m, &path_rain_fade.m, &path_trace.m,
};

const struct family path_family = {"path", "rate and delay of the satellite link over time", members,
                                   sizeof members / sizeof members[0]};

const struct path_settings path_defaults = {
    .rate = 10000000,
    .slot = 15 * NS_PER_S,
    .first_slot = 12 * NS_PER_S,
    .delay_min = 20 * NS_PER_MS,
    .delay_max = 45 * NS_PER_MS,
    .drift = 40 * NS_PER_US,
    .drift_step = NS_PER_S,
    .es_n0 = 16,
    .acm = {.margin = 1, .hysteresis = 0.5},
    .acm_interval = NS_PER_S,
    .fade_start = 60 * NS_PER_S,
    .fade_time = 300 * NS_PER_S,
    .fade_depth = 12,
};

const struct path_kind *path_find(const char *name, struct err *e)
{
    return (const struct path_kind *)family_find(&path_family, name, e);
}

bool path_check(const struct path_kind *k, const struct path_settings *s, struct err *e)
{
    char text[32];
    if (!s->rate)
        return err_set(e, "a rate of 0; expected a rate such as 10 Mbit/s");
    if (s->delay < 0)
        return err_set(e, "a delay below 0; expected 0 s to 100 s");
    if (s->delay > 100 * NS_PER_S)
        return err_set(e, "a delay of %s; expected 0 s to 100 s", units_time_text(s->delay, text, sizeof text));
    return !k->check || k->check(s, e);
}

void path_init(struct path *p, const struct path_kind *k, const struct path_settings *s, uint64_t seed)
{
    assert(path_check(k, s, NULL));
    *p = (struct path){.kind = k, .set = *s, .seed = seed, .sampled = -1};
    if (!p->set.delay)
        p->set.delay = k->usual_delay;
}

struct path_now path_at(struct path *p, sim_time now)
{
    assert(now >= 0);
    struct path_now n = {.rate = p->set.rate, .delay = p->set.delay, .up = true, .loss = -1, .next = PATH_NEVER};
    p->kind->at(p, now, &n);
    assert(n.next > now);
    return n;
}
