/* PEPs: what splitting TCP before ESP brings, that nobody but the clock sees them, that they store no more than they
 * may, and that outside of ESP they see nothing to split. */
#include "models/ipsec/mode.h"
#include "models/wire/protocol.h"
#include "models/wire/tcp.h"
#include "sim/record/summary.h"
#include "sim/topo/tcp_conn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { WINDOW = 128 << 10, SETS_CAP = 16 };

/* A host whose window is a fifth of the link's bandwidth-delay product. */
static const char small_window[] = "[scenario]\nduration = 30 s\nmodes = plain\n"
                                   "[lan1]\nhosts = 2\n[lan2]\nhosts = 2\n"
                                   "[link]\ndelay = 270 ms\nrate_forward = 10 Mbit/s\nrate_return = 2 Mbit/s\n"
                                   "[ipsec]\nlookup = spi\n[pep]\nbuffer = 1 MiB\n"
                                   "[flow.bulk]\nkind = tcp-bulk\nfrom = lan1:1\nto = lan2:1\nbuffer = 128 KiB\n";

struct outcome {
    struct flow_result flow;
    struct eng_tcp_stats tcp;
    struct topo_pep pep;
    uint64_t stored; /* octets that the first PEP has read and the second has not, at the end */
    uint64_t n_fin;  /* on their way from gateway 1 */
};

static void count_fins(void *ctx, const struct event *e)
{
    struct ip_view v;
    struct tcp tcp;
    if (e->kind != EVENT_HOST_SENT || e->side || !ip_parse(e->packet, e->len, &v))
        return;
    struct rd r = rd_over(e->packet + v.head_len, v.total_len - v.head_len);
    *(uint64_t *)ctx += v.protocol == PROTO_TCP && tcp_read(&tcp, &r) && tcp.flags & TCP_FIN;
}

static struct outcome transfer(const char *mode, const char *place, const char *const *more)
{
    struct config c;
    struct plan plan;
    struct err_list bad = {0};
    struct err e;
    struct event_bus bus = {0};
    struct topo *t;
    struct outcome out = {0};
    char modes[64], places[64];
    const char *sets[SETS_CAP] = {modes, places};
    size_t n_sets = 2;
    snprintf(modes, sizeof modes, "scenario.modes=%s", mode);
    snprintf(places, sizeof places, "pep.place=%s", place);
    for (; more && *more; more++)
        sets[n_sets++] = *more;
    if (!config_parse(&c, "test.ini", small_window, sizeof small_window - 1, sets, n_sets, &bad))
        fail_msg("%s", bad.errs[0].text);
    plan_init(&plan, &c);
    event_listen(&bus, count_fins, &out.n_fin);
    if (!topo_new(&c, &plan.runs[0], &bus, &t, &e))
        fail_msg("%s", e.text);
    struct summary *s = summary_new(&bus, topo_n_flows(t));
    if (!topo_run(t, NULL, &e))
        fail_msg("%s", e.text);
    assert_int_equal(topo_n_corrupt(t), 0);
    assert_int_equal(topo_n_outstanding(t), 0);
    summary_flow(s, 0, c.duration, &out.flow);
    assert_true(topo_tcp(t, 0, &out.tcp));
    out.pep = topo_pep(t, 0);
    if (t->relays)
        out.stored = t->conns[0].received - t->conns[1].received;
    summary_free(s);
    topo_free(t);
    plan_fini(&plan);
    config_fini(&c);
    return out;
}

#define SETS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void assert_within(double value, double min, double max)
{
    if (!(value >= min && value <= max))
        fail_msg("%g is not within %g and %g", value, min, max);
}

