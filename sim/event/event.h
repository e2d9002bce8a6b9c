/* event.h - what happened, when, where, to which octets; recorders listen.
 *
 * The simulation tells everything that a result may hold as events, and knows no recorder; a recorder is a listener and
 * changes nothing. Packets and all pointers are borrowed for the call.
 *
 * Conservation, in packets: EVENT_HOST_SENT and EVENT_MADE bring a packet into being; each ends in exactly one
 * EVENT_HOST_GOT or EVENT_DROPPED, or joins others (a fragment).
 */
#ifndef ESPSIM_EVENT_EVENT_H
#define ESPSIM_EVENT_EVENT_H

#include "models/base/ledger.h"
#include "models/base/units.h"
#include "models/ipsec/drop.h"
#include "models/ipsec/gateway.h"

#include <stddef.h>
#include <stdint.h>

enum event_kind {
    EVENT_HOST_SENT,      /* a host's packet reached the gateway of LAN `side`: packet */
    EVENT_MADE,           /* the gateway of `side` made a packet itself (ICMP, probe) */
    EVENT_JOINED,         /* `octets` packets, fragments, became part of another one */
    EVENT_TO_LAN,         /* the gateway put a packet on LAN `side`: packet */
    EVENT_HOST_GOT,       /* a host of LAN `side` took a packet */
    EVENT_DROPPED,        /* place, why */
    EVENT_LINK_SENT,      /* modem `side` sent the last bit of a packet: ledger, inner_len, symbols, waited, probe */
    EVENT_LINK_FLUSHED,   /* modem `side` fell idle and filled up its cell: octets of padding */
    EVENT_LINK_ARRIVED,   /* a packet came out of the link at modem `side`: packet */
    EVENT_FLOW_SENT,      /* a packet of `flow` left its host: octets of IP */
    EVENT_FLOW_RECEIVED,  /* it arrived for the first time: octets of IP, sent_at */
    EVENT_FLOW_REPEATED,  /* it arrived once more */
    EVENT_FLOW_DELIVERED, /* the application got new octets */
    EVENT_CALL,           /* a VoIP call of `flow` ended: call */
    EVENT_PAGE,           /* a page of `flow` is loaded, the time since its request is `waited` */
    EVENT_EPISODE,        /* a collision or an outage of a stream of `flow` ended: lasted */
    EVENT_HOST_SA,        /* hosts of `flow` came to have an SA of their own: sa */
    EVENT_KINDS
};

/* Where a packet can end. */
enum event_place { PLACE_GW1, PLACE_GW2, PLACE_LINK, PLACE_HOSTS, N_PLACES };

/* What a call was like at its receiver; for the E-model. */
struct call_quality {
    uint64_t sent, received, lost, bursts; /* packets; bursts of losses */
    double delay_mean;                     /* nanoseconds, one way, without the codec's own */
    sim_time speech;                       /* in a packet */
    const struct codec *codec;
};

/* A stretch of time that a stream of hosts with IPsec of their own will remember. */
struct lasted {
    bool collision; /* else an outage */
    uint32_t spi;   /* of the host's SA */
    sim_time from, to;
    uint64_t packets; /* collision: those that reached the gateway in it; outage: lost in it */
    uint64_t lost;    /* of these */
    const char *why;
    const char *ended_by;
};

/* struct lasted.ended_by: a gateway ended its SA by its schedule, or because of the collision; the hosts rekeyed
 * theirs, a packet arrived, the run was over. */
#define ENDED_BY_GATEWAY "gateway"
#define ENDED_BY_ANSWER  "on-collision"
#define ENDED_BY_HOSTS   "hosts"
#define ENDED_BY_ARRIVAL "arrival"
#define ENDED_BY_RUN     "run-end"

struct event {
    enum event_kind kind;
    sim_time now;
    int side; /* 0: LAN1, GW1, its modem; 1: LAN2, GW2, its modem */
    int flow; /* handle of the flow; -1: none */
    enum event_place place;
    enum drop why;
    const uint8_t *packet;
    size_t len;
    uint64_t octets;
    size_t inner_len; /* EVENT_LINK_SENT: of the packet as it came from the LAN, or was made */
    bool probe;
    sim_time sent_at;
    sim_time to_go;   /* EVENT_FLOW_RECEIVED, EVENT_FLOW_DELIVERED: time until it is at its host; 0: it is */
    sim_time waited;  /* EVENT_LINK_SENT: in the queue, without the transmission */
    uint64_t queued;  /* IP octets in the queue and on the modem when the packet came */
    uint64_t symbols; /* DVB-S2: of the frames that it opened */
    const struct ledger *ledger;
    const struct call_quality *call;
    const struct lasted *lasted;
    const struct sa_params *sa;
};

typedef void (*event_listener)(void *ctx, const struct event *e);

#define EVENT_LISTENERS_CAP 8

/* A list of listeners; {0} is an empty one. */
struct event_bus {
    struct {
        event_listener listen;
        void *ctx;
    } listeners[EVENT_LISTENERS_CAP];
    size_t n_listeners;
};

void event_listen(struct event_bus *bus, event_listener listen, void *ctx);
void event_tell(const struct event_bus *bus, const struct event *e);

const char *event_place_name(enum event_place place); /* "gw1", "gw2", "link", "hosts" */

#endif
