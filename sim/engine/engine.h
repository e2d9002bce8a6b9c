/* engine.h - the only door to ns-3: a discrete-event clock, TCP hosts, and the satellite link's two modems.
 *
 * The engine is a module (espsim-engine.so, C++ behind this header) that `espsim run` loads in the process of one
 * run. Handles go out; bytes and nanoseconds come back; no ns-3 type, exception or random number crosses.
 *
 *     TCP host ... TCP host            (ns-3 nodes; the VirtualNetDevice of each is one LAN port)
 *          |  from_host / to_host
 *     gateway 0 (in C: models/ipsec/gateway.h)
 *          |  link_send / from_link
 *     modem 0 ==== satellite ==== modem 1      (bare ns-3 devices without IP: rate, queue, delay)
 *          |
 *     gateway 1 (in C) ... TCP hosts
 *
 * So a packet that arrives on the satellite link is handed to C before anything looks at its destination address.
 *
 * Rules: times are nanoseconds of simulated time. Packets are whole IP packets, first octet = IP header, and are
 * copied across the door. Hooks are called from inside run; they may call every function below except create, destroy,
 * add_host, add_tcp, add_tcp_back and run, and must not longjmp. ns-3's fatal errors do not abort: run returns false
 * with one line of ns-3's own words in `e`, and so do create and the adders; after that the engine only answers
 * questions and waits to be destroyed. One engine at a time in a process (ns-3 is one global simulator); the next one
 * in the same process repeats the first one's events exactly.
 */
#ifndef ESPSIM_ENGINE_ENGINE_H
#define ESPSIM_ENGINE_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#include "models/base/addr.h"
#include "models/base/err.h"
#include "models/base/units.h"

struct engine;

/* What becomes of a packet at a modem, for eng_hooks.link_event. Every link_send ends in exactly one of them. */
enum eng_link_event {
    ENG_LINK_DROP_QUEUE,  /* refused by the full queue */
    ENG_LINK_DROP_AQM,    /* taken out of the queue by its active management, to tell the senders to slow down */
    ENG_LINK_SENT,        /* its last bit left the modem; it will arrive */
    ENG_LINK_LOST_OUTAGE, /* its last bit left the modem, but the link was down for a part of that time */
};

/* What a packet takes on the link: `octets` of transmission, and when `room` more have passed behind it (the rest of
 * its last cell, whatever fills it) the receiver has it. */
struct eng_cost {
    size_t octets, room;
};

struct eng_hooks {
    /* A TCP host sent an IP packet of len octets. IPv4 header and TCP checksums are not filled in (0), TTL is 64, DF
     * is set on TCP over IPv4 (RFC 1191). Multicast and link-local packets never come out. Borrows the packet. Never
     * called from inside itself: what to_host sets off in it happens afterwards, at the same time. */
    void (*from_host)(void *ctx, int host, const uint8_t *packet, size_t len);
    /* A packet came out of the satellite link at modem `side` (0 or 1). Borrows the packet. `cookie` is the one
     * given to link_send. */
    void (*from_link)(void *ctx, int side, const uint8_t *packet, size_t len, uint64_t cookie);
    /* Modem `side` begins to send a packet: what it takes, at least `len` octets. NULL: the link_octets of link_send.
     */
    struct eng_cost (*link_start)(void *ctx, int side, const uint8_t *packet, size_t len, uint64_t cookie);
    /* Modem `side` has nothing more to send: octets of padding that it sends now, at the rate of the link, to fill up
     * what it has begun. NULL: none. */
    size_t (*link_idle)(void *ctx, int side);
    /* What became of a packet given to link_send at modem `side`; a refusal comes from inside link_send. link_octets
     * are those that it took on the link or, where it got no further, in the queue. */
    void (*link_event)(void *ctx, int side, enum eng_link_event what, uint64_t cookie, size_t link_octets);
    /* Application data arrived at the receiving end of `flow`, in order. Borrows the data. May be NULL. */
    void (*tcp_data)(void *ctx, int flow, const uint8_t *data, size_t len);
    /* A segment of `flow` goes out: fills `data` with the octets offset .. offset + len - 1 of the flow. It is asked
     * again for octets that are sent again, perhaps cut differently, and must then give the same ones: ns-3 itself
     * keeps no payload, so that send buffers of many MiB cost nothing. NULL: zeros. */
    void (*tcp_fill)(void *ctx, int flow, uint64_t offset, uint8_t *data, size_t len);
    /* TCP of a flow on demand took octets that were offered: tcp_stats says how many so far. May be NULL. */
    void (*tcp_taken)(void *ctx, int flow);
    void *ctx;
};