/* The window law without: a window a round trip. With: the link, less headers, slow start and its losses. */
static void inside_they_fill_the_link(void **state)
{
    (void)state;
    static const char *const modes[] = {"tunnel", "beet"};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        struct outcome without = transfer(modes[i], "none", NULL), with = transfer(modes[i], "inside", NULL);
        double law = WINDOW * 8 / 0.5402;
        assert_within(without.flow.goodput_bps, 0.85 * law, 1.0 * law);
        assert_within(with.flow.goodput_bps, 7e6, 10e6);
        assert_int_equal(without.pep.split, 0);
        assert_int_equal(with.pep.split, 1);
    }
}

/* Behind ESP a PEP sees protocol 50 alone: not an octet of the run changes. In plain mode it is as good as inside. */
static void outside_they_are_blind(void **state)
{
    (void)state;
    for (size_t i = 0; i < mode_family.n_members; i++) {
        const struct mode *mode = (const struct mode *)mode_family.members[i];
        if (!strcmp(mode->m.name, "transport"))
            continue; /* the far gateway does not open it: nothing gets through to be compared */
        struct outcome none = transfer(mode->m.name, "none", NULL), outside = transfer(mode->m.name, "outside", NULL);
        if (!mode->esp) {
            struct outcome inside = transfer(mode->m.name, "inside", NULL);
            assert_int_equal(outside.flow.payload_octets, inside.flow.payload_octets);
            assert_int_equal(outside.pep.saw_esp, 0);
            assert_true(outside.pep.saw_tcp > 1000);
            continue;
        }
        assert_int_equal(outside.pep.split, 0);
        assert_int_equal(outside.pep.saw_tcp, 0);
        assert_true(outside.pep.saw_esp >= outside.flow.packets_sent);
        assert_int_equal(outside.flow.payload_octets, none.flow.payload_octets);
        assert_int_equal(outside.flow.octets_sent, none.flow.octets_sent);
    }
}

static void a_transfer_ends_with_its_last_octet_at_the_host(void **state)
{
    (void)state;
    struct outcome o = transfer("wildcard", "inside", SETS("flow.bulk.octets=3000001 B"));
    assert_int_equal(o.flow.payload_octets, 3000001);
    assert_int_equal(o.tcp.octets_received, 3000001);
    assert_within((double)o.tcp.completed / NS_PER_S, 3, 10);
    assert_int_equal(o.n_fin, 1); /* the end is passed on, too */
    o = transfer("tunnel", "inside", SETS("flow.bulk.octets=3000001 B", "scenario.ip=6", "link.loss=0.001"));
    assert_int_equal(o.flow.payload_octets, 3000001);
}

/* The LAN is a hundred times faster than the link: what is under way is bounded by the store, the two windows around
 * the link's connection and one read (64 KiB), not by what the LAN would bring in. */
static void they_store_no_more_than_they_may(void **state)
{
    (void)state;
    struct outcome o = transfer("tunnel", "inside", SETS("pep.buffer=64 KiB", "link.rate_forward=1 Mbit/s"));
    assert_true(o.flow.payload_octets > 1000000);
    assert_within((double)o.stored, 32 << 10, (64 + 64 + 64 + 64) << 10);
    o = transfer("tunnel", "inside", SETS("pep.buffer=512 KiB", "link.rate_forward=1 Mbit/s"));
    assert_within((double)o.stored, 256 << 10, (512 + 512 + 512 + 64) << 10);
}

/* One page of 200,000 octets in a window of 16 KiB. */
static const char long_page[] =
    "[scenario]\nduration = 30 s\nmodes = tunnel\n"
    "[lan1]\nhosts = 2\n[lan2]\nhosts = 2\n"
    "[link]\ndelay = 270 ms\nrate_forward = 100 Mbit/s\nrate_return = 10 Mbit/s\nqueue = 10 MB\n"
    "[ipsec]\nlookup = spi\n[pep]\ninitial_cwnd = 200\n"
    "[flow.web]\nkind = request-response\nfrom = lan2:1-2\nto = lan1:1-2\nconnections = 2\nobjects = 1\n"
    "object_size = 200000 B\nthink = 1 h\nbuffer = 16 KiB\ndscp = 18\n";

