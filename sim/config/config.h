/* config.h - the settings of a scenario: typed, checked, complete.
 *
 * A scenario file (INI, models/base/ini.h) and `--set section.key=value` words become one struct config, in which every
 * key has a value and no two keys contradict each other. All that is wrong is told at once, in order of lines:
 * `file:line: key = value: what is wrong, what was expected`. What the keys are stands in schema.c, one row each.
 */
#ifndef ESPSIM_CONFIG_CONFIG_H
#define ESPSIM_CONFIG_CONFIG_H

#include "models/base/addr.h"
#include "models/base/err.h"
#include "models/base/family.h"
#include "models/base/ini.h"
#include "models/base/units.h"
#include "models/crypto/suite.h"
#include "models/link/framing.h"
#include "models/link/loss.h"
#include "models/link/path.h"
#include "models/spi/spi.h"
#include "models/traffic/traffic.h"

#include <jansson.h>
#include <stdio.h>

#define CONFIG_MEMBERS_CAP 16
#define FILE_HASH_CAP      65 /* SHA-256 in hexadecimal */
#define CONFIG_SPIS_CAP    8  /* parts: as many as fit a line of the file */

/* Some of a family, in the order written, each once. */
struct config_members {
    const struct member *at[CONFIG_MEMBERS_CAP];
    size_t n;
};

/* Hosts first..last of one LAN, numbered from 1. */
struct config_hosts {
    int lan; /* 0: lan1, 1: lan2 */
    uint32_t first, last;
};

/* SPIs by hand: ranges first..last, in the order written. */
struct config_spis {
    struct {
        uint32_t first, last;
    } range[CONFIG_SPIS_CAP];
    size_t n;
};

struct config_lan {
    struct prefix prefix; /* host n has prefix_host(&prefix, n) */
    uint64_t hosts;
    bit_rate rate;  /* of each host's own access */
    sim_time delay; /* host to gateway, one way */
    uint64_t queue; /* octets that may wait at the gateway's port towards each host */
};

struct config_gw {
    struct addr address; /* on the satellite side: outer address of tunnels */
};

/* Attenuation by rain over time. */
struct config_fade {
    struct fade_point points[FADE_POINTS_MAX];
    size_t n;
};

/* Directions: [0] forward, lan1 to lan2; [1] return, lan2 to lan1. What the keys mean: models/link/path.h, framing.h,
 * loss.h. */
struct config_link {
    const struct member *path; /* of path_family */

    sim_time both_delays; /* as written; read delay[] */
    sim_time delay[2];    /* propagation, one way */
    bit_rate rate[2];
    uint64_t mtu;                    /* octets of an IP packet */
    const struct member *queue_kind; /* of queue_family */
    uint64_t both_queues;            /* as written; read queue[] */
    uint64_t queue[2];               /* limit, octets of IP packets */
    uint64_t queue_packets;          /* limit, packets; 0: queue[] counts */
    sim_time codel_target, codel_interval;
    /* path leo-slots */
    sim_time slot, first_slot, delay_min, delay_max, drift, outage;
    uint64_t outage_hops;
    /* path rain-fade */
    double es_n0, acm_margin, acm_hysteresis, fade_depth; /* dB */
    sim_time acm_interval, fade_start, fade_time;
    struct config_fade fade;
    const struct member *fade_on; /* of direction_family */
    /* path trace */
    char *both_traces;                 /* as written; read trace_file[] */
    char *trace_file[2];               /* as written: beside the scenario file */
    const struct member *trace_format; /* of trace_format_family */
    sim_time trace_bin;
    struct trace trace[2];          /* what is in the files */
    char trace_hash[FILE_HASH_CAP]; /* of both; "": no trace */
    /* framing */
    const struct member *framing; /* of framing_family */
    bool ethernet_gap, npa, llc_snap, rle_crc, pilots;
    uint64_t label_len, ptype_len, gse_packet, burst; /* octets */
    const struct member *modcod;                      /* of modcod_family */
    /* loss */
    const struct member *loss_model; /* of loss_family */
    const struct member *loss_on;    /* of direction_family */
    double loss;                     /* bernoulli: probability that a packet is lost */
    double loss_p, loss_r, loss_good, loss_bad;
    struct loss_pattern loss_pattern;
};

enum config_queue { CONFIG_QUEUE_DROP_TAIL, CONFIG_QUEUE_CODEL, CONFIG_QUEUE_PRIORITY };

struct config_ipsec {
    struct suite suite;
    struct config_members lookups; /* of lookup_family */
    uint64_t replay_window;        /* packets; 0: no anti-replay */
    struct config_spis spi_by[2];  /* SPIs of the SAs that this gateway receives on; n = 0: the allocator's */
    const struct member *spi_allocator;
    struct spi_range spi_range; /* hi = 0: the allocator's own */
    bool esn;
    bool udp_encap;
    uint64_t tfc; /* octets of TFC padding in every packet */
    const struct member *ecn;
    const struct member *cut; /* of cut_family */
    bool reassemble_lan, reassemble_link;
    bool icmp_filtered;
    bool mss_clamp;
    bool spi_filter;
    bool reinput;
    sim_time rekey; /* soft lifetime; 0: never */
    sim_time rekey_overlap;
    double rekey_jitter;
    const struct member *on_collision; /* of on_collision_family */
};

/* Somebody on the link, in both directions. */
struct config_adversary {
    const struct member *attack; /* of attack_family */
    double rate;                 /* share of the packets */
};

/* Performance enhancing proxies, one at each gateway, that split tcp-bulk connections into three. */
struct config_pep {
    const struct member *place; /* of pep_family */
    uint64_t buffer;            /* TCP's between the PEPs, and what each may store; octets */
    const struct member *congestion;
    uint64_t initial_cwnd; /* segments */
};

