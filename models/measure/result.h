/* result.h - what came out of a scenario: the content of result.json, written and read here.
 *
 * One struct result is a scenario under one seed; one struct run_result is one mode of it, under one lookup policy. The
 * numbers of each struct are rows of a table in metric.h; texts and lists are named here. docs/man/espsim-results.5
 * documents every key. Times in the file are seconds, rates bit/s, sizes octets. Nothing depends on the clock: no
 * dates, no durations of the program itself (those are in manifest.json, sim/run).
 *
 * The text is stable: keys and rows stand in the order of the tables and of the lists, integers are integers, reals
 * have twelve significant digits, so that the same run gives the same octets, and reading and writing again changes
 * nothing.
 *
 * Everything here owns its lists: a struct begins as {0}, grows through the _add functions and is emptied by its _fini.
 */
#ifndef ESPSIM_MEASURE_RESULT_H
#define ESPSIM_MEASURE_RESULT_H

#include "models/base/err.h"
#include "models/base/ledger.h"
#include "models/base/name.h"
#include "models/measure/metric.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RESULT_SCHEMA    1
#define RESULT_NAME_MAX  NAME_CAP  /* octets of a name, with its NUL */
#define RESULT_TEXT_MAX  256       /* octets of a reason, with its NUL */
#define RESULT_HASH_MAX  65        /* SHA-256 in hexadecimal, with its NUL */
#define RESULT_COUNT_MAX INT64_MAX /* of a count or a seed: JSON readers have no more */

/* A flow: all packets of one line of traffic from one end to the other; for VoIP possibly several calls. Octets are IP
 * octets as the hosts send them; goodput counts what the application got, in order and once, from the flow's start to
 * its end. Delay is one way, from the sending host's stack to the receiving application's. */
struct flow_result {
    char name[RESULT_NAME_MAX]; /* of the scenario's [flow.NAME] */
    char kind[RESULT_NAME_MAX]; /* member of the traffic family */
    char from[RESULT_NAME_MAX]; /* address */
    char to[RESULT_NAME_MAX];
    unsigned groups; /* enum metric_group: which of the fields below are measured */
    uint64_t packets_sent, packets_received, octets_sent, octets_received, payload_octets, duplicates, reordered;
    double goodput_bps, loss_ratio, jitter_s;
    double delay_min_s, delay_mean_s, delay_p50_s, delay_p95_s, delay_p99_s, delay_max_s;
    /* GROUP_TCP */
    uint64_t retransmits, timeouts;
    double completion_s; /* METRIC_NONE: not complete at the end of the run */
    bool stalled;        /* no progress in the flow's last part, as sim/record defines it */
    /* GROUP_HOST_ESP: the hosts protect the flow themselves */
    uint64_t outages, outage_packets; /* stretches of 10 packets and more that were lost one after the other */
    double outage_s, outage_longest_s;
    /* GROUP_VOIP */
    uint64_t calls;
    double r_factor, r_factor_worst, mos; /* ITU-T G.107: mean and worst call; MOS of the mean R */
    /* GROUP_WEB */
    uint64_t pages;
    double page_load_mean_s, page_load_p50_s, page_load_p95_s; /* METRIC_NONE: no page was loaded */
};

/* Packets put on the satellite link; `inner` is what the LAN hosts' packets among them had when they left the hosts,
 * so that ip_octets - inner_octets is what the mode added. The ledger without framing and link_padding sums to the IP
 * octets, all of it to the octets on the wire. */
struct link_result {
    char name[RESULT_NAME_MAX]; /* of a direction: "gw1>gw2"; empty for the total */
    uint64_t packets, inner_packets, inner_octets, ip_octets, wire_octets, symbols;
    struct ledger ledger;
    /* of a direction only (metric_direction) */
    uint64_t lost, queue_dropped, queue_max_octets;
    double rate_bps, utilisation, queue_delay_mean_s, queue_delay_max_s;
    unsigned groups;                                  /* of a direction; GROUP_FADE: it may rain */
    double fade_max_db, fade_full_db, fade_closes_db; /* full: METRIC_NONE where the queue never dropped anything */
};

