/* espsim mtu: published largest packets, and that every answer is the largest by sizing its neighbours. */
#include "analysis/mtu.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct mtu_question ask(const char *mode, const char *suite, const char *framing, uint8_t version)
{
    struct err e;
    struct mtu_question q = {.set = &framing_defaults,
                             .inner_version = version,
                             .outer_version = version,
                             .link_mtu = 1500,
                             .lan_mtu = 1500};
    q.how.mode = mode_find(mode, &e);
    q.framing = framing_find(framing, &e);
    if (!q.how.mode || !q.framing || !suite_parse(suite, &q.how.suite, &e))
        fail_msg("%s", e.text);
    return q;
}

/* Largest inner packet at MTU 1500, as worked out from RFC 4303 with published algorithm sizes. */
static void test_published(void **state)
{
    (void)state;
    static const struct {
        const char *mode, *suite;
        bool udp;
        uint8_t version;
        size_t max_inner, mss;
    } rows[] = {
        {"tunnel", "aes-gcm-16-128", false, 4, 1446, 1406},
        {"tunnel", "aes-gcm-16-128", true, 4, 1438, 1398},
        {"beet", "aes-gcm-16-128", false, 4, 1458, 1418},
        {"beet", "aes-gcm-16-128", false, 6, 1466, 1406},
        {"transport", "aes-gcm-16-128", false, 4, 1466, 1426},
        {"wildcard", "aes-gcm-16-128", false, 4, 1466, 1426},
        {"tunnel", "aes-cbc-128-hmac-sha2-256-128", false, 4, 1438, 1398},
        {"tunnel", "aes-cbc-128-hmac-sha2-256-128", true, 4, 1422, 1382},
        {"transport", "aes-cbc-128-hmac-sha2-256-128", false, 4, 1458, 1418},
        {"tunnel", "aes-gcm-16-128", false, 6, 1426, 1366},
        {"wildcard", "aes-gcm-16-128", false, 6, 1466, 1406},
        {"plain", "aes-gcm-16-128", false, 4, 1500, 1460},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mtu_question q = ask(rows[i].mode, rows[i].suite, "p2p", rows[i].version);
        q.how.udp = rows[i].udp;
        struct mtu_answer a = mtu_solve(&q);
        if (a.max_inner != rows[i].max_inner || a.mss != rows[i].mss)
            fail_msg("%s, %s, IPv%u: %zu and MSS %zu, expected %zu and %zu", rows[i].mode, rows[i].suite,
                     rows[i].version, a.max_inner, a.mss, rows[i].max_inner, rows[i].mss);
    }
}

static void test_vanishing(void **state)
{
    (void)state;
    struct mtu_question q = ask("tunnel", "aes-gcm-16-128", "p2p", 4);
    struct mtu_answer a = mtu_solve(&q);
    assert_int_equal(a.vanish_first, 1447);
    assert_int_equal(a.vanish_last, 1500);
    q.link_mtu = 1600; /* room for the tunnel: nothing vanishes, and the LAN is the limit */
    a = mtu_solve(&q);
    assert_int_equal(a.vanish_last, 0);
    assert_int_equal(a.mss, 1460);
    q.lan_mtu = 9000;
    a = mtu_solve(&q);
    assert_int_equal(a.vanish_first, 1547);
    assert_int_equal(a.vanish_last, 9000);
    q = ask("plain", "aes-gcm-16-128", "p2p", 4);
    assert_int_equal(mtu_solve(&q).vanish_last, 0);
    q = ask("tunnel", "aes-gcm-16-128", "p2p", 6);
    q.link_mtu = 1280; /* less than 1280 inside: cut behind ESP up to there, by whose source it is */
    a = mtu_solve(&q);
    assert_int_equal(a.max_inner, 1206);
    assert_int_equal(a.vanish_first, 1281);
    q = ask("wildcard", "aes-gcm-16-128", "p2p", 6);
    q.link_mtu = 1280;
    assert_int_equal(mtu_solve(&q).vanish_first, 1247);
    q = ask("tunnel", "aes-gcm-16-128", "p2p", 4);
    q.link_mtu = 70; /* nothing fits */
    a = mtu_solve(&q);
    assert_int_equal(a.max_inner, 0);
    assert_int_equal(a.vanish_first, 20);
    assert_int_equal(a.mss, 0);
}

static void test_framing_limits_the_mtu(void **state)
{
    (void)state;
    struct mtu_question q = ask("plain", "aes-gcm-16-128", "mpe-padded", 4);
    q.link_mtu = q.lan_mtu = 9000;
    struct mtu_answer a = mtu_solve(&q);
    assert_int_equal(a.mtu, 4080); /* a section has 4096 octets */
    assert_int_equal(a.max_inner, 4080);
    assert_int_equal(a.vanish_first, 4081);
}

/* ULE padding: 1500 octets need 9 TS packets with 147 octets to spare; what fills 8 is the better length. */
static void test_best_inner(void **state)
{
    (void)state;
    struct mtu_question q = ask("plain", "aes-gcm-16-128", "ule-padded", 4);
    struct mtu_answer a = mtu_solve(&q);
    assert_int_equal(a.link_octets, 9 * 188);
    assert_int_equal(a.best_inner, 8 * 184 - 1 - 8);
    assert_true(fabs(a.saturated - 9 * 188) < 1e-9);
    q = ask("tunnel", "aes-gcm-16-128", "ule-padded", 4);
    a = mtu_solve(&q);
    assert_int_equal(a.best_inner, 8 * 184 - 1 - 8 - 54 - 3); /* down to the 4-octet grid of ESP */
}

/* For every mode, algorithm, framing and MTU: the answer fits, one octet more does not. */
static void test_largest(void **state)
{
    (void)state;
    static const size_t mtus[] = {256, 576, 1280, 1400, 1500, 4000};
    struct suite suite;
    size_t n = 0;
    for (size_t at = 0; suite_next(&at, &suite);)
        for (size_t m = 0; m < mode_family.n_members; m++)
            for (size_t i = 0; i < sizeof mtus / sizeof mtus[0]; i++)
                for (uint8_t version = 4; version <= 6; version += 2) {
                    struct mtu_question q = ask("plain", "aes-gcm-16-128", "p2p", version);
                    q.how.mode = (const struct mode *)mode_family.members[m];
                    q.how.suite = suite;
                    q.how.udp = q.how.mode->esp && i % 2;
                    q.link_mtu = mtus[i];
                    q.lan_mtu = 200; /* spares the search for the best length, which is tested above */
                    struct mtu_answer a = mtu_solve(&q);
                    struct shape s = {.inner_version = version, .outer_version = version, .inner_len = a.max_inner};
                    assert_true(a.max_inner > 60);
                    assert_true(size_wire(&q.how, &s) <= mtus[i]);
                    s.inner_len++;
                    assert_true(size_wire(&q.how, &s) > mtus[i] - (version == 4 ? q.how.mode->ipv4_allowance : 0));
                    n++;
                }
    assert_true(n > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published),
        cmocka_unit_test(test_vanishing),
        cmocka_unit_test(test_framing_limits_the_mtu),
        cmocka_unit_test(test_best_inner),
        cmocka_unit_test(test_largest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
