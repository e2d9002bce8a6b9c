#include "models/ipsec/open.h"
#include "sim/config/choices.h"
#include "sim/topo/topo_impl.h"

#include <stdlib.h>

#define NO_FREE UINT32_MAX

bool satellite_init(struct topo *t, struct err *e)
{
    const struct config_link *link = &t->config->link;
    const struct framing_kind *kind = (const struct framing_kind *)link->framing;
    struct loss_settings loss = loss_defaults;
    const struct loss_kind *loss_model = loss_find(link->loss > 0 ? "bernoulli" : "none", e);
    if (!loss_model || !framing_check(kind, &framing_defaults, e))
        return false;
    if (link->mtu > framing_max_packet(kind, &framing_defaults))
        return err_set(e, "link.mtu = %llu: framing %s carries at most %u octets", (unsigned long long)link->mtu,
                       kind->m.name, framing_max_packet(kind, &framing_defaults));
    loss.p = link->loss;
    t->sat.free_head = NO_FREE;
    for (int side = 0; side < 2; side++) {
        struct link_way *way = &t->sat.way[side];
        framing_init(&way->framing, kind, &framing_defaults);
        loss_init(&way->loss, loss_model, &loss);
        rng_init(&way->loss_rng, t->run->seed, side ? "link/return/loss" : "link/forward/loss");
        way->rate = link->rate[side];
    }
    return true;
}

void satellite_fini(struct topo *t)
{
    free(t->sat.pool);
}

static uint32_t take_slot(struct satellite *s)
{
    if (s->free_head == NO_FREE) {
        uint32_t more = s->n_pool ? s->n_pool : 256;
        s->pool = realloc(s->pool, (s->n_pool + more) * sizeof *s->pool);
        assert(s->pool);
        for (uint32_t i = s->n_pool; i < s->n_pool + more; i++)
            s->pool[i].next_free = i + 1 < s->n_pool + more ? i + 1 : NO_FREE;
        s->free_head = s->n_pool;
        s->n_pool += more;
    }
    uint32_t slot = s->free_head;
    s->free_head = s->pool[slot].next_free;
    return slot;
}

static void give_slot(struct satellite *s, uint64_t slot)
{
    s->pool[slot].next_free = s->free_head;
    s->free_head = (uint32_t)slot;
}

/* A modem with nothing left to send fills up its cell. */
static void flush_if_idle(struct topo *t, int side)
{
    struct link_way *way = &t->sat.way[side];
    if (way->waiting || topo_now(t) < way->busy_until)
        return;
    struct frame_cost rest = framing_flush(&way->framing);
    if (rest.octets)
        topo_tell(t, (struct event){.kind = EVENT_LINK_FLUSHED, .side = side, .octets = rest.octets});
}

/* The framing's state goes on only with packets that the queue takes. */
void satellite_offer(struct topo *t, int side, const struct buf *packet, const struct sent *how)
{
    struct satellite *s = &t->sat;
    struct link_way *way = &s->way[side];
    flush_if_idle(t, side);
    struct framing before = way->framing;
    struct frame_cost cost = framing_offer(&way->framing, packet->data, packet->len);
    uint32_t slot = take_slot(s);
    struct in_link *p = &s->pool[slot];
    *p = (struct in_link){.ledger = how->ledger,
                          .inner_len = how->inner_len,
                          .link_octets = cost.octets,
                          .queued = way->waiting,
                          .offered = topo_now(t),
                          .probe = how->probe};
    p->ledger.framing += cost.framing;
    p->ledger.link_padding += cost.padding;
    assert(ledger_sum(&p->ledger) == cost.octets);
    way->refused = false;
    way->waiting += cost.octets;
    t->ops->link_send(t->eng, side, packet->data, packet->len, cost.octets, slot);
    if (way->refused)
        way->framing = before;
}

static void tell_sent(struct topo *t, int side, const struct in_link *p)
{
    struct link_way *way = &t->sat.way[side];
    sim_time now = topo_now(t);
    way->busy_until = now;
    topo_tell(t, (struct event){.kind = EVENT_LINK_SENT,
                                .side = side,
                                .ledger = p->ledger,
                                .inner_len = p->inner_len,
                                .probe = p->probe,
                                .queued = p->queued,
                                .waited = now - p->offered - units_tx_time(p->link_octets, way->rate)});
}

void satellite_link_event(void *ctx, int side, enum eng_link_event what, uint64_t cookie, size_t link_octets)
{
    struct topo *t = ctx;
    struct link_way *way = &t->sat.way[side];
    struct in_link p = t->sat.pool[cookie];
    way->waiting -= link_octets;
    if (what == ENG_LINK_DROP_QUEUE) {
        way->refused = true;
        give_slot(&t->sat, cookie);
        topo_tell(t, (struct event){.kind = EVENT_DROPPED, .side = side, .place = PLACE_LINK, .why = DROP_QUEUE});
        return;
    }
    tell_sent(t, side, &p);
    if (what == ENG_LINK_LOST_OUTAGE) {
        give_slot(&t->sat, cookie);
        topo_tell(t, (struct event){.kind = EVENT_DROPPED, .side = side, .place = PLACE_LINK, .why = DROP_OUTAGE});
    }
}

/* ESP that passes by with an SPI of somebody else. */
static void note_foreign(struct topo *t, int side, const struct buf *packet)
{
    struct located at;
    if (t->config->ipsec.on_collision == &on_collision_none || locate(packet, NULL, NULL, &at))
        return;
    if (!sad_by_spi(gateway_sad(t->gw[side]), at.spi))
        keying_saw_foreign(t, side, at.spi);
}

void satellite_from_link(void *ctx, int side, const uint8_t *octets, size_t len, uint64_t cookie)
{
    struct topo *t = ctx;
    struct link_way *way = &t->sat.way[!side];
    give_slot(&t->sat, cookie);
    if (loss_offer(&way->loss, &way->loss_rng, topo_now(t))) {
        topo_tell(t, (struct event){.kind = EVENT_DROPPED, .side = !side, .place = PLACE_LINK, .why = DROP_LINK_LOSS});
        return;
    }
    topo_tell(t, (struct event){.kind = EVENT_LINK_ARRIVED, .side = side, .packet = octets, .len = len});
    struct buf packet = buf_over(t->room[1], TOPO_ROOM_LEN, BUF_HEADROOM, len);
    memcpy(packet.data, octets, len);
    note_foreign(t, side, &packet);
    gateway_from_link(t->gw[side], topo_now(t), &packet);
}