/* Counts by name, in the order of adding; a count of 0 may be left out and means the same. */
struct tally {
    char name[RESULT_NAME_MAX];
    uint64_t n;
};

struct tally_list {
    char place[RESULT_NAME_MAX]; /* "gw1", "gw2", "link", "hosts" */
    struct tally *tallies;
    size_t n_tallies;
};

struct places {
    struct tally_list *lists;
    size_t n_lists;
};

/* Adds n to `name` of `place`, making both where they are new. */
void places_add(struct places *p, const char *place, const char *name, uint64_t n);
/* Makes `place` where it is new, so that a place without counts is shown. */
void places_add_place(struct places *p, const char *place);
/* The same without a search, for a reader who knows that place or name is new. The list is borrowed until the next. */
struct tally_list *places_append_place(struct places *p, const char *place);
void tallies_append(struct tally_list *list, const char *name, uint64_t n);
uint64_t places_total(const struct places *p);

/* The law of each run: in = out + dropped, in packets of the LAN hosts. */
struct balance {
    uint64_t in, out, dropped;
};

struct sa_result {
    char gateway[RESULT_NAME_MAX];   /* which gateway holds it: "gw1" */
    char direction[RESULT_NAME_MAX]; /* "out" or "in" */
    char mode[RESULT_NAME_MAX];
    char algorithm[RESULT_NAME_MAX];
    char source[RESULT_NAME_MAX]; /* addresses of the SA; "any" for a wildcard */
    char destination[RESULT_NAME_MAX];
    uint64_t spi, packets, octets;
};

/* In the order of enum verdict_value (models/ipsec/mode.h). */
enum answer {
    ANSWER_NO,
    ANSWER_PARTLY,
    ANSWER_YES,
};

enum verdict_column {
    VERDICT_WORKS,      /* works for routed traffic: measured, not looked up */
    VERDICT_RFC4301,    /* RFC 4301 allows it */
    VERDICT_LINUX,      /* a stock Linux kernel can do it */
    VERDICT_STRONGSWAN, /* strongSwan negotiates it */
    N_VERDICTS,
};

struct verdict_result {
    enum answer value;
    char why[RESULT_TEXT_MAX]; /* one line */
};

struct verdict_kind {
    const char *key;     /* in JSON */
    const char *heading; /* in a table */
};

extern const struct verdict_kind verdict_kinds[N_VERDICTS];

const char *answer_name(enum answer a); /* "no", "partly", "yes" */

struct fingerprint {
    char name[RESULT_NAME_MAX]; /* "sat.pcap" */
    char sha256[RESULT_HASH_MAX];
};

/* Something that lasted: an SPI that a host and a gateway had in common (`collision`), a stretch in which nothing of a
 * host's protected flow arrived (`outage`). */
struct episode {
    char kind[RESULT_NAME_MAX];
    char flow[RESULT_NAME_MAX];
    char place[RESULT_NAME_MAX]; /* the gateway or LAN where it was seen */
    char why[RESULT_TEXT_MAX];   /* one line */
    /* collision: "gateway" or "hosts", whose SA ended first; outage: "arrival" of a packet; either: "run-end" */
    char ended_by[RESULT_NAME_MAX];
    uint64_t spi;     /* of the host's SA */
    uint64_t packets; /* collision: the host's packets that reached the gateway in it; outage: lost */
    uint64_t lost;    /* of these */
    double from_s, to_s;
};

struct remark {
    char text[RESULT_TEXT_MAX];
};