/* What waits before a modem, and who goes next. */
enum eng_queue {
    ENG_QUEUE_DROP_TAIL, /* first in, first out */
    ENG_QUEUE_CODEL,     /* the same, but packets that wait too long are dropped more and more often: ns-3's CoDel */
    ENG_QUEUE_PRIORITY,  /* ENG_BANDS drop-tail queues; one sends only while those before it are empty */
};

#define ENG_BANDS 3

/* One direction of the satellite link, seen from modem `side`. */
struct eng_link {
    bit_rate rate;  /* > 0 */
    sim_time delay; /* propagation, one way */
    enum eng_queue queue;
    uint64_t queue_octets; /* limit (of each band), counted in link_octets of link_send; 0: use queue_packets */
    uint64_t queue_packets;
    sim_time codel_target, codel_interval; /* RFC 8289 */
    uint64_t codel_backlog; /* octets that may wait for however long: the longest packet (RFC 8289, maxpacket) */
};

/* A packet for a modem; the octets are borrowed for the call. */
struct eng_packet {
    const uint8_t *octets; /* an IP packet */
    size_t len;
    size_t link_octets; /* what it counts in the queue; >= len */
    unsigned band;      /* ENG_QUEUE_PRIORITY: 0 goes first */
    uint64_t cookie;    /* comes back with it */
};

struct eng_config {
    struct eng_link link[2]; /* link[s]: from modem s to the other */
    uint32_t seed;           /* for what is random inside ns-3 (BBR's probing phase); >= 1 */
    bool stock_tx_buffer;    /* use ns-3's own slow scoreboard walks (sim/engine/tcp_tx_buffer.cc): same results */
};

/* Options in every TCP segment after the SYN (timestamps, RFC 7323): an IPv4 packet is 20 + 20 + 12 + mss octets. */
#define ENG_TCP_OPTIONS_LEN 12
/* A packet of 65,535 octets less IPv6's header and TCP's with all the options that fit in it. */
#define ENG_TCP_MSS_MAX 65435

/* One direction of a TCP connection between two hosts of one IP version: the direction in which it is opened. */
struct eng_tcp {
    int from, to;           /* host handles; `from` opens the connection */
    uint16_t port;          /* destination port; the source port is port + 10000. A port serves one flow of a host. */
    uint8_t dscp;           /* of its packets, both ways */
    const char *congestion; /* "cubic", "newreno", "bbr" */
    uint32_t mss;           /* payload octets of a full segment, without options, at most ENG_TCP_MSS_MAX; ns-3 sends
                             * no MSS option, so both ends take this one */
    uint32_t buffer;        /* send and receive buffer, octets */
    uint32_t initial_cwnd;  /* segments */
    uint32_t delack;        /* acknowledge every delack-th segment, 1 or 2 */
    bool sack;
    uint64_t limit; /* octets to send, then close; 0: until stop */
    bool on_demand; /* tcp_offer says what there is of it (split TCP); where `limit` is 0, too, the connection stays
                     * open: request and response */
    sim_time start, stop; /* stop: no new data is given after it; 0: never */
};

struct eng_tcp_stats {
    uint64_t octets_sent;             /* application octets taken by TCP */
    uint64_t octets_received;         /* application octets delivered in order */
    uint64_t retransmits;             /* segments */
    uint64_t timeouts;                /* RTO expiries */
    sim_time first_octet, last_octet; /* arrival times at the receiver; -1: none */
    sim_time completed;               /* arrival of octet number `limit`; -1: not (yet), or no limit */
    bool failed;                      /* TCP gave up: 6 SYNs or 15 RTOs in a row without an answer, or a RST */
    uint32_t cwnd;                    /* octets, now */
    sim_time srtt;                    /* smoothed RTT, now; 0: none yet */
};

