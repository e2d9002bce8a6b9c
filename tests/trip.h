/* trip.h - packets on their way from LAN to LAN, held against each other: what a host sent, what the link carried for
 * it, what the other LAN got. For runs in which nothing was dropped; the packets come from events or from captures.
 *
 * trip_check opens every link packet again, with SAs made from the parameters alone, and predicts its size: neither
 * asks the gateways that made it.
 */
#ifndef ESPSIM_TESTS_TRIP_H
#define ESPSIM_TESTS_TRIP_H

#include "models/ipsec/open.h"
#include "models/ipsec/size.h"
#include "models/wire/checksum.h"
#include "models/wire/protocol.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct trip_packet {
    uint8_t *octets;
    size_t len;
};

struct trip_packets {
    struct trip_packet *at;
    size_t n;
};

/* By the side of the sender: 0 is LAN1. Packet k of the three lists is the same packet, since the link keeps order. */
struct trip {
    struct trip_packets sent[2], link[2], got[2];
    struct ledger *ledgers[2]; /* of the link packets, framing included; NULL: not known */
    size_t n_ledgers[2];
};

/* How the packets were to be protected. */
struct trip_rule {
    const struct mode *mode;
    struct suite suite;
    bool udp;
    size_t tfc;
    struct addr gw[2];
    struct sa_params *sas[2]; /* of the SAs that side s sends by */
    size_t n_sas[2];
};

static inline void trip_add(struct trip_packets *list, const uint8_t *octets, size_t len)
{
    list->at = realloc(list->at, (list->n + 1) * sizeof *list->at);
    uint8_t *copy = malloc(len);
    assert(list->at && copy);
    memcpy(copy, octets, len);
    list->at[list->n++] = (struct trip_packet){copy, len};
}

static inline void trip_fini(struct trip *t)
{
    for (int side = 0; side < 2; side++) {
        struct trip_packets *lists[] = {&t->sent[side], &t->link[side], &t->got[side]};
        for (size_t i = 0; i < 3; i++) {
            for (size_t k = 0; k < lists[i]->n; k++)
                free(lists[i]->at[k].octets);
            free(lists[i]->at);
        }
        free(t->ledgers[side]);
    }
    *t = (struct trip){0};
}

static inline uint64_t trip_octets(const struct trip_packets *list)
{
    uint64_t sum = 0;
    for (size_t k = 0; k < list->n; k++)
        sum += list->at[k].len;
    return sum;
}

/* Whether two packets are equal but for what `hops` routers do to a packet: TTL, and with it the header checksum. */
static inline bool trip_same(const struct trip_packet *before, const uint8_t *after, size_t len, int hops)
{
    uint8_t expected[65536];
    if (before->len != len)
        return false;
    memcpy(expected, before->octets, len);
    ip_set_ttl(expected, (uint8_t)(expected[0] >> 4 == 4 ? expected[8] - hops : expected[7] - hops));
    return !memcmp(expected, after, len);
}

static inline bool trip_port_is_4500(const void *ctx, uint16_t sport, uint16_t dport)
{
    (void)ctx;
    return sport == 4500 && dport == 4500;
}

/* The end of one direction: SAs of its own, fresh, so that numbers must begin with 1. */
struct trip_end {
    struct sa **sas;
    size_t n;
};

static inline struct trip_end trip_end_new(const struct trip_rule *rule, int side)
{
    struct trip_end end = {calloc(rule->n_sas[side] + 1, sizeof(struct sa *)), rule->n_sas[side]};
    assert(end.sas);
    for (size_t i = 0; i < end.n; i++) {
        bool made = sa_new(&rule->sas[side][i], &end.sas[i], NULL);
        assert(made);
        (void)made;
    }
    return end;
}

static inline void trip_end_free(struct trip_end *end)
{
    for (size_t i = 0; i < end->n; i++)
        sa_free(end->sas[i]);
    free(end->sas);
}

/* One SPI may serve several BEET SAs in other ways of choosing than ours, so the outer addresses decide with it. */
static inline struct sa *trip_find_sa(const struct trip_end *end, const struct located *at)
{
    for (size_t i = 0; i < end->n; i++)
        if (end->sas[i]->p.spi == at->spi)
            return end->sas[i];
    return NULL;
}

/* NULL, or what is wrong with opening packet `link` into `packet`, which must be consecutive in its SA. */
static inline const char *trip_open(const struct trip_end *end, const struct trip_packet *link, struct buf *packet)
{
    struct located at;
    uint64_t seq;
    memcpy(packet->data, link->octets, link->len);
    packet->len = link->len;
    if (locate(packet, trip_port_is_4500, NULL, &at))
        return "is no ESP packet";
    struct sa *sa = trip_find_sa(end, &at);
    if (!sa)
        return "has an SPI of no SA";
    uint64_t before = sa->packets;
    enum drop d = open_esp(sa, packet, &at, 0, &seq);
    if (d)
        return drop_name(d);
    return seq == before + 1 ? NULL : "is out of sequence";
}

