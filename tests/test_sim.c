/* The simulation below result files: LAN1 - GW1 - link - GW2 - LAN2 in the test's own process, packet by packet. */
#include "models/ipsec/lookup.h"
#include "models/measure/emodel.h"
#include "sim/record/summary.h"
#include "sim/topo/topo.h"
#include "tests/scratch.h"
#include "tests/trip.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define SETS_CAP 16

/* Nothing is lost and nothing is too big, so every law of trip.h must hold. */
static const char quiet[] = "[scenario]\nduration = 250 ms\nmodes = plain\n"
                            "[lan1]\nhosts = 3\n[lan2]\nhosts = 3\n"
                            "[link]\ndelay = 10 ms\nrate_forward = 20 Mbit/s\nrate_return = 5 Mbit/s\nmtu = 1700 B\n"
                            "queue = 1 MB\nframing = gse\n[ipsec]\nlookup = spi\n"
                            "[flow.bulk]\nkind = tcp-bulk\nfrom = lan1:1\nto = lan2:1\nmss = 1000 B\n"
                            "[flow.calls]\nkind = voip\nfrom = lan1:2-3\nto = lan2:2-3\ncalls = 3\n"
                            "[flow.mix]\nkind = imix\nfrom = lan2:1-3\nto = lan1:1-3\nrate = 500 kbit/s\n";

/* The same without TCP, whose course depends on the mode: what hosts send is the same in every mode. */
static const char open_loop[] = "[scenario]\nduration = 300 ms\nmodes = plain\n"
                                "[lan1]\nhosts = 4\n[lan2]\nhosts = 4\n"
                                "[link]\ndelay = 10 ms\nrate_forward = 10 Mbit/s\nrate_return = 10 Mbit/s\n"
                                "mtu = 1700 B\nqueue = 1 MB\n[ipsec]\nlookup = spi\n"
                                "[flow.calls]\nkind = voip\nfrom = lan1:2-3\nto = lan2:2-3\ncalls = 2\n"
                                "[flow.mix]\nkind = imix\nfrom = lan2:1-3\nto = lan1:1-3\nrate = 500 kbit/s\n"
                                "[flow.steady]\nkind = cbr\nfrom = lan1:4\nto = lan2:4\nsize = 301 B\n"
                                "rate = 1 Mbit/s\n";

/* A run with all its packets. */
struct flight {
    struct config config;
    struct plan plan;
    struct event_bus bus;
    struct topo *topo;
    struct summary *summary;
    struct trip trip;
    uint64_t n_made, n_joined; /* packets that gateways made; fragments that became part of others */
};

static void add_ledger(struct trip *t, int side, const struct ledger *l)
{
    t->ledgers[side] = realloc(t->ledgers[side], (t->n_ledgers[side] + 1) * sizeof *l);
    assert_non_null(t->ledgers[side]);
    t->ledgers[side][t->n_ledgers[side]++] = *l;
}

static void keep(void *ctx, const struct event *e)
{
    struct flight *f = ctx;
    struct trip *t = &f->trip;
    if (e->kind == EVENT_HOST_SENT)
        trip_add(&t->sent[e->side], e->packet, e->len);
    else if (e->kind == EVENT_LINK_SENT)
        add_ledger(t, e->side, e->ledger);
    else if (e->kind == EVENT_LINK_ARRIVED)
        trip_add(&t->link[!e->side], e->packet, e->len);
    else if (e->kind == EVENT_TO_LAN)
        trip_add(&t->got[!e->side], e->packet, e->len);
    f->n_made += e->kind == EVENT_MADE;
    f->n_joined += e->kind == EVENT_JOINED ? e->octets : 0;
}

/* The topology that is up: ended by the teardown where a test fails half-way. */
static struct topo *aloft;

