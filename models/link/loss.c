#include "models/link/loss.h"
#include "models/link/loss_kinds.h"

#include <assert.h>

static const struct member *const members[] = {
    &loss_none.m, &loss_bernoulli.m, &loss_gilbert_elliott.m, &loss_pattern.m, &loss_trace.m,
};

const struct family loss_family = {"loss", "which packets the channel loses", members,
                                   sizeof members / sizeof members[0]};

const struct loss_settings loss_defaults = {.p = 0.018, .r = 0.645, .loss_bad = 1};

const struct loss_kind *loss_find(const char *name, struct err *e)
{
    return (const struct loss_kind *)family_find(&loss_family, name, e);
}

bool loss_check(const struct loss_kind *k, const struct loss_settings *s, struct err *e)
{
    return !k->check || k->check(s, e);
}

void loss_init(struct loss *l, const struct loss_kind *k, const struct loss_settings *s)
{
    assert(loss_check(k, s, NULL));
    *l = (struct loss){.kind = k, .set = *s};
}

bool loss_offer(struct loss *l, struct rng *r, sim_time now)
{
    bool lost = l->kind->offer(l, r, now);
    l->n++;
    return lost;
}

double loss_mean(const struct loss_kind *k, const struct loss_settings *s)
{
    return k->mean ? k->mean(s) : -1;
}
