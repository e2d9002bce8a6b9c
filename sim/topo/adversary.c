/* adversary.c - somebody on the satellite link who reads, changes, drops, repeats and makes packets, without any key.
 * What a mode lets through is seen by the hosts: packets that were authenticated, and yet are not what was sent. */
#include "models/wire/esp.h"
#include "models/wire/ipv4.h"
#include "models/wire/protocol.h"
#include "models/wire/udp.h"
#include "sim/config/choices.h"
#include "sim/topo/topo_impl.h"

#include <stdlib.h>

/* Packets on their way to modem `side`. An attack changes `packet`, hands extra ones to satellite_arrive, or returns
 * false: the packet goes no further. */
typedef bool (*attack)(struct topo *t, int side, struct buf *packet, const struct ip_view *v);

/* The packet's source or destination becomes the next address (step 1) or the one before (-1). */
static void step_address(struct buf *packet, const struct ip_view *v, bool dst, int step)
{
    size_t len = v->version == 4 ? 4 : 16, at = (v->version == 4 ? 12 : 8) + (dst ? len : 0);
    uint8_t *octet = packet->data + at + len;
    do {
        octet--;
        *octet = (uint8_t)(*octet + step);
    } while (octet > packet->data + at && *octet == (step > 0 ? 0x00 : 0xff)); /* carried */
    if (v->version == 4)
        ipv4_fill_checksum(packet->data);
}

/* To the next host, or back from the LAN's last one; from a gateway to the address behind it. */
static int step_of(const struct topo *t, int side, const struct ip_view *v)
{
    uint64_t number = prefix_number(&t->config->lan[side].prefix, &v->dst);
    return number > 1 && number >= (uint64_t)t->lan[side].n_hosts ? -1 : 1;
}

static bool redirect(struct topo *t, int side, struct buf *packet, const struct ip_view *v)
{
    step_address(packet, v, true, step_of(t, side, v));
    return true;
}

/* What is added to the destination is taken from the source: the sum of the pseudo header stays the same. */
static bool swap(struct topo *t, int side, struct buf *packet, const struct ip_view *v)
{
    int step = step_of(t, side, v);
    step_address(packet, v, true, step);
    step_address(packet, v, false, -step);
    return true;
}

/* Where the text begins that an ICV is to guard: behind the ESP header, of ESP in UDP too, and behind that of IP where
 * there is no ESP. */
static size_t text_at(const struct topo *t, const struct buf *packet, const struct ip_view *v)
{
    if (v->protocol == PROTO_ESP)
        return v->head_len + ESP_HEAD_LEN;
    struct udp udp;
    struct esp esp;
    struct rd r = rd_over(packet->data + v->head_len, v->total_len - v->head_len);
    bool in_udp = t->config->ipsec.udp_encap && v->protocol == PROTO_UDP && udp_read(&udp, &r) &&
                  udp.dport == PORT_ESP_UDP && esp_read(&esp, &r) && esp.spi;
    return v->head_len + (in_udp ? UDP_HEAD_LEN + ESP_HEAD_LEN : 0);
}

static bool corrupt(struct topo *t, int side, struct buf *packet, const struct ip_view *v)
{
    (void)side;
    size_t from = text_at(t, packet, v);
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
    size_t from = text_at(t, packet, v);
    uint8_t *forged = copy_of(packet);
    if (from > v->head_len && v->total_len > from)
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
