/* LAN hosts with IPsec of their own behind the gateways: who gets their packets, by mode, lookup and SPI; what a
 * collision does to them and to others, what helps, and how often it comes by itself. */
#include "models/capture/capture.h"
#include "models/ipsec/lookup.h"
#include "models/ipsec/open.h"
#include "models/measure/result.h"
#include "models/spi/collision.h"
#include "models/wire/protocol.h"
#include "sim/run/one_run.h"
#include "tests/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define SETS_CAP 16

/* Host 2 has an SA with its counterpart, and sends faster than the gateways' SA carries packets: it is never behind
 * their window, so that what the gateway claims fails by its ICV. `calls` and `back` belong to others. */
static const char forced[] = "[scenario]\nduration = 2 s\nmodes = wildcard\n"
                             "[lan1]\nhosts = 4\n[lan2]\nhosts = 4\n"
                             "[link]\ndelay = 10 ms\nrate_forward = 10 Mbit/s\nrate_return = 10 Mbit/s\n"
                             "[ipsec]\nlookup = spi\nspi_gw1 = 0x1001-0x1fff\nspi_gw2 = 0x2001-0x2fff\n"
                             "rekey_overlap = 100 ms\n"
                             "[flow.calls]\nkind = voip\nfrom = lan1:1\nto = lan2:1\n"
                             "[flow.back]\nkind = cbr\nfrom = lan2:3\nto = lan1:3\nrate = 80 kbit/s\nsize = 200 B\n"
                             "[flow.own]\nkind = cbr\nfrom = lan1:2\nto = lan2:2\nrate = 160 kbit/s\nsize = 100 B\n"
                             "ipsec = bypass\nspi = 0x2001\n";

struct seen {
    struct config config;
    struct plan plan;
    struct run_result result;
    uint64_t on_link, behind; /* ESP packets of host 2 in sat.pcap and in lan2.pcap */
    char dir[SCRATCH_CAP];
};

static uint64_t count_esp(const struct seen *s, const char *name, uint32_t spi)
{
    char path[SCRATCH_CAP + 16];
    struct err e;
    struct capture_packet p;
    struct located at;
    uint64_t n = 0;
    snprintf(path, sizeof path, "%s/%s", s->dir, name);
    struct capture *c = capture_open(path, &e);
    if (!c)
        fail_msg("%s", e.text);
    while (capture_next(c, &p, &e) == CAPTURE_PACKET) {
        struct buf packet = buf_over((uint8_t *)(uintptr_t)p.data, p.len, 0, p.len);
        n += !locate(&packet, NULL, NULL, &at) && at.spi == spi && at.outer.src.bytes[3] == 2;
    }
    capture_close(c);
    return n;
}

/* Runs the first run of the scenario with `sets` (parted by blanks) over it. */
static void run(struct seen *s, const char *scenario, const char *sets, bool captures)
{
    char text[512], *rest = text;
    const char *words[SETS_CAP];
    size_t n = 0;
    struct err_list bad = {0};
    struct err e;
    *s = (struct seen){0};
    snprintf(text, sizeof text, "%s", sets);
    for (char *word; (word = strsep(&rest, " "));)
        if (*word)
            words[n++] = word;
    assert_true(n < SETS_CAP);
    if (!config_parse(&s->config, "test.ini", scenario, strlen(scenario), words, n, &bad))
        fail_msg("%s: %s", sets, bad.errs[0].text);
    plan_init(&s->plan, &s->config);
    const char *engine, *dir = captures ? s->dir : NULL;
    char *bundle;
    assert_true(!captures || scratch_folder(s->dir));
    if (!one_run(&(struct one_run){&s->config, s->plan.runs, dir, captures, NULL}, &s->result, &engine, &bundle, &e))
        fail_msg("%s: %s", sets, e.text);
    if (captures) {
        uint32_t spi = s->config.flows[2].host_spis.range[0].first;
        s->on_link = count_esp(s, "sat.pcap", spi);
        s->behind = count_esp(s, "lan2.pcap", spi);
    }
}

