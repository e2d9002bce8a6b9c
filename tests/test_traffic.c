/* Traffic: the sizes and times of every generator, mean rates over many packets, RTP, and payload that can be checked.
 */
#include "models/traffic/payload.h"
#include "models/traffic/rtp.h"
#include "models/traffic/traffic.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_near(const char *what, double is, double should, double tolerance)
{
    if (!(fabs(is - should) <= tolerance))
        fail_msg("%s: %.6f, expected %.6f +- %g", what, is, should, tolerance);
}

static const struct traffic_kind *kind(const char *name)
{
    struct err e;
    const struct traffic_kind *k = traffic_find(name, &e);
    if (!k)
        fail_msg("%s: %s", name, e.text);
    return k;
}

static const struct codec *codec(const char *name)
{
    struct err e;
    const struct codec *c = codec_find(name, &e);
    if (!c)
        fail_msg("%s: %s", name, e.text);
    return c;
}

struct flow {
    struct traffic t;
    struct rng r;
};

static struct flow start(const char *name, const struct traffic_settings *s, sim_time from, sim_time stop)
{
    struct flow f;
    rng_init(&f.r, 42, name);
    traffic_init(&f.t, kind(name), s, from, stop);
    return f;
}

/* Octets and packets of a flow up to `stop`. */
struct sum {
    uint64_t packets, octets, markers;
    sim_time last;
};

static struct sum run(const char *name, const struct traffic_settings *s, sim_time from, sim_time stop)
{
    struct flow f = start(name, s, from, stop);
    struct sum sum = {0};
    for (struct traffic_packet p; traffic_next(&f.t, &f.r, &p);) {
        assert_true(p.at >= from && p.at < stop && p.at >= sum.last);
        assert_int_equal(p.n, sum.packets);
        sum.last = p.at;
        sum.packets++;
        sum.octets += p.len;
        sum.markers += p.marker;
    }
    return sum;
}

static void test_cbr(void **state)
{
    (void)state;
    struct traffic_settings s = traffic_defaults;
    s.size = 1400;
    s.rate = 100000000;
    struct sum sum = run("cbr", &s, 0, 20 * NS_PER_S);
    assert_int_equal(sum.packets, 178572); /* one at 0, then one every 112 us */
    s.size = 1000;
    s.rate = 3000000; /* 2666666.67 ns apart: no drift */
    struct flow f = start("cbr", &s, 7, 0);
    struct traffic_packet p;
    for (int i = 0; i <= 3000000; i++)
        traffic_next(&f.t, &f.r, &p);
    assert_int_equal(p.at, 7 + 8000 * NS_PER_S);
}

static void test_poisson(void **state)
{
    (void)state;
    struct traffic_settings s = traffic_defaults;
    struct flow f = start("poisson", &s, 0, 0);
    enum { N = 200000 };
    double sum = 0, squares = 0;
    sim_time before = 0;
    for (int i = 0; i < N; i++) {
        struct traffic_packet p;
        assert_true(traffic_next(&f.t, &f.r, &p));
        double gap = (double)(p.at - before) / 8e6; /* in mean gaps */
        sum += gap;
        squares += gap * gap;
        before = p.at;
    }
    assert_near("mean gap", sum / N, 1, 4 / sqrt(N));
    assert_near("variance", squares / N - sum / N * sum / N, 1, 4 * sqrt(8. / N));
}

static void test_imix(void **state)
{
    (void)state;
    struct traffic_settings s = traffic_defaults;
    s.rate = 4000 * 1000;
    struct flow f = start("imix", &s, 0, 0);
    uint32_t counts[3] = {0};
    struct traffic_packet p;
    int same_order = 0, last[12] = {0};
    for (int i = 0; i < 12000; i++) {
        traffic_next(&f.t, &f.r, &p);
        int size = p.len == 12 ? 0 : p.len == 548 ? 1 : 2;
        if (size == 2)
            assert_int_equal(p.len, 1472);
        counts[size]++;
        same_order += last[i % 12] == size;
        last[i % 12] = size;
        if (i % 12 == 11) {
            assert_int_equal(counts[0], 7 * (i / 12 + 1));
            assert_int_equal(counts[1], 4 * (i / 12 + 1));
        }
    }
    assert_true(same_order < 9000); /* really drawn */
    traffic_next(&f.t, &f.r, &p);
    /* A dozen has 4084 octets. */
    assert_int_equal(p.at, 1000ll * 4084 * 8 * NS_PER_S / s.rate);
    s.head_len = 48;
    f = start("imix", &s, 0, 0);
    for (int i = 0; i < 100; i++) {
        traffic_next(&f.t, &f.r, &p);
        assert_true(p.len == 0 || p.len == 528 || p.len == 1452);
    }
}

