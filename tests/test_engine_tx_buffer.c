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

/* Paths that no queue makes: what becomes of the sent list there is rarer. */
static const struct odd {
    const char *what;
    sim_time shuffle; /* every 70 ms the delay changes by so much: packets overtake each other */
    uint64_t drop_per_million, drop_back_per_million, repeat_every;
    sim_time hold; /* the reader stops for half of so long, again and again: closed windows and probes */
    uint32_t mss, buffer, initial_cwnd, delack;
    bool back;   /* data both ways */
    bool bursts; /* on demand, so much at a time that segments are cut short */
    const char *from, *to;
    bool stock_crashes; /* of a window just full, with a hole in it: ours must not */
} odds[] = {
    {.what = "overtaken", .shuffle = 40 * NS_PER_MS},
    {.what = "overtaken by far, and lost", .shuffle = 95 * NS_PER_MS, .drop_per_million = 5000},
    {.what = "twice", .repeat_every = 7, .drop_per_million = 3000},
    {.what = "acknowledgements lost", .drop_back_per_million = 300000, .drop_per_million = 2000},
    {.what = "reader stops", .hold = 900 * NS_PER_MS, .buffer = 100000},
    {.what = "reader stops, lost",
     .hold = 1700 * NS_PER_MS,
     .buffer = 60000,
     .drop_per_million = 20000,
     .stock_crashes = true},
    {.what = "window of three segments", .buffer = 4200, .drop_per_million = 20000},
    {.what = "small segments, each acknowledged", .mss = 88, .delack = 1, .buffer = 200000, .drop_per_million = 3000},
    {.what = "large segments, large start", .mss = 8900, .initial_cwnd = 100, .drop_per_million = 20000},
    {.what = "both ways", .back = true, .drop_per_million = 5000, .drop_back_per_million = 5000},
    {.what = "bursts", .bursts = true, .drop_per_million = 10000, .shuffle = 30 * NS_PER_MS},
    {.what = "IPv6", .from = "fd00:1::2", .to = "fd00:2::2", .drop_per_million = 5000, .shuffle = 20 * NS_PER_MS},
    {.what = "a third lost", .drop_per_million = 333333},
};

static const struct odd *odd;
static int odd_flows;

static void shuffle(void *arg)
{
    (void)arg;
    bool shorter = ops->now(r.eng) / (70 * NS_PER_MS) % 2;
    ops->link_set(r.eng, 0, 10000000, 100 * NS_PER_MS - (shorter ? odd->shuffle : 0), true);
    ops->at(r.eng, 70 * NS_PER_MS, shuffle, NULL);
}

static void hold(void *arg)
{
    (void)arg;
    ops->tcp_hold(r.eng, 0, ops->now(r.eng) / (odd->hold / 2) % 2);
    ops->at(r.eng, odd->hold / 2, hold, NULL);
}

static void offer(void *arg)
{
    (void)arg;
    for (int flow = 0; flow < odd_flows; flow++)
        ops->tcp_offer(r.eng, flow, odd->bursts ? 1000 + r.random(&r) % 30000 : 1000000);
    ops->at(r.eng, 90 * NS_PER_MS, offer, NULL);
}

static uint64_t odd_hash(const char *congestion, bool sack, bool stock)
{
    struct eng_link link = {.rate = 10000000, .delay = 100 * NS_PER_MS, .queue_octets = 200000};
    struct eng_config config = {.link = {link, link}, .seed = 4, .stock_tx_buffer = stock};
    struct eng_tcp tcp = {.congestion = congestion,
                          .mss = odd->mss ? odd->mss : 1400,
                          .buffer = odd->buffer ? odd->buffer : 2 << 20,
                          .initial_cwnd = odd->initial_cwnd ? odd->initial_cwnd : 10,
                          .delack = odd->delack ? odd->delack : 2,
                          .sack = sack,
                          .port = 5001,
                          .on_demand = odd->bursts || odd->back};
    struct err e;
    router_open(&r, ops, &config);
    tcp.from = router_add_host(&r, 0, odd->from ? odd->from : "10.1.0.2");
    tcp.to = router_add_host(&r, 1, odd->to ? odd->to : "10.2.0.2");
    r.drop_per_million = odd->drop_per_million;
    r.drop_back_per_million = odd->drop_back_per_million;
    r.repeat_every = odd->repeat_every;
    odd_flows = 1 + odd->back;
    if (ops->add_tcp(r.eng, &tcp, &e) < 0 || (odd->back && ops->add_tcp_back(r.eng, 0, &e) < 0))
        fail_msg("%s", e.text);
    if (odd->shuffle)
        ops->at(r.eng, NS_PER_S, shuffle, NULL);
    if (odd->hold)
        ops->at(r.eng, NS_PER_S, hold, NULL);
    if (tcp.on_demand)
        ops->at(r.eng, NS_PER_S, offer, NULL);
    if (!ops->run(r.eng, 6 * NS_PER_S, &e))
        fail_msg("%s", e.text);
    assert_int_equal(r.n_wrong, 0);
    if (!r.received[0])
        fail_msg("%s: nothing arrived", odd->what);
    ops->destroy(r.eng);
    return r.hash;
}

static void odd_paths_change_no_packet_either(void **state)
{
    (void)state;
    static const char *const congestions[] = {"cubic", "newreno", "bbr"};
    for (size_t i = 0; i < sizeof odds / sizeof *odds; i++)
        for (size_t c = 0; c < 3; c++)
            for (int sack = 0; sack < 2; sack++) {
                odd = &odds[i];
                uint64_t hash = odd_hash(congestions[c], sack, false);
                if (!odd->stock_crashes && hash != odd_hash(congestions[c], sack, true))
                    fail_msg("%s, %s, SACK %d: the packets differ", odd->what, congestions[c], sack);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_are_those_of_stock_ns3),
        cmocka_unit_test(odd_paths_change_no_packet_either),
    };
    return cmocka_run_group_tests_name("engine_tx_buffer", tests, load, NULL);
}