static void forget(struct seen *s)
{
    assert_true(!*s->dir || scratch_remove(s->dir));
    run_result_fini(&s->result);
    plan_fini(&s->plan);
    config_fini(&s->config);
}

static const struct flow_result *flow(const struct seen *s, const char *name)
{
    for (size_t i = 0; i < s->result.n_flows; i++)
        if (!strcmp(s->result.flows[i].name, name))
            return &s->result.flows[i];
    fail_msg("no flow %s", name);
    return NULL;
}

static uint64_t lost(const struct seen *s, const char *name)
{
    return flow(s, name)->packets_sent - flow(s, name)->packets_received;
}

static uint64_t tally(const struct places *p, const char *place, const char *name)
{
    uint64_t n = 0;
    for (size_t i = 0; i < p->n_lists; i++)
        for (size_t k = 0; k < p->lists[i].n_tallies; k++)
            if (!strcmp(p->lists[i].place, place) && !strcmp(p->lists[i].tallies[k].name, name))
                n += p->lists[i].tallies[k].n;
    return n;
}

static size_t count_episodes(const struct seen *s, const char *kind)
{
    size_t n = 0;
    for (size_t i = 0; i < s->result.n_episodes; i++)
        n += !strcmp(s->result.episodes[i].kind, kind);
    return n;
}

static const struct episode *episode(const struct seen *s, const char *kind)
{
    for (size_t i = 0; i < s->result.n_episodes; i++)
        if (!strcmp(s->result.episodes[i].kind, kind))
            return &s->result.episodes[i];
    return NULL;
}

/* A collision concerns one pair of hosts: what others send arrives, whatever the case. */
static void others_are_unaffected(const struct seen *s, const char *what)
{
    static const char *const others[] = {"calls", "calls-back", "back"};
    for (size_t i = 0; i < 3; i++)
        if (lost(s, others[i]))
            fail_msg("%s: flow %s lost %llu packets", what, others[i], (unsigned long long)lost(s, others[i]));
}

/* ---- the outcome of facts measured in a Linux 6.1 lab: 5 ways to be a gateway, 4 kinds of ESP of others ---- */

/* LOST: claimed by the gateway. Its own SA carries a nested packet too, so that the number of the inner one is no news
 * to the window: it is refused as a replay as soon as it is not ahead any more. */
enum outcome { OK, LOST, LOST_ICV, LOST_NO_SA };

static const struct {
    const char *what, *sets;
    enum outcome outcome[4];
} gateways[] = {
    {"tunnel", "scenario.modes=tunnel ipsec.lookup=linux", {OK, OK, OK, OK}},
    {"A (BEET and eBPF) with SPI filter", "ipsec.spi_filter=yes", {OK, OK, OK, LOST_ICV}},
    {"A without SPI filter", "ipsec.spi_filter=no", {OK, OK, LOST_NO_SA, LOST_ICV}},
    {"B (an SA per host), all ESP steered",
     "ipsec.spi_filter=no ipsec.reinput=yes",
     {LOST_NO_SA, LOST, LOST_NO_SA, LOST_ICV}},
    {"B with SPI block", "ipsec.reinput=yes", {LOST_NO_SA, LOST, OK, LOST_ICV}},
};

static const struct {
    const char *what, *sets;
    bool nested;
} kinds[4] = {{"nested, other SPI", "flow.own.ipsec=nested flow.own.spi=0x3001", true},
              {"nested, same SPI", "flow.own.ipsec=nested", true},
              {"bypass, other SPI", "flow.own.spi=0x3001", false},
              {"bypass, same SPI", "", false}};

