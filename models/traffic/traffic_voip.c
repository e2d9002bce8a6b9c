#include "models/traffic/pace.h"
#include "models/traffic/rtp.h"
#include "models/traffic/traffic_kinds.h"

static uint32_t frames_of(const struct traffic_settings *s)
{
    return s->frames ? s->frames : s->codec->frames;
}

static bool voip_check(const struct traffic_settings *s, struct err *e)
{
    enum { FRAMES_MAX = 20 };
    if (!s->codec)
        return err_set(e, "VoIP without a codec; expected one of `espsim list codec`");
    if (s->frames > FRAMES_MAX)
        return err_set(e, "%u frames per packet; expected at most %d", s->frames, FRAMES_MAX);
    if (s->vad && (s->talk <= 0 || s->silence < 0))
        return err_set(e, "talk and silence of %lld and %lld ns; expected talk > 0 and silence >= 0",
                       (long long)s->talk, (long long)s->silence);
    return true;
}

/* The codec's clock runs on in silence, so packets stay on its grid. */
static sim_time on_grid(sim_time ns, sim_time interval)
{
    return (ns + interval - 1) / interval * interval;
}

static bool voip_next(struct traffic *t, struct rng *r, struct traffic_packet *p)
{
    const struct traffic_settings *s = &t->set;
    sim_time interval = codec_interval(s->codec, frames_of(s));
    p->len = RTP_HEAD_LEN + codec_payload_len(s->codec, frames_of(s));
    p->marker = !p->n;
    if (!p->n && s->vad)
        t->left = to_ns(rng_exp(r, (double)s->talk));
    if (!p->n)
        return true;
    p->at += interval;
    if (!s->vad)
        return true;
    for (t->left -= interval; t->left < 0; t->left += to_ns(rng_exp(r, (double)s->talk))) {
        p->at += on_grid(to_ns(rng_exp(r, (double)s->silence)), interval);
        p->marker = true;
    }
    return true;
}

static double rate_of(const struct traffic_settings *s)
{
    uint32_t n = frames_of(s);
    double talking = (RTP_HEAD_LEN + codec_payload_len(s->codec, n)) * 8e9 / (double)codec_interval(s->codec, n);
    return s->vad ? talking * (double)s->talk / (double)(s->talk + s->silence) : talking;
}

const struct traffic_kind traffic_voip = {
    .m = {"voip", "RTP speech of a codec, with or without voice activity detection", "RFC 3550, RFC 3551; ITU-T P.59"},
    .carrier = TRAFFIC_UDP,
    .speech = true,
    .check = voip_check,
    .next = voip_next,
    .mean_rate = rate_of,
};