static void test_on_off(void **state)
{
    (void)state;
    struct traffic_settings s = traffic_defaults;
    s.on = 300 * NS_PER_MS;
    s.off = 700 * NS_PER_MS;
    struct sum sum = run("on-off", &s, 0, 20000 * NS_PER_S);
    double mean = traffic_mean_rate(kind("on-off"), &s);
    assert_near("mean of the settings", mean, 300e3, 1e-6);
    assert_near("rate", (double)sum.octets * 8 / 20000, mean, 0.03 * mean);
    assert_near("on periods", (double)sum.markers, 20000, 600);
}

static void test_voip(void **state)
{
    (void)state;
    static const struct {
        const char *what, *codec;
        uint32_t frames, len;
        sim_time interval;
    } rows[] = {
        {"G.729: 20 octets of speech + 40 of RTP, UDP, IP, 50 a second", "g729", 0, 12 + 20, 20 * NS_PER_MS},
        {"G.711: 160", "g711", 0, 12 + 160, 20 * NS_PER_MS},
        {"G.729, 3 frames", "g729", 3, 12 + 30, 30 * NS_PER_MS},
        {"G.723.1: 24 octets, 33.3 a second", "g723", 0, 12 + 24, 30 * NS_PER_MS},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct traffic_settings s = traffic_defaults;
        s.codec = codec(rows[i].codec);
        s.frames = rows[i].frames;
        struct flow f = start("voip", &s, 5, 0);
        for (int n = 0; n < 1000; n++) {
            struct traffic_packet p;
            traffic_next(&f.t, &f.r, &p);
            if (p.at != 5 + n * rows[i].interval || p.len != rows[i].len || p.marker != (n == 0))
                fail_msg("%s: packet %d: %u octets at %lld", rows[i].what, n, p.len, (long long)p.at);
        }
    }
    struct traffic_settings s = traffic_defaults;
    s.codec = codec("g729");
    assert_near("G.729 with RTP", traffic_mean_rate(kind("voip"), &s), 12800, 1e-9);
}

static void test_voip_with_vad(void **state)
{
    (void)state;
    struct traffic_settings s = traffic_defaults;
    s.codec = codec("g729");
    s.vad = true;
    struct flow f = start("voip", &s, 0, 0);
    enum { N = 400000 };
    struct traffic_packet p;
    sim_time before = 0;
    uint64_t spurts = 0;
    for (int i = 0; i < N; i++) {
        traffic_next(&f.t, &f.r, &p);
        assert_int_equal(p.at % (20 * NS_PER_MS), 0);
        assert_int_equal(p.marker, i == 0 || p.at - before > 20 * NS_PER_MS);
        spurts += p.marker;
        before = p.at;
    }
    double activity = N * 0.020 / ((double)p.at / 1e9);
    /* Pauses are rounded up to whole packets: 10 ms more on average. */
    assert_near("activity", activity, 1.004 / (1.004 + 1.587 + 0.010), 0.012);
    assert_near("talk spurt", N * 0.020 / (double)spurts, 1.004, 0.05);
}

static void test_iot(void **state)
{
    (void)state;
    struct traffic_settings s = traffic_defaults;
    s.size = 60;
    s.interval = 30 * NS_PER_S;
    s.jitter = 2 * NS_PER_S;
    s.burst = 3;
    s.burst_gap = 100 * NS_PER_MS;
    struct flow f = start("iot", &s, NS_PER_S, 0);
    double late = 0;
    enum { REPORTS = 5000 };
    for (int i = 0; i < 3 * REPORTS; i++) {
        struct traffic_packet p;
        assert_true(traffic_next(&f.t, &f.r, &p));
        sim_time due = NS_PER_S + i / 3 * s.interval + i % 3 * s.burst_gap;
        assert_true(p.at >= due && p.at <= due + s.jitter);
        assert_int_equal(p.marker, i % 3 == 0);
        late += (double)(p.at - due) / 3e9;
    }
    assert_near("mean lateness", late / REPORTS, 1, 0.05);
}

