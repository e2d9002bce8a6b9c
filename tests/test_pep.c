/* PEPs: what splitting TCP before ESP brings, that they store no more than they may, and that outside of ESP they see
 * nothing to split. */
#include "models/ipsec/mode.h"
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
};

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inside_they_fill_the_link),
        cmocka_unit_test(outside_they_are_blind),
        cmocka_unit_test(a_transfer_ends_with_its_last_octet_at_the_host),
        cmocka_unit_test(they_store_no_more_than_they_may),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
