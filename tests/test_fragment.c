/* Cutting and joining of IP packets: laws over lengths and MTUs, orders of arrival, and what is refused. */
#include "models/base/rng.h"
#include "models/wire/fragment.h"
#include "models/wire/ipv4.h"
#include "models/wire/ipv6.h"
#include "models/wire/protocol.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { WHOLE_MAX = 65575, PIECES_MAX = 2048 };

/* A fragment as it travels. */
struct piece {
    size_t len;
    uint8_t octets[2048];
};

static uint8_t whole[WHOLE_MAX];
static struct piece pieces[PIECES_MAX];
static uint8_t room[BUF_HEADROOM + WHOLE_MAX];

/* A packet of len octets with a counting payload, options (IPv4) or a destination options header (IPv6) if asked. */
static size_t make_packet(uint8_t version, size_t len, bool options)
{
    struct wr w = wr_over(whole, sizeof whole);
    if (version == 4) {
        struct ipv4 h = {.total_len = (uint16_t)len, .id = 0x1234, .ttl = 64, .protocol = PROTO_UDP};
        h.src = (struct addr){.version = 4, .bytes = {10, 1, 0, 1}};
        h.dst = (struct addr){.version = 4, .bytes = {10, 2, 0, 1}};
        static const uint8_t nops[4] = {1, 1, 1, 1};
        h.opts = options ? nops : NULL;
        h.opts_len = options ? sizeof nops : 0;
        ipv4_write(&h, &w);
    } else {
        struct ipv6 h = {.payload_len = (uint16_t)(len - IPV6_HEAD_LEN), .hop_limit = 64};
        h.next_header = options ? PROTO_HOPOPTS : PROTO_UDP;
        h.src = (struct addr){.version = 6, .bytes = {0xfd, 0, 1}};
        h.dst = (struct addr){.version = 6, .bytes = {0xfd, 0, 2}};
        ipv6_write(&h, &w);
        const uint8_t hop_by_hop[8] = {PROTO_UDP, 0, 1, 4, 0, 0, 0, 0}; /* PadN */
        if (options)
            wr_bytes(&w, hop_by_hop, sizeof hop_by_hop);
    }
    assert_true(w.ok);
    for (size_t at = (size_t)(w.at - whole); at < len; at++)
        whole[at] = (uint8_t)(at * 31 + (at >> 8));
    return len;
}

/* Cuts `whole`; every law of a fragment is looked at. */
static size_t cut(size_t len, size_t mtu)
{
    struct ip_view v, part;
    struct cutter c;
    size_t n = 0, got, next = 0;
    assert_true(ip_parse(whole, len, &v));
    cutter_init(&c, whole, &v, mtu, 0xabcdef01);
    while ((got = cutter_next(&c, pieces[n].octets, sizeof pieces[n].octets)) > 0) {
        assert_true(got <= mtu);
        assert_true(ip_parse(pieces[n].octets, got, &part));
        assert_int_equal(part.total_len, got);
        assert_true(part.fragment && part.frag_off == next);
        assert_int_equal(part.protocol, v.protocol);
        assert_int_equal(part.id, v.version == 4 ? v.id : 0xabcdef01);
        size_t payload = got - part.head_len;
        assert_memory_equal(pieces[n].octets + part.head_len, whole + v.head_len + next, payload);
        next += payload;
        assert_int_equal(part.mf, next < len - v.head_len);
        assert_true(!part.mf || (payload % 8 == 0 && got + 8 > mtu));
        pieces[n++].len = got;
        assert_true(n < PIECES_MAX);
    }
    assert_int_equal(next, len - v.head_len);
    return n;
}

static enum reassembled take(struct reassembly *r, sim_time now, const struct piece *p, struct buf *b, uint64_t *gone)
{
    struct ip_view v;
    *b = buf_over(room, sizeof room, BUF_HEADROOM, p->len);
    memcpy(b->data, p->octets, p->len);
    assert_true(ip_parse(b->data, b->len, &v));
    return reassembly_take(r, now, b, &v, gone);
}

