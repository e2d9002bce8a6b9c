#include "models/base/rng.h"
#include "models/link/path_kinds.h"

static bool slots_check(const struct path_settings *s, struct err *e)
{
    char a[32], b[32];
    if (s->slot <= 0 || s->first_slot <= 0)
        return err_set(e, "slots, or the first of them, at no time; expected both above 0 s");
    if (s->first_slot > s->slot)
        return err_set(e, "the first slot at %s and one each %s; expected the first within the time of one",
                       units_time_text(s->first_slot, a, sizeof a), units_time_text(s->slot, b, sizeof b));
    if (s->delay_min <= 0 || s->delay_max > NS_PER_S)
        return err_set(e, "expected delays above 0 s and up to 1 s");
    if (s->delay_max < s->delay_min)
        return err_set(e, "a least delay of %s and a greatest of %s; expected least <= greatest",
                       units_time_text(s->delay_min, a, sizeof a), units_time_text(s->delay_max, b, sizeof b));
    if (s->drift < 0 || s->drift > 10 * NS_PER_MS || s->drift_step <= 0 || s->outage < 0 || s->outage_hops > 100)
        return err_set(e, "expected a drift of 0 to 10 ms per second, a step > 0, an outage >= 0 and up to 100 hops");
    if (s->outage + s->outage_hops * s->delay_max >= s->slot)
        return err_set(e, "an outage may take the whole slot of %s; make it shorter",
                       units_time_text(s->slot, a, sizeof a));
    return true;
}

struct slot {
    sim_time start; /* slot 0 began before the run, unless the first is at the end of a whole slot */
    sim_time delay; /* at the start */
    double slope;   /* ns per ns */
};

/* Made from the number of the slot alone: nothing to remember, any slot at any time. */
static struct slot slot_of(const struct path *p, int64_t number)
{
    const struct path_settings *s = &p->set;
    struct rng r;
    rng_init(&r, p->seed + (uint64_t)number, "leo-slot");
    struct slot slot = {.start = s->first_slot + (number - 1) * s->slot};
    slot.delay = s->delay_min + (sim_time)rng_below(&r, (uint64_t)(s->delay_max - s->delay_min) + 1);
    slot.slope = (2 * rng_unit(&r) - 1) * (double)s->drift / NS_PER_S;
    return slot;
}

static sim_time delay_at(const struct path_settings *s, const struct slot *slot, sim_time now)
{
    sim_time since = (now - slot->start) / s->drift_step * s->drift_step;
    sim_time delay = slot->delay + (sim_time)(slot->slope * (double)since);
    return delay < s->delay_min ? s->delay_min : delay > s->delay_max ? s->delay_max : delay;
}

/* LeoEM's handover: so many hops by the old satellite to tear down, so many by the new one to set up. */
static sim_time outage_of(const struct path *p, int64_t number, const struct slot *slot)
{
    if (number == 0)
        return 0;
    const struct path_settings *s = &p->set;
    struct slot old = slot_of(p, number - 1);
    return s->outage + s->outage_hops * (delay_at(s, &old, slot->start - 1) + slot->delay) / 2;
}

static void slots_at(struct path *p, sim_time now, struct path_now *n)
{
    const struct path_settings *s = &p->set;
    int64_t number = now < s->first_slot ? 0 : (now - s->first_slot) / s->slot + 1;
    struct slot slot = slot_of(p, number);
    sim_time end = slot.start + s->slot, out = slot.start + outage_of(p, number, &slot);
    n->delay = delay_at(s, &slot, now);
    n->up = now >= out;
    n->next = slot.start + ((now - slot.start) / s->drift_step + 1) * s->drift_step;
    if (!n->up && out < n->next)
        n->next = out;
    if (end < n->next || s->drift == 0)
        n->next = n->up ? end : out;
}

static sim_time slots_longest(const struct path_settings *s)
{
    return s->delay_max;
}

const struct path_kind path_leo_slots = {
    .m = {"leo-slots", "low Earth orbit with reconfiguration: a new delay per slot, drift in it, optional outage",
          "Starlink, 15 s at :12, :27, :42, :57 of a minute; LeoEM for the outage"},
    .longest = slots_longest,
    .check = slots_check,
    .at = slots_at,
};
