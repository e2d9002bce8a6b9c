/* tcp_conn.h - one direction of a connection of the engine, by whoever uses it: bulk flows, web pages, PEPs. */
#ifndef ESPSIM_TOPO_TCP_CONN_H
#define ESPSIM_TOPO_TCP_CONN_H

#include "sim/topo/topo_impl.h"

struct tcp_conn;

/* Told that `len` octets, all in order, have arrived at the receiving end of connection `handle`. */
typedef void (*tcp_taker)(void *who, int handle, size_t len);

struct segment;

struct tcp_conn {
    int flow; /* of topo_flow whose segments these are; -1: a leg within a LAN, which is not measured */
    int of;   /* of topo_flow that it serves */
    int ends; /* of topo_flow whose receiver is at the end of it; -1: a PEP is */
    uint16_t port;
    int back;    /* handle of the opposite direction; -1: it carries no data */
    bool opened; /* this is the direction in which the connection was opened */
    int payload; /* handle of the direction whose octets these are: a PEP passes on those of its first leg */
    uint64_t received;
    uint64_t retransmits, timeouts; /* until the hosts fell silent */
    struct segment *segments;       /* NULL: not measured */
    tcp_taker taker;                /* NULL: nobody asks */
    void *who;
};

/* Which hosts a connection is between, by the engine's handles, and what it is in its flow. */
struct tcp_way {
    int from, to;
    int flow, ends; /* as in struct tcp_conn */
    bool on_lan;    /* both in one LAN, whose MTU alone counts */
    uint64_t buffer;
};

/* Adds a connection with the TCP settings of the flow's kind; gives its handle, or -1. On demand: tcp_offer feeds it,
 * otherwise the flow's `octets` are sent. */
int tcp_conn_add(struct topo *t, const struct topo_flow *f, const struct tcp_way *way, bool on_demand, struct err *e);
/* Adds its opposite direction, measured as `flow`; gives that handle, or -1. */
int tcp_conn_add_back(struct topo *t, int handle, int flow, struct err *e);

#endif
