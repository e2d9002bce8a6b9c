#include "models/traffic/pace.h"
#include "models/traffic/traffic_kinds.h"

#include <string.h>

static const struct {
    uint32_t ip_octets;
    uint8_t weight;
} mix[] = {{40, 7}, {576, 4}, {1500, 1}};

enum { N_SIZES = sizeof mix / sizeof mix[0] };

static bool imix_check(const struct traffic_settings *s, struct err *e)
{
    return s->rate || err_set(e, "a rate of 0; expected a rate such as 1 Mbit/s");
}

/* Draws without putting back from a dozen of packets, so that the mix is exact after every twelve. */
static size_t draw(struct traffic *t, struct rng *r)
{
    uint32_t left = 0;
    for (size_t i = 0; i < N_SIZES; i++)
        left += t->urn[i];
    for (size_t i = 0; !left && i < N_SIZES; i++)
        t->urn[i] = mix[i].weight;
    for (size_t i = 0; !left && i < N_SIZES; i++)
        left += mix[i].weight;
    uint64_t at = rng_below(r, left);
    size_t i = 0;
    while (at >= t->urn[i])
        at -= t->urn[i++];
    t->urn[i]--;
    return i;
}

static bool imix_next(struct traffic *t, struct rng *r, struct traffic_packet *p)
{
    p->at += t->late; /* the time that the packet before took at the rate */
    uint32_t ip_octets = mix[draw(t, r)].ip_octets;
    p->len = ip_octets > t->set.head_len ? ip_octets - t->set.head_len : 0;
    t->late = pace(ip_octets, t->set.rate, &t->rest);
    return true;
}

const struct traffic_kind traffic_imix = {
    .m = {"imix", "simple IMIX: IP packets of 40, 576 and 1500 octets, 7:4:1, in random order at one rate",
          "Spirent/Agilent simple IMIX; RFC 6985 section 4"},
    .carrier = TRAFFIC_UDP,
    .check = imix_check,
    .next = imix_next,
};
