/* 300 s of TCP over a GEO link that loses packets at random: nobody stands still. BBR as in ns-3 3.37 does. */
#include "tests/engine_router.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const struct engine_ops *ops;

static int load(void **state)
{
    (void)state;
    struct err e;
    ops = engine_load(&e);
    if (!ops)
        fprintf(stderr, "%s\n", e.text);
    return ops ? 0 : -1;
}

#define RATE 20000000
#define STEP (10 * NS_PER_S)
#ifdef __SANITIZE_ADDRESS__
#define END   (60 * NS_PER_S) /* bad memory shows by then, and it is five times slower */
#define SEEDS 1
#else
#define END   (300 * NS_PER_S)
#define SEEDS 2
#endif

/* What a flow brings across until END, of what the link could; *least: in the worst 10 s after the first 30. */
static double share_of_link(const char *congestion, uint64_t drop_per_million, uint32_t seed, uint64_t *least)
{
    struct router r;
    struct eng_link link = {.rate = RATE, .delay = 270 * NS_PER_MS, .queue_octets = RATE / 8 * 540 / 1000};
    struct eng_config config = {.link = {link, link}, .seed = seed};
    struct eng_tcp tcp = {.congestion = congestion,
                          .mss = 1360,
                          .buffer = 16 << 20,
                          .initial_cwnd = 10,
                          .delack = 2,
                          .sack = true,
                          .port = 5001};
    router_open(&r, ops, &config);
    tcp.from = router_add_host(&r, 0, "10.1.0.2");
    tcp.to = router_add_host(&r, 1, "10.2.0.2");
    r.drop_per_million = drop_per_million;
    r.light = true;
    struct err e;
    int flow = ops->add_tcp(r.eng, &tcp, &e);
    struct eng_tcp_stats stats = {0};
    *least = UINT64_MAX;
    for (sim_time t = STEP; t <= END; t += STEP) {
        uint64_t before = stats.octets_received;
        if (flow < 0 || !ops->run(r.eng, t, &e))
            fail_msg("%s", e.text);
        ops->tcp_stats(r.eng, flow, &stats);
        if (t > 30 * NS_PER_S && stats.octets_received - before < *least)
            *least = stats.octets_received - before;
    }
    assert_false(stats.failed);
    ops->destroy(r.eng);
    return (double)stats.octets_received * 8 / (END / NS_PER_S) / RATE;
}

static void nobody_stands_still(void **state)
{
    (void)state;
    static const struct {
        const char *congestion;
        uint64_t drop_per_million;
        double share; /* at least; the loss-based ones by Mathis' law, far below it for luck */
    } rows[] = {{"bbr", 1000, 0.65},     {"bbr", 10000, 0.55},    {"cubic", 1000, 0.03},
                {"cubic", 10000, 0.003}, {"newreno", 1000, 0.02}, {"newreno", 10000, 0.003}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (uint32_t seed = 1; seed <= SEEDS; seed++) {
            uint64_t least;
            double share = share_of_link(rows[i].congestion, rows[i].drop_per_million, seed, &least);
            if (least == 0 || share < rows[i].share)
                fail_msg("%s, %.1f %% lost, seed %u: %.3f of the link, %llu octets in the worst 10 s",
                         rows[i].congestion, (double)rows[i].drop_per_million / 1e4, seed, share,
                         (unsigned long long)least);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nobody_stands_still)};
    return cmocka_run_group_tests_name("engine_loss", tests, load, NULL);
}
