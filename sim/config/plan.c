#include "sim/config/plan.h"

#include "models/ipsec/lookup.h"
#include "models/ipsec/mode.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static void add_run(struct plan *p, const struct mode *mode, const struct member *lookup, bool told_apart)
{
    struct plan_run *run = &p->runs[p->n_runs++];
    *run = (struct plan_run){.mode = &mode->m, .lookup = lookup, .seed = p->config->seed};
    snprintf(run->name, sizeof run->name, "%s%s%s", mode->m.name, told_apart ? "+" : "",
             told_apart ? lookup->name : "");
}

void plan_init(struct plan *p, const struct config *c)
{
    const struct config_members *lookups = &c->ipsec.lookups;
    *p = (struct plan){.config = c, .runs = calloc(c->modes.n * lookups->n, sizeof *p->runs)};
    assert(p->runs);
    for (size_t i = 0; i < c->modes.n; i++) {
        const struct mode *mode = (const struct mode *)c->modes.at[i];
        if (!mode->esp || mode->lookup) {
            add_run(p, mode, mode->lookup ? &lookup_get(mode->lookup)->m : NULL, false);
            continue;
        }
        for (size_t k = 0; k < lookups->n; k++)
            add_run(p, mode, lookups->at[k], lookups->n > 1);
    }
}

void plan_fini(struct plan *p)
{
    free(p->runs);
    *p = (struct plan){0};
}