/* The flow, the counters of gateway 2, both captures and the episodes say the same. */
static void one_story(const struct seen *s, enum outcome outcome, size_t kind, const char *what)
{
    const struct flow_result *own = flow(s, "own");
    uint64_t sent = own->packets_sent, gone = outcome == OK ? 0 : sent;
    uint64_t icv = tally(&s->result.drops, "gw2", "icv"), no_sa = tally(&s->result.drops, "gw2", "no-sa");
    uint64_t replay = tally(&s->result.drops, "gw2", "replay");
    bool collided = outcome == LOST_ICV || outcome == LOST;
    assert_true(sent > 300);
    if (lost(s, "own") != gone)
        fail_msg("%s: %llu of %llu packets lost, expected %llu", what, (unsigned long long)lost(s, "own"),
                 (unsigned long long)sent, (unsigned long long)gone);
    assert_int_equal(icv + replay, collided ? sent : 0);
    assert_int_equal(replay > 0, outcome == LOST);
    assert_int_equal(no_sa, outcome == LOST_NO_SA ? sent : 0);
    if (!kinds[kind].nested) /* else the SPI on the link is the gateways', which may be the same */
        assert_int_equal(s->on_link, sent);
    assert_int_equal(s->behind, sent - gone);
    if (count_episodes(s, "collision") != collided || count_episodes(s, "outage") != (outcome != OK))
        fail_msg("%s: %zu collisions, %zu outages", what, count_episodes(s, "collision"), count_episodes(s, "outage"));
    const struct episode *c = episode(s, "collision"), *o = episode(s, "outage");
    if (c) {
        assert_int_equal(c->packets, sent);
        assert_true(c->from_s == 0 && c->to_s == 2);
        assert_string_equal(c->ended_by, "run-end");
        assert_non_null(strstr(c->why, replay ? "dropped (replay)" : "dropped (icv)"));
        assert_int_equal(c->spi, 0x2001);
    }
    if (o)
        assert_int_equal(o->packets, sent);
}

static void the_outcome_table_of_linux_is_met(void **state)
{
    (void)state;
    for (size_t g = 0; g < sizeof gateways / sizeof *gateways; g++)
        for (size_t k = 0; k < 4; k++) {
            char sets[256], what[128];
            struct seen s;
            snprintf(sets, sizeof sets, "%s %s", gateways[g].sets, kinds[k].sets);
            snprintf(what, sizeof what, "%s, %s", gateways[g].what, kinds[k].what);
            run(&s, forced, sets, true);
            one_story(&s, gateways[g].outcome[k], k, what);
            others_are_unaffected(&s, what);
            forget(&s);
        }
}

/* ---- every policy in the forced collision ---- */

static const struct {
    const char *lookup;
    bool opens;     /* the gateways' own wildcard packets */
    bool takes_lan; /* a LAN host's packet with the gateway's SPI */
    bool takes_peer;
    bool passes_on; /* what it took */
} policies[] = {
    {"linux", false, false, false, false},   {"openbsd", false, false, false, false},
    {"freebsd", false, false, false, false}, {"rfc4301-local", false, false, false, false},
    {"rfc4301", true, true, true, false},    {"spi", true, true, true, false},
    {"prefix", true, true, false, false},    {"source-spi", false, false, false, false},
    {"trial", true, true, true, true},       {"wildrecv", false, false, false, false},
    {"dpdk-sad", true, true, true, false},
};

static void meet_policy(size_t i, bool peer)
{
    struct seen s;
    char sets[128];
    bool takes = peer ? policies[i].takes_peer : policies[i].takes_lan, loses = takes && !policies[i].passes_on;
    snprintf(sets, sizeof sets, "ipsec.lookup=%s%s", policies[i].lookup, peer ? " flow.own.peer=198.51.100.2" : "");
    run(&s, forced, sets, true);
    uint64_t sent = flow(&s, "own")->packets_sent;
    if (lost(&s, "own") != (loses ? sent : 0))
        fail_msg("%s: %llu of %llu packets of host 2 are lost", sets, (unsigned long long)lost(&s, "own"),
                 (unsigned long long)sent);
    assert_int_equal(tally(&s.result.drops, "gw2", "icv"), loses ? sent : 0);
    assert_int_equal(tally(&s.result.counters, "gw2", "passed_on_bad_icv"), takes && !loses ? sent : 0);
    assert_int_equal(s.on_link, sent);
    assert_int_equal(s.behind, loses ? 0 : sent);
    assert_int_equal(count_episodes(&s, "collision"), takes);
    assert_int_equal(count_episodes(&s, "outage"), loses);
    if (takes)
        assert_int_equal(episode(&s, "collision")->packets, sent);
    uint64_t opened = tally(&s.result.counters, "gw2", "opened");
    assert_int_equal(opened, policies[i].opens ? flow(&s, "calls")->packets_sent : 0);
    if (policies[i].opens)
        others_are_unaffected(&s, sets);
    else /* reached the hosts still encrypted */
        assert_int_equal(tally(&s.result.drops, "hosts", "host-no-sa"), flow(&s, "calls")->packets_sent +
                                                                            flow(&s, "calls-back")->packets_sent +
                                                                            flow(&s, "back")->packets_sent);
    forget(&s);
}

