/* Request and response in the simulation: what a page takes, and what is counted of it. */
#include "sim/record/summary.h"
#include "sim/topo/topo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* One browser on a fast GEO link with pages of 10 kB, which fit an initial window of 10 segments. */
static const char page_of_one[] =
    "[scenario]\nduration = 60 s\nmodes = tunnel\n"
    "[lan1]\nhosts = 3\n[lan2]\nhosts = 3\n"
    "[link]\ndelay = 270 ms\nrate_forward = 1 Gbit/s\nrate_return = 1 Gbit/s\nqueue = 10 MB\n"
    "[ipsec]\nlookup = spi\n"
    "[flow.web]\nkind = request-response\nfrom = lan2:1\nto = lan1:1\nconnections = 1\nobjects = 0\n"
    "object_size = 10000 B\nthink = 2 s\nstop = 50 s\nbuffer = 1 MB\n";

/* Runs it with `sets` (NULL-terminated) over it and gives what came out of its flows. */
static void browse(const char *const *sets, struct flow_result *requests, struct flow_result *responses)
{
    struct config c;
    struct plan plan;
    struct err_list bad = {0};
    struct err e;
    struct event_bus bus = {0};
    struct topo *t;
    size_t n_sets = 0;
    while (sets[n_sets])
        n_sets++;
    if (!config_parse(&c, "test.ini", page_of_one, sizeof page_of_one - 1, sets, n_sets, &bad))
        fail_msg("%s", bad.errs[0].text);
    plan_init(&plan, &c);
    if (!topo_new(&c, &plan.runs[0], &bus, &t, &e))
        fail_msg("%s", e.text);
    struct summary *s = summary_new(&bus, topo_n_flows(t));
    if (!topo_run(t, NULL, &e))
        fail_msg("%s", e.text);
    assert_int_equal(topo_n_flows(t), 2);
    assert_int_equal(topo_n_corrupt(t), 0);
    assert_int_equal(topo_n_outstanding(t), 0);
    assert_string_equal(topo_flow(t, 0)->name, "web");
    assert_string_equal(topo_flow(t, 1)->name, "web-back");
    *requests = *responses = (struct flow_result){0};
    summary_flow(s, 0, c.duration, requests);
    summary_flow(s, 1, c.duration, responses);
    summary_web(s, 0, requests);
    requests->stalled = topo_stalled(t, 0, 10 * NS_PER_S);
    responses->stalled = topo_stalled(t, 1, 10 * NS_PER_S);
    summary_free(s);
    topo_free(t);
    plan_fini(&plan);
    config_fini(&c);
}

#define SETS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void assert_within(double value, double min, double max)
{
    if (!(value >= min && value <= max))
        fail_msg("%g is not within %g and %g", value, min, max);
}

/* The connection is opened with the first page: a round trip more than the others, which take one. */
static void a_small_page_takes_a_round_trip(void **state)
{
    (void)state;
    struct flow_result up, down;
    browse(SETS("scenario.seed=1"), &up, &down);
    assert_true(up.groups & GROUP_WEB);
    assert_within((double)up.pages, 8, 40);
    assert_within(up.page_load_p50_s, 0.540, 0.545);
    assert_within(up.page_load_mean_s, 0.540 + 0.5 * 0.54 / (double)up.pages, 0.545 + 1.1 * 0.54 / (double)up.pages);
    assert_false(up.stalled || down.stalled);
}

static void every_octet_asked_for_comes_once(void **state)
{
    (void)state;
    struct flow_result up, down;
    browse(SETS("flow.web.objects=7", "flow.web.connections=3", "flow.web.request=123 B", "flow.web.from=lan2:1-3",
                "flow.web.to=lan1:1-3"),
           &up, &down);
    assert_true(up.pages > 3);
    assert_int_equal(up.payload_octets, up.pages * 8 * 123);
    assert_int_equal(down.payload_octets, up.pages * 8 * 10000);
}

/* Seven objects of a round trip each: one after the other, or all at once. */
static void connections_fetch_at_the_same_time(void **state)
{
    (void)state;
    struct flow_result up, down;
    browse(SETS("flow.web.objects=7"), &up, &down);
    assert_within(up.page_load_p50_s, 8 * 0.540, 8 * 0.545);
    browse(SETS("flow.web.objects=7", "flow.web.connections=7"), &up, &down);
    assert_within(up.page_load_p50_s, 2 * 0.540, 2 * 0.545);
}

/* An initial window of 10 segments, then 20: 100 kB of 1,382 octets a segment take four round trips at first. */
static void slow_start_counts(void **state)
{
    (void)state;
    struct flow_result up, down;
    browse(SETS("flow.web.object_size=100 kB", "flow.web.think=1 h"), &up, &down);
    assert_int_equal(up.pages, 1);
    assert_within(up.page_load_p50_s, (1 + 4) * 0.540, (1 + 4) * 0.56);
}

static void drawn_pages_are_the_same_for_every_mode(void **state)
{
    (void)state;
    struct flow_result up, down, up_again, down_again;
    browse(SETS("flow.web.objects=auto", "flow.web.object_size=auto"), &up, &down);
    browse(SETS("flow.web.objects=auto", "flow.web.object_size=auto", "scenario.modes=wildcard"), &up_again,
           &down_again);
    assert_true(up.pages > 3 && up.pages == up_again.pages);
    assert_int_equal(down.payload_octets, down_again.payload_octets);
}

/* Waiting for the reader is no stall; waiting for a page that never comes is. */
static void a_page_that_never_comes_is_a_stall(void **state)
{
    (void)state;
    struct flow_result up, down;
    browse(SETS("flow.web.think=1 h"), &up, &down);
    assert_int_equal(up.pages, 1);
    assert_false(up.stalled || down.stalled);
    browse(SETS("link.loss=1", "flow.web.initial_cwnd=4"), &up, &down);
    assert_int_equal(up.pages, 0);
    assert_true(isnan(up.page_load_p50_s));
    assert_true(up.stalled && down.stalled);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_page_takes_a_round_trip),         cmocka_unit_test(every_octet_asked_for_comes_once),
        cmocka_unit_test(connections_fetch_at_the_same_time),      cmocka_unit_test(slow_start_counts),
        cmocka_unit_test(drawn_pages_are_the_same_for_every_mode), cmocka_unit_test(a_page_that_never_comes_is_a_stall),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