/* Runs the scenario in `mode` with `sets` (NULL-terminated; NULL: none) over it. */
static void fly(struct flight *f, const char *scenario, const char *mode, const char *const *sets)
{
    const char *words[SETS_CAP];
    char modes[64];
    size_t n = 0;
    struct err_list bad = {0};
    struct err e;
    *f = (struct flight){0};
    snprintf(modes, sizeof modes, "scenario.modes=%s", mode);
    words[n++] = modes;
    for (; sets && *sets; sets++)
        words[n++] = *sets;
    assert_true(n < SETS_CAP);
    if (!config_parse(&f->config, "test.ini", scenario, strlen(scenario), words, n, &bad))
        fail_msg("%s", bad.errs[0].text);
    plan_init(&f->plan, &f->config);
    event_listen(&f->bus, keep, f);
    if (!topo_new(&f->config, &f->plan.runs[0], &f->bus, &f->topo, &e))
        fail_msg("%s", e.text);
    aloft = f->topo;
    f->summary = summary_new(&f->bus, topo_n_flows(f->topo));
    if (!topo_run(f->topo, NULL, &e))
        fail_msg("%s", e.text);
    assert_int_equal(topo_n_outstanding(f->topo), 0);
    assert_int_equal(topo_n_corrupt(f->topo), 0);
}

static void sum_up(const struct flight *f, struct run_result *r)
{
    const struct link_use use[2] = {{topo_link_rate(f->topo, 0), topo_link_utilisation(f->topo, 0)},
                                    {topo_link_rate(f->topo, 1), topo_link_utilisation(f->topo, 1)}};
    summary_run(f->summary, use, r);
}

static void land(struct flight *f)
{
    trip_fini(&f->trip);
    summary_free(f->summary);
    topo_free(f->topo);
    aloft = NULL;
    plan_fini(&f->plan);
    config_fini(&f->config);
}

static int end_what_is_aloft(void **state)
{
    (void)state;
    topo_free(aloft);
    aloft = NULL;
    return 0;
}

static const struct gateway_counters *counters(const struct flight *f, int side)
{
    return gateway_counters(topo_gateway(f->topo, side));
}

static const struct mode *mode_of(const struct flight *f)
{
    return (const struct mode *)f->plan.runs[0].mode;
}

/* Gives what the packets must be like; the caller frees sas. */
static struct trip_rule rule_of(const struct flight *f)
{
    const struct config *c = &f->config;
    struct trip_rule rule = {.mode = mode_of(f),
                             .suite = c->ipsec.suite,
                             .udp = c->ipsec.udp_encap,
                             .tfc = (size_t)c->ipsec.tfc,
                             .gw = {c->gw[0].address, c->gw[1].address}};
    for (int side = 0; side < 2; side++) {
        rule.sas[side] = calloc(topo_n_sas(f->topo) + 1, sizeof(struct sa_params));
        assert_non_null(rule.sas[side]);
    }
    for (size_t i = 0; i < topo_n_sas(f->topo); i++) {
        const struct topo_sa *sa = topo_sa(f->topo, i);
        rule.sas[sa->side][rule.n_sas[sa->side]++] = sa->in->p;
    }
    return rule;
}

static void check_trip(const struct flight *f, const char *what)
{
    struct trip_rule rule = rule_of(f);
    assert_int_equal(f->n_made, 0);
    assert_true(trip_check(&f->trip, &rule, what));
    free(rule.sas[0]);
    free(rule.sas[1]);
}

/* Modes that carry routed traffic. */
static bool carries(const struct mode *m)
{
    return m->routed.value != CLAIM_NO;
}

static void fly_and_check(const char *mode, const char *const *sets)
{
    static const char *const versions[] = {"scenario.ip=4", "scenario.ip=6"};
    for (size_t v = 0; v < 2; v++) {
        const char *words[SETS_CAP] = {versions[v]};
        char what[256];
        size_t n = (size_t)snprintf(what, sizeof what, "%s, %s", mode, versions[v]);
        for (size_t i = 0; sets && sets[i]; i++) {
            words[i + 1] = sets[i];
            n += (size_t)snprintf(what + n, sizeof what - n, ", %s", sets[i]);
        }
        struct flight f;
        fly(&f, quiet, mode, words);
        check_trip(&f, what);
        land(&f);
    }
}

/* ---- what becomes of packets ---- */

static void every_suite_protects_in_every_mode(void **state)
{
    (void)state;
    struct suite suite;
    for (size_t at = 0; suite_next(&at, &suite);) {
        char name[SUITE_NAME_CAP], set[128];
        snprintf(set, sizeof set, "ipsec.algorithm=%s", suite_name(&suite, name));
        const char *const sets[] = {set, "scenario.duration=60ms", NULL};
        for (size_t i = 0; i < mode_family.n_members; i++) {
            const struct mode *m = (const struct mode *)mode_family.members[i];
            if (m->esp && carries(m))
                fly_and_check(m->m.name, sets);
        }
    }
}