static inline bool trip_addresses_are_right(const struct trip_rule *rule, int side, const struct ip_view *link,
                                            const struct ip_view *inner)
{
    bool own = rule->mode->two_addresses;
    return addr_equal(&link->src, own ? &rule->gw[side] : &inner->src) &&
           addr_equal(&link->dst, own ? &rule->gw[!side] : &inner->dst);
}

/* What the packet of `inner` must cost on the link, framing left out. */
static inline struct ledger trip_predict(const struct trip_rule *rule, int side, const struct ip_view *inner)
{
    struct shape shape = size_shape(inner, rule->mode->two_addresses ? rule->gw[side].version : inner->version);
    size_t front, payload;
    rule->mode->sizes(&shape, &front, &payload);
    bool told = payload == inner->total_len || inner->protocol == PROTO_UDP; /* TFC: RFC 4303 2.7 */
    struct size_of how = {rule->mode, rule->suite, rule->udp, told ? rule->tfc : 0};
    return size_ledger(&how, &shape);
}

/* NULL, or what is wrong with the size of link packet k. */
static inline const char *trip_check_size(const struct trip *t, const struct trip_rule *rule, int side, size_t k,
                                          const struct ip_view *inner)
{
    struct ledger predicted = trip_predict(rule, side, inner);
    if (ledger_sum(&predicted) != t->link[side].at[k].len)
        return "has not the size predicted";
    if (!t->ledgers[side])
        return NULL;
    struct ledger counted = t->ledgers[side][k];
    counted.framing = counted.link_padding = 0;
    return memcmp(&counted, &predicted, sizeof counted) ? "has not the ledger predicted" : NULL;
}

/* NULL, or what is wrong with packet k of `side`. */
static inline const char *trip_check_packet(const struct trip *t, const struct trip_rule *rule, int side, size_t k,
                                            const struct trip_end *end)
{
    static uint8_t room[BUF_HEADROOM + 65536 + BUF_TAILROOM];
    const struct trip_packet *sent = &t->sent[side].at[k], *link = &t->link[side].at[k], *got = &t->got[side].at[k];
    struct buf packet = buf_over(room, sizeof room, BUF_HEADROOM, 65536);
    struct ip_view inner, outer;
    if (!ip_parse(sent->octets, sent->len, &inner) || !checksum_l4_is_good(sent->octets, &inner))
        return "left its host with a wrong checksum or length";
    if (!ip_parse(link->octets, link->len, &outer) || outer.total_len != link->len)
        return "has a wrong header on the link";
    if (!checksum_l4_is_good(link->octets, &outer))
        return "has a wrong UDP checksum on the link";
    if (!trip_addresses_are_right(rule, side, &outer, &inner))
        return "has wrong addresses on the link";
    if (!trip_same(sent, got->octets, got->len, 2))
        return "came out other than it went in";
    const char *wrong = trip_check_size(t, rule, side, k, &inner);
    if (wrong || !rule->mode->esp)
        return wrong ? wrong : trip_same(sent, link->octets, link->len, 1) ? NULL : "was changed on the link";
    wrong = trip_open(end, link, &packet);
    if (wrong)
        return wrong;
    return trip_same(sent, packet.data, packet.len, 1) ? NULL : "opens to other octets than the host sent";
}

/* Whether all packets of both directions keep the laws; says on standard error which does not. `what` names the run. */
static inline bool trip_check(const struct trip *t, const struct trip_rule *rule, const char *what)
{
    bool ok = true;
    for (int side = 0; side < 2 && ok; side++) {
        size_t n = t->sent[side].n;
        if (n == 0 || t->link[side].n != n || t->got[side].n != n || (t->ledgers[side] && t->n_ledgers[side] != n)) {
            fprintf(stderr, "%s, side %d: %zu packets sent, %zu on the link, %zu got\n", what, side, n, t->link[side].n,
                    t->got[side].n);
            return false;
        }
        struct trip_end end = trip_end_new(rule, side);
        for (size_t k = 0; k < n && ok; k++) {
            const char *wrong = trip_check_packet(t, rule, side, k, &end);
            if (wrong)
                fprintf(stderr, "%s, side %d: packet %zu %s\n", what, side, k, wrong);
            ok = !wrong;
        }
        trip_end_free(&end);
    }
    return ok;
}

#endif