static void test_replay(void **state)
{
    (void)state;
    static const struct traffic_item items[] = {{1000, 60}, {1000, 1500}, {5000, 40}};
    struct traffic_settings s = traffic_defaults;
    s.items = items;
    s.n_items = 3;
    struct flow f = start("replay", &s, NS_PER_S, 0);
    for (int i = 0; i < 3; i++) {
        struct traffic_packet p;
        assert_true(traffic_next(&f.t, &f.r, &p));
        assert_int_equal(p.n, i);
        assert_int_equal(p.len, items[i].len);
        assert_int_equal(p.at, NS_PER_S + items[i].at - 1000);
    }
    struct traffic_packet p;
    assert_false(traffic_next(&f.t, &f.r, &p));
}

static void test_web_pages(void **state)
{
    (void)state;
    struct traffic_settings s = traffic_defaults;
    struct flow f = start("request-response", &s, 0, 0);
    enum { PAGES = 100000 };
    double think = 0, main_sum = 0, objects = 0, embedded = 0;
    struct web_page page;
    for (int i = 0; i < PAGES; i++) {
        traffic_page(&f.t, &f.r, &page);
        assert_int_equal(page.request, 350);
        assert_true(page.n_objects >= 1 && page.n_objects <= 54);
        assert_true(i || page.think == 0);
        think += (double)page.think / 1e9;
        main_sum += page.sizes[0];
        objects += page.n_objects - 1;
        for (uint32_t o = 0; o < page.n_objects; o++)
            assert_true(page.sizes[o] >= 50 && page.sizes[o] <= 2000000);
        for (uint32_t o = 1; o < page.n_objects; o++)
            embedded += page.sizes[o];
    }
    /* Means stated with the model: 10710 octets, 7758 octets, 5.64 objects, 30 s. */
    assert_near("think", think / PAGES, 30, 0.5);
    assert_near("page", main_sum / PAGES, 10710, 0.03 * 10710);
    assert_near("object", embedded / objects, 7758, 0.05 * 7758);
    assert_near("objects", objects / PAGES, 5.64, 0.5);
    s.objects = 9;
    s.object_size = 20000;
    f = start("request-response", &s, 0, 0);
    traffic_page(&f.t, &f.r, &page);
    assert_int_equal(page.n_objects, 10);
    assert_int_equal(page.sizes[0], 20000);
    assert_int_equal(page.sizes[9], 20000);
}

/* Same seed, same traffic; nothing at or after stop; a flow that starts later is the same flow, later. */
static void test_laws(void **state)
{
    (void)state;
    static const struct traffic_item items[] = {{0, 60}, {9, 1500}};
    struct traffic_settings s = traffic_defaults;
    s.codec = codec("g711");
    s.vad = true;
    s.items = items;
    s.n_items = 2;
    for (size_t i = 0; i < traffic_family.n_members; i++) {
        const struct traffic_kind *k = (const struct traffic_kind *)traffic_family.members[i];
        assert_true(k->next != NULL || k->carrier != TRAFFIC_UDP);
        if (!k->next)
            continue;
        struct flow a = start(k->m.name, &s, 0, 0), b = start(k->m.name, &s, 0, 0), c = start(k->m.name, &s, 123, 0);
        for (int n = 0; n < 500; n++) {
            struct traffic_packet p, q, later;
            bool more = traffic_next(&a.t, &a.r, &p);
            assert_int_equal(more, traffic_next(&b.t, &b.r, &q));
            assert_int_equal(more, traffic_next(&c.t, &c.r, &later));
            if (!more)
                break;
            assert_int_equal(p.at, q.at);
            assert_int_equal(p.len, q.len);
            assert_int_equal(p.at + 123, later.at);
        }
        struct sum sum = run(k->m.name, &s, NS_PER_S, 3 * NS_PER_S);
        assert_true(sum.last < 3 * NS_PER_S);
    }
}