static void every_mode_keeps_packets_with_every_option(void **state)
{
    (void)state;
    static const char *const options[][4] = {
        {NULL},
        {"ipsec.esn=yes", NULL},
        {"ipsec.udp_encap=yes", NULL},
        {"ipsec.tfc=37B", NULL},
        {"ipsec.esn=yes", "ipsec.udp_encap=yes", "ipsec.tfc=4B", NULL},
        {"ipsec.replay_window=0", NULL},
        {"ipsec.replay_window=1024", NULL},
        {"ipsec.ecn=rfc6040", "flow.bulk.dscp=10", NULL},
        {"ipsec.spi_allocator=sequential", NULL},
        {"ipsec.spi_gw1=0x1001-0x1006", "ipsec.spi_gw2=0x1001-0x1006", NULL},
        {"link.framing=ethernet", "link.mtu=9000B", "flow.bulk.mss=8000B", NULL},
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        for (size_t k = 0; k < mode_family.n_members; k++) {
            const struct mode *m = (const struct mode *)mode_family.members[k];
            if (carries(m))
                fly_and_check(m->m.name, options[i]);
        }
}

/* Flies, lands, and gives the packets: for runs held against each other, since a process has one engine at a time. */
static struct trip fly_for_trip(const char *scenario, const char *mode, const char *const *sets)
{
    struct flight f;
    fly(&f, scenario, mode, sets);
    struct trip trip = f.trip;
    f.trip = (struct trip){0};
    land(&f);
    return trip;
}

/* The question's central figure: what the outer header costs, on every packet and not on average. */
static void tunnel_is_longer_than_wildcard_by_its_header(void **state)
{
    (void)state;
    static const struct {
        const char *ip;
        size_t header;
    } versions[] = {{"scenario.ip=4", 20}, {"scenario.ip=6", 40}};
    static const char *const suites[] = {"ipsec.algorithm=aes-gcm-16-128", "ipsec.algorithm=aes-gcm-16-256",
                                         "ipsec.algorithm=aes-gcm-12-192", "ipsec.algorithm=aes-gcm-8-128"};
    for (size_t i = 0; i < 2 * 4; i++) {
        const char *const sets[] = {versions[i % 2].ip, suites[i / 2], NULL};
        struct trip tunnel = fly_for_trip(open_loop, "tunnel", sets);
        struct trip wildcard = fly_for_trip(open_loop, "wildcard", sets);
        for (int side = 0; side < 2; side++) {
            const struct trip_packets *t = &tunnel.link[side], *w = &wildcard.link[side];
            assert_true(t->n > 20);
            assert_int_equal(t->n, w->n);
            for (size_t k = 0; k < t->n; k++) {
                assert_int_equal(tunnel.sent[side].at[k].len, wildcard.sent[side].at[k].len);
                assert_int_equal(t->at[k].len, w->at[k].len + versions[i % 2].header);
            }
        }
        trip_fini(&tunnel);
        trip_fini(&wildcard);
    }
}

static bool same_packets(const struct trip_packets *a, const struct trip_packets *b)
{
    if (a->n != b->n)
        return false;
    for (size_t k = 0; k < a->n; k++)
        if (a->at[k].len != b->at[k].len || memcmp(a->at[k].octets, b->at[k].octets, a->at[k].len))
            return false;
    return true;
}

static void modes_meet_the_same_packets(void **state)
{
    (void)state;
    struct trip first = fly_for_trip(open_loop, mode_family.members[0]->name, NULL);
    for (size_t i = 1; i < mode_family.n_members; i++) {
        struct trip other = fly_for_trip(open_loop, mode_family.members[i]->name, NULL);
        for (int side = 0; side < 2; side++)
            assert_true(same_packets(&other.sent[side], &first.sent[side]));
        trip_fini(&other);
    }
    trip_fini(&first);
}

static void the_seed_decides_everything(void **state)
{
    (void)state;
    static const char *const other[] = {"scenario.seed=2", NULL};
    for (size_t i = 0; i < mode_family.n_members; i++) {
        const char *mode = mode_family.members[i]->name;
        struct trip a = fly_for_trip(quiet, mode, NULL), b = fly_for_trip(quiet, mode, NULL);
        struct trip c = fly_for_trip(quiet, mode, other);
        for (int side = 0; side < 2; side++) {
            assert_true(same_packets(&a.link[side], &b.link[side]));
            assert_true(same_packets(&a.got[side], &b.got[side]));
            assert_false(same_packets(&a.link[side], &c.link[side]));
        }
        trip_fini(&a);
        trip_fini(&b);
        trip_fini(&c);
    }
}

/* ---- SAs and lookups ---- */

static void beet_takes_an_sa_pair_per_pair_of_hosts(void **state)
{
    (void)state;
    static const struct {
        const char *mode;
        size_t n_sas;
    } rows[] = {{"plain", 0}, {"tunnel", 2}, {"beet", 2 * 4}, {"wildcard", 2}, {"transport", 2}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct flight f;
        fly(&f, open_loop, rows[i].mode, NULL);
        if (topo_n_sas(f.topo) != rows[i].n_sas)
            fail_msg("%s: %zu SAs, not %zu", rows[i].mode, topo_n_sas(f.topo), rows[i].n_sas);
        land(&f);
    }
}

/* What a gateway with each policy does with wildcard packets, whose destination is a host behind it. */
static void lookups_decide_whether_wildcard_works(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool opens;
    } rows[] = {{"linux", false},         {"openbsd", false}, {"freebsd", false}, {"rfc4301", true},
                {"rfc4301-local", false}, {"spi", true},      {"prefix", true},   {"source-spi", false},
                {"wildrecv", false},      {"trial", true},    {"dpdk-sad", true}};
    assert_int_equal(sizeof rows / sizeof *rows, lookup_family.n_members);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char set[64];
        const char *const sets[] = {set, NULL};
        struct flight f;
        snprintf(set, sizeof set, "ipsec.lookup=%s", rows[i].name);
        fly(&f, open_loop, "wildcard", sets);
        for (int side = 0; side < 2; side++) {
            const struct gateway_counters *from = counters(&f, side), *to = counters(&f, !side);
            uint64_t n = f.trip.sent[side].n;
            if (to->opened != (rows[i].opens ? n : 0) || to->forwarded_unopened != (rows[i].opens ? 0 : n))
                fail_msg("%s: %llu of %llu packets opened, %llu forwarded unopened", rows[i].name,
                         (unsigned long long)to->opened, (unsigned long long)n,
                         (unsigned long long)to->forwarded_unopened);
            assert_int_equal(from->sealed, n);
            assert_int_equal(to->from_link, n);
            assert_int_equal(to->to_lan, n);
        }
        struct run_result r = {0};
        sum_up(&f, &r);
        assert_int_equal(r.balance.out, rows[i].opens ? r.balance.in : 0);
        assert_int_equal(r.balance.dropped, rows[i].opens ? 0 : r.balance.in);
        run_result_fini(&r);
        land(&f);
    }
}