/* All pieces in the order of `order`: the last one makes it whole, and it is what was cut. */
static void join(struct reassembly *r, const size_t *order, size_t n, size_t len)
{
    uint64_t gone = 0;
    struct buf b;
    for (size_t i = 0; i + 1 < n; i++) {
        assert_int_equal(take(r, 0, &pieces[order[i]], &b, &gone), REASSEMBLY_WAITS);
        assert_int_equal(reassembly_waiting(r), i + 1);
    }
    assert_int_equal(take(r, 0, &pieces[order[n - 1]], &b, &gone), REASSEMBLY_WHOLE);
    assert_int_equal(gone, 0);
    assert_int_equal(reassembly_waiting(r), 0);
    assert_int_equal(b.len, len);
    assert_memory_equal(b.data, whole, len);
}

static void shuffle(size_t *order, size_t n, struct rng *rng)
{
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    for (size_t i = n; i > 1; i--) {
        size_t k = (size_t)rng_below(rng, i), was = order[i - 1];
        order[i - 1] = order[k];
        order[k] = was;
    }
}

static void what_is_cut_joins_in_any_order(void **state)
{
    (void)state;
    static const size_t mtus[] = {100, 576, 1279, 1280, 1442, 1500}, lens[] = {1501, 1508, 1509, 3000, 9000, 65535};
    struct reassembly *r = reassembly_new();
    struct rng rng;
    rng_init(&rng, 1, "orders");
    for (unsigned shape = 0; shape < 4; shape++)
        for (size_t m = 0; m < sizeof mtus / sizeof *mtus; m++)
            for (size_t l = 0; l < sizeof lens / sizeof *lens; l++) {
                size_t order[PIECES_MAX];
                uint8_t version = shape & 1 ? 6 : 4;
                size_t len = make_packet(version, lens[l], shape & 2), n = cut(len, mtus[m]);
                for (int again = 0; again < 4; again++) {
                    shuffle(order, n, &rng);
                    join(r, order, n, len);
                }
            }
    reassembly_free(r);
}

/* Octets of payload left that no room is for: nothing comes rather than something wrong. */
static void an_mtu_without_room_cuts_nothing(void **state)
{
    (void)state;
    for (uint8_t version = 4; version <= 6; version += 2) {
        struct ip_view v;
        struct cutter c;
        uint8_t to[2048];
        size_t len = make_packet(version, 1500, false), head_len = version == 4 ? IPV4_HEAD_LEN : IPV6_HEAD_LEN + 8;
        assert_true(ip_parse(whole, len, &v));
        cutter_init(&c, whole, &v, head_len + 7, 1);
        assert_int_equal(cutter_next(&c, to, sizeof to), 0);
        cutter_init(&c, whole, &v, 1000, 1);
        assert_int_equal(cutter_next(&c, to, 999 / 8 * 8), 0); /* no room to write to */
    }
}

/* A fragment that is cut again says its place in the whole. */
static void a_fragment_can_be_cut_again(void **state)
{
    (void)state;
    struct reassembly *r = reassembly_new();
    size_t len = make_packet(4, 4000, false), n = cut(len, 1500);
    struct piece first = pieces[0], last = pieces[n - 1], finer[8];
    struct ip_view v;
    struct cutter c;
    uint64_t gone = 0;
    struct buf b;
    assert_int_equal(n, 3);
    assert_true(ip_parse(pieces[1].octets, pieces[1].len, &v));
    cutter_init(&c, pieces[1].octets, &v, 600, 0);
    size_t n_finer = 0;
    while ((finer[n_finer].len = cutter_next(&c, finer[n_finer].octets, sizeof finer->octets)) > 0)
        n_finer++;
    assert_int_equal(n_finer, 3);
    assert_int_equal(take(r, 0, &first, &b, &gone), REASSEMBLY_WAITS);
    assert_int_equal(take(r, 0, &last, &b, &gone), REASSEMBLY_WAITS);
    for (size_t i = 0; i < n_finer; i++)
        assert_int_equal(take(r, 0, &finer[i], &b, &gone), i + 1 < n_finer ? REASSEMBLY_WAITS : REASSEMBLY_WHOLE);
    assert_memory_equal(b.data, whole, len);
    reassembly_free(r);
}

/* RFC 5722, for both versions: a datagram with an overlap is gone as a whole; what is repeated word for word
 * is no overlap (RFC 8200 4.5). */
