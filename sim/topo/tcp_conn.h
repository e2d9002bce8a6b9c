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
    int crosses; /* handle of the leg of it that crosses the link: another one where PEPs split it */
    int payload; /* handle of the direction whose octets these are: a PEP passes on those of its first leg */
    uint64_t received;
    uint64_t retransmits, timeouts; /* until the hosts fell silent */
    struct segment *segments;       /* NULL: not measured */
    tcp_taker taker;                /* NULL: nobody asks */
    void *who;
    struct relay *fed_by; /* the PEP that offers its octets; NULL: an application does */
};

/* Which hosts a connection is between, by the engine's handles, and how its TCP is set. */
struct tcp_way {
    int from, to;
    uint16_t port;  /* 0: one of its own */
    bool on_lan;    /* both in one LAN, whose MTU alone counts */
    bool on_demand; /* tcp_offer feeds it, up to the flow's `octets` */
    uint64_t buffer, initial_cwnd;
    const struct member *congestion;
};

/* What a direction of a connection is in the results: as in struct tcp_conn. */
struct tcp_role {
    int flow, of, ends;
};

/* One direction from application to application: the handle that the sender offers to and the one whose octets reach
 * the receiver. They differ where PEPs stand between. */
struct tcp_path {
    int offers, takes;
};

/* Connects pair number `pair` of the flow's hosts, directly or through PEPs. `back`: NULL, or the opposite direction,
 * measured as the flow behind it. */
bool tcp_connect(struct topo *t, int flow, size_t pair, bool on_demand, struct tcp_path *there, struct tcp_path *back,
                 struct err *e);

/* Adds one connection; gives its handle, or -1. */
int tcp_conn_add(struct topo *t, const struct tcp_way *way, struct tcp_role role, struct err *e);
/* Adds its opposite direction; gives that handle, or -1. */
int tcp_conn_add_back(struct topo *t, int handle, struct tcp_role role, struct err *e);

/* pep.c: connects a pair by three connections in a row. */
bool pep_connect(struct topo *t, int flow, size_t pair, bool on_demand, struct tcp_path *there, struct tcp_path *back,
                 struct err *e);

#endif
