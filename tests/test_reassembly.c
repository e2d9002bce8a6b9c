/* Fragments that do not fit together, or would become more than a packet can be (cutting and joining: test_fragment).
 */
#include "models/wire/fragment.h"
#include "tests/esp_fixture.h"

enum { PIECES_CAP = 1000, PIECE_CAP = 1600 };

struct piece {
    uint8_t at[PIECE_CAP];
    size_t len;
};

static struct piece pieces[PIECES_CAP];

static size_t cut(const struct buf *b, size_t mtu)
{
    struct cutter c;
    struct ip_view v;
    size_t n = 0;
    assert_true(ip_parse(b->data, b->len, &v));
    cutter_init(&c, b->data, &v, mtu, 0x55aa1234);
    while ((pieces[n].len = cutter_next(&c, pieces[n].at, PIECE_CAP)) != 0) {
        n++;
        assert_true(n < PIECES_CAP);
    }
    return n;
}

static enum reassembled give(struct reassembly *r, sim_time now, const struct piece *p, struct buf *b, uint64_t *n_gone)
{
    struct ip_view v;
    *b = fixture_buf();
    memcpy(buf_put(b, p->len), p->at, p->len);
    assert_true(ip_parse(b->data, b->len, &v));
    assert_true(v.fragment);
    return reassembly_take(r, now, b, &v, n_gone);
}

/* Behind the fragment header of a first fragment stands the datagram, be it an extension header. */
static void headers_behind_the_fragment_header(void **state)
{
    (void)state;
    struct reassembly *r = reassembly_new();
    struct buf b = fixture_buf();
    uint64_t n_gone = 0;
    uint8_t original[1000];
    inner_make(&(struct inner){.version = 6, .len = 1000, .ext = true}, &b);
    b.data[6] = PROTO_DSTOPTS; /* our own cutter leaves these in front, so the header is hidden from it */
    memcpy(original, b.data, b.len);
    b.data[6] = PROTO_TEST;
    size_t n = cut(&b, 600);
    assert_int_equal(n, 2);
    for (size_t i = 0; i < n; i++)
        pieces[i].at[IPV6_HEAD_LEN] = PROTO_DSTOPTS;
    assert_int_equal(give(r, 0, &pieces[1], &b, &n_gone), REASSEMBLY_WAITS);
    assert_int_equal(give(r, 0, &pieces[0], &b, &n_gone), REASSEMBLY_WHOLE);
    assert_int_equal(b.len, sizeof original);
    assert_memory_equal(b.data, original, sizeof original);
    reassembly_free(r);
}

static void make_piece(struct piece *p, uint16_t off, size_t len, bool mf)
{
    struct buf b = fixture_buf();
    inner_make(
        &(struct inner){.version = 4, .len = IPV4_HEAD_LEN + len, .frag_off = off, .mf = mf, .protocol = PROTO_TEST},
        &b);
    memcpy(p->at, b.data, b.len);
    p->len = b.len;
}

