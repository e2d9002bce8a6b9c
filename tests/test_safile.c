/* SA files: what is wrong is named with its line, value and remedy; what is right makes SAs. */
#include "models/ipsec/safile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define KEY_16 "000102030405060708090a0b0c0d0e0f"
#define KEY_32 KEY_16 KEY_16

/* Lines 1 to 8 of every row's file; `change` stands in the place of the line that begins with the same word, and
 * behind the last one where there is none. */
static const char *const lines[] = {"[sa]",
                                    "mode = tunnel",
                                    "spi = 0x1000",
                                    "encr = aes-gcm-16",
                                    ("encr_key = " KEY_16),
                                    "salt = 01020304",
                                    "outer_src = 192.0.2.1",
                                    "outer_dst = 192.0.2.2"};

static const struct {
    const char *change, *more; /* lines; `more` may be NULL */
    const char *expected;      /* in the first message; NULL: none, the file is taken */
} rows[] = {
    {"mode = tunnel", NULL, NULL},
    {"spi = 5", NULL, NULL}, /* reserved, but Cilium and the tests of DPDK use such */
    {"integ = none", NULL, NULL},
    {"name = a -> b", NULL, NULL},
    {"encr = null", "encr_key =\nsalt =", NULL},
    {"mode = tunel", NULL, "f:2: mode = tunel: no such mode; did you mean `tunnel`?"},
    {"mode =", NULL, "f:2: mode = : is not set; expected tunnel, beet, wildcard or transport"},
    {"mode = plain", NULL, "f:2: mode = plain: carries no ESP; expected tunnel, beet, wildcard or transport"},
    {"mode = beet", NULL, "f:1: [sa]: mode = beet: needs inner_src and inner_dst"},
    {"spi = 0", NULL, "f:3: spi = 0: is no SPI; expected 1 to 0xffffffff"},
    {"spi = c0ffee00", NULL, "f:3: spi = c0ffee00: is no SPI; expected 1 to 0xffffffff, hexadecimal with 0x"},
    {"spi = 0x100000000", NULL, "f:3: spi = 0x100000000: is no SPI"},
    {"encr = aes-gcm16", NULL, "f:4: encr = aes-gcm16: no such encryption; did you mean `aes-gcm-16`?"},
    {"encr = blowfish", NULL, "f:4: encr = blowfish: no such encryption; expected one of null, aes-cbc"},
    {"encr_key =", NULL, "f:5: encr_key = : aes-gcm-16 needs a key; expected one of 128, 192 or 256 bits"},
    {"encr_key = 0001", NULL,
     "f:5: encr_key = <4 characters>: aes-gcm-16 has no keys of 16 bits; expected 128, 192 or 256"},
    {"encr_key = " KEY_16 "01020304", "salt =", "has 20 octets: a key with its salt; set salt to the last 4"},
    {"encr_key = 0x" KEY_16, NULL,
     "f:5: encr_key = <34 characters>: is not hexadecimal, see character 2; expected digits and a to f alone"},
    {"encr_key = \"" KEY_16 "\"", NULL,
     "see character 1; expected digits and a to f alone, without 0x, quotes or colons"},
    {"encr_key = 00:01", NULL, "f:5: encr_key = <5 characters>: is not hexadecimal, see character 3;"},
    {"encr_key = 000", NULL, "f:5: encr_key = <3 characters>: has an odd number of hexadecimal digits;"},
    {"encr_key = " KEY_32 "00", NULL, "has 33 octets; expected at most 32"},
    {"encr = null",
     "salt =", "f:5: encr_key = <32 characters>: null takes no key, but has one of 128 bits; leave it out"},
    {"salt = 010203", NULL, "f:6: salt = <6 characters>: has 3 octets; aes-gcm-16 takes 4"},
    {"salt =", NULL, "f:6: salt = : is not set; aes-gcm-16 takes 4 octets"},
    {"encr = aes-cbc", NULL, "f:6: salt = <8 characters>: has 4 octets; aes-cbc takes none, leave it out"},
    {"integ = hmac-sha1-96", NULL, "f:9: integ = hmac-sha1-96: aes-gcm-16 protects integrity itself"},
    {"integ_key = 00", NULL, "f:9: integ_key = <2 characters>: has 1 octets; none takes none, leave it out"},
    {"encr = aes-cbc", "salt =\ninteg = hmac-sha1-96", "[sa]: integ_key: is not set; hmac-sha1-96 takes 20 octets"},
    {"iv = 00", NULL, "f:9: iv = 00: has 1 octets; aes-gcm-16 takes 8"},
    {"outer_src = 10.0.0.300", NULL, "f:7: outer_src = 10.0.0.300: not an IPv4 or IPv6 address"},
    {"outer_src = fd00::1", NULL, "f:1: [sa]: outer_src and outer_dst: one is IPv4, the other IPv6"},
    {"outer_src =", NULL, "f:1: [sa]: mode = tunnel: needs outer_src and outer_dst"},
    {"sel_src = 10.0.0.1/24", NULL, "f:9: sel_src = 10.0.0.1/24: has host bits set; did you mean `10.0.0.0/24`?"},
    {"sel_src = fd00::/64", "sel_dst = 10.0.0.0/8", "f:1: [sa]: sel_src and sel_dst: one is IPv4, the other IPv6"},
    {"esn = yes", NULL, "f:9: esn = yes: expected 0 or 1"},
    {"check_pad = 2", NULL, "f:9: check_pad = 2: expected 0 or 1"},
    {"seq = 0x100000000", NULL, "f:1: [sa]: seq = 4294967296: needs esn = 1"},
    {"replay_window = 4097", NULL, "f:9: replay_window = 4097: is out of range; expected 0 to 4096"},
    {"udp_sport = 4500", NULL, "f:1: [sa]: udp_sport and udp_dport: UDP encapsulation needs both"},
    {"udp_dport = 65536", NULL, "f:9: udp_dport = 65536: is out of range; expected 0 to 65535"},
    {"ecn = rfc6041", NULL, "f:9: ecn = rfc6041: no such ecn; did you mean `rfc6040`?"},
    {"spy = 1", NULL, "f:9: spy = <1 character>: unknown key; did you mean `spi`?"},
    {"encr_kye = " KEY_16, NULL, "f:9: encr_kye = <32 characters>: unknown key; did you mean `encr_key`?"},
    {"encr = aes-cbc", "salt =\ninteg = hmac-sha1-96\ninteg_key = " KEY_16,
     "f:11: integ_key = <32 characters>: has 16 octets; hmac-sha1-96 takes 20 (RFC 2404); for a peer that took the "
     "short key, put 4 octets of zeros behind it"},
    {"encr = aes-cbc", "salt =\ninteg = aes-cmac-96\ninteg_key = 00", "has 1 octets; aes-cmac-96 takes 16"},
    {"integ_key = " KEY_16, "integ_key = " KEY_16,
     "f:10: integ_key = <32 characters>: duplicate key of [sa], first in"},
    {"encr_key " KEY_16, NULL, "f:5: `<41 characters>`: neither [section] nor `key = value`"},
    {"= " KEY_16, NULL, "f:9: `= <32 characters>`: has no key"},
    {"[sa2] encr_key = " KEY_16, NULL, "f:9: [sa2] is followed by `<43 characters>`; put it on a line of its own"},
    {"[ipsec]", NULL, "f:9: [ipsec]: unknown section; expected [sa], [sa2], ..."},
    {"[sa2]", NULL, "f:9: [sa2]: mode: is not set"},
};

