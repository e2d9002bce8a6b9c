/* topo_impl.h - what the files of sim/topo share. */
#ifndef ESPSIM_TOPO_TOPO_IMPL_H
#define ESPSIM_TOPO_TOPO_IMPL_H

#include "models/base/rng.h"
#include "models/link/framing.h"
#include "models/link/loss.h"
#include "models/link/path.h"
#include "models/spi/spi.h"
#include "models/traffic/payload.h"
#include "models/wire/fragment.h"
#include "sim/topo/topo.h"

struct stream;
struct tcp_conn;
struct sa_line;
struct foreign_spi;
struct playback;
struct browser;
struct relay;

/* A packet between link_send and its end, in a pool; the engine's cookie is its index. */
struct in_link {
    struct ledger ledger; /* framing and link padding from link_start on */
    size_t len, inner_len;
    uint64_t queued, symbols;
    sim_time offered, waited;
    bool probe;
    uint32_t next_free;
};

/* One direction of the satellite link. */
struct link_way {
    struct topo *topo;
    int side; /* that sends */
    struct framing framing;
    struct path path;
    struct loss loss;
    struct loss_step *loss_steps; /* of a trace; own */
    struct rng loss_rng;
    bit_rate rate;    /* now */
    sim_time delay;   /* the longest so far */
    sim_time since;   /* of this rate */
    double capacity;  /* bits that it could have carried until `since` */
    double sent;      /* bits that it carried until the run's end, where hosts fall silent */
    double fade;      /* rain-fade: attenuation now, dB */
    double fade_busy; /* when packets began to wait without a pause */
    double fade_full; /* the same, for the first of them that the queue dropped; NAN: none so far */
    double fade_max;
    uint64_t waiting;   /* IP octets offered and not yet sent or dropped */
    uint64_t n_packets; /* offered and not yet arrived, lost or dropped */
};

struct satellite {
    struct in_link *pool;
    uint32_t n_pool, free_head;
    struct link_way way[2];
    bool let_go; /* the path is followed no more */
};

/* Who speaks TCP at an address. A PEP is transparent: it answers its LAN's hosts in the name of the far ones, and
 * speaks to the other PEP in the name of its own. */
enum lan_role { LAN_HOST, LAN_PEP_TO_HOSTS, LAN_PEP_TO_LINK, LAN_ROLES };

/* An end of TCP on a LAN, and its access link, where what is sent waits for what was sent before: towards the host in
 * the buffer of the gateway's port, towards the gateway in the host, which TCP's window bounds. */
struct lan_host {
    struct addr address;
    int side; /* of the LAN that it stands in */
    enum lan_role role;
    int engine_host;  /* -1: no TCP here */
    sim_time busy[2]; /* towards the gateway, towards the host */
    bool has_ip_id;
    uint32_t ip_id; /* of the next UDP packet: one count for all its streams, or fragments get mixed (RFC 6864) */
};

struct lan {
    struct lan_host *hosts[LAN_ROLES]; /* index = host number - 1, in the LAN whose address it has; NULL: no PEP */
    size_t n_hosts;
    struct reassembly *fragments; /* of all its hosts */
    struct on_lan *under_way;     /* packets between hosts and gateway */
};

struct keying {
    struct topo_sa *sas; /* all that ever were, also rekeyed ones */
    size_t n_sas;
    struct sa_line *lines;
    size_t n_lines;
    struct spi_source spi[2]; /* of what gateway `side` receives on */
    struct rng spi_rng[2], rekey_rng[2];
    size_t n_drawn[2];
    struct foreign_spi *foreign[2]; /* seen by gateway `side` (setting ipsec.on_collision) */
    uint64_t n_keys;
};