static void overlaps_take_the_datagram_with_them(void **state)
{
    (void)state;
    for (uint8_t version = 4; version <= 6; version += 2) {
        struct reassembly *r = reassembly_new();
        uint64_t gone = 0;
        struct buf b;
        make_packet(version, 4000, false);
        size_t n = cut(4000, 1500);
        struct piece of_1500 = pieces[1];
        assert_int_equal(take(r, 0, &pieces[0], &b, &gone), REASSEMBLY_WAITS);
        assert_int_equal(take(r, 0, &pieces[0], &b, &gone), REASSEMBLY_WAITS);
        assert_int_equal(gone, 1);
        assert_int_equal(reassembly_waiting(r), 1);
        for (size_t i = 1; i < n; i++)
            assert_int_equal(take(r, 0, &pieces[i], &b, &gone), i + 1 < n ? REASSEMBLY_WAITS : REASSEMBLY_WHOLE);
        assert_memory_equal(b.data, whole, 4000);
        n = cut(4000, 1300);
        assert_int_equal(take(r, 0, &pieces[1], &b, &gone), REASSEMBLY_WAITS);
        assert_int_equal(take(r, 0, &of_1500, &b, &gone), REASSEMBLY_BAD);
        assert_int_equal(gone, 3);
        assert_int_equal(reassembly_waiting(r), 0);
        /* and a clean one behind it is none the worse */
        for (size_t i = 0; i < n; i++)
            assert_int_equal(take(r, 0, &pieces[i], &b, &gone), i + 1 < n ? REASSEMBLY_WAITS : REASSEMBLY_WHOLE);
        assert_memory_equal(b.data, whole, 4000);
        reassembly_free(r);
    }
}

static void two_ends_are_refused(void **state)
{
    (void)state;
    struct reassembly *r = reassembly_new();
    uint64_t gone = 0;
    struct buf b;
    make_packet(4, 4000, false);
    size_t n = cut(4000, 1500);
    struct piece end = pieces[n - 1];
    make_packet(4, 3000, false);
    n = cut(3000, 1500);
    assert_int_equal(take(r, 0, &end, &b, &gone), REASSEMBLY_WAITS);
    assert_int_equal(take(r, 0, &pieces[n - 1], &b, &gone), REASSEMBLY_BAD);
    assert_int_equal(gone, 2);
    reassembly_free(r);
}

static void what_stays_incomplete_is_forgotten(void **state)
{
    (void)state;
    struct reassembly *r = reassembly_new();
    uint64_t gone = 0;
    struct buf b;
    make_packet(6, 3000, false);
    assert_int_equal(cut(3000, 1500), 3);
    assert_int_equal(take(r, 0, &pieces[0], &b, &gone), REASSEMBLY_WAITS);
    assert_int_equal(take(r, REASSEMBLY_TIME, &pieces[1], &b, &gone), REASSEMBLY_WAITS);
    assert_int_equal(gone, 0);
    assert_int_equal(take(r, REASSEMBLY_TIME + 1, &pieces[2], &b, &gone), REASSEMBLY_WAITS);
    assert_int_equal(gone, 2);
    assert_int_equal(reassembly_waiting(r), 1);
    reassembly_free(r);
}

/* The ID tells datagrams apart; where one more comes than there is room for, the oldest gives way. */
static void many_at_a_time_are_kept_apart(void **state)
{
    (void)state;
    struct reassembly *r = reassembly_new();
    uint64_t gone = 0;
    struct buf b;
    make_packet(4, 2000, false);
    assert_int_equal(cut(2000, 1500), 2);
    for (int half = 0; half < 2; half++)
        for (unsigned id = REASSEMBLY_SLOTS + 1; id-- > 0;) { /* the oldest, with the highest ID, comes first */
            struct piece p = pieces[half];
            p.octets[4] = (uint8_t)(id >> 8);
            p.octets[5] = (uint8_t)id;
            ipv4_fill_checksum(p.octets);
            bool lost_its_slot = id == REASSEMBLY_SLOTS;
            if (half && lost_its_slot)
                continue;
            enum reassembled what = take(r, half * NS_PER_S - (sim_time)id, &p, &b, &gone);
            assert_int_equal(what, half ? REASSEMBLY_WHOLE : REASSEMBLY_WAITS);
        }
    assert_int_equal(gone, 1);
    assert_int_equal(reassembly_waiting(r), 0);
    reassembly_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_cut_joins_in_any_order), cmocka_unit_test(an_mtu_without_room_cuts_nothing),
        cmocka_unit_test(a_fragment_can_be_cut_again),    cmocka_unit_test(overlaps_take_the_datagram_with_them),
        cmocka_unit_test(two_ends_are_refused),           cmocka_unit_test(what_stays_incomplete_is_forgotten),
        cmocka_unit_test(many_at_a_time_are_kept_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