static void every_policy_is_met_by_the_same_collision(void **state)
{
    (void)state;
    assert_int_equal(sizeof policies / sizeof *policies, lookup_family.n_members);
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
        assert_non_null(lookup_get(policies[i].lookup));
        meet_policy(i, false);
        meet_policy(i, true);
    }
}

/* Cilium's key ids give all SAs of a gateway one SPI: with an SA for each pair of hosts, SPI alone does not decide. */
static void one_spi_for_all_is_ambiguous(void **state)
{
    (void)state;
    struct seen s;
    run(&s, forced,
        "scenario.modes=beet ipsec.spi_allocator=cilium-keyid ipsec.spi_gw1=0x11,0x12 ipsec.spi_gw2=0x5,0x6 "
        "flow.own.spi=0x3001",
        false);
    others_are_unaffected(&s, "distinct SPIs by hand");
    forget(&s);
    static const char cilium[] =
        "[scenario]\nduration = 1 s\nmodes = beet\n[lan1]\nhosts = 2\n[lan2]\nhosts = 2\n"
        "[link]\ndelay = 10 ms\nrate_forward = 10 Mbit/s\nrate_return = 10 Mbit/s\n"
        "[ipsec]\nlookup = spi\nspi_allocator = cilium-keyid\n"
        "[flow.a]\nkind = cbr\nfrom = lan1:1-2\nto = lan2:1-2\nrate = 80 kbit/s\nsize = 100 B\n";
    run(&s, cilium, "", false);
    /* Until the second SA comes, there is one to choose. */
    assert_in_range(tally(&s.result.drops, "gw2", "ambiguous-sa"), flow(&s, "a")->packets_sent - 2,
                    flow(&s, "a")->packets_sent);
    forget(&s);
}

/* ---- the window ---- */

/* Packets of others with numbers far ahead of the gateways' cannot move their window: the ICV is asked before. */
static void a_collision_does_not_poison_the_window(void **state)
{
    (void)state;
    struct seen s;
    run(&s, forced, "scenario.duration=8s flow.own.rate=1600kbit/s flow.calls.start=4s", false);
    assert_int_equal(lost(&s, "own"), flow(&s, "own")->packets_sent);
    assert_int_equal(tally(&s.result.drops, "gw2", "replay"), 0);
    others_are_unaffected(&s, "numbers far ahead");
    forget(&s);
}

/* Numbers far behind are refused by the window, before the ICV could tell whose they are. `trial` looks all the same,
 * and so does a gateway that rekeys on collisions. */