struct topo {
    const struct config *config;
    const struct plan_run *run;
    const struct event_bus *bus;
    const struct mode *mode;
    const struct engine_ops *ops;
    struct engine *eng;
    struct gateway *gw[2];
    struct lan lan[2];
    struct lan_host **engine_hosts; /* index = the engine's handle */
    size_t n_engine_hosts;
    struct satellite sat;
    struct keying keying;
    struct payload payload;
    struct sad *host_sad[2]; /* SAs that the hosts of LAN `side` receive on */
    struct topo_flow *flows;
    size_t n_flows;
    struct stream **streams; /* index = stream number; its UDP destination port follows from it */
    size_t n_streams;
    struct playback *replays;
    struct topo_skipped skipped; /* by replays */
    size_t n_protected;          /* streams with ESP of their own */
    struct browser *browsers;
    struct relay *relays;                             /* of the PEPs */
    uint64_t n_split, pep_saw_tcp[2], pep_saw_esp[2]; /* connections split; packets that passed the PEP of `side` */
    struct tcp_conn *conns;                           /* index = the engine's flow handle */
    size_t n_conns;
    struct err failed; /* what cannot go on was met while running: an allocator, the crypto library, a capture */
    bool has_failed;
    struct rng adversary_rng;
    uint64_t n_attacked;  /* packets that the adversary laid hands on */
    uint64_t n_misled[2]; /* authentic payload at hosts of LAN `side` under other addresses than it was sent with */
    uint64_t n_corrupt, n_outstanding;
    uint64_t n_ended_gw[2], n_ended_hosts[2]; /* fragments that waited when the run ended */
    volatile double *progress;
    bool closing;     /* hosts are off: only what is under way still counts */
    uint8_t *room[2]; /* for packets on their way through a gateway: [0] from hosts, [1] from the link */
};

#define TOPO_ROOM_LEN (BUF_HEADROOM + 65535 + 40 + BUF_TAILROOM + 65535)

/* Tells an event, with the time and the count of packets under way kept here. */
void topo_tell(struct topo *t, struct event e);
sim_time topo_now(const struct topo *t);

/* lan.c: hosts of both LANs and the way between them and their gateway; also t->engine_hosts. */
void lan_init(struct topo *t);
void lan_fini(struct topo *t);
/* The run is over: fragments that still wait at hosts of `side` are dropped. */
void lan_end(struct topo *t, int side);
/* Packets between the hosts of `side` and their gateway, and fragments that wait at hosts. */
struct lan_count {
    uint64_t to_hosts, to_peps; /* from the gateway */
    uint64_t to_gateway, stay;  /* of no account yet, or none */
    uint64_t fragments;
};

struct lan_count lan_count(const struct topo *t, int side);
/* The engine's handle of the end of TCP that `role` has in LAN `side` at the address of host `number`: of the other
 * LAN for LAN_PEP_TO_HOSTS, else of this one. */
bool lan_add_tcp_host(struct topo *t, int side, enum lan_role role, uint32_t number, int *engine_host, struct err *e);
/* How long a packet may take that the gateway of `side` has put on its LAN. */
sim_time lan_time_to_empty(const struct topo *t, int side);
/* A host's packet, as it is at the gateway's LAN port. Spoils it. */
void lan_to_gateway(struct topo *t, int side, struct buf *packet);
/* The engine's from_host. */
void lan_from_host(void *ctx, int engine_host, const uint8_t *packet, size_t len);
/* The gateway's to_lan. */
void lan_from_gateway(struct topo *t, int side, struct buf *packet);

/* gateways.c: what the two gateways are told of the scenario, and where their packets go. */
void gateways_init(struct topo *t);
/* The run is over: fragments that still wait at the gateway of `side` are dropped. */
void gateways_end(struct topo *t, int side);
void gateways_fini(struct topo *t);

/* satellite.c: packets on the link: framing, accounting, loss; the engine has rate, queue and delay. */
bool satellite_init(struct topo *t, struct err *e);
void satellite_fini(struct topo *t);
void satellite_offer(struct topo *t, int side, const struct buf *packet, const struct sent *how);
struct eng_cost satellite_link_start(void *ctx, int side, const uint8_t *packet, size_t len, uint64_t cookie);
size_t satellite_link_idle(void *ctx, int side);
void satellite_from_link(void *ctx, int side, const uint8_t *packet, size_t len, uint64_t cookie);
void satellite_link_event(void *ctx, int side, enum eng_link_event what, uint64_t cookie, size_t link_octets);

/* link_path.c: what the link is like over time. */
bool link_path_init(struct topo *t, int side, struct err *e);
/* As the engine is to begin with. */
struct eng_link link_path_engine(const struct config *c, int side);
void link_path_start(struct topo *t);
/* Bits that the direction can have carried from 0 to `now`. */
double link_path_capacity(const struct link_way *way, sim_time now);
/* How long the packets of a direction may still take: cells and small packets' framing are well below ten octets for
 * one of IP. */
