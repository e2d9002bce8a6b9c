/* sim/engine/tcp_tx_buffer.cc replaces parts of ns-3's TCP. Here every packet that a host sends, and its time, must be
 * the same with ns-3's own code (eng_config.stock_tx_buffer). */
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

static const struct run {
    const char *what;
    uint64_t queue_octets;
    uint64_t drop_every, drop_per_million;
    bool lower_mss; /* in the middle of the run: segments are cut */
    bool outage;    /* of 3 s: timeouts */
} runs[] = {
    {"no loss", 4000000, 0, 0, false, false},
    {"queue overflows", 60000, 0, 0, false, false},
    {"deep queue overflows", 1000000, 0, 0, false, false},
    {"every 50th lost", 4000000, 50, 0, false, false},
    {"every 997th lost", 4000000, 997, 0, false, false},
    {"1 % lost at random", 4000000, 0, 10000, false, false},
    {"10 % lost at random", 4000000, 0, 100000, false, false},
    {"smaller segments", 300000, 0, 1000, true, false},
    {"outage", 200000, 0, 1000, false, true},
};

static struct router r;

static void lower_mss(void *arg)
{
    (void)arg;
    ops->tcp_set_mss(r.eng, 0, &r.address[1], 1001);
}

static void link_down(void *arg)
{
    (void)arg;
    ops->link_set(r.eng, 0, 10000000, 100 * NS_PER_MS, false);
}

static void link_up(void *arg)
{
    (void)arg;
    ops->link_set(r.eng, 0, 10000000, 100 * NS_PER_MS, true);
}

static uint64_t hash_of(const struct run *run, const char *congestion, bool sack, bool stock, uint64_t limit,
                        uint64_t *retransmits)
{
    struct eng_link link = {.rate = 10000000, .delay = 100 * NS_PER_MS, .queue_octets = run->queue_octets};
    struct eng_config config = {.link = {link, link}, .seed = 3, .stock_tx_buffer = stock};
    struct eng_tcp tcp = {.congestion = congestion,
                          .mss = 1400,
                          .buffer = 4 << 20,
                          .initial_cwnd = 10,
                          .delack = 2,
                          .sack = sack,
                          .port = 5001,
                          .limit = limit};
    router_open(&r, ops, &config);
    tcp.from = router_add_host(&r, 0, "10.1.0.2");
    tcp.to = router_add_host(&r, 1, "10.2.0.2");
    r.drop_every = run->drop_every;
    r.drop_per_million = run->drop_per_million;
    struct err e;
    int flow = ops->add_tcp(r.eng, &tcp, &e);
    if (run->lower_mss)
        ops->at(r.eng, 2 * NS_PER_S, lower_mss, NULL);
    if (run->outage) {
        ops->at(r.eng, 2 * NS_PER_S, link_down, NULL);
        ops->at(r.eng, 5 * NS_PER_S, link_up, NULL);
    }
    if (flow < 0 || !ops->run(r.eng, 7 * NS_PER_S, &e))
        fail_msg("%s", e.text);
    struct eng_tcp_stats stats;
    ops->tcp_stats(r.eng, flow, &stats);
    *retransmits = stats.retransmits;
    assert_int_equal(r.n_wrong, 0);
    assert_true(stats.octets_received > 0);
    ops->destroy(r.eng);
    return r.hash;
}

static void packets_are_those_of_stock_ns3(void **state)
{
    (void)state;
    static const char *const congestions[] = {"cubic", "newreno", "bbr"};
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++)
        for (size_t c = 0; c < 3; c++)
            for (int sack = 0; sack < 2; sack++)
                for (uint64_t limit = 0; limit <= 1000001; limit += 1000001) {
                    uint64_t ours, theirs;
                    uint64_t hash = hash_of(&runs[i], congestions[c], sack, false, limit, &ours);
                    if (hash != hash_of(&runs[i], congestions[c], sack, true, limit, &theirs) || ours != theirs)
                        fail_msg("%s, %s, SACK %d, %llu octets: the packets differ (%llu retransmissions, ns-3 %llu)",
                                 runs[i].what, congestions[c], sack, (unsigned long long)limit,
                                 (unsigned long long)ours, (unsigned long long)theirs);
                    bool may_be_clean = i == 0 || c == 2; /* BBR fills no queue */
                    if (!may_be_clean && limit == 0 && ours == 0)
                        fail_msg("%s, %s: nothing was sent again, so nothing is shown", runs[i].what, congestions[c]);
                }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(packets_are_those_of_stock_ns3)};
    return cmocka_run_group_tests_name("engine_tx_buffer", tests, load, NULL);
}