static void a_collision_behind_the_window_is_the_same(void **state)
{
    (void)state;
    static const char late[] =
        "scenario.duration=8s flow.back.from=lan1:3 flow.back.to=lan2:3 flow.back.rate=800kbit/s "
        "flow.own.start=3s flow.own.rate=16kbit/s";
    struct seen s;
    char sets[256];
    run(&s, forced, late, false);
    uint64_t sent = flow(&s, "own")->packets_sent;
    assert_int_equal(lost(&s, "own"), sent);
    assert_int_equal(tally(&s.result.drops, "gw2", "replay"), sent);
    assert_non_null(strstr(episode(&s, "collision")->why, "dropped (replay)"));
    others_are_unaffected(&s, "numbers far behind");
    forget(&s);
    /* Sending faster than the gateways' 100 a second, it catches up with their numbers: then it is the ICV. */
    snprintf(sets, sizeof sets, "%s flow.back.rate=80kbit/s flow.own.rate=400kbit/s", late);
    run(&s, forced, sets, false);
    assert_non_null(strstr(episode(&s, "collision")->why, " replay, "));
    assert_non_null(strstr(episode(&s, "collision")->why, " icv)"));
    assert_int_equal(tally(&s.result.drops, "gw2", "replay") + tally(&s.result.drops, "gw2", "icv"), lost(&s, "own"));
    forget(&s);
    snprintf(sets, sizeof sets, "%s ipsec.lookup=trial", late);
    run(&s, forced, sets, false);
    assert_int_equal(lost(&s, "own"), 0);
    assert_int_equal(tally(&s.result.counters, "gw2", "passed_on_bad_icv"), sent);
    forget(&s);
    snprintf(sets, sizeof sets, "%s ipsec.on_collision=rekey", late);
    run(&s, forced, sets, false);
    assert_in_range(lost(&s, "own"), 3, 10);
    others_are_unaffected(&s, "rekeyed");
    forget(&s);
}

/* ---- rekeying ---- */

static void rekeying_loses_no_packet(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "ipsec.rekey=1s ipsec.rekey_overlap=11ms flow.own.spi=0x3001",
        "ipsec.rekey=1s ipsec.rekey_overlap=5s flow.own.spi=0x3001 ipsec.rekey_jitter=0.9",
        "ipsec.rekey=15ms ipsec.rekey_overlap=50ms flow.own.spi=0x3001", /* less than a round trip */
        "scenario.modes=beet ipsec.rekey=300ms flow.own.spi=0x3001",
        "scenario.modes=tunnel ipsec.rekey=300ms flow.own.spi=0x3001-0x3fff flow.own.rekey=11ms",
        ("ipsec.rekey=300ms ipsec.spi_allocator=manual flow.own.spi=0x3001-0x3008 flow.own.spi_allocator=manual "
         "flow.own.rekey=200ms"),
        "flow.own.spi=0x3001-0x3fff flow.own.rekey=200ms flow.own.rekey_overlap=15ms flow.own.rekey_jitter=0.5",
        /* two numbers suffice where the old SA ends before its successor does */
        ("flow.own.spi=0x3001-0x3002 flow.own.spi_allocator=manual flow.own.rekey=200ms flow.own.rekey_overlap=15ms "
         "ipsec.rekey=300ms"),
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct seen s;
        run(&s, forced, rows[i], false);
        if (s.result.balance.dropped)
            fail_msg("%s: %llu packets dropped", rows[i], (unsigned long long)s.result.balance.dropped);
        assert_int_equal(s.result.sas, i == 3 ? 4 : 2);
        if (i < 6)
            assert_true(s.result.n_sa_details > 2 * s.result.sas);
        forget(&s);
    }
}

/* Host 2 sends 200 packets a second. Without jitter every SA but the first and the last carries a lifetime's worth;
 * with jitter they carry less, and not all alike. */
static void hosts_rekey_by_their_schedule(void **state)
{
    (void)state;
    static const char *const jitters[] = {"", " flow.own.rekey_jitter=0.5"};
    enum { FIRST = 0x3001, LIFE_PACKETS = 40 };
    for (int jitter = 0; jitter < 2; jitter++) {
        struct seen s;
        char sets[128];
        uint64_t least = UINT64_MAX, most = 0, n;
        snprintf(sets, sizeof sets, "flow.own.spi=0x3001-0x3fff flow.own.rekey=200ms%s", jitters[jitter]);
        run(&s, forced, sets, true);
        for (uint32_t spi = FIRST + 1; count_esp(&s, "sat.pcap", spi + 1); spi++) {
            n = count_esp(&s, "sat.pcap", spi);
            least = n < least ? n : least;
            most = n > most ? n : most;
        }
        assert_in_range(least, jitter ? LIFE_PACKETS / 2 - 1 : LIFE_PACKETS - 1, LIFE_PACKETS + 1);
        assert_in_range(most, least, LIFE_PACKETS + 1);
        assert_int_equal(most - least > 2, jitter);
        forget(&s);
    }
}