sim_time link_path_time_to_empty(const struct link_way *way);
/* Both directions have their settings' rate from now on, whatever the path says. */
void link_path_let_go(struct topo *t);

/* A packet comes out of the link at modem `side`, whoever put it there. */
void satellite_arrive(struct topo *t, int side, const uint8_t *octets, size_t len);

/* adversary.c: somebody on the link. False: the packet goes no further. May change it, and let others arrive. */
bool adversary_meets(struct topo *t, int side, struct buf *packet);

/* keying.c: SAs, keys and SPIs. */
bool keying_init(struct topo *t, struct err *e);
void keying_fini(struct topo *t);
/* Rekeying of the gateways' SAs by time. */
void keying_start(struct topo *t);
/* A gateway saw ESP with an SPI that is none of its own, or a bad ICV under one that is. */
void keying_saw_foreign(struct topo *t, int side, uint32_t spi);
void keying_saw_bad_icv(struct topo *t, int side, uint32_t spi);
/* The gateway's acquire. */
void keying_acquire(struct topo *t, int side, const struct addr *src, const struct addr *dst);

/* udp_flow.c: open-loop streams. */
bool udp_flow_add(struct topo *t, const struct config_flow *config, struct err *e);
void udp_flow_start_all(struct topo *t);
/* A packet that will be at its host after `to_go`: true where a stream took it. */
bool udp_flow_receive(struct topo *t, const struct buf *packet, const struct ip_view *v, sim_time to_go);
/* A host's packets to `dst` may have at most `mtu` octets, an ICMP error says: it cuts longer ones from now on. */
void udp_flow_too_big(struct topo *t, const struct addr *src, const struct addr *dst, uint32_t mtu);
void udp_flow_end_all(struct topo *t);
void udp_flow_fini(struct topo *t);

/* host_esp.c: SAs of the hosts' own (see stream.h). Opens an ESP packet that reached a host of LAN `side`. */
enum drop host_esp_open(struct topo *t, int side, struct buf *packet);
/* The gateway of `side` got a packet from the link, or dropped one that came from it: perhaps a host's. */
void host_esp_at_gateway(struct topo *t, int side, const struct buf *packet);
void host_esp_dropped(struct topo *t, int side, enum drop why, const struct buf *packet);
/* The gateways' SAs have changed: collisions begin, or end by `cause` (ENDED_BY_...). */
void host_esp_update_all(struct topo *t, const char *cause);

/* replay_flow.c: the packets of captures. */
bool replay_flow_add(struct topo *t, const struct config_flow *config, struct err *e);
void replay_flow_start_all(struct topo *t);
/* A packet that will be at its host after `to_go`: true where it was replayed on the other side. */
bool replay_flow_receive(struct topo *t, const struct buf *packet, const struct ip_view *v, sim_time to_go);
void replay_flow_fini(struct topo *t);

/* tcp_flow.c: the engine's connections. */
bool tcp_flow_add(struct topo *t, const struct config_flow *config, struct err *e);
/* The hosts fall silent. */
void tcp_flow_end_all(struct topo *t);
void tcp_flow_fini(struct topo *t);
/* A TCP packet on its way from, or to, a host: delays by segment. */
void tcp_flow_sent(struct topo *t, const struct buf *packet, const struct ip_view *v);
void tcp_flow_received(struct topo *t, const struct buf *packet, const struct ip_view *v);
void tcp_flow_fill(void *ctx, int flow, uint64_t offset, uint8_t *data, size_t len);
void tcp_flow_data(void *ctx, int flow, const uint8_t *data, size_t len);

/* web_flow.c: pages over the engine's connections. */
bool web_flow_add(struct topo *t, const struct config_flow *config, struct err *e);
void web_flow_start_all(struct topo *t);
/* See topo_stalled. */
bool web_flow_stalled(const struct topo *t, size_t flow, sim_time after);
void web_flow_fini(struct topo *t);

/* pep.c: proxies that split TCP. Whether they can: what they see is TCP. */
bool pep_splits(const struct topo *t);
/* A packet on its way from gateway `side` to its modem. */
void pep_see(struct topo *t, int side, const struct buf *packet);
void pep_taken(void *ctx, int handle);
void pep_fini(struct topo *t);

/* Number of the first stream of flow i. */
uint32_t topo_flow_first_stream(const struct topo *t, int flow);
struct topo_flow *topo_add_flow(struct topo *t, const struct config_flow *config, bool back);

#endif
