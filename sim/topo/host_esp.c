/* IPsec of the LAN hosts' own: each stream has an SA in transport mode from its source to its sink, with rekeying. The
 * gateways see ESP packets of others; where a gateway looks at packets in transit and has an inbound SA with the same
 * SPI, that is a collision: it lasts until one of the two is rekeyed. */
#include "models/ipsec/open.h"
#include "models/ipsec/seal.h"
#include "sim/config/choices.h"
#include "sim/topo/stream.h"

#include <stdio.h>
#include <stdlib.h>

enum { OUTAGE_PACKETS = 10, GENERATIONS = 2 };

struct host_esp {
    const struct config_flow *config;
    bool nested;
    struct spi_source spi;
    struct rng rng, iv;
    uint64_t n_drawn;
    struct sa *out;
    struct sa *in[GENERATIONS]; /* the newest first; the older one is still received on while packets are under way */
    bool collides;
    sim_time since;
    uint64_t sent_before, received_before; /* of the stream, when the collision began */
};

static void random_octets(void *rng, uint8_t *bytes, size_t len)
{
    rng_fill(rng, bytes, len);
}

static bool is_taken(const void *sad, uint32_t spi)
{
    return sad_by_spi(sad, spi) != NULL;
}

static bool draw_spi(struct stream *s, uint32_t *spi)
{
    struct host_esp *h = s->esp;
    const struct config_flow *c = h->config;
    /* By hand: the streams of a flow take the first ones, their rekeyings the next. */
    uint64_t n = s->number - topo_flow_first_stream(s->topo, s->flow);
    n += h->n_drawn++ * s->topo->flows[s->flow].n_streams;
    return config_spi(&c->host_spis, n, spi) || spi_next(&h->spi, &h->rng, is_taken, s->topo->host_sad[!s->side], spi);
}

static bool make_sas(struct stream *s, struct err *e)
{
    struct host_esp *h = s->esp;
    struct topo *t = s->topo;
    struct sa_params p;
    sa_params_init(&p);
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
    if (!draw_spi(s, &p.spi))
        return err_set(e, "flow %s: the SPI allocator of its hosts has no SPI left", t->flows[s->flow].name);
    struct sa *out, *in;
    if (!sa_new(&p, &out, e))
        return false;
    if (!sa_new(&p, &in, e)) {
        sa_free(out);
        return false;
    }
    in->user = s;
    if (h->in[1]) {
        sad_remove(t->host_sad[!s->side], h->in[1]);
        sa_free(h->in[1]);
    }
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
    h->config = config;
    h->nested = config->host_ipsec == &host_ipsec_nested;
    snprintf(name, sizeof name, "flow/%s/%u/esp", s->topo->flows[s->flow].name, s->number);
    rng_init(&h->rng, s->topo->run->seed, name);
    rng_init(&h->iv, rng_u64(&h->rng), "iv");
    return spi_source_init(&h->spi, spi_allocator_of(config->host_allocator), NULL, e) && make_sas(s, e);
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

static void end_collision(struct stream *s)
{
    struct host_esp *h = s->esp;
    uint64_t sent = s->n_sent - h->sent_before, got = s->n_received - h->received_before;
    char why[200];
    snprintf(why, sizeof why,
             "lookup %s claims this SPI for gw%d's own SA; of the %llu packets that the host sent meanwhile %llu got "
             "through",
             gateway_config(s->topo->gw[!s->side])->lookup->m.name, 2 - s->side, (unsigned long long)sent,
             (unsigned long long)(got < sent ? got : sent));
    h->collides = false;
    tell(s, &(struct lasted){true, h->out->p.spi, h->since, topo_now(s->topo), sent, why});
}

/* Whether the gateway that receives the stream's ESP would take it for its own. */
static bool is_colliding(const struct stream *s)
{
    const struct topo *t = s->topo;
    const struct gateway_config *gw = gateway_config(t->gw[!s->side]);
    if (!t->mode->esp || !(s->esp->nested ? gw->reinput : gw->lookup->transit))
        return false;
    return sad_by_spi(gateway_sad(t->gw[!s->side]), s->esp->out->p.spi) != NULL;
}

static void update(struct stream *s)
{
    struct host_esp *h = s->esp;
    bool collides = is_colliding(s);
    if (collides == h->collides)
        return;
    if (!collides) {
        end_collision(s);
        return;
    }
    h->collides = true;
    h->since = topo_now(s->topo);
    h->sent_before = s->n_sent;
    h->received_before = s->n_received;
}

void host_esp_update_all(struct topo *t)
{
    for (size_t i = 0; i < t->n_streams; i++)
        if (t->streams[i]->esp)
            update(t->streams[i]);
}

static void rekey(void *arg)
{
    struct stream *s = arg;
    struct topo *t = s->topo;
    if (t->closing || t->has_failed)
        return;
    if (s->esp->collides)
        end_collision(s);
    t->has_failed = !make_sas(s, &t->failed);
    update(s);
    t->ops->at(t->eng, s->esp->config->host_rekey, rekey, s);
}

void host_esp_start(struct stream *s)
{
    struct host_esp *h = s->esp;
    sim_time period = h->config->host_rekey;
    update(s);
    if (period) /* the SA is somewhere in its life when the run begins */
        s->topo->ops->at(s->topo->eng, (sim_time)rng_below(&h->rng, (uint64_t)period) + 1, rekey, s);
}

bool host_esp_seal(struct stream *s, struct buf *packet)
{
    struct ip_view v;
    return ip_parse(packet->data, packet->len, &v) &&
           seal(s->esp->out, packet, &v, topo_now(s->topo), NULL, NULL) == DROP_NONE;
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

void host_esp_lost(struct stream *s, uint64_t n_lost, sim_time last, sim_time next)
{
    if (!s->esp || n_lost < OUTAGE_PACKETS)
        return;
    char why[100];
    snprintf(why, sizeof why, "%llu packets of the stream one after the other did not arrive",
             (unsigned long long)n_lost);
    tell(s, &(struct lasted){false, s->esp->out->p.spi, last, next, n_lost, why});
}

void host_esp_end(struct stream *s)
{
    if (!s->esp)
        return;
    if (s->esp->collides)
        end_collision(s);
    if (s->n_sent > s->n_next)
        host_esp_lost(s, s->n_sent - s->n_next, s->last_sent_at, s->sent_at[(s->n_sent - 1) % STREAM_RECENT]);
}