/* ---- what helps ---- */

/* The gateway is rekeyed every 2 s through a list in which the host's SPI comes second. */
static const char through[] = "scenario.duration=8s ipsec.rekey=2s flow.own.spi=0x2002 ipsec.spi_gw2=0x2001-0x200f";

static const struct {
    const char *what, *sets;
    uint64_t least, most; /* packets of 1,600 lost */
    const char *ended_by;
} mitigations[] = {
    {"nothing", "", 380, 460, "gateway"}, /* one period, one round trip, the overlap: 2.12 s */
    {"an SPI filter, which knows SPIs only", "ipsec.spi_filter=yes", 380, 460, "gateway"},
    {"redraw of what was seen", "ipsec.on_collision=avoid", 0, 0, NULL},
    {"rekey on bad ICVs", "ipsec.on_collision=rekey ipsec.spi_gw2=0x2002-0x200f", 20, 40, "on-collision"},
    {"a block below 256", "ipsec.spi_gw2=0x10-0x1f ipsec.spi_allocator=manual", 0, 0, NULL},
    {"nesting", "flow.own.ipsec=nested", 0, 0, NULL},
    {"nesting, where Linux goes on decapsulating", "flow.own.ipsec=nested ipsec.reinput=yes", 1600, 1600, "gateway"},
    {"selectors, against a LAN host", "ipsec.lookup=prefix", 380, 460, "gateway"},
    {"selectors, against an outside peer", "ipsec.lookup=prefix flow.own.peer=198.51.100.2", 0, 0, NULL},
    {"trial", "ipsec.lookup=trial", 0, 0, NULL},
};

static void mitigations_do_what_they_can(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mitigations / sizeof *mitigations; i++) {
        struct seen s;
        char sets[512];
        snprintf(sets, sizeof sets, "%s %s", through, mitigations[i].sets);
        run(&s, forced, sets, false);
        uint64_t n = lost(&s, "own");
        if (n < mitigations[i].least || n > mitigations[i].most)
            fail_msg("%s: %llu packets lost, expected %llu to %llu", mitigations[i].what, (unsigned long long)n,
                     (unsigned long long)mitigations[i].least, (unsigned long long)mitigations[i].most);
        if (mitigations[i].ended_by)
            assert_string_equal(episode(&s, "collision")->ended_by, mitigations[i].ended_by);
        others_are_unaffected(&s, mitigations[i].what);
        forget(&s);
    }
}

/* ---- by themselves ---- */

#define SPAN_S   400000.0
#define N_HOSTS  200
#define PERIOD_S 100.0

static const char natural[] =
    "[scenario]\nduration = 400000 s\nmodes = wildcard\n[lan1]\nhosts = 200\n"
    "[lan2]\nhosts = 200\n[link]\ndelay = 1 ms\nrate_forward = 10 Mbit/s\n"
    "rate_return = 10 Mbit/s\n[ipsec]\nlookup = spi\nspi_allocator = uniform\n"
    "spi_range = 0x1000-0x13ff\nrekey = 100 s\nrekey_overlap = 10 s\n"
    "[flow.own]\nkind = iot\nfrom = lan1:1-200\nto = lan2:1-200\ninterval = 1 d\nsize = 16 B\n"
    "ipsec = bypass\nspi_allocator = uniform\nspi_range = 0x1000-0x13ff\nrekey = 100 s\n";

static struct collision predicted(double overlap_s)
{
    struct spi_range range = {0x1000, 0x13ff};
    struct collision_case c = {.n_sites = 1, .redraw_s = COLLISION_NEVER};
    struct err e;
    c.host = (struct collision_side){.n_sas = N_HOSTS, .n_systems = N_HOSTS, .period_s = PERIOD_S};
    c.gateway = (struct collision_side){.n_sas = 1, .n_systems = 1, .period_s = PERIOD_S, .overlap_s = overlap_s};
    const struct spi_allocator *uniform = spi_allocator_of(family_find(&spi_family, "uniform", &e));
    assert_true(spi_source_init(&c.host.source, uniform, &range, &e));
    assert_true(spi_source_init(&c.gateway.source, uniform, &range, &e));
    return collision_solve(&c);
}