static void what_does_not_fit_together(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        struct {
            uint16_t off;
            size_t len;
            bool mf;
        } parts[4];
        size_t n;
        enum reassembled last;
    } rows[] = {
        {"two that fit", {{0, 80, true}, {80, 30, false}}, 2, REASSEMBLY_WHOLE},
        {"the same twice", {{0, 80, true}, {0, 80, true}}, 2, REASSEMBLY_WAITS},
        {"the first twice, then the last", {{0, 80, true}, {0, 80, true}, {80, 30, false}}, 3, REASSEMBLY_WHOLE},
        {"the last twice, then the first", {{80, 30, false}, {80, 30, false}, {0, 80, true}}, 3, REASSEMBLY_WHOLE},
        {"the middle twice", {{0, 80, true}, {80, 80, true}, {80, 80, true}, {160, 30, false}}, 4, REASSEMBLY_WHOLE},
        {"the last as if more were to come", {{80, 80, false}, {80, 80, true}}, 2, REASSEMBLY_BAD},
        {"a middle one as if it were the last", {{80, 80, true}, {80, 80, false}}, 2, REASSEMBLY_BAD},
        {"a part of the same", {{0, 80, true}, {0, 40, true}}, 2, REASSEMBLY_BAD},
        {"overlap in front", {{80, 80, true}, {0, 88, true}}, 2, REASSEMBLY_BAD},
        {"overlap behind", {{0, 88, true}, {80, 80, true}}, 2, REASSEMBLY_BAD},
        {"inside another", {{0, 800, true}, {80, 80, true}}, 2, REASSEMBLY_BAD},
        {"around another", {{80, 80, true}, {0, 800, true}}, 2, REASSEMBLY_BAD},
        {"a piece with more to come that is no multiple of 8", {{0, 81, true}}, 1, REASSEMBLY_BAD},
        {"an empty piece with more to come", {{80, 0, true}}, 1, REASSEMBLY_BAD},
        {"behind the end", {{80, 30, false}, {800, 80, true}}, 2, REASSEMBLY_BAD},
        {"another end", {{80, 30, false}, {160, 30, false}}, 2, REASSEMBLY_BAD},
        {"an end before what is there", {{160, 80, true}, {80, 30, false}}, 2, REASSEMBLY_BAD},
        {"over 65,535 octets", {{65528, 80, false}}, 1, REASSEMBLY_BAD},
        {"a hole", {{0, 80, true}, {160, 30, false}}, 2, REASSEMBLY_WAITS},
        {"no beginning", {{80, 80, true}, {160, 30, false}}, 2, REASSEMBLY_WAITS},
        {"the hole is filled", {{0, 80, true}, {160, 30, false}, {80, 80, true}}, 3, REASSEMBLY_WHOLE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct reassembly *r = reassembly_new();
        enum reassembled got = REASSEMBLY_WAITS;
        uint64_t n_gone = 0;
        for (size_t k = 0; k < rows[i].n; k++) {
            struct piece p;
            struct buf b;
            make_piece(&p, rows[i].parts[k].off, rows[i].parts[k].len, rows[i].parts[k].mf);
            got = give(r, 0, &p, &b, &n_gone);
        }
        if (got != rows[i].last)
            fail_msg("%s: %d, expected %d", rows[i].what, got, rows[i].last);
        uint64_t joined = got == REASSEMBLY_WHOLE ? rows[i].n - n_gone : 0;
        assert_int_equal(n_gone + joined + reassembly_waiting(r), rows[i].n);
        reassembly_free(r);
    }
}

/* In the place of another one, with one octet changed: an overlap, whichever of them is right (RFC 5722). */
static void the_same_place_with_other_octets(void **state)
{
    (void)state;
    struct reassembly *r = reassembly_new();
    struct buf b = fixture_buf();
    uint64_t n_gone = 0;
    struct piece p;
    make_piece(&p, 80, 30, false);
    assert_int_equal(give(r, 0, &p, &b, &n_gone), REASSEMBLY_WAITS);
    p.at[p.len - 1] ^= 1;
    assert_int_equal(give(r, 0, &p, &b, &n_gone), REASSEMBLY_BAD);
    assert_int_equal(n_gone, 2);
    assert_int_equal(reassembly_waiting(r), 0);
    reassembly_free(r);
}

/* With options in the first fragment alone, the whole may be longer than any later one showed. */
static void a_longer_first_head(void **state)
{
    (void)state;
    struct reassembly *r = reassembly_new();
    struct buf b = fixture_buf();
    uint64_t n_gone = 0;
    struct piece p;
    make_piece(&p, 65480, 30, false);
    assert_int_equal(give(r, 0, &p, &b, &n_gone), REASSEMBLY_WAITS);
    for (size_t off = 1440; off < 65480; off += 1440) {
        make_piece(&p, (uint16_t)off, off + 1440 < 65480 ? 1440 : 65480 - off, true);
        assert_int_equal(give(r, 0, &p, &b, &n_gone), REASSEMBLY_WAITS);
    }
    b = fixture_buf();
    inner_make(&(struct inner){.version = 4, .len = 60 + 1440, .opts_len = 40, .mf = true, .protocol = PROTO_TEST}, &b);
    memcpy(p.at, b.data, b.len);
    p.len = b.len;
    assert_int_equal(give(r, 0, &p, &b, &n_gone), REASSEMBLY_BAD);
    assert_int_equal(reassembly_waiting(r), 0);
    reassembly_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_behind_the_fragment_header),
        cmocka_unit_test(what_does_not_fit_together),
        cmocka_unit_test(the_same_place_with_other_octets),
        cmocka_unit_test(a_longer_first_head),
    };
    return cmocka_run_group_tests_name("reassembly", tests, NULL, NULL);
}
