/* IPsec of the LAN hosts' own: each stream has an SA in transport mode from its source to its sink, with rekeying. The
 * gateways see ESP packets of others; where the lookup of a gateway gives such a packet an SA of its own, that is a
 * collision: it lasts until one of the two SAs is no more. */
#include "models/ipsec/open.h"
#include "models/ipsec/seal.h"
#include "sim/config/choices.h"
#include "sim/topo/stream.h"

#include <stdio.h>
#include <stdlib.h>

enum { OUTAGE_PACKETS = 10, GENERATIONS = 2 };

/* An SPI of a stream that the gateway in front of its receiver has, too. */
struct collision {
    bool is_on;
    uint32_t spi;
    sim_time from, to;
    const char *ended_by;
    uint64_t n_met;               /* packets at the gateway with this SPI */
    uint64_t dropped[DROP_COUNT]; /* of these, by reason */
};

struct host_esp {
    const struct config_flow *config;
    bool nested;
    struct spi_source spi;
    struct rng rng, iv;
    uint64_t n_drawn;
    struct sa *out;             /* NULL: no SPI could be had so far */
    struct sa *in[GENERATIONS]; /* the newest first; the older one is still received on while packets are under way */
    sim_time old_ends;          /* hard lifetime of the older one, where the scenario has an overlap */
    struct collision now;
    struct collision past; /* the hosts ended it; its last packets are under way, and it is told at the next rekeying */
};

static void random_octets(void *rng, uint8_t *bytes, size_t len)
{
    rng_fill(rng, bytes, len);
}

/* A host knows its own SAs only. */
static bool is_taken(const void *stream, uint32_t spi)
{
    const struct stream *s = stream;
    return sad_by_spi_dst(s->topo->host_sad[!s->side], spi, &s->dst) != NULL;
}

static bool draw_spi(struct stream *s, uint32_t *spi)
{
    struct host_esp *h = s->esp;
    const struct config_flow *c = h->config;
    bool manual = spi_allocator_of(c->host_allocator) == &spi_manual;
    /* By hand: the streams of a flow take the first ones, their rekeyings the next; `manual` begins the list again. */
    uint64_t n = s->number - topo_flow_first_stream(s->topo, s->flow);
    n += h->n_drawn++ * s->topo->flows[s->flow].n_streams;
    if (manual)
        n %= config_spis_count(&c->host_spis);
    if (config_spi(&c->host_spis, n, spi))
        return !is_taken(s, *spi);
    return spi_next(&h->spi, &h->rng, is_taken, s, spi);
}

static void drop_old(struct stream *s)
{
    struct host_esp *h = s->esp;
    if (!h->in[1])
        return;
    sad_remove(s->topo->host_sad[!s->side], h->in[1]);
    sa_free(h->in[1]);
    h->in[1] = NULL;
}

static bool make_sas(struct stream *s, uint32_t spi, struct err *e)
{
    struct host_esp *h = s->esp;
    struct topo *t = s->topo;
    struct sa_params p;
    sa_params_init(&p);
    p.spi = spi;
    p.mode = mode_get("transport");
    p.suite = t->config->ipsec.suite;
    p.src = s->src;
    p.dst = s->dst;
    p.replay_window = STREAM_RECENT;
    p.random = random_octets;
    p.random_ctx = &h->iv;
    rng_fill(&h->iv, p.key, p.suite.key_len);
    rng_fill(&h->iv, p.salt, p.suite.encr->salt_len);
    rng_fill(&h->iv, p.integ_key, p.suite.integ->key_len);
    struct sa *out, *in;
    if (!sa_new(&p, &out, e))
        return false;
    if (!sa_new(&p, &in, e)) {
        sa_free(out);
        return false;
    }
    in->user = s;
    drop_old(s);
    sa_free(h->out);
    h->in[1] = h->in[0];
    h->in[0] = in;
    h->out = out;
    sad_add(t->host_sad[!s->side], in);
    return true;
}

bool host_esp_new(struct stream *s, const struct config_flow *config, struct err *e)
{
    struct host_esp *h = calloc(1, sizeof *h);
    char name[128];
    assert(h);
    s->esp = h;
    s->topo->n_protected++;
    h->config = config;
    h->nested = config->host_ipsec == &host_ipsec_nested;
    snprintf(name, sizeof name, "flow/%s/%u/esp", s->topo->flows[s->flow].name, s->number);
    rng_init(&h->rng, s->topo->run->seed, name);
    rng_init(&h->iv, rng_u64(&h->rng), "iv");
    const struct spi_allocator *a = spi_allocator_of(config->host_allocator);
    const struct spi_range *range = config->host_range.hi ? &config->host_range : NULL;
    uint32_t spi;
    if (a != &spi_manual && !spi_source_init(&h->spi, a, range, e))
        return false;
    return !draw_spi(s, &spi) || make_sas(s, spi, e);
}