static bool same_word(const char *a, const char *b)
{
    size_t n = strcspn(a, " ");
    return n == strcspn(b, " ") && !strncmp(a, b, n);
}

/* Whether one of the lines sets the same key. */
static bool sets_same(const char *text, const char *line)
{
    while (text && *text) {
        if (same_word(text, line))
            return true;
        text = strchr(text, '\n');
        text = text ? text + 1 : NULL;
    }
    return false;
}

static size_t write_file(char *text, size_t cap, const char *change, const char *more)
{
    size_t n = 0;
    bool changed = false;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        bool here = same_word(lines[i], change);
        const char *line = here ? change : sets_same(more, lines[i]) ? "# below" : lines[i];
        n += (size_t)snprintf(text + n, cap - n, "%s\n", line);
        changed |= here;
    }
    if (!changed)
        n += (size_t)snprintf(text + n, cap - n, "%s\n", change);
    if (more)
        n += (size_t)snprintf(text + n, cap - n, "%s\n", more);
    assert_true(n < cap);
    return n;
}

static void every_error_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[2048];
        struct safile f;
        struct err_list bad = {0};
        size_t len = write_file(text, sizeof text, rows[i].change, rows[i].more);
        bool ok = safile_read(&f, "f", text, len, &bad);
        const char *said = bad.n_errs ? bad.errs[0].text : "";
        if (ok != !rows[i].expected || (rows[i].expected && !strstr(said, rows[i].expected)))
            fail_msg("%s: '%s', expected '%s'", rows[i].change, said, rows[i].expected ? rows[i].expected : "");
        for (size_t k = 0; k < bad.n_errs; k++)
            if (strstr(bad.errs[k].text, KEY_16))
                fail_msg("%s: a message shows the key: %s", rows[i].change, bad.errs[k].text);
        if (ok) {
            struct sa *sa;
            struct err e;
            assert_int_equal(f.n_sas, 1);
            if (!sa_new(&f.sas[0], &sa, &e))
                fail_msg("%s: %s", rows[i].change, e.text);
            sa_free(sa);
        }
        safile_fini(&f);
        err_list_fini(&bad);
    }
}

/* One run tells all that is wrong, and several SAs come out in the file's order. */
static void errors_and_sas_come_in_order(void **state)
{
    (void)state;
    static const char three_wrong[] = "[sa]\nspi = zz\nencr = aes\n[sa]\nmode = x\n";
    static const char two[] = "[sa1]\nmode = wildcard\nspi = 0x1001\nencr = null\n"
                              "[sa]\nmode = transport\nspi = 0x1000\nencr = null\n";
    struct safile f;
    struct err_list bad = {0};
    assert_false(safile_read(&f, "f", three_wrong, strlen(three_wrong), &bad));
    assert_int_equal(bad.n_errs, 3);
    assert_int_equal(f.n_sas, 0);
    err_list_fini(&bad);
    bad = (struct err_list){0};
    assert_true(safile_read(&f, "f", two, strlen(two), &bad));
    assert_int_equal(f.n_sas, 2);
    assert_int_equal(f.sas[0].spi, 0x1001);
    assert_int_equal(f.sas[1].spi, 0x1000);
    safile_fini(&f);
    err_list_fini(&bad);
    assert_false(safile_read(&f, "f", "", 0, &bad));
    assert_string_equal(bad.errs[0].text, "f: holds no SA; expected a section [sa]");
    err_list_fini(&bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_is_named),
        cmocka_unit_test(errors_and_sas_come_in_order),
    };
    return cmocka_run_group_tests_name("SA files", tests, NULL, NULL);
}
