/* adversary.c - somebody on the satellite link who reads, changes, drops, repeats and makes packets, without any key.
 * What a mode lets through is seen by the hosts: packets that were authenticated, and yet are not what was sent. */
#include "models/wire/esp.h"
#include "models/wire/ipv4.h"
#include "models/wire/protocol.h"
#include "sim/config/choices.h"
#include "sim/topo/topo_impl.h"

#include <stdlib.h>

/* Packets on their way to modem `side`. An attack changes `packet`, hands extra ones to satellite_arrive, or returns
 * false: the packet goes no further. */
typedef bool (*attack)(struct topo *t, int side, struct buf *packet, const struct ip_view *v);

static uint8_t *last_octet_of(struct buf *packet, const struct ip_view *v, bool dst)
{
    size_t at = v->version == 4 ? (dst ? 19 : 15) : (dst ? 39 : 23);
    return packet->data + at;
}

static void mend_header(struct buf *packet, const struct ip_view *v)
{
    if (v->version == 4)
        ipv4_fill_checksum(packet->data);
}

/* To the next host, or back from the one with the highest number. */
static bool redirect(struct topo *t, int side, struct buf *packet, const struct ip_view *v)
{
    uint8_t *octet = last_octet_of(packet, v, true);
    *octet = (uint8_t)(*octet < t->lan[side].n_hosts ? *octet + 1 : *octet - 1);
    mend_header(packet, v);
    return true;
}

/* One added to the destination and taken from the source: the sum of the pseudo header stays the same. */
static bool swap(struct topo *t, int side, struct buf *packet, const struct ip_view *v)
{
    uint8_t *dst = last_octet_of(packet, v, true), *src = last_octet_of(packet, v, false);
    int step = *dst < t->lan[side].n_hosts ? 1 : -1;
    *dst = (uint8_t)(*dst + step);
    *src = (uint8_t)(*src - step);
    mend_header(packet, v);
    return true;
}

static bool corrupt(struct topo *t, int side, struct buf *packet, const struct ip_view *v)
{
    (void)side;
    size_t from = v->head_len + (v->protocol == PROTO_ESP ? ESP_HEAD_LEN : 0);
    if (v->total_len > from)
        packet->data[from + rng_below(&t->adversary_rng, v->total_len - from)] ^=
            (uint8_t)(1 << rng_below(&t->adversary_rng, 8));
    return true;
}

static bool drop(struct topo *t, int side, struct buf *packet, const struct ip_view *v)
{
    (void)packet;
    (void)v;
    topo_tell(t, (struct event){.kind = EVENT_DROPPED, .side = !side, .place = PLACE_LINK, .why = DROP_ADVERSARY});
    return false;
}

/* Hands an extra packet to the receiving modem. The gateway spoils the room that `packet` lies in, so that is kept. */
static void send_extra(struct topo *t, int side, struct buf *packet, const uint8_t *extra)
{
    uint8_t *keep = malloc(packet->len);
    size_t len = packet->len;
    assert(keep);
    memcpy(keep, packet->data, len);
    topo_tell(t, (struct event){.kind = EVENT_MADE, .side = !side, .packet = extra, .len = len});
    satellite_arrive(t, side, extra, len);
    *packet = buf_over(packet->base, packet->cap, BUF_HEADROOM, len);
    memcpy(packet->data, keep, len);
    free(keep);
}

static uint8_t *copy_of(const struct buf *packet)
{
    uint8_t *copy = malloc(packet->len);
    assert(copy);
    memcpy(copy, packet->data, packet->len);
    return copy;
}

static bool replay(struct topo *t, int side, struct buf *packet, const struct ip_view *v)
{
    (void)v;
    uint8_t *again = copy_of(packet);
    send_extra(t, side, packet, again);
    free(again);
    return true;
}

/* A packet with the SPI and the next sequence number, and random octets behind them. */
static bool inject(struct topo *t, int side, struct buf *packet, const struct ip_view *v)
{
    size_t from = v->head_len + (v->protocol == PROTO_ESP ? ESP_HEAD_LEN : 0);
    uint8_t *forged = copy_of(packet);
    if (v->protocol == PROTO_ESP && v->total_len > from)
        forged[from - 1]++;
    rng_fill(&t->adversary_rng, forged + from, v->total_len > from ? v->total_len - from : 0);
    send_extra(t, side, packet, forged);
    free(forged);
    return true;
}

bool adversary_meets(struct topo *t, int side, struct buf *packet)
{
    static const attack attacks[] = {NULL, redirect, swap, replay, corrupt, inject, drop};
    struct ip_view v;
    size_t i = 0;
    while (attack_family.members[i] != t->config->adversary.attack)
        i++;
    if (!attacks[i] || rng_unit(&t->adversary_rng) >= t->config->adversary.rate ||
        !ip_parse(packet->data, packet->len, &v))
        return true;
    t->n_attacked++;
    return attacks[i](t, side, packet, &v);
}
