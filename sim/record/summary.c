#include "sim/record/summary.h"

#include "models/measure/emodel.h"
#include "models/measure/hist.h"
#include "models/measure/meter.h"
#include "models/traffic/codec.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One direction of the link. */
struct way {
    uint64_t packets, inner_packets, inner_octets, symbols, queue_dropped, lost, queue_max;
    struct ledger ledger;
    double waited_sum;
    sim_time waited_max;
};

/* Outages of a flow whose hosts protect it. */
struct outages {
    uint64_t n, packets;
    sim_time sum, longest;
};

struct calls {
    uint64_t n;
    double r_sum, r_worst;
};

struct summary {
    struct way ways[2];
    uint64_t drops[N_PLACES][DROP_COUNT];
    uint64_t in, out, dropped;
    struct meter *meters;
    struct calls *calls;
    struct outages *outages;
    struct hist *pages; /* load times */
    struct episode_list {
        int flow, side;
        struct lasted what;
        char why[RESULT_TEXT_MAX];
    } * episodes;
    size_t n_episodes;
    size_t n_flows;
};

static void take_sent(struct way *w, const struct event *e)
{
    w->packets++;
    if (!e->probe) {
        w->inner_packets += e->inner_len > 0;
        w->inner_octets += e->inner_len;
    }
    w->symbols += e->symbols;
    ledger_add(&w->ledger, e->ledger);
    w->waited_sum += (double)e->waited;
    if (e->waited > w->waited_max)
        w->waited_max = e->waited;
    if (e->queued > w->queue_max)
        w->queue_max = e->queued;
}

static void take_drop(struct summary *s, const struct event *e)
{
    s->drops[e->place][e->why]++;
    s->dropped++;
    if (e->place != PLACE_LINK)
        return;
    if (e->why == DROP_QUEUE || e->why == DROP_AQM)
        s->ways[e->side].queue_dropped++;
    else
        s->ways[e->side].lost++;
}

/* Mouth to ear: the packet is spoken, looked ahead for, carried, and waits one packet's time to be played out. */
static void take_call(struct calls *c, const struct call_quality *q)
{
    const struct codec *codec = q->codec;
    sim_time own = 2 * q->speech + codec->lookahead;
    double delay_ms = (q->delay_mean + (double)own) / NS_PER_MS;
    double loss = q->sent ? (double)q->lost / (double)q->sent : 0;
    double burst_r = emodel_burst_ratio(q->sent, q->lost, q->bursts);
    double r = q->received ? emodel_voip(codec->ie, codec->bpl, delay_ms, 100 * loss, burst_r) : 0;
    r = r < 0 ? 0 : r;
    c->r_worst = c->n == 0 || r < c->r_worst ? r : c->r_worst;
    c->r_sum += r;
    c->n++;
}

static void take_episode(struct summary *s, const struct event *e)
{
    const struct lasted *l = e->lasted;
    struct outages *o = &s->outages[e->flow];
    s->episodes = realloc(s->episodes, (s->n_episodes + 1) * sizeof *s->episodes);
    assert(s->episodes);
    struct episode_list *to = &s->episodes[s->n_episodes++];
    for (; to > s->episodes && to[-1].what.to > l->to; to--) /* in the order of their ends, which may be told late */
        *to = to[-1];
    *to = (struct episode_list){.flow = e->flow, .side = e->side, .what = *l};
    snprintf(to->why, sizeof to->why, "%s", l->why);
    if (l->collision)
        return;
    o->n++;
    o->packets += l->packets;
    o->sum += l->to - l->from;
    o->longest = l->to - l->from > o->longest ? l->to - l->from : o->longest;
}

static void listen(void *ctx, const struct event *e)
{
    struct summary *s = ctx;
    struct meter *m = e->flow >= 0 && (size_t)e->flow < s->n_flows ? &s->meters[e->flow] : NULL;
    switch (e->kind) {
    case EVENT_HOST_SENT:
    case EVENT_MADE:
        s->in++;
        break;
    case EVENT_HOST_GOT:
        s->out++;
        break;
    case EVENT_DROPPED:
        take_drop(s, e);
        break;
    case EVENT_LINK_SENT:
        take_sent(&s->ways[e->side], e);
        break;
    case EVENT_LINK_FLUSHED:
        s->ways[e->side].ledger.link_padding += e->octets;
        break;
    case EVENT_FLOW_SENT:
        meter_sent(m, e->octets);
        break;
    case EVENT_FLOW_RECEIVED:
        meter_received(m, e->now + e->to_go, e->sent_at, e->octets);
        break;
    case EVENT_FLOW_REPEATED:
        meter_duplicate(m);
        break;
    case EVENT_FLOW_DELIVERED:
        meter_delivered(m, e->now + e->to_go, e->octets);
        break;
    case EVENT_EPISODE:
        take_episode(s, e);
        break;
    case EVENT_CALL:
        take_call(&s->calls[e->flow], e->call);
        break;
    case EVENT_PAGE:
        hist_add(&s->pages[e->flow], e->waited);
        break;
    case EVENT_JOINED:
        s->in -= e->octets;
        break;
    case EVENT_HOST_SA:
    case EVENT_TO_LAN:
    case EVENT_LINK_ARRIVED:
    case EVENT_KINDS:
        break;
    }
}