void host_esp_free(struct host_esp *h)
{
    if (!h)
        return;
    sa_free(h->out);
    for (int i = 0; i < GENERATIONS; i++)
        sa_free(h->in[i]);
    free(h);
}

static void tell(struct stream *s, const struct lasted *what)
{
    topo_tell(s->topo, (struct event){.kind = EVENT_EPISODE, .side = !s->side, .flow = s->flow, .lasted = what});
}

static void tell_sa(struct stream *s)
{
    if (!s->esp->out)
        return;
    topo_tell(s->topo, (struct event){.kind = EVENT_HOST_SA, .side = s->side, .flow = s->flow, .sa = &s->esp->out->p});
}

/* Hosts are silent after the end of the run, while the last packets arrive. */
static sim_time now_of_run(const struct topo *t)
{
    sim_time now = topo_now(t);
    return now < t->config->duration ? now : t->config->duration;
}

static uint64_t n_dropped(const struct collision *c)
{
    uint64_t n = 0;
    for (int d = 0; d < DROP_COUNT; d++)
        n += c->dropped[d];
    return n;
}

/* "155 of 155 packets dropped (icv)"; where there was more than one reason "(35 replay, 120 icv)". */
static void say_dropped(const struct collision *c, FILE *to)
{
    uint64_t n = n_dropped(c);
    size_t n_said = 0;
    if (!n) {
        fprintf(to, "none of %llu packets dropped", (unsigned long long)c->n_met);
        return;
    }
    fprintf(to, "%llu of %llu packets dropped (", (unsigned long long)n, (unsigned long long)c->n_met);
    for (int d = 0; d < DROP_COUNT; d++) {
        if (!c->dropped[d])
            continue;
        fputs(n_said++ ? ", " : "", to);
        if (c->dropped[d] < n)
            fprintf(to, "%llu ", (unsigned long long)c->dropped[d]);
        fputs(drop_name((enum drop)d), to);
    }
    fputs(")", to);
}

static void tell_collision(struct stream *s, struct collision *c)
{
    char why[300] = "";
    if (!c->is_on)
        return;
    FILE *to = fmemopen(why, sizeof why, "w");
    assert(to);
    fprintf(to, "gw%d takes it for its own SA; ", 2 - s->side);
    say_dropped(c, to);
    fclose(to);
    tell(s, &(struct lasted){.collision = true,
                             .spi = c->spi,
                             .from = c->from,
                             .to = c->to,
                             .packets = c->n_met,
                             .lost = n_dropped(c),
                             .why = why,
                             .ended_by = c->ended_by});
    c->is_on = false;
}

static void end_collision(struct stream *s, const char *ended_by)
{
    struct collision *c = &s->esp->now;
    c->to = now_of_run(s->topo);
    c->ended_by = ended_by;
    tell_collision(s, c);
}

/* Whether the gateway that receives the stream's ESP would take it for its own. ESP that comes out of the gateways' own
 * is local by then (setting ipsec.reinput). */
static bool is_colliding(const struct stream *s)
{
    const struct topo *t = s->topo;
    struct gateway *gw = t->gw[!s->side];
    const struct gateway_config *config = gateway_config(gw);
    bool nested = s->esp->nested;
    if (!s->esp->out || !t->mode->esp || (nested && !(config->reinput && !t->mode->two_addresses)))
        return false;
    struct lookup_query q = {.spi = s->esp->out->p.spi, .src = s->src, .dst = s->dst, .to_me = nested};
    enum lookup_outcome outcome = config->lookup->find(gateway_sad(gw), &q).outcome;
    return outcome == LOOKUP_FOUND || outcome == LOOKUP_AMBIGUOUS;
}

/* `cause` ended what collided, if that has ended. */
static void update(struct stream *s, const char *cause)
{
    struct host_esp *h = s->esp;
    bool collides = is_colliding(s);
    if (collides == h->now.is_on || s->topo->closing)
        return;
    if (collides)
        h->now = (struct collision){.is_on = true, .spi = h->out->p.spi, .from = topo_now(s->topo)};
    else
        end_collision(s, cause);
}

/* The collision that this packet is met by, and whether it came nested; NULL: none. */
static struct collision *collision_of(const struct topo *t, int side, const struct buf *packet, bool *nested)
{
    struct located at;
    if (!t->n_protected || locate(packet, NULL, NULL, &at))
        return NULL;
    const struct sa *sa = sad_by_spi_dst(t->host_sad[side], at.spi, &at.outer.dst);
    if (!sa || !addr_equal(&sa->p.src, &at.outer.src))
        return NULL;
    const struct stream *s = sa->user;
    struct host_esp *h = s->esp;
    *nested = h->nested;
    if (h->now.is_on && h->now.spi == at.spi)
        return &h->now;
    return h->past.is_on && h->past.spi == at.spi ? &h->past : NULL;
}

