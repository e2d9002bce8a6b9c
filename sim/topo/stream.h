/* stream.h - one open-loop source and its sink: a call in one direction, or a flow between a pair of hosts. */
#ifndef ESPSIM_TOPO_STREAM_H
#define ESPSIM_TOPO_STREAM_H

#include "models/traffic/traffic.h"
#include "sim/topo/topo_impl.h"

enum { STREAM_RECENT = 4096 }; /* packets that are remembered: when they were sent, and whether they have arrived */

struct host_esp;

struct stream {
    struct topo *topo;
    int flow; /* of topo_flow */
    int side; /* of the source */
    uint32_t number;
    struct addr src, dst;
    uint16_t port;
    uint8_t tos;
    bool df;
    struct traffic traffic;
    struct rng rng;
    struct traffic_packet due;
    sim_time busy;                       /* its host's access link, until then */
    uint32_t *ip_id;                     /* its host's */
    uint32_t own_ip_id;                  /* where the source is no host of the LAN */
    uint32_t path_mtu;                   /* octets, learnt from ICMP; 0: never was */
    uint64_t n_sent, n_received, n_next; /* n_next: one more than the highest number received */
    uint64_t n_bursts;                   /* gaps seen */
    double delay_sum;
    sim_time last_sent_at; /* when the packet with the highest number received was sent; the start before */
    struct host_esp *esp;  /* NULL: in clear */
    sim_time *recent;      /* when packet n was sent, at n modulo STREAM_RECENT; ~ of it: it has arrived */
};

/* host_esp.c: IPsec of the hosts' own, in transport mode from host to host. */
bool host_esp_new(struct stream *s, const struct config_flow *config, struct err *e);
void host_esp_free(struct host_esp *h);
void host_esp_start(struct stream *s);
/* Seals the packet that the host sends; or why it could not, and the packet is not sent. */
enum drop host_esp_seal(struct stream *s, struct buf *packet);
/* The end of the run: what lasts ends. */
void host_esp_end(struct stream *s);
/* Packets `from` to `to` (numbers; to excluded) of the stream were lost one after the other, the last one before them
 * having been sent at `last`, the first one behind them at `next`. */
void host_esp_lost(struct stream *s, uint64_t n_lost, sim_time last, sim_time next, const char *ended_by);

#endif