struct summary *summary_new(struct event_bus *bus, size_t n_flows)
{
    struct summary *s = calloc(1, sizeof *s);
    assert(s);
    s->n_flows = n_flows;
    s->meters = calloc(n_flows + 1, sizeof *s->meters);
    s->calls = calloc(n_flows + 1, sizeof *s->calls);
    s->outages = calloc(n_flows + 1, sizeof *s->outages);
    s->pages = calloc(n_flows + 1, sizeof *s->pages);
    assert(s->meters && s->calls && s->outages && s->pages);
    for (size_t i = 0; i < n_flows; i++)
        meter_init(&s->meters[i]);
    event_listen(bus, listen, s);
    return s;
}

void summary_free(struct summary *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n_flows; i++) {
        meter_fini(&s->meters[i]);
        hist_fini(&s->pages[i]);
    }
    free(s->pages);
    free(s->meters);
    free(s->calls);
    free(s->outages);
    free(s->episodes);
    free(s);
}

uint64_t summary_received(const struct summary *s, size_t i)
{
    return s->meters[i].packets_received;
}

void summary_host_esp(const struct summary *s, size_t i, struct flow_result *flow)
{
    const struct outages *o = &s->outages[i];
    flow->groups |= GROUP_HOST_ESP;
    flow->outages = o->n;
    flow->outage_packets = o->packets;
    flow->outage_s = (double)o->sum / NS_PER_S;
    flow->outage_longest_s = (double)o->longest / NS_PER_S;
}

void summary_web(const struct summary *s, size_t i, struct flow_result *flow)
{
    const struct hist *h = &s->pages[i];
    flow->groups |= GROUP_WEB;
    flow->pages = h->count;
    flow->page_load_mean_s = hist_mean(h) / NS_PER_S;
    flow->page_load_p50_s = hist_quantile(h, 0.5) / NS_PER_S;
    flow->page_load_p95_s = hist_quantile(h, 0.95) / NS_PER_S;
}

void summary_episodes(const struct summary *s, struct run_result *r)
{
    for (size_t i = 0; i < s->n_episodes; i++) {
        const struct episode_list *from = &s->episodes[i];
        struct episode *to = run_result_add_episode(r);
        snprintf(to->kind, sizeof to->kind, "%s", from->what.collision ? "collision" : "outage");
        snprintf(to->flow, sizeof to->flow, "%s", r->flows[from->flow].name);
        snprintf(to->place, sizeof to->place, "%s%d", from->what.collision ? "gw" : "lan", from->side + 1);
        snprintf(to->why, sizeof to->why, "%s", from->why);
        snprintf(to->ended_by, sizeof to->ended_by, "%s", from->what.ended_by);
        to->spi = from->what.spi;
        to->packets = from->what.packets;
        to->lost = from->what.lost;
        to->from_s = (double)from->what.from / NS_PER_S;
        to->to_s = (double)from->what.to / NS_PER_S;
    }
}

void summary_flow(const struct summary *s, size_t i, sim_time active, struct flow_result *flow)
{
    const struct calls *c = &s->calls[i];
    meter_result(&s->meters[i], active, flow);
    if (!c->n)
        return;
    flow->groups |= GROUP_VOIP;
    flow->calls = c->n;
    flow->r_factor = c->r_sum / (double)c->n;
    flow->r_factor_worst = c->r_worst;
    flow->mos = emodel_mos(flow->r_factor);
}

void summary_curves(const struct summary *s, size_t i, const char *name, struct curves *c)
{
    meter_curves(&s->meters[i], name, c);
}

static void add_way(const struct way *w, const struct link_use *use, const char *name, struct run_result *r)
{
    struct link_result *d = run_result_add_direction(r, name);
    d->packets = w->packets;
    d->inner_packets = w->inner_packets;
    d->inner_octets = w->inner_octets;
    d->ledger = w->ledger;
    d->wire_octets = ledger_sum(&w->ledger);
    d->ip_octets = d->wire_octets - w->ledger.framing - w->ledger.link_padding;
    d->symbols = w->symbols;
    d->lost = w->lost;
    d->queue_dropped = w->queue_dropped;
    d->queue_max_octets = w->queue_max;
    d->rate_bps = use->rate;
    d->utilisation = use->share;
    d->queue_delay_mean_s = w->packets ? w->waited_sum / (double)w->packets / NS_PER_S : 0;
    d->queue_delay_max_s = (double)w->waited_max / NS_PER_S;
    r->link.packets += d->packets;
    r->link.inner_packets += d->inner_packets;
    r->link.inner_octets += d->inner_octets;
    r->link.ip_octets += d->ip_octets;
    r->link.wire_octets += d->wire_octets;
    r->link.symbols += d->symbols;
    ledger_add(&r->link.ledger, &d->ledger);
}

void summary_run(const struct summary *s, const struct link_use use[2], struct run_result *r)
{
    add_way(&s->ways[0], &use[0], "gw1>gw2", r);
    add_way(&s->ways[1], &use[1], "gw2>gw1", r);
    for (enum event_place place = 0; place < N_PLACES; place++) {
        places_add_place(&r->drops, event_place_name(place));
        for (enum drop why = 0; why < DROP_COUNT; why++)
            if (s->drops[place][why])
                places_add(&r->drops, event_place_name(place), drop_name(why), s->drops[place][why]);
    }
    r->balance = (struct balance){s->in, s->out, s->dropped};
}
