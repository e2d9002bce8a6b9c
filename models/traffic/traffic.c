#include "models/traffic/traffic.h"
#include "models/traffic/traffic_kinds.h"

#include <assert.h>

static const struct member *const members[] = {
    &traffic_tcp_bulk.m, &traffic_request_response.m, &traffic_voip.m, &traffic_cbr.m,    &traffic_poisson.m,
    &traffic_imix.m,     &traffic_on_off.m,           &traffic_iot.m,  &traffic_replay.m,
};

const struct family traffic_family = {"traffic", "who sends how much when", members,
                                      sizeof members / sizeof members[0]};

const struct traffic_settings traffic_defaults = {
    .rate = 1000000,
    .size = 1000,
    .head_len = 20 + 8,
    .on = NS_PER_S,
    .off = NS_PER_S,
    .talk = 1004 * NS_PER_MS, /* ITU-T P.59: talk spurts and pauses of artificial conversational speech */
    .silence = 1587 * NS_PER_MS,
    .interval = 10 * NS_PER_S,
    .jitter = NS_PER_S,
    .burst = 1,
    .burst_gap = 20 * NS_PER_MS,
    .request = 350, /* 3GPP2 C.R1002-0 and IEEE 802.16m-08/004r5: HTTP request */
    .objects = WEB_OBJECTS_DRAWN,
    .think = 30 * NS_PER_S,
};

const struct traffic_kind *traffic_find(const char *name, struct err *e)
{
    return (const struct traffic_kind *)family_find(&traffic_family, name, e);
}

bool traffic_check(const struct traffic_kind *k, const struct traffic_settings *s, struct err *e)
{
    return !k->check || k->check(s, e);
}

bool traffic_check_rate_and_size(const struct traffic_settings *s, struct err *e)
{
    if (!s->rate)
        return err_set(e, "a rate of 0; expected a rate such as 1 Mbit/s");
    if (s->size < 1 || s->size > TRAFFIC_SIZE_MAX)
        return err_set(e, "%u octets of payload; expected 1 to %d", s->size, TRAFFIC_SIZE_MAX);
    return true;
}

void traffic_init(struct traffic *t, const struct traffic_kind *k, const struct traffic_settings *s, sim_time start,
                  sim_time stop)
{
    assert(traffic_check(k, s, NULL));
    *t = (struct traffic){.kind = k, .set = *s, .start = start, .stop = stop, .at = start};
}

bool traffic_next(struct traffic *t, struct rng *r, struct traffic_packet *p)
{
    assert(t->kind->next);
    *p = (struct traffic_packet){.at = t->at, .n = t->n};
    if (!t->kind->next(t, r, p) || (t->stop && p->at >= t->stop))
        return false;
    assert(p->at >= t->at);
    t->at = p->at;
    t->n++;
    return true;
}

double traffic_mean_rate(const struct traffic_kind *k, const struct traffic_settings *s)
{
    return k->mean_rate ? k->mean_rate(s) : 0;
}
