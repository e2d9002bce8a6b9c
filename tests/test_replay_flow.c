/* Captures replayed between the LANs: their own times to the nanosecond, both directions, and what is left out counted.
 */
#include "models/wire/ipv4.h"
#include "models/wire/protocol.h"
#include "sim/record/summary.h"
#include "sim/topo/topo.h"
#include "tests/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

enum { LAN1 = 1, LAN2 = 2, LINKTYPE_RAW = 101, PACKET_LEN = 40, MAX_SEEN = 16 };

/* A packet of the capture: 40 octets of UDP from 10.FROM.0.9 to 10.TO.0.7. */
struct recorded {
    uint32_t s, ns;
    uint8_t from, to, version;
    uint32_t captured;
};

struct outcome {
    bool ran;
    struct err e;
    struct topo_skipped skipped;
    struct flow_result flow;
    size_t n;
    struct {
        sim_time at;
        int side;
        uint8_t src[4], dst[4];
    } seen[MAX_SEEN];
};

static void put32(FILE *f, uint32_t x)
{
    fwrite(&x, sizeof x, 1, f);
}

static void record(const char *path, const struct recorded *packets, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    const uint32_t head[6] = {UINT32_C(0xa1b23c4d), 2 | 4 << 16, 0, 0, 65535, LINKTYPE_RAW};
    fwrite(head, sizeof head, 1, f);
    for (size_t i = 0; i < n; i++) {
        const struct recorded *p = &packets[i];
        uint8_t packet[PACKET_LEN] = {(uint8_t)(p->version << 4 | 5),
                                      0,
                                      0,
                                      PACKET_LEN,
                                      0,
                                      (uint8_t)i,
                                      0,
                                      0,
                                      64,
                                      PROTO_UDP,
                                      0,
                                      0,
                                      10,
                                      p->from,
                                      0,
                                      9,
                                      10,
                                      p->to,
                                      0,
                                      7,
                                      1,
                                      0,
                                      2,
                                      0,
                                      0,
                                      20,
                                      0,
                                      0,
                                      (uint8_t)i};
        ipv4_fill_checksum(packet);
        put32(f, p->s);
        put32(f, p->ns);
        put32(f, p->captured);
        put32(f, PACKET_LEN);
        fwrite(packet, p->captured, 1, f);
    }
    fclose(f);
}

static void look(void *ctx, const struct event *e)
{
    struct outcome *o = ctx;
    if (e->kind != EVENT_HOST_SENT || o->n == MAX_SEEN)
        return;
    o->seen[o->n].at = e->now;
    o->seen[o->n].side = e->side;
    memcpy(o->seen[o->n].src, e->packet + 12, 4);
    memcpy(o->seen[o->n++].dst, e->packet + 16, 4);
}

static struct outcome replay(const struct recorded *packets, size_t n, const char *set)
{
    static const char text[] =
        "[scenario]\nduration = 5 s\nmodes = tunnel\n"
        "[link]\ndelay = 270 ms\nrate_forward = 1 Mbit/s\nrate_return = 1 Mbit/s\n"
        "[ipsec]\nlookup = spi\n[flow.r]\nkind = replay\nfrom = lan1:1\nto = lan2:1\nstart = 1 s\n";
    char path[SCRATCH_CAP], file[SCRATCH_CAP + 16];
    struct outcome o = {0};
    struct config c;
    struct plan plan;
    struct err_list bad = {0};
    struct event_bus bus = {0};
    struct topo *t;
    FILE *empty = scratch_file(path);
    assert_true(empty && !fclose(empty));
    record(path, packets, n);
    snprintf(file, sizeof file, "flow.r.file=%s", path);
    if (!config_parse(&c, "test.ini", text, sizeof text - 1, (const char *[]){file, set}, 2, &bad))
        fail_msg("%s", bad.errs[0].text);
    plan_init(&plan, &c);
    event_listen(&bus, look, &o);
    if (!topo_new(&c, &plan.runs[0], &bus, &t, &o.e))
        fail_msg("%s", o.e.text);
    struct summary *s = summary_new(&bus, topo_n_flows(t));
    o.ran = topo_run(t, NULL, &o.e);
    o.skipped = topo_skipped(t);
    summary_flow(s, 0, c.duration, &o.flow);
    summary_free(s);
    topo_free(t);
    plan_fini(&plan);
    config_fini(&c);
    unlink(path);
    return o;
}

static const struct recorded mixed[] = {
    {1700000000, 999999999, LAN1, LAN2, 4, PACKET_LEN},
    {1700000001, 1, LAN2, LAN1, 4, PACKET_LEN},   /* 2 ns later, the other way */
    {1700000001, 500, LAN1, 3, 4, PACKET_LEN},    /* to somewhere else */
    {1700000001, 600, LAN1, LAN2, 4, 30},         /* cut short */
    {1700000001, 700, LAN1, LAN2, 9, PACKET_LEN}, /* of no IP version */
    {1700000002, 123456789, LAN1, LAN2, 4, PACKET_LEN},
};

enum { N_MIXED = sizeof mixed / sizeof mixed[0] };

static void packets_keep_their_times_and_directions(void **state)
{
    (void)state;
    struct outcome o = replay(mixed, N_MIXED, "scenario.seed=1");
    assert_true(o.ran);
    assert_int_equal(o.n, 3);
    assert_int_equal(o.seen[0].at, NS_PER_S);
    assert_int_equal(o.seen[1].at, NS_PER_S + 2);
    assert_int_equal(o.seen[2].at, NS_PER_S + 1123456790);
    assert_true(o.seen[0].side == 0 && o.seen[1].side == 1 && o.seen[2].side == 0);
    assert_int_equal(o.flow.packets_sent, 3);
    assert_int_equal(o.flow.packets_received, 3);
}

static void what_is_left_out_is_counted(void **state)
{
    (void)state;
    struct outcome o = replay(mixed, N_MIXED, "scenario.seed=1");
    assert_int_equal(o.skipped.cut, 1);
    assert_int_equal(o.skipped.elsewhere, 1);
    assert_int_equal(o.skipped.not_ip + o.skipped.malformed, 1);
}

static void a_mapped_capture_goes_from_host_to_host(void **state)
{
    (void)state;
    struct outcome o = replay(mixed, N_MIXED, "flow.r.map=yes");
    assert_true(o.ran);
    assert_int_equal(o.n, 4); /* also what went somewhere else */
    for (size_t i = 0; i < o.n; i++) {
        assert_int_equal(o.seen[i].side, 0);
        assert_memory_equal(o.seen[i].src, ((const uint8_t[]){10, 1, 0, 1}), 4);
        assert_memory_equal(o.seen[i].dst, ((const uint8_t[]){10, 2, 0, 1}), 4);
    }
    assert_int_equal(o.flow.packets_received, 4);
}

static void a_capture_of_nothing_says_why(void **state)
{
    (void)state;
    struct outcome o = replay(mixed + 2, 3, "scenario.seed=1");
    assert_false(o.ran);
    assert_non_null(strstr(o.e.text, "flow r: no packet of "));
    assert_non_null(strstr(o.e.text, "1 not captured whole"));
    assert_non_null(strstr(o.e.text, "1 not between the LANs"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_keep_their_times_and_directions),
        cmocka_unit_test(what_is_left_out_is_counted),
        cmocka_unit_test(a_mapped_capture_goes_from_host_to_host),
        cmocka_unit_test(a_capture_of_nothing_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