/* What is on the LANs: TCP packets, and those among them that are not between two hosts, from a port to its own. */
struct seen {
    uint64_t tcp, strange;
};

static void look(void *ctx, const struct event *e)
{
    struct seen *seen = ctx;
    struct ip_view v;
    struct tcp tcp;
    if ((e->kind != EVENT_HOST_SENT && e->kind != EVENT_TO_LAN) || !ip_parse(e->packet, e->len, &v))
        return;
    struct rd r = rd_over(e->packet + v.head_len, v.total_len - v.head_len);
    if (v.protocol != PROTO_TCP || !tcp_read(&tcp, &r))
        return;
    size_t last = addr_len(&v.src) - 1;
    bool hosts = v.src.bytes[last] == v.dst.bytes[last] && v.src.bytes[last] >= 1 && v.src.bytes[last] <= 2;
    bool ports = tcp.sport == tcp.dport + 10000 || tcp.dport == tcp.sport + 10000;
    seen->tcp++;
    seen->strange += !hosts || !ports || ip_tos(e->packet) != 18 << 2;
}

static void browse(const char *place, const char *ip, struct flow_result *web, struct seen *seen)
{
    struct config c;
    struct plan plan;
    struct err_list bad = {0};
    struct err e;
    struct event_bus bus = {0};
    struct topo *t;
    char places[64];
    snprintf(places, sizeof places, "pep.place=%s", place);
    if (!config_parse(&c, "test.ini", long_page, sizeof long_page - 1, (const char *[]){places, ip}, 2, &bad))
        fail_msg("%s", bad.errs[0].text);
    plan_init(&plan, &c);
    event_listen(&bus, look, seen);
    if (!topo_new(&c, &plan.runs[0], &bus, &t, &e))
        fail_msg("%s", e.text);
    struct summary *s = summary_new(&bus, topo_n_flows(t));
    if (!topo_run(t, NULL, &e))
        fail_msg("%s", e.text);
    assert_int_equal(topo_n_corrupt(t), 0);
    assert_int_equal(topo_n_outstanding(t), 0);
    assert_int_equal(topo_pep(t, 0).split, strcmp(place, "inside") ? 0 : 4);
    struct flow_result back = {0};
    *web = (struct flow_result){0};
    summary_flow(s, 0, c.duration, web);
    summary_web(s, 0, web);
    summary_flow(s, 1, c.duration, &back);
    assert_int_equal(web->pages, 2);
    assert_int_equal(back.payload_octets, 2 * 2 * 200000);
    assert_false(topo_stalled(t, 0, 10 * NS_PER_S) || topo_stalled(t, 1, 10 * NS_PER_S));
    summary_free(s);
    topo_free(t);
    plan_fini(&plan);
    config_fini(&c);
}

/* Page and object take 13 round trips each in the hosts' window; one each in that of the PEPs, which have opened their
 * connection meanwhile: that is the round trip before. */
static void pages_load_in_round_trips_not_in_windows(void **state)
{
    (void)state;
    static const char *const ips[] = {"scenario.ip=4", "scenario.ip=6"};
    for (size_t i = 0; i < 2; i++) {
        struct flow_result without, with;
        struct seen plain = {0}, split = {0};
        browse("none", ips[i], &without, &plain);
        browse("inside", ips[i], &with, &split);
        assert_within(without.page_load_mean_s, 2 * 12 * 0.54, 2 * 15 * 0.54);
        assert_within(with.page_load_mean_s, 3 * 0.54, 3 * 0.54 + 0.15);
        assert_true(plain.tcp > 500 && split.tcp > 500);
        assert_int_equal(plain.strange, 0);
        assert_int_equal(split.strange, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inside_they_fill_the_link),
        cmocka_unit_test(outside_they_are_blind),
        cmocka_unit_test(a_transfer_ends_with_its_last_octet_at_the_host),
        cmocka_unit_test(they_store_no_more_than_they_may),
        cmocka_unit_test(pages_load_in_round_trips_not_in_windows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
