#include "models/ipsec/open.h"
#include "models/wire/ip.h"
#include "sim/config/choices.h"
#include "sim/topo/topo_impl.h"

#include <math.h>
#include <stdlib.h>

#define NO_FREE UINT32_MAX

static bool init_framing(struct topo *t, struct link_way *way, struct err *e)
{
    const struct config_link *link = &t->config->link;
    const struct framing_kind *kind = framing_find(link->framing->name, e);
    struct framing_settings set = config_framing(t->config);
    if (!kind || !framing_check(kind, &set, e))
        return false;
    if (link->mtu > framing_max_packet(kind, &set))
        return err_set(e, "link.mtu = %llu: framing %s carries at most %u octets", (unsigned long long)link->mtu,
                       kind->m.name, framing_max_packet(kind, &set));
    framing_init(&way->framing, kind, &set);
    return true;
}

static bool init_loss(struct topo *t, struct link_way *way, struct err *e)
{
    struct loss_settings set = config_loss(t->config, way->side, &way->loss_steps);
    const struct loss_kind *kind = loss_find(config_loss_model(t->config, way->side), e);
    if (!kind || !loss_check(kind, &set, e))
        return false;
    loss_init(&way->loss, kind, &set);
    rng_init(&way->loss_rng, t->run->seed, way->side ? "link/return/loss" : "link/forward/loss");
    return true;
}

bool satellite_init(struct topo *t, struct err *e)
{
    t->sat.free_head = NO_FREE;
    for (int side = 0; side < 2; side++) {
        struct link_way *way = &t->sat.way[side];
        *way = (struct link_way){.topo = t, .side = side, .fade_full = nan("")};
        if (!init_framing(t, way, e) || !init_loss(t, way, e) || !link_path_init(t, side, e))
            return false;
    }
    return true;
}

void satellite_fini(struct topo *t)
{
    for (int side = 0; side < 2; side++)
        free(t->sat.way[side].loss_steps);
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

static void give_slot(struct satellite *s, struct link_way *way, uint64_t slot)
{
    way->n_packets--;
    s->pool[slot].next_free = s->free_head;
    s->free_head = (uint32_t)slot;
}

/* What a modem can see of a packet that is encrypted: the DSCP of the header in front. Bands after RFC 4594: control
 * and telephony (CS5, EF, CS6, CS7), then what is assured or interactive (CS2 to AF43), then the rest with CS1. */
static unsigned band_of(const struct buf *packet)
{
    enum { DSCP_CS2 = 16, DSCP_CS5 = 40 };
    unsigned dscp = ip_tos(packet->data) >> 2;
    return dscp >= DSCP_CS5 ? 0 : dscp >= DSCP_CS2 ? 1 : 2;
}

void satellite_offer(struct topo *t, int side, const struct buf *packet, const struct sent *how)
{
    struct satellite *s = &t->sat;
    struct link_way *way = &s->way[side];
    uint32_t slot = take_slot(s);
    pep_see(t, side, packet);
    s->pool[slot] = (struct in_link){.ledger = how->ledger,
                                     .len = packet->len,
                                     .inner_len = how->inner_len,
                                     .queued = way->waiting,
                                     .offered = topo_now(t),
                                     .probe = how->probe};
    if (!way->waiting)
        way->fade_busy = way->fade;
    way->waiting += packet->len;
    way->n_packets++;
    t->ops->link_send(t->eng, side,
                      &(struct eng_packet){.octets = packet->data,
                                           .len = packet->len,
                                           .link_octets = packet->len,
                                           .band = band_of(packet),
                                           .cookie = slot});
}

/* Only now, since cells are filled in the order in which packets leave the queue, and with the MODCOD of that time. */
struct eng_cost satellite_link_start(void *ctx, int side, const uint8_t *packet, size_t len, uint64_t cookie)
{
    struct topo *t = ctx;
    struct in_link *p = &t->sat.pool[cookie];
    struct frame_cost cost = framing_offer(&t->sat.way[side].framing, packet, len);
    p->ledger.framing += cost.framing;
    p->ledger.link_padding += cost.padding;
    p->symbols = cost.symbols;
    p->waited = topo_now(t) - p->offered;
    assert(ledger_sum(&p->ledger) == cost.octets);
    return (struct eng_cost){cost.octets, cost.room};
}

size_t satellite_link_idle(void *ctx, int side)
{
    struct topo *t = ctx;
    struct frame_cost rest = framing_flush(&t->sat.way[side].framing);
    if (rest.octets)
        topo_tell(t, (struct event){.kind = EVENT_LINK_FLUSHED, .side = side, .octets = rest.octets});
    return rest.octets;
}

static void tell_sent(struct topo *t, int side, const struct in_link *p)
{
    topo_tell(t, (struct event){.kind = EVENT_LINK_SENT,
                                .side = side,
                                .ledger = &p->ledger,
                                .inner_len = p->inner_len,
                                .symbols = p->symbols,
                                .probe = p->probe,
                                .queued = p->queued,
                                .waited = p->waited});
}

static void tell_lost(struct topo *t, int side, enum drop why)
{
    topo_tell(t, (struct event){.kind = EVENT_DROPPED, .side = side, .place = PLACE_LINK, .why = why});
}

void satellite_link_event(void *ctx, int side, enum eng_link_event what, uint64_t cookie, size_t link_octets)
{
    static const enum drop why[] = {
        [ENG_LINK_DROP_QUEUE] = DROP_QUEUE, [ENG_LINK_DROP_AQM] = DROP_AQM, [ENG_LINK_LOST_OUTAGE] = DROP_OUTAGE};
    struct topo *t = ctx;
    struct link_way *way = &t->sat.way[side];
    struct in_link p = t->sat.pool[cookie];
    (void)link_octets;
    way->waiting -= p.len;
    if (what == ENG_LINK_SENT || what == ENG_LINK_LOST_OUTAGE)
        tell_sent(t, side, &p);
    if (what == ENG_LINK_SENT)
        return;
    if (what != ENG_LINK_LOST_OUTAGE && !t->closing && isnan(way->fade_full))
        way->fade_full = way->fade_busy;
    give_slot(&t->sat, way, cookie);
    tell_lost(t, side, why[what]);
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

/* A packet at the receiving modem, in room[1]. */
static void take_arrived(struct topo *t, int side, struct buf *packet)
{
    topo_tell(t, (struct event){.kind = EVENT_LINK_ARRIVED, .side = side, .packet = packet->data, .len = packet->len});
    note_foreign(t, side, packet);
    host_esp_at_gateway(t, side, packet);
    gateway_from_link(t->gw[side], topo_now(t), packet);
}

void satellite_arrive(struct topo *t, int side, const uint8_t *octets, size_t len)
{
    struct buf packet = buf_over(t->room[1], TOPO_ROOM_LEN, BUF_HEADROOM, len);
    memcpy(packet.data, octets, len);
    take_arrived(t, side, &packet);
}

void satellite_from_link(void *ctx, int side, const uint8_t *octets, size_t len, uint64_t cookie)
{
    struct topo *t = ctx;
    struct link_way *way = &t->sat.way[!side];
    give_slot(&t->sat, way, cookie);
    if (loss_offer(&way->loss, &way->loss_rng, topo_now(t))) {
        tell_lost(t, !side, DROP_LINK_LOSS);
        return;
    }
    struct buf packet = buf_over(t->room[1], TOPO_ROOM_LEN, BUF_HEADROOM, len);
    memcpy(packet.data, octets, len);
    if (adversary_meets(t, side, &packet))
        take_arrived(t, side, &packet);
}