struct config_flow {
    char *name;
    const struct member *kind; /* of traffic_family; which of the keys below have a meaning: schema.c */
    struct config_hosts from, to;
    sim_time start, stop;
    uint64_t dscp;
    /* tcp-bulk; all but octets: request-response, too */
    uint64_t octets; /* to send per connection; 0: until stop */
    const struct member *congestion;
    uint64_t mss;          /* octets; 0: auto, the largest that needs no fragmentation in the mode */
    uint64_t initial_cwnd; /* segments */
    uint64_t delack;       /* segments to an acknowledgement, 1 or 2 */
    uint64_t buffer;       /* send and receive buffer, octets */
    /* request-response */
    uint64_t request;     /* octets */
    uint64_t objects;     /* UINT64_MAX: drawn */
    uint64_t object_size; /* octets; 0: drawn */
    sim_time think;
    uint64_t connections;
    /* voip */
    const struct member *codec;
    uint64_t calls; /* call k belongs to host pair k mod n_pairs */
    bool both_ways;
    /* replay */
    char *file;    /* as written: beside the scenario file */
    char *capture; /* its path */
    char capture_hash[FILE_HASH_CAP];
    bool map;
    /* streams over UDP */
    bool df;
    /* ... and IPsec of the hosts' own */
    const struct member *host_ipsec; /* of host_ipsec_family */
    struct config_spis host_spis;    /* n = 0: the allocator's */
    const struct member *host_allocator;
    struct spi_range host_range; /* hi = 0: the allocator's own */
    sim_time host_rekey;         /* 0: never */
    sim_time host_overlap;       /* 0: until the next rekeying */
    double host_jitter;
    struct addr peer; /* unset: the LAN host */
    uint64_t frames;  /* per packet; 0: the codec's usual */
    bool vad;
    sim_time talk, silence;
    /* cbr, poisson, imix, on-off, iot: one source per host pair; see models/traffic/traffic.h */
    bit_rate rate;
    uint64_t size;
    sim_time on, off;
    sim_time interval, jitter, burst_gap;
    uint64_t burst;
};

struct setting; /* a key with where its value came from; schema.h */

struct config {
    char *name; /* names the result folder */
    char *question;
    struct config_members modes; /* of mode_family */
    sim_time duration;
    uint64_t seed;
    uint64_t ip; /* 4 or 6 */
    struct config_lan lan[2];
    struct config_gw gw[2];
    struct config_link link;
    struct config_ipsec ipsec;
    struct config_pep pep;
    struct config_adversary adversary;
    struct config_flow *flows; /* in the order written */
    size_t n_flows;

    struct setting *settings; /* every key in effect, in the order of schema.c */
    size_t n_settings;

    struct err_list warnings; /* what is odd and no error, for whoever reads the scenario to tell once */
};

/* Of all flows together: TCP connections, each way counted and in three legs where PEPs split them; streams over UDP,
 * each of which has a port. */
enum { CONFIG_CONNECTIONS_MAX = 4096, CONFIG_STREAMS_MAX = 45535 };

/* Reads a scenario file and applies `sets` ("section.key=value", split at the first `=` and the last dot before it; a
 * later one beats an earlier one) over it. On false `c` is empty and `bad` holds all that is wrong, in order of
 * lines, then of sets. The caller frees `c` with config_fini and `bad` with err_list_fini. */
bool config_read(struct config *c, const char *path, const char *const *sets, size_t n_sets, struct err_list *bad);

/* The same over `len` octets of text; `file` is for messages and for the default of scenario.name. */
bool config_parse(struct config *c, const char *file, const char *text, size_t len, const char *const *sets,
                  size_t n_sets, struct err_list *bad);

void config_fini(struct config *c);

/* The effective settings as a scenario file that reads back to the same; behind each value where it came from. Settings
 * that follow from others stand as comments, so that they keep following. */
void config_print(const struct config *c, FILE *out);

/* {"section": {"key": {"value": "270 ms", "from": "default"}}}; gives the object. */
json_t *config_json(const struct config *c);

/* SHA-256 over all settings that decide what a run does, except seed, modes, name and question: two results with equal
 * hashes are comparable. Every value counts as it took effect, however it was written. */
#define CONFIG_HASH_CAP 65
void config_hash(const struct config *c, char hex[CONFIG_HASH_CAP]);

/* Host pairs of a flow: as many as its longer side has hosts; a single host on one side meets each of the other. */
size_t config_flow_pairs(const struct config_flow *f);
/* Pair i: host numbers (from 1) in the flow's LANs; i < config_flow_pairs(f). */
void config_flow_pair(const struct config_flow *f, size_t i, uint32_t *from, uint32_t *to);

/* What the sources of an open-loop flow (kinds of TRAFFIC_UDP) are set to. */
struct traffic_settings config_flow_traffic(const struct config *c, const struct config_flow *f);

/* The link of direction d (0: forward, 1: return) as its models take it. What they keep is the config's. */
enum config_queue config_queue_kind(const struct config *c);
struct framing_settings config_framing(const struct config *c);
struct path_settings config_path(const struct config *c, int d);
const char *config_loss_model(const struct config *c, int d); /* "none" where only the other direction loses */
/* Gives *steps, which the settings keep: the loss of a trace; NULL for other models. */
struct loss_settings config_loss(const struct config *c, int d, struct loss_step **steps);

/* How many SPIs the list has. */
size_t config_spis_count(const struct config_spis *spis);

/* SPI number i of the list; false where it has fewer. */
bool config_spi(const struct config_spis *spis, size_t i, uint32_t *spi);

#endif
