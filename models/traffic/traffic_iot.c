#include "models/traffic/pace.h"
#include "models/traffic/traffic_kinds.h"

static bool iot_check(const struct traffic_settings *s, struct err *e)
{
    if (s->interval <= 0 || s->jitter < 0 || s->burst < 1 || s->burst_gap < 0)
        return err_set(e,
                       "reports every %lld ns, up to %lld ns late, %u packets %lld ns apart; expected an interval > 0, "
                       "at least one packet and nothing negative",
                       (long long)s->interval, (long long)s->jitter, s->burst, (long long)s->burst_gap);
    if (s->jitter + (s->burst - 1) * s->burst_gap >= s->interval)
        return err_set(e,
                       "a report (jitter and all its packets) takes as long as the interval; make it shorter than "
                       "the interval of %lld ns",
                       (long long)s->interval);
    if (s->size < 1 || s->size > TRAFFIC_SIZE_MAX)
        return err_set(e, "%u octets of payload; expected 1 to %d", s->size, TRAFFIC_SIZE_MAX);
    return true;
}

static bool iot_next(struct traffic *t, struct rng *r, struct traffic_packet *p)
{
    const struct traffic_settings *s = &t->set;
    uint64_t report = p->n / s->burst, in_report = p->n % s->burst;
    p->len = s->size;
    p->marker = !in_report;
    if (p->marker)
        t->late = (sim_time)rng_below(r, (uint64_t)s->jitter + 1);
    /* From the start and not from the packet before: jitter does not add up. */
    p->at = t->start + (sim_time)report * s->interval + t->late + (sim_time)in_report * s->burst_gap;
    return true;
}

static double rate_of(const struct traffic_settings *s)
{
    return s->size * 8e9 * s->burst / (double)s->interval;
}

const struct traffic_kind traffic_iot = {
    .m = {"iot", "telemetry: small reports at an interval with jitter, each of one or more packets",
          "periodic reporting as in 3GPP TR 45.820 annex E.2"},
    .carrier = TRAFFIC_UDP,
    .check = iot_check,
    .next = iot_next,
    .mean_rate = rate_of,
};