/* RFC 4301's transport mode: the SA ends at the other gateway, so no host's packet may use it. The first packet of each
 * pair of hosts and direction is sent all the same, to show what becomes of it. */
static void transport_refuses_routed_packets_and_shows_why(void **state)
{
    (void)state;
    struct flight f;
    fly(&f, open_loop, "transport", NULL);
    static const uint64_t n_pairs[2] = {2 + 1, 3}; /* calls, steady; mix, whose pairs hold those of the calls back */
    for (int side = 0; side < 2; side++) {
        const struct gateway_counters *from = counters(&f, side), *to = counters(&f, !side);
        assert_int_equal(from->drops[0][DROP_NO_SA_OUT], f.trip.sent[side].n);
        assert_int_equal(from->sealed, 0);
        assert_int_equal(from->probes, n_pairs[side]);
        assert_int_equal(from->to_link, n_pairs[side]);
        assert_int_equal(to->opened, 0);
        assert_int_equal(to->forwarded_unopened, n_pairs[side]);
    }
    assert_int_equal(f.n_made, n_pairs[0] + n_pairs[1]);
    for (size_t i = 0; i < topo_n_flows(f.topo); i++)
        assert_int_equal(summary_received(f.summary, i), 0);
    land(&f);
}

/* ---- what is lost is counted ---- */