struct sums {
    double n, sum, squares;
};

static void take(struct sums *s, double x)
{
    s->n++;
    s->sum += x;
    s->squares += x * x;
}

#define Z_99 2.5758

static void agrees(const char *what, double estimate, double deviation, double exact)
{
    print_message("%s: %.4g +- %.2g, closed form %.4g\n", what, estimate, Z_99 * deviation, exact);
    if (fabs(estimate - exact) > Z_99 * deviation)
        fail_msg("%s: %g, expected %g within %g", what, estimate, exact, Z_99 * deviation);
}

static void mean_agrees(const char *what, const struct sums *s, double exact)
{
    double mean = s->sum / s->n;
    agrees(what, mean, sqrt((s->squares / s->n - mean * mean) / s->n), exact);
}

/* How long from `t` to the first collision after it: 0 where there is one. */
static double wait_from(const struct seen *s, double t)
{
    double begin = SPAN_S;
    for (size_t i = 0; i < s->result.n_episodes; i++) { /* in the order of their ends */
        const struct episode *e = &s->result.episodes[i];
        if (!strcmp(e->kind, "collision") && e->to_s > t && e->from_s < begin)
            begin = e->from_s;
    }
    return begin > t ? begin - t : 0;
}

static void natural_collisions_follow_the_closed_forms(void **state)
{
    (void)state;
    struct seen s;
    struct sums lives = {0}, waits = {0};
    struct collision exact = predicted(10 + 0.002);
    run(&s, natural, "", false);
    double n = 0, in_force = 0;
    for (size_t i = 0; i < s.result.n_episodes; i++) {
        const struct episode *e = &s.result.episodes[i];
        if (strcmp(e->kind, "collision"))
            continue;
        n += e->from_s > 0;
        in_force += e->to_s - e->from_s;
        if (strcmp(e->ended_by, "run-end"))
            take(&lives, e->to_s - e->from_s);
    }
    assert_true(n > 1000);
    agrees("collisions per s", n / SPAN_S, sqrt(n) / SPAN_S, exact.rate_per_s);
    mean_agrees("mean duration, s", &lives, exact.duration_s);
    agrees("pairs at a moment", in_force / SPAN_S, sqrt(lives.squares) / SPAN_S, exact.pairs_in_force);
    /* Moments so far apart that they know nothing of each other. */
    for (double t = 1000; t < SPAN_S - 5000; t += 1000)
        take(&waits, wait_from(&s, t));
    mean_agrees("time to the first, s", &waits, exact.first_s);
    forget(&s);
}

/* Ranges that do not meet: never. */
static void disjoint_allocators_never_collide(void **state)
{
    (void)state;
    struct seen s;
    run(&s, natural,
        "scenario.duration=20000s ipsec.spi_allocator=strongswan ipsec.spi_range=0x2000-0x20ff "
        "flow.own.spi_range=0x1000-0x10ff",
        false);
    assert_int_equal(s.result.n_episodes, 0);
    forget(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_outcome_table_of_linux_is_met),
        cmocka_unit_test(every_policy_is_met_by_the_same_collision),
        cmocka_unit_test(one_spi_for_all_is_ambiguous),
        cmocka_unit_test(a_collision_does_not_poison_the_window),
        cmocka_unit_test(a_collision_behind_the_window_is_the_same),
        cmocka_unit_test(rekeying_loses_no_packet),
        cmocka_unit_test(hosts_rekey_by_their_schedule),
        cmocka_unit_test(mitigations_do_what_they_can),
        cmocka_unit_test(natural_collisions_follow_the_closed_forms),
        cmocka_unit_test(disjoint_allocators_never_collide),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