void host_esp_at_gateway(struct topo *t, int side, const struct buf *packet)
{
    bool nested;
    struct collision *c = collision_of(t, side, packet, &nested);
    if (c && !nested) /* what is nested comes to light only when it is dropped */
        c->n_met++;
}

void host_esp_dropped(struct topo *t, int side, enum drop why, const struct buf *packet)
{
    bool nested;
    struct collision *c = collision_of(t, side, packet, &nested);
    if (!c)
        return;
    c->n_met += nested;
    c->dropped[why]++;
}

void host_esp_update_all(struct topo *t, const char *cause)
{
    for (size_t i = 0; i < t->n_streams; i++)
        if (t->streams[i]->esp)
            update(t->streams[i], cause);
}

static void on_hard_lifetime(void *arg)
{
    struct stream *s = arg;
    if (topo_now(s->topo) >= s->esp->old_ends) /* else rekeyed since: another one is the old one */
        drop_old(s);
}

static sim_time soft_lifetime(struct host_esp *h)
{
    const struct config_flow *c = h->config;
    if (c->host_jitter <= 0)
        return c->host_rekey;
    sim_time life = (sim_time)((double)c->host_rekey * (1 - c->host_jitter * rng_unit(&h->rng)));
    return life > 0 ? life : 1;
}

/* The new SA takes the place of the old one. */
static void change_sa(struct stream *s, uint32_t spi)
{
    struct topo *t = s->topo;
    tell_collision(s, &s->esp->past);
    if (s->esp->now.is_on) {
        s->esp->past = s->esp->now;
        s->esp->past.to = topo_now(t);
        s->esp->past.ended_by = ENDED_BY_HOSTS;
        s->esp->now.is_on = false;
    }
    t->has_failed = !make_sas(s, spi, &t->failed);
    tell_sa(s);
    update(s, ENDED_BY_HOSTS);
    sim_time overlap = s->esp->config->host_overlap;
    s->esp->old_ends = topo_now(t) + overlap;
    if (overlap)
        t->ops->at(t->eng, overlap, on_hard_lifetime, s);
}

/* Where the allocator has no SPI, the old SA stays until the next time. */
static void rekey(void *arg)
{
    struct stream *s = arg;
    struct topo *t = s->topo;
    uint32_t spi;
    if (t->closing || t->has_failed)
        return;
    if (draw_spi(s, &spi))
        change_sa(s, spi);
    t->ops->at(t->eng, soft_lifetime(s->esp), rekey, s);
}

void host_esp_start(struct stream *s)
{
    struct host_esp *h = s->esp;
    sim_time period = h->config->host_rekey;
    tell_sa(s);
    update(s, ENDED_BY_HOSTS);
    if (period) /* the SA is somewhere in its life when the run begins */
        s->topo->ops->at(s->topo->eng, (sim_time)rng_below(&h->rng, (uint64_t)period) + 1, rekey, s);
}

enum drop host_esp_seal(struct stream *s, struct buf *packet)
{
    struct ip_view v;
    if (!s->esp->out)
        return DROP_NO_SA_OUT;
    bool whole = ip_parse(packet->data, packet->len, &v);
    assert(whole);
    (void)whole;
    return seal(s->esp->out, packet, &v, topo_now(s->topo), NULL, NULL);
}

enum drop host_esp_open(struct topo *t, int side, struct buf *packet)
{
    struct located at;
    enum drop d = locate(packet, NULL, NULL, &at);
    if (d)
        return d;
    struct sa *sa = sad_by_spi_dst(t->host_sad[side], at.spi, &at.outer.dst);
    return sa ? open_esp(sa, packet, &at, topo_now(t), NULL) : DROP_NOT_FOR_HOST;
}

void host_esp_lost(struct stream *s, uint64_t n_lost, sim_time last, sim_time next, const char *ended_by)
{
    if (!s->esp || n_lost < OUTAGE_PACKETS)
        return;
    char why[100];
    snprintf(why, sizeof why, "%llu packets of the stream one after the other did not arrive",
             (unsigned long long)n_lost);
    tell(s, &(struct lasted){.spi = s->esp->out ? s->esp->out->p.spi : 0,
                             .from = last,
                             .to = next,
                             .packets = n_lost,
                             .lost = n_lost,
                             .why = why,
                             .ended_by = ended_by});
}

void host_esp_end(struct stream *s)
{
    if (!s->esp)
        return;
    tell_collision(s, &s->esp->past);
    if (s->esp->now.is_on)
        end_collision(s, ENDED_BY_RUN);
    if (s->n_sent > s->n_next)
        host_esp_lost(s, s->n_sent - s->n_next, s->last_sent_at, s->recent[(s->n_sent - 1) % STREAM_RECENT],
                      ENDED_BY_RUN);
}