static void what_comes_in_goes_out_or_is_dropped(void **state)
{
    (void)state;
    static const struct {
        const char *what, *sets[5];
        enum drop why; /* DROP_NONE: nothing need be dropped */
        const char *place;
    } rows[] = {
        {"loss", {"link.loss=5%", NULL}, DROP_LINK_LOSS, "link"},
        {"queue", {"link.queue=4kB", "link.rate_forward=300kbit/s", NULL}, DROP_QUEUE, "link"},
        {"LAN port", {"lan2.rate=60kbit/s", "lan2.queue=1kB", NULL}, DROP_LAN_QUEUE, "gw2"},
        {"mtu", {"link.mtu=900B", NULL}, DROP_TOO_BIG, "gw1"},
        {"lookup", {"ipsec.lookup=linux", NULL}, DROP_NONE, NULL},
        {"all",
         {"link.loss=2%", "link.queue=4kB", "link.rate_return=300kbit/s", "link.mtu=900B", NULL},
         DROP_LINK_LOSS,
         "link"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t k = 0; k < mode_family.n_members; k++) {
            const struct mode *m = (const struct mode *)mode_family.members[k];
            struct flight f;
            struct run_result r = {0};
            struct err e;
            fly(&f, quiet, m->m.name, rows[i].sets);
            sum_up(&f, &r);
            if (r.balance.in != r.balance.out + r.balance.dropped)
                fail_msg("%s, %s: %llu in, %llu out, %llu dropped", rows[i].what, m->m.name,
                         (unsigned long long)r.balance.in, (unsigned long long)r.balance.out,
                         (unsigned long long)r.balance.dropped);
            assert_int_equal(r.balance.in, f.trip.sent[0].n + f.trip.sent[1].n + f.n_made - f.n_joined);
            assert_int_equal(r.balance.dropped, places_total(&r.drops));
            if (!run_result_check(&r, &e))
                fail_msg("%s, %s: %s", rows[i].what, m->m.name, e.text);
            uint64_t counted = 0;
            for (size_t p = 0; rows[i].why && p < r.drops.n_lists; p++)
                for (size_t t = 0; t < r.drops.lists[p].n_tallies; t++)
                    if (!strcmp(r.drops.lists[p].place, rows[i].place) &&
                        !strcmp(r.drops.lists[p].tallies[t].name, drop_name(rows[i].why)))
                        counted = r.drops.lists[p].tallies[t].n;
            if (rows[i].why && carries(m) && !counted)
                fail_msg("%s, %s: nothing was dropped at %s as %s", rows[i].what, m->m.name, rows[i].place,
                         drop_name(rows[i].why));
            run_result_fini(&r);
            land(&f);
        }
}

/* A host that is told of a smaller MTU cuts its datagrams itself; whether its fragments get through is the mode's. */
static void hosts_cut_what_icmp_says_is_too_big(void **state)
{
    (void)state;
    static const char joins[] = "ipsec.reassemble_lan=yes", joins_again[] = "ipsec.reassemble_link=yes";
    static const struct {
        const char *mode, *sets[4];
        uint64_t lost; /* of 20 */
    } rows[] = {
        {"plain", {NULL}, 1},
        {"tunnel", {NULL}, 1},
        {"wildcard", {NULL}, 20},
        {"beet", {NULL}, 20},
        {"plain", {joins, NULL}, 1},
        {"tunnel", {joins, NULL}, 1},
        {"wildcard", {joins, joins_again, NULL}, 1},
        {"beet", {joins, joins_again, NULL}, 1},
        {"tunnel", {joins, "ipsec.fragmentation=before", NULL}, 1},
        {"tunnel", {"ipsec.icmp_filtered=yes", NULL}, 20},
    };
    for (size_t i = 0; i < 2 * (sizeof rows / sizeof *rows); i++) {
        const char *sets[6] = {i % 2 ? "scenario.ip=6" : "scenario.ip=4", i % 2 ? NULL : "flow.one.df=yes"};
        struct flight f;
        struct flow_result r = {0};
        for (size_t n = 1 + (sets[1] != NULL), k = 0; rows[i / 2].sets[k]; k++)
            sets[n++] = rows[i / 2].sets[k];
        fly(&f,
            "[scenario]\nduration = 200 ms\n[link]\ndelay = 20 ms\nrate_forward = 10 Mbit/s\n"
            "rate_return = 10 Mbit/s\nmtu = 1400 B\n[ipsec]\nlookup = spi\n"
            "[flow.one]\nkind = cbr\nfrom = lan1:1\nto = lan2:1\nrate = 2400 kbit/s\nsize = 3000 B\n",
            rows[i / 2].mode, sets);
        summary_flow(f.summary, 0, NS_PER_S, &r);
        if (r.packets_sent != 20 || r.packets_received != 20 - rows[i / 2].lost)
            fail_msg("%s, %s, %s: %llu of %llu", rows[i / 2].mode, sets[0], rows[i / 2].sets[0],
                     (unsigned long long)r.packets_received, (unsigned long long)r.packets_sent);
        land(&f);
    }
}

/* Or fragments of different flows are put together (RFC 6864). */
static void a_hosts_flows_share_one_count_of_packets(void **state)
{
    (void)state;
    struct flight f;
    fly(&f,
        "[scenario]\nduration = 300 ms\n[link]\ndelay = 20 ms\nrate_forward = 10 Mbit/s\nrate_return = 10 Mbit/s\n"
        "[ipsec]\nlookup = spi\n[flow.one]\nkind = cbr\nfrom = lan1:1\nto = lan2:1\n"
        "[flow.other]\nkind = voip\nfrom = lan1:1\nto = lan2:1\n",
        "plain", NULL);
    const struct trip_packets *sent = &f.trip.sent[0];
    assert_true(sent->n > 20);
    for (size_t i = 1; i < sent->n; i++) {
        const uint8_t *before = sent->at[i - 1].octets + 4, *now = sent->at[i].octets + 4;
        assert_int_equal((uint16_t)(now[0] << 8 | now[1]), (uint16_t)((before[0] << 8 | before[1]) + 1));
    }
    land(&f);
}

/* ---- traffic as the scenario has it ---- */

static void flows_send_what_they_are_set_to(void **state)
{
    (void)state;
    static const struct {
        const char *what, *flow;
        uint64_t packets, octets; /* in 2 s, worked out by hand; 0: any */
    } rows[] = {
        {"cbr 400 kbit/s in 500 octets: 100 packets a second", "kind = cbr\nrate = 400 kbit/s\nsize = 500 B\n", 200,
         200 * 528},
        {"the default of cbr: 1 Mbit/s in 1000 octets", "kind = cbr\n", 250, 250 * 1028},
        {"G.729, 2 frames: 50 a second, 60 octets", "kind = voip\nboth_ways = no\n", 100, 100 * 60},
        {"G.729, 4 frames: 25 a second, 80 octets", "kind = voip\nboth_ways = no\nframes = 4\n", 50, 50 * 80},
        {"G.711: 160 octets of speech", "kind = voip\nboth_ways = no\ncodec = g711\n", 100, 100 * 200},
        {"iot: 4 reports of 2 packets", "kind = iot\ninterval = 500 ms\njitter = 0 s\nburst = 2\nsize = 40 B\n", 8,
         8 * 68},
        {"from 0.5 s to 1 s", "kind = cbr\nrate = 400 kbit/s\nsize = 500 B\nstart = 500 ms\nstop = 1 s\n", 50,
         50 * 528},
        {"TCP with an end", "kind = tcp-bulk\noctets = 100 kB\nmss = 1000 B\n", 100, 100 * 1052},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[1024];
        snprintf(text, sizeof text,
                 "[scenario]\nduration = 2 s\n[link]\ndelay = 5 ms\nrate_forward = 10 Mbit/s\n"
                 "rate_return = 10 Mbit/s\nmtu = 1500 B\nqueue = 1 MB\n[ipsec]\nlookup = spi\n[flow.one]\nfrom = "
                 "lan1:1\nto = lan2:1\n%s",
                 rows[i].flow);
        struct flight f;
        struct flow_result r = {0};
        fly(&f, text, "wildcard", NULL);
        summary_flow(f.summary, 0, NS_PER_S, &r);
        if (r.packets_sent != rows[i].packets || r.octets_sent != rows[i].octets)
            fail_msg("%s: %llu packets, %llu octets", rows[i].what, (unsigned long long)r.packets_sent,
                     (unsigned long long)r.octets_sent);
        assert_int_equal(r.packets_received, r.packets_sent);
        assert_int_equal(r.octets_received, r.octets_sent);
        land(&f);
    }
}

/* 528 octets: 3 ms and 0.4224 on LAN1 (10 Mbit/s), 50 and 0.566 on the link (38 more, 8 Mbit/s), 7 and 0.04224 on LAN2
 * (100 Mbit/s). Of four packets at once the last one waits for the link, or for a slow LAN2, to send three. */
static void a_packets_way_is_lan_link_lan(void **state)
{
    (void)state;
    static const char burst[] =
        "kind = iot\ninterval = 500 ms\njitter = 0 s\nburst = 4\nburst_gap = 0 s\nsize = 500 B\n";
    static const struct {
        const char *flow;
        unsigned lan2_mbps;
        double min_s, max_s;
    } rows[] = {
        {"kind = cbr\nrate = 400 kbit/s\nsize = 500 B\n", 100, 0.06103064, 0.06103064},
        {burst, 100, 0.06103064, 0.06103064 + 3 * 0.000566},
        {burst, 4, 0.0620444, 0.0620444 + 3 * 0.001056},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[1024];
        struct flight f;
        struct flow_result r = {0};
        snprintf(text, sizeof text,
                 "[scenario]\nduration = 2 s\n[lan1]\nrate = 10 Mbit/s\ndelay = 3 ms\n[lan2]\nrate = %u Mbit/s\n"
                 "delay = 7 ms\n[link]\ndelay = 50 ms\nrate_forward = 8 Mbit/s\nrate_return = 8 Mbit/s\n"
                 "framing = ethernet\n[ipsec]\nlookup = spi\n[flow.one]\nfrom = lan1:1\nto = lan2:1\n%s",
                 rows[i].lan2_mbps, rows[i].flow);
        fly(&f, text, "plain", NULL);
        summary_flow(f.summary, 0, 2 * NS_PER_S, &r);
        assert_true(r.packets_received > 10);
        assert_true(fabs(r.delay_min_s - rows[i].min_s) < 1e-9);
        assert_true(fabs(r.delay_max_s - rows[i].max_s) < 1e-9);
        land(&f);
    }
}

/* From mouth to ear: a packet's speech is gathered, looked ahead for (5 ms), carried, and played out. */
static void a_calls_quality_counts_its_packets(void **state)
{
    (void)state;
    for (unsigned frames = 1; frames <= 10; frames += 3) {
        char set[64];
        struct flight f;
        struct flow_result r = {0};
        snprintf(set, sizeof set, "flow.one.frames=%u", frames);
        fly(&f,
            "[scenario]\nduration = 2 s\n[link]\ndelay = 270 ms\nrate_forward = 1 Mbit/s\nrate_return = 1 Mbit/s\n"
            "[ipsec]\nlookup = spi\n[flow.one]\nkind = voip\nfrom = lan1:1\nto = lan2:1\nboth_ways = no\n",
            "tunnel", (const char *const[]){set, NULL});
        summary_flow(f.summary, 0, 2 * NS_PER_S, &r);
        assert_true(r.groups & GROUP_VOIP);
        double mouth_to_ear_ms = 1000 * r.delay_mean_s + 2 * 10 * frames + 5;
        assert_true(fabs(r.r_factor - emodel_voip(11, 19, mouth_to_ear_ms, 0, 1)) < 0.01);
        land(&f);
    }
}

/* The end of a run is no loss: hosts that fall silent in the middle of a transfer must not be seen to send it again. */
static void without_loss_nothing_is_sent_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < mode_family.n_members; i++) {
        const struct mode *m = (const struct mode *)mode_family.members[i];
        struct flight f;
        struct eng_tcp_stats stats;
        fly(&f, quiet, m->m.name, NULL);
        assert_true(topo_tcp(f.topo, 0, &stats));
        if (carries(m)) {
            assert_true(stats.octets_received > 20000);
            assert_int_equal(stats.retransmits, 0);
            assert_int_equal(stats.timeouts, 0);
        }
        land(&f);
    }
}