typedef void (*eng_timer)(void *arg);

/* Everything the engine offers, as one table: what `engine_load` gives. */
struct engine_ops {
    bool (*create)(const struct eng_config *config, const struct eng_hooks *hooks, struct engine **eng, struct err *e);
    void (*destroy)(struct engine *eng);

    /* Adds a TCP host with one address; gives its handle (0, 1, ...), or -1. All hosts have the MTU 65535 towards
     * the engine: segments are sized by eng_tcp.mss. */
    int (*add_host)(struct engine *eng, const struct addr *address, struct err *e);
    /* Adds a connection; gives the handle (0, 1, ...) of its flow, or -1. Before run only. */
    int (*add_tcp)(struct engine *eng, const struct eng_tcp *tcp, struct err *e);
    /* Adds the opposite direction of the connection of `flow`, with the same parameters, as a flow on demand of its
     * own; gives its handle, or -1. Before run only, once per connection. */
    int (*add_tcp_back)(struct engine *eng, int flow, struct err *e);
    /* Lets a flow on demand send `octets` more. */
    void (*tcp_offer)(struct engine *eng, int flow, uint64_t octets);
    /* The receiving application of a flow reads no more (`held`) or reads on. What comes meanwhile, and goes beyond the
     * read that is going on (64 KiB at most), fills the receive buffer, whose window stops the sender; reading on opens
     * it and tells the sender so. Not from inside tcp_data or tcp_taken where it lets go: use `at`. */
    void (*tcp_hold)(struct engine *eng, int flow, bool held);
    void (*tcp_stats)(const struct engine *eng, int flow, struct eng_tcp_stats *stats);
    /* Lowers (never raises) the segment size of the connections of `host` whose peer is `peer` (an ICMP
     * "fragmentation needed" or Packet Too Big has said so), and sends what is under way again in such segments.
     * No connection matches: nothing happens. */
    void (*tcp_set_mss)(struct engine *eng, int host, const struct addr *peer, uint32_t mss);

    /* Delivers an IP packet to a host's stack, now (from inside from_host and tcp_data: right after them). The host
     * does not look at checksums. False: not delivered, since it is no IP packet of `len` octets for this host. */
    bool (*to_host)(struct engine *eng, int host, const uint8_t *packet, size_t len);
    /* Offers a packet to modem `side`. The transmission takes octets * 8 / rate, rounded up to a nanosecond, with the
     * octets that link_start says (or link_octets). */
    void (*link_send)(struct engine *eng, int side, const struct eng_packet *packet);
    /* Changes rate, delay and (up = false) outage of a direction from now on, for what is left of the packet being sent
     * too. Packets under way keep their delay. At rate 0 the modem stands still and everything waits; during an outage
     * it sends on, into the void. */
    void (*link_set)(struct engine *eng, int side, bit_rate rate, sim_time delay, bool up);
    /* Packets and link octets that wait in the queue of modem `side`, without the one being sent. */
    void (*link_queue)(const struct engine *eng, int side, uint64_t *packets, uint64_t *octets);
    /* Bits that modem `side` has sent until now, what has left it of the packet being sent too. */
    double (*link_sent)(const struct engine *eng, int side);

    /* Calls fn(arg) after `delay` (>= 0). Equal times run in the order of the calls. */
    void (*at)(struct engine *eng, sim_time delay, eng_timer fn, void *arg);
    sim_time (*now)(const struct engine *eng);
    /* Runs until `until` (all events up to and including it); then now() is `until`. Can be called again to go on.
     * False: ns-3 gave up, `e` says why. */
    bool (*run)(struct engine *eng, sim_time until, struct err *e);
    /* Ends the run after the current event; now() stays there. */
    void (*stop)(struct engine *eng);
    uint64_t (*n_events)(const struct engine *eng);
    const char *version; /* "ns-3 3.37" */
};

/* Loads the module: the file that the environment variable ESPSIM_ENGINE names, else espsim-engine.so in the folder of
 * the program or in ../lib/espsim beside it. NULL and `e` (what is missing, which Debian package has it) where it
 * cannot. */
const struct engine_ops *engine_load(struct err *e);

#ifdef __cplusplus
}
#endif

#endif
