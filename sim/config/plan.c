#include "sim/config/plan.h"

#include <assert.h>
#include <stdlib.h>

void plan_init(struct plan *p, const struct config *c)
{
    *p = (struct plan){c, calloc(c->modes.n, sizeof *p->runs), c->modes.n};
    assert(p->runs);
    for (size_t i = 0; i < p->n_runs; i++)
        p->runs[i] = (struct plan_run){c->modes.at[i], c->seed};
}

void plan_fini(struct plan *p)
{
    free(p->runs);
    *p = (struct plan){0};
}
