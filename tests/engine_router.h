/* engine_router.h - two LANs and the satellite link between them without gateways: what the engine's tests run on.
 *
 * Packets go to the host that has their destination address: at once on the same side, over the link otherwise, where
 * they take 2 octets more. Every drop_every-th packet is dropped before it gets to modem 0.
 */
#ifndef ESPSIM_TESTS_ENGINE_ROUTER_H
#define ESPSIM_TESTS_ENGINE_ROUTER_H

#include "sim/engine/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUTER_HOSTS 8
#define ROUTER_FLOWS 8

struct router {
    const struct engine_ops *ops;
    struct engine *eng;
    struct addr address[ROUTER_HOSTS];
    int side[ROUTER_HOSTS];
    int n_hosts;
    uint64_t (*random)(struct router *r); /* for drop_per_million */
    uint64_t random_state;
    size_t max_len;                        /* packets from LAN 0 that are longer vanish; 0: none do */
    bool light;                            /* long runs: no hash, octets unseen */
    uint64_t drop_every, drop_per_million; /* from LAN 0; 0: none */
    uint64_t drop_back_per_million;        /* from LAN 1 */
    uint64_t repeat_every;                 /* that packet from LAN 0 comes twice; 0: none does */
    uint64_t n_sent[2], n_events[4], n_dropped, n_refused;
    uint64_t hash;                   /* of every packet that a host sent, and when */
    uint64_t received[ROUTER_FLOWS]; /* octets, in order, each as router_octet says */
    uint64_t n_wrong;                /* octets that were not */
};

/* FNV-1a. */
static inline void router_hash(uint64_t *hash, const void *data, size_t len)
{
    for (const uint8_t *p = data, *end = p + len; p < end; p++)
        *hash = (*hash ^ *p) * 0x100000001b3u;
}

static inline uint8_t router_octet(int flow, uint64_t offset)
{
    return (uint8_t)((offset * 0x9e3779b97f4a7c15u + (uint64_t)flow) >> 56);
}

static inline void router_deliver(struct router *r, int side, const uint8_t *packet, size_t len)
{
    const uint8_t *to = packet + (packet[0] >> 4 == 4 ? 16 : 24);
    for (int i = 0; i < r->n_hosts; i++) {
        if (memcmp(to, r->address[i].bytes, addr_len(&r->address[i])) != 0)
            continue;
        if (r->side[i] != side)
            r->ops->link_send(r->eng, side, &(struct eng_packet){packet, len, len + 2, 0, r->n_sent[side]});
        else if (!r->ops->to_host(r->eng, i, packet, len))
            r->n_refused++;
    }
}

static inline void router_from_host(void *ctx, int host, const uint8_t *packet, size_t len)
{
    struct router *r = ctx;
    int side = r->side[host];
    sim_time now = r->ops->now(r->eng);
    if (!r->light) {
        router_hash(&r->hash, &now, sizeof now);
        router_hash(&r->hash, packet, len);
    }
    r->n_sent[side]++;
    bool by_count = r->drop_every && r->n_sent[0] % r->drop_every == 0;
    bool by_chance = r->drop_per_million && r->random(r) % 1000000 < r->drop_per_million;
    bool by_length = r->max_len && len > r->max_len;
    bool on_way_back = side == 1 && r->drop_back_per_million && r->random(r) % 1000000 < r->drop_back_per_million;
    if ((side == 0 && (by_count || by_chance || by_length)) || on_way_back) {
        r->n_dropped++;
        return;
    }
    router_deliver(r, side, packet, len);
    if (side == 0 && r->repeat_every && r->n_sent[0] % r->repeat_every == 0)
        router_deliver(r, side, packet, len);
}

static inline void router_from_link(void *ctx, int side, const uint8_t *packet, size_t len, uint64_t cookie)
{
    (void)cookie;
    router_deliver(ctx, side, packet, len);
}

static inline void router_link_event(void *ctx, int side, enum eng_link_event what, uint64_t cookie, size_t link_octets)
{
    (void)side, (void)cookie, (void)link_octets;
    ((struct router *)ctx)->n_events[what]++;
}

static inline void router_fill(void *ctx, int flow, uint64_t offset, uint8_t *data, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < len; i++)
        data[i] = router_octet(flow, offset + i);
}

static inline void router_data(void *ctx, int flow, const uint8_t *data, size_t len)
{
    struct router *r = ctx;
    for (size_t i = 0; i < len && !r->light; i++)
        r->n_wrong += data[i] != router_octet(flow, r->received[flow] + i);
    r->received[flow] += len;
}

static inline uint64_t router_random(struct router *r)
{
    r->random_state ^= r->random_state << 13;
    r->random_state ^= r->random_state >> 7;
    r->random_state ^= r->random_state << 17;
    return r->random_state;
}

/* Opens an engine with the same link in both directions; ends the program where there is none. */
static inline void router_open(struct router *r, const struct engine_ops *ops, const struct eng_config *config)
{
    *r = (struct router){.ops = ops, .hash = 0xcbf29ce484222325u, .random = router_random};
    r->random_state = config->seed * 0x9e3779b97f4a7c15u;
    struct eng_hooks hooks = {.from_host = router_from_host,
                              .from_link = router_from_link,
                              .link_event = router_link_event,
                              .tcp_data = router_data,
                              .tcp_fill = router_fill,
                              .ctx = r};
    struct err e;
    if (ops->create(config, &hooks, &r->eng, &e))
        return;
    fprintf(stderr, "%s\n", e.text);
    exit(1);
}

static inline int router_add_host(struct router *r, int side, const char *address)
{
    struct err e;
    int host = -1;
    if (addr_parse(address, &r->address[r->n_hosts], &e))
        host = r->ops->add_host(r->eng, &r->address[r->n_hosts], &e);
    if (host != r->n_hosts) {
        fprintf(stderr, "%s: %s\n", address, e.text);
        exit(1);
    }
    r->side[r->n_hosts++] = side;
    return host;
}

#endif