static void test_bad_settings_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *what, *kind;
        struct traffic_settings s;
    } rows[] = {
        {"no rate", "cbr", {.size = 100}},
        {"no size", "poisson", {.rate = 1000}},
        {"too long for UDP", "cbr", {.rate = 1000, .size = 65508}},
        {"no rate", "imix", {.size = 100}},
        {"never on", "on-off", {.rate = 1000, .size = 100}},
        {"no codec", "voip", {.frames = 2}},
        {"no interval", "iot", {.size = 10, .burst = 1}},
        {"reports overlap", "iot", {.size = 10, .burst = 10, .burst_gap = 10, .interval = 90}},
        {"nothing recorded", "replay", {0}},
        {"too many objects", "request-response", {.request = 1, .objects = 65}},
        {"no request", "request-response", {.objects = 1}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err e = {""};
        if (traffic_check(kind(rows[i].kind), &rows[i].s, &e))
            fail_msg("%s: %s was taken", rows[i].kind, rows[i].what);
        assert_true(strlen(e.text) > 20);
    }
    static const struct traffic_item back[] = {{10, 60}, {9, 60}};
    struct traffic_settings s = {.items = back, .n_items = 2};
    struct err e;
    assert_false(traffic_check(kind("replay"), &s, &e));
    assert_non_null(strstr(e.text, "packet 2"));
}

static void test_rtp(void **state)
{
    (void)state;
    uint8_t head[RTP_HEAD_LEN];
    rtp_write(&(struct rtp){true, 18, 0x1234, 0x89abcdef, 0xdeadbeef}, head);
    static const uint8_t want[] = {0x80, 0x92, 0x12, 0x34, 0x89, 0xab, 0xcd, 0xef, 0xde, 0xad, 0xbe, 0xef};
    assert_memory_equal(head, want, sizeof want);
    struct rtp h;
    assert_true(rtp_read(&h, head, sizeof head));
    assert_true(h.marker && h.payload_type == 18 && h.seq == 0x1234 && h.timestamp == 0x89abcdef &&
                h.ssrc == 0xdeadbeef);
    for (size_t len = 0; len < sizeof head; len++)
        assert_false(rtp_read(&h, head, len));
    head[0] = 0x40;
    assert_false(rtp_read(&h, head, sizeof head));
}

static void test_payload(void **state)
{
    (void)state;
    static struct payload p, other;
    static uint8_t whole[3 * PAYLOAD_LAP], part[3 * PAYLOAD_LAP];
    payload_init(&p, 1);
    payload_init(&other, 2);
    payload_fill(&p, 5, 0, whole, sizeof whole);
    struct rng r;
    rng_init(&r, 9, "parts");
    for (int i = 0; i < 20000; i++) { /* any part is the same as that part of the whole */
        size_t at = rng_below(&r, sizeof whole), len = rng_below(&r, i % 100 ? 40 : sizeof whole);
        len = len < sizeof whole - at ? len : sizeof whole - at;
        payload_fill(&p, 5, at, part, len);
        assert_memory_equal(part, whole + at, len);
        assert_int_equal(payload_match(&p, 5, at, part, len), len);
        if (len) {
            size_t bad = rng_below(&r, len);
            part[bad] ^= (uint8_t)(1 + rng_below(&r, 255));
            assert_int_equal(payload_match(&p, 5, at, part, len), bad);
        }
    }
    /* Shifted, of another flow or of another seed: found out within a few octets. */
    assert_true(payload_match(&p, 5, 1, whole, 1000) < 4);
    assert_true(payload_match(&p, 5, PAYLOAD_LAP, whole, 1000) < 4);
    assert_true(payload_match(&p, 6, 0, whole, 1000) < 4);
    assert_true(payload_match(&other, 5, 0, whole, 1000) < 4);
    assert_true(payload_match(&p, 5, 1ull << 40, whole, 1000) < 4);
    double sum = 0;
    for (size_t i = 0; i < sizeof whole; i++)
        sum += whole[i];
    assert_near("mean octet", sum / sizeof whole, 127.5, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cbr),
        cmocka_unit_test(test_poisson),
        cmocka_unit_test(test_imix),
        cmocka_unit_test(test_on_off),
        cmocka_unit_test(test_voip),
        cmocka_unit_test(test_voip_with_vad),
        cmocka_unit_test(test_iot),
        cmocka_unit_test(test_replay),
        cmocka_unit_test(test_web_pages),
        cmocka_unit_test(test_laws),
        cmocka_unit_test(test_bad_settings_are_refused),
        cmocka_unit_test(test_rtp),
        cmocka_unit_test(test_payload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