struct run_result {
    char name[RESULT_NAME_MAX]; /* tells the runs of a result apart; the mode, where it is the only one of its mode */
    char mode[RESULT_NAME_MAX];
    char algorithm[RESULT_NAME_MAX]; /* "" where the mode has none */
    char lookup[RESULT_NAME_MAX];
    char framing[RESULT_NAME_MAX]; /* of the link: what wire_octets count */
    double duration_s;             /* simulated */
    uint64_t sas;                  /* SAs that both gateways held together: a pair counts two */
    uint64_t mtu;                  /* the largest inner packet that the link takes in one piece; 0: no limit known */
    struct flow_result *flows;
    size_t n_flows;
    struct link_result link; /* the total */
    struct link_result *directions;
    size_t n_directions;
    struct places drops, counters;
    struct balance balance;
    struct sa_result *sa_details;
    size_t n_sa_details;
    struct episode *episodes; /* in the order of their ends */
    size_t n_episodes;
    struct verdict_result verdict[N_VERDICTS];
    struct fingerprint *fingerprints; /* of the captures */
    size_t n_fingerprints;
    struct remark *unexplained; /* what the run saw and nobody can explain; none in a good run */
    size_t n_unexplained;
};

struct result_setting {
    char key[RESULT_NAME_MAX]; /* "link.delay" */
    char value[RESULT_TEXT_MAX];
};

struct result {
    char scenario[RESULT_NAME_MAX];
    char question[RESULT_TEXT_MAX]; /* what the scenario asks, one line */
    uint64_t seed;
    char settings_hash[RESULT_HASH_MAX]; /* of the settings without the seed: results that may be compared share it */
    struct result_setting *settings;     /* in effect, defaults included */
    size_t n_settings;
    struct run_result *runs;
    size_t n_runs;
};

/* Each gives room for one more, zeroed, borrowed until the next _add; names longer than their room are cut. */
struct flow_result *run_result_add_flow(struct run_result *r, const char *name, const char *kind);
struct link_result *run_result_add_direction(struct run_result *r, const char *name);
struct sa_result *run_result_add_sa(struct run_result *r);
struct episode *run_result_add_episode(struct run_result *r);
void run_result_add_fingerprint(struct run_result *r, const char *name, const char *sha256);
void run_result_add_unexplained(struct run_result *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
void run_result_verdict(struct run_result *r, enum verdict_column c, enum answer value, const char *why);
void run_result_fini(struct run_result *r);

void result_add_setting(struct result *r, const char *key, const char *value);
/* Takes the lists of `run`, which is {0} afterwards. */
void result_take_run(struct result *r, struct run_result *run);
/* The run's name; its mode, where it was given none. */
const char *run_result_name(const struct run_result *r);
/* The run of that name; NULL: none. */
const struct run_result *result_run(const struct result *r, const char *name);
void result_fini(struct result *r);

/* The laws that hold in every run: the ledger sums to IP octets and wire octets, the directions sum to the total,
 * in = out + dropped, every count below RESULT_COUNT_MAX. Says in `e` which is broken and by how much. */
bool run_result_check(const struct run_result *r, struct err *e);

/* The JSON texts, ending with a newline. Given: the caller frees. A run that breaks a law is our own mistake (assert):
 * the maker calls run_result_check before. */
char *run_result_text(const struct run_result *r);
char *result_text(const struct result *r);

/* Reads such a text of `len` octets into `r`, which must be {0}. `file` is for messages. False, with `file: place: what
 * is wrong, what to do` in `e` and `r` empty, where it is no JSON, no result, of another schema, a key is missing,
 * unknown or of the wrong kind, or a law is broken. */
bool run_result_read(struct run_result *r, const char *file, const char *text, size_t len, struct err *e);
bool result_read(struct result *r, const char *file, const char *text, size_t len, struct err *e);

/* The same, but a law may be broken: of a result in which a number was changed one can still say which. It is for
 * comparing only; run_result_check tells. */
bool result_read_lawless(struct result *r, const char *file, const char *text, size_t len, struct err *e);

#endif