/* Ten packets of 1500 octets with their framing, one each 100 ms. Nothing is lost where a trace stands still: what
 * waits goes on when it goes on, after the run's end too, and where it never does, at the mean rate. */
static void a_trace_that_stands_still_delays(void **state)
{
    (void)state;
    static const struct {
        const char *format, *trace;
        double longest; /* delay of the slowest packet, 10 ms of propagation in it, but for the LANs; 0: any */
    } rows[] = {
        {"mahimahi", "1000\n", 10 - 0.9 + 0.010},         /* one at each full second */
        {"mahimahi", "1\n2\n3\n2000\n", 6 - 0.9 + 0.010}, /* at once; at 2, 2.001, 2.002, 2.003; at 4 .. */
        {"csv", "t,rate\n0,10 Mbit/s\n0.45,0\n3,10 Mbit/s\n", 3.0012 - 0.5 + 0.010},
        {"csv", "t,rate\n0,12 Mbit/s\n0.5,0\n", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[1024], file[SCRATCH_CAP];
        FILE *trace = scratch_file(file);
        assert_true(trace && fputs(rows[i].trace, trace) >= 0 && !fclose(trace));
        snprintf(text, sizeof text,
                 "[scenario]\nduration = 1 s\n[link]\npath = trace\ntrace_format = %s\ntrace = %s\ndelay = 10 ms\n"
                 "framing = p2p\nqueue = 1 MB\n[flow.one]\nkind = cbr\nfrom = lan1:1\nto = lan2:1\nsize = 1470 B\n"
                 "rate = 117600 bit/s\n",
                 rows[i].format, file);
        struct flight f;
        struct flow_result r = {0};
        fly(&f, text, "plain", NULL);
        remove(file);
        summary_flow(f.summary, 0, NS_PER_S, &r);
        assert_int_equal(r.packets_sent, 10);
        assert_int_equal(r.packets_received, 10);
        if (rows[i].longest > 0)
            assert_true(fabs(r.delay_max_s - rows[i].longest) < 0.3e-3);
        land(&f);
    }
}

/* A hundred packets a second, each 12,000 bits with its framing. What waits at the run's end leaves after it, and is no
 * share of its time. */
static void a_link_is_used_for_no_more_than_all_of_its_time(void **state)
{
    (void)state;
    static const struct {
        const char *what, *rate;
        double share;
    } rows[] = {
        {"half", "2400 kbit/s", 0.5},
        {"full", "1200 kbit/s", 1},
        {"ten times as much as it can", "120 kbit/s", 1},
        {"one packet is not through", "6 kbit/s", 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[512];
        struct flight f;
        struct run_result r = {0};
        snprintf(text, sizeof text,
                 "[scenario]\nduration = 1 s\n[link]\nrate_forward = %s\nrate_return = 1 Mbit/s\ndelay = 10 ms\n"
                 "framing = p2p\nqueue = 10 MB\n[flow.one]\nkind = cbr\nfrom = lan1:1\nto = lan2:1\nsize = 1470 B\n"
                 "rate = 1176 kbit/s\n",
                 rows[i].rate);
        fly(&f, text, "plain", NULL);
        sum_up(&f, &r);
        assert_int_equal(r.directions[0].wire_octets, 150000);
        if (r.directions[0].utilisation > 1 || fabs(r.directions[0].utilisation - rows[i].share) > 0.005)
            fail_msg("%s: %g, expected %g", rows[i].what, r.directions[0].utilisation, rows[i].share);
        assert_true(r.directions[1].utilisation == 0);
        run_result_fini(&r);
        land(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_suite_protects_in_every_mode, end_what_is_aloft),
        cmocka_unit_test_teardown(every_mode_keeps_packets_with_every_option, end_what_is_aloft),
        cmocka_unit_test_teardown(tunnel_is_longer_than_wildcard_by_its_header, end_what_is_aloft),
        cmocka_unit_test_teardown(modes_meet_the_same_packets, end_what_is_aloft),
        cmocka_unit_test_teardown(the_seed_decides_everything, end_what_is_aloft),
        cmocka_unit_test_teardown(beet_takes_an_sa_pair_per_pair_of_hosts, end_what_is_aloft),
        cmocka_unit_test_teardown(lookups_decide_whether_wildcard_works, end_what_is_aloft),
        cmocka_unit_test_teardown(transport_refuses_routed_packets_and_shows_why, end_what_is_aloft),
        cmocka_unit_test_teardown(what_comes_in_goes_out_or_is_dropped, end_what_is_aloft),
        cmocka_unit_test_teardown(hosts_cut_what_icmp_says_is_too_big, end_what_is_aloft),
        cmocka_unit_test_teardown(a_hosts_flows_share_one_count_of_packets, end_what_is_aloft),
        cmocka_unit_test_teardown(without_loss_nothing_is_sent_again, end_what_is_aloft),
        cmocka_unit_test_teardown(flows_send_what_they_are_set_to, end_what_is_aloft),
        cmocka_unit_test_teardown(a_packets_way_is_lan_link_lan, end_what_is_aloft),
        cmocka_unit_test_teardown(a_trace_that_stands_still_delays, end_what_is_aloft),
        cmocka_unit_test_teardown(a_link_is_used_for_no_more_than_all_of_its_time, end_what_is_aloft),
        cmocka_unit_test_teardown(a_calls_quality_counts_its_packets, end_what_is_aloft),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
