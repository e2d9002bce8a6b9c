/* link.c - the settings of [link] as the models of the link take them. */
#include "sim/config/choices.h"
#include "sim/config/config.h"

#include <assert.h>
#include <stdlib.h>

enum config_queue config_queue_kind(const struct config *c)
{
    for (size_t i = 0; i < queue_family.n_members; i++)
        if (queue_family.members[i] == c->link.queue_kind)
            return (enum config_queue)i;
    assert(!"a member of the family");
    return CONFIG_QUEUE_DROP_TAIL;
}

/* Whether a choice of direction_family takes in direction d. */
static bool takes_in(const struct member *on, int d)
{
    return on != (d == 0 ? &direction_return : &direction_forward);
}

struct framing_settings config_framing(const struct config *c)
{
    const struct config_link *link = &c->link;
    return (struct framing_settings){.ethernet_gap = link->ethernet_gap,
                                     .npa = link->npa,
                                     .llc_snap = link->llc_snap,
                                     .label_len = (uint8_t)link->label_len,
                                     .ptype_len = (uint8_t)link->ptype_len,
                                     .rle_crc = link->rle_crc,
                                     .gse_packet_max = (uint32_t)link->gse_packet,
                                     .burst_octets = (uint32_t)link->burst,
                                     .modcod = (const struct modcod *)link->modcod,
                                     .pilots = link->pilots};
}

struct path_settings config_path(const struct config *c, int d)
{
    const struct config_link *link = &c->link;
    struct path_settings set = path_defaults;
    set.rate = link->rate[d];
    set.delay = link->delay[d];
    set.slot = link->slot;
    set.first_slot = link->first_slot;
    set.delay_min = link->delay_min;
    set.delay_max = link->delay_max;
    set.drift = link->drift;
    set.outage = link->outage;
    set.outage_hops = (uint32_t)link->outage_hops;
    set.es_n0 = link->es_n0;
    set.acm = (struct acm){link->acm_margin, link->acm_hysteresis};
    set.acm_interval = link->acm_interval;
    set.pilots = link->pilots;
    set.fade = link->fade.points;
    set.n_fade = link->fade.n;
    set.fade_start = link->fade_start;
    set.fade_time = link->fade_time;
    set.fade_depth = link->fade_depth;
    if (!takes_in(link->fade_on, d)) {
        set.n_fade = 0;
        set.fade_depth = 0;
    }
    set.trace = &link->trace[d];
    return set;
}

const char *config_loss_model(const struct config *c, int d)
{
    return takes_in(c->link.loss_on, d) ? c->link.loss_model->name : "none";
}

static struct loss_step *steps_of(const struct trace *t)
{
    struct loss_step *steps = calloc(t->n_steps + 1, sizeof *steps);
    assert(steps);
    for (size_t i = 0; i < t->n_steps; i++)
        steps[i] = (struct loss_step){t->steps[i].at, t->steps[i].loss};
    return steps;
}

struct loss_settings config_loss(const struct config *c, int d, struct loss_step **steps)
{
    const struct config_link *link = &c->link;
    const struct trace *trace = &link->trace[d];
    bool two_states = ((const struct loss_kind *)link->loss_model)->two_states;
    struct loss_settings set = {.p = two_states ? link->loss_p : link->loss,
                                .r = link->loss_r,
                                .loss_good = link->loss_good,
                                .loss_bad = link->loss_bad,
                                .pattern = link->loss_pattern};
    *steps = NULL;
    if (trace->has & TRACE_LOSS) {
        set.steps = *steps = steps_of(trace);
        set.n_steps = trace->n_steps;
    }
    return set;
}
