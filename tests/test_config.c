/* Scenario files: what is taken, what is refused and how it is told, and that settings in effect read back the same. */
#include "models/ipsec/lookup.h"
#include "models/ipsec/mode.h"
#include "sim/config/config.h"
#include "sim/config/plan.h"
#include "sim/config/schema.h"
#include "sim/config/types.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The scenario that rows change by one line. */
static const char *const base[] = {
    "[scenario]",               /* 1 */
    "duration = 10 s",          /* 2 */
    "modes = tunnel, wildcard", /* 3 */
    "[lan1]",                   /* 4 */
    "prefix = 10.1.0.0/24",     /* 5 */
    "hosts = 4",                /* 6 */
    "[lan2]",                   /* 7 */
    "prefix = 10.2.0.0/24",     /* 8 */
    "hosts = 4",                /* 9 */
    "[gw1]",                    /* 10 */
    "address = 192.0.2.1",      /* 11 */
    "[link]",                   /* 12 */
    "delay = 270 ms",           /* 13 */
    "rate_forward = 10 Mbit/s", /* 14 */
    "rate_return = 2 Mbit/s",   /* 15 */
    "queue = 64 KiB",           /* 16 */
    "mtu = 1500 B",             /* 17 */
    "[ipsec]",                  /* 18 */
    "replay_window = 64",       /* 19 */
    "esn = yes",                /* 20 */
    "spi_gw1 = 0x1000, 0x2000", /* 21 */
    "framing_is_no_key_here",   /* 22: taken out; see text_of */
    "[flow.bulk]",              /* 23 */
    "kind = tcp-bulk",          /* 24 */
    "from = lan1:1",            /* 25 */
    "to = lan2:1",              /* 26 */
    "start = 1 s",              /* 27 */
    "mss = 1360 B",             /* 28 */
    "[flow.calls]",             /* 29 */
    "kind = voip",              /* 30 */
    "from = lan1:1-3",          /* 31 */
    "to = lan2:2-4",            /* 32 */
};

/* The base as one text, with line `number` replaced by `line`; the caller frees. */
static char *text_of(int number, const char *line)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    for (int i = 1; i <= (int)(sizeof base / sizeof *base); i++)
        fprintf(out, "%s\n", i == number ? line : i == 22 ? "" : base[i - 1]);
    fclose(out);
    return text;
}

static bool parse(struct config *c, const char *text, const char *const *sets, size_t n_sets, struct err_list *bad)
{
    *bad = (struct err_list){0};
    return config_parse(c, "t.ini", text, strlen(text), sets, n_sets, bad);
}

static const struct {
    int number; /* line replaced */
    const char *line, *says;
} refused[] = {
    /* words of one type */
    {2, "duration = 10", "t.ini:2: duration = 10: has no unit; expected one of d, h, min, s, ms, us, ns"},
    {2, "duration = 10 S", "t.ini:2: duration = 10 S: has the unit `S`; did you mean `s`?"},
    {2, "duration = 8 d", "t.ini:2: duration = 8 d: is out of range; expected 1 ms to 7 d"},
    {2, "duration = -1 s", "t.ini:2: duration = -1 s: not a time"},
    {2, "duration =", "t.ini:2: duration = : has no value; expected a time"},
    {2, "duration = 10 s # long", "a comment behind a value begins with ` ;`"},
    {14, "rate_forward = 10 mbit/s",
     "t.ini:14: rate_forward = 10 mbit/s: has the unit `mbit/s`; did you mean `Mbit/s`?"},
    {14, "rate_forward = 10 Mbps", "t.ini:14: rate_forward = 10 Mbps: has the unit `Mbps`; did you mean `Mbit/s`?"},
    {2, "duration = 10 sec", "t.ini:2: duration = 10 sec: has the unit `sec`; did you mean `s`?"},
    {17, "framing = ether", "t.ini:17: framing = ether: no such framing; did you mean `ethernet`?"},
    {3, "modes = tunle, beet, wildcrad, foo", "nor is there `wildcrad`, did you mean `wildcard`?; nor is there `foo`"},
    {14, "rate_forward = 10 MB/s", "t.ini:14: rate_forward = 10 MB/s: has the unit `MB/s`; expected one of Gbit/s"},
    {14, "rate_forward = 0", "is out of range; expected 1 kbit/s to 100 Gbit/s"},
    {17, "mtu = 1500", "t.ini:17: mtu = 1500: has no unit"},
    {17, "mtu = 100 B", "t.ini:17: mtu = 100 B: is out of range; expected 576 B to 65535 B"},
    {6, "hosts = 4.5", "t.ini:6: hosts = 4.5: not a whole number"},
    {6, "hosts = 0", "t.ini:6: hosts = 0: is out of range; expected 1 to 65534"},
    {16, "loss = 101 %", "t.ini:16: loss = 101 %: is not between 0 and 1"},
    {20, "esn = maybe", "t.ini:20: esn = maybe: is neither yes nor no"},
    {11, "address = 10.0.0.300", "t.ini:11: address = 10.0.0.300: not an IPv4 or IPv6 address"},
    {11, "address = 224.0.0.9", "t.ini:11: address = 224.0.0.9: is no host's address"},
    {11, "address = 127.0.0.1", "t.ini:11: address = 127.0.0.1: is no host's address"},
    {5, "prefix = 224.0.0.0/24", "t.ini:5: prefix = 224.0.0.0/24: has no hosts' addresses"},
    {5, "prefix = 10.1.0.1/24", "t.ini:5: prefix = 10.1.0.1/24: has host bits set; did you mean `10.1.0.0/24`?"},
    {19, "replay_window = 31", "t.ini:19: replay_window = 31: is no replay window; expected 0 (none) or 32 to 4096"},
    {19, "lookup = linus", "t.ini:19: lookup = linus: `linus`: no such lookup; did you mean `linux`?"},
    {19, "algorithm = aes-gcm-16-129", "t.ini:19: algorithm = aes-gcm-16-129:"},
    {3, "modes = tunel", "t.ini:3: modes = tunel: `tunel`: no such mode; did you mean `tunnel`?"},
    {3, "modes = tunnel, tunnel", "t.ini:3: modes = tunnel, tunnel: names `tunnel` twice"},
    {3, "modes = ,", "t.ini:3: modes = ,: names no mode"},
    {3, "ip = 5", "t.ini:3: ip = 5: is no IP version; expected `4` or `6`"},
    {3,
     "question = Gr\xfc\xdf"
     "e?",
     "is not UTF-8"},
    {3, "name = ../etc", "t.ini:3: name = ../etc: is no name; expected at most 64 letters"},
    {25, "from = lan3:1", "t.ini:25: from = lan3:1: names no LAN"},
    {25, "from = lan1:0", "t.ini:25: from = lan1:0: names no hosts"},
    {25, "from = lan1:3-2", "t.ini:25: from = lan1:3-2: is a range that goes down; did you mean `lan1:2-3`?"},
    {21, "spi_gw1 = 0", "SPI 0 never stands in a packet"},
    {21, "spi_gw1 = 0x1ffffffff", "is too large for an SPI"},
    {21, "spi_gw1 = 0x10-0x20, 0x18", "names SPI 0x18 twice"},
    {28, "mss = 0 B", "t.ini:28: mss = 0 B: is no size to set"},
    {28, "mss = 63 B", "t.ini:28: mss = 63 B: is out of range; expected 64 B to 65435 B"},
    {28, "mss = 5000 B\nbuffer = 4 KiB", "t.ini:28: mss = 5000 B: does not fit the buffer of 4 KiB"},
    {28, "congestion = cubik", "t.ini:28: congestion = cubik: no such congestion; did you mean `cubic`?"},
    /* names of keys and sections */
    {13, "dealy = 270 ms", "t.ini:13: dealy = 270 ms: unknown key of [link]; did you mean `delay`?"},
    {17, "replay_window = 64", "t.ini:17: replay_window = 64: unknown key of [link]; [ipsec] has a key of that name"},
    {17, "colour = blue", "t.ini:17: colour = blue: unknown key of [link]; expected one of path, delay, delay_forward"},
    {10, "[gw3]", "t.ini:10: [gw3]: unknown section; did you mean [gw1]?"},
    {23, "[flow]", "t.ini:23: [flow]: has no name; expected for example [flow.web]"},
    {23, "[flow.a b]", "t.ini:23: [flow.a b]: `a b`: is no name of a flow; expected at most 58 letters"},
    {23, "[flwo.bulk]", "t.ini:23: [flwo.bulk]: unknown section; did you mean [flow.bulk]?"},
    {29, "[flow.bulk]", "t.ini:29: [flow.bulk]: duplicate section, first in line 23"},
    {29, "[flow.bulk]", "t.ini:30: kind = voip: duplicate key of [flow.bulk], first in line 24"},
    {18, "[ipsec", "t.ini:18: `[ipsec`: neither [section] nor `key = value`"},
    {27, "kind = voip", "t.ini:27: kind = voip: duplicate key of [flow.bulk], first in line 24"},
    {22, "junk", "t.ini:22: `junk`: neither [section] nor `key = value`"},
    {27, "calls = 3", "t.ini:27: calls = 3: kind tcp-bulk has no such key; voip has"},
    /* missing */
    {2, "", "t.ini:1: [scenario]: duration: is missing; expected a time"},
    {15, "path = trace", "t.ini:15: path = trace: no trace; expected trace = FILE"},
    {15, "", "t.ini:12: [link]: rate_return: is missing; expected a rate"},
    {24, "", "t.ini:23: [flow.bulk]: kind: is missing; expected a name of `espsim list traffic`"},
    {26, "", "t.ini:23: [flow.bulk]: to: is missing; expected hosts"},
    /* the link's models */
    {17, "fade = 60 s: 8 dB", "t.ini:17: fade = 60 s: 8 dB: path geo has no such key; rain-fade has"},
    {17, "modcod = qpsk-1/2", "t.ini:17: modcod = qpsk-1/2: framing ppp has no such key; dvb-s2 has"},
    {17, "loss_p = 0.1", "t.ini:17: loss_p = 0.1: loss_model bernoulli has no such key; gilbert-elliott has"},
    {17, "codel_target = 5 ms", "t.ini:17: codel_target = 5 ms: queue_kind drop-tail has no such key; codel has"},
    {17, "queue_kind = codl", "t.ini:17: queue_kind = codl: no such queue; did you mean `codel`?"},
    {17, "loss_model = trace", "t.ini:17: loss_model = trace: needs losses of direction forward; expected a trace"},
    {17, "path = trace", "t.ini:17: path = trace: no trace; expected trace = FILE"},
    {13, "path = trace", "t.ini:13: path = trace: no trace; expected trace = FILE"},
    {17, "path = trace\ntrace = none.csv",
     "t.ini:18: trace = none.csv: none.csv: cannot be read: No such file or directory"},
    {13, "path = trace\ntrace = none.csv",
     "t.ini:14: trace = none.csv: none.csv: cannot be read: No such file or directory"},
    {17, "loss_model = gilbert-elliott\nloss_r = 0", "t.ini:17: loss_model = gilbert-elliott: transitions p = 0.018"},
    {13, "path = leo-slots\nslot = 10 s\nfirst_slot = 20 s",
     "t.ini:13: path = leo-slots: the first slot at 20 s and one each 10 s; expected the first within"},
    {13, "path = leo-slots\ndelay_min = 50 ms\ndelay_max = 20 ms",
     "t.ini:13: path = leo-slots: a least delay of 50 ms and a greatest of 20 ms; expected"},
    {13, "path = leo-slots\noutage = 15 s", "t.ini:13: path = leo-slots: an outage may take the whole slot of 15 s;"},
    {17, "framing = rle\nlabel = 4 B", "t.ini:18: label = 4 B: an RLE label of 4 octets; expected 0, 3 or 6"},
    {17, "framing = rle\nburst = 4 kB", "t.ini:18: burst = 4 kB: is out of range; expected 14 B to 2049 B"},
    {17, "trace = none.csv",
     "t.ini:17: trace = none.csv: none.csv: cannot be read: No such file or directory; expected a trace file"},
    {17, "trace = /dev/zero",
     "t.ini:17: trace = /dev/zero: /dev/zero: is a device, a FIFO or a socket; only a plain file is read here; "
     "expected"},
    {30, "kind = replay\nfile = none.pcap",
     "t.ini:31: file = none.pcap: none.pcap: cannot be read: No such file or directory; expected a capture, pcap or"},
    {30, "kind = replay\nfile = /dev/null",
     "t.ini:31: file = /dev/null: /dev/null: is a device, a FIFO or a socket; only a plain file is read here; expected "
     "a capture"},
    /* contradictions */
    {8, "prefix = 10.1.0.0/16", "t.ini:8: prefix = 10.1.0.0/16: overlaps 10.1.0.0/24 of [lan1]"},
    {8, "prefix = fd00::/64", "t.ini:8: prefix = fd00::/64: is an IPv6 prefix, but scenario.ip is 4"},
    {8, "prefix = 10.2.0.0/30", "t.ini:9: hosts = 4: 4 hosts do not fit into 10.2.0.0/30; it has room for 2"},
    {11, "address = 10.1.0.7", "t.ini:11: address = 10.1.0.7: is an address of LAN1"},
    {11, "address = 192.0.2.2", "t.ini:11: address = 192.0.2.2: is the other gateway's address, too"},
    {11, "address = fd00::1", "t.ini:11: address = fd00::1: is an IPv6 address, but scenario.ip is 4"},
    {11, "address = 0.0.0.0", "t.ini:11: address = 0.0.0.0: is no host's address"},
    {16, "queue = 1000 B", "t.ini:16: queue = 1000 B: cannot hold one packet; expected at least the MTU, 1500 B"},
    {19, "replay_window = 0", "t.ini:20: esn = yes: the high half of extended sequence numbers"},
    {19, "spi_allocator = manual", "t.ini:19: spi_allocator = manual: needs a list of SPIs; expected spi_gw2"},
    {3, "modes = beet", "t.ini:21: spi_gw1 = 0x1000, 0x2000: has 2 SPIs, but mode beet needs 4"},
    {25, "from = lan1:5", "t.ini:25: from = lan1:5: [lan1] has 4 hosts; expected at most `lan1:4`"},
    {26, "to = lan1:2", "t.ini:26: to = lan1:2: stays in LAN1 and never meets the link; expected hosts of lan2"},
    {32, "to = lan2:1-2", "t.ini:32: to = lan2:1-2: 2 hosts cannot be paired with 3"},
    {27, "start = 10 s", "t.ini:27: start = 10 s: the flow would start at 10 s and stop at 10 s"},
    {27, "stop = 11 s", "t.ini:27: stop = 11 s: is after the end"},
    /* IPsec of the hosts' own */
    {30, "kind = voip\nspi = 0x3000", "t.ini:31: spi = 0x3000: the hosts of this flow send in clear"},
    {30, "kind = voip\nrekey_jitter = 0.1", "t.ini:31: rekey_jitter = 0.1: the hosts of this flow send in clear"},
    {30, "kind = voip\nspi_range = 0x3000-0x3fff", "t.ini:31: spi_range = 0x3000-0x3fff: the hosts of this flow"},
    {30, "kind = voip\nboth_ways = no\npeer = 198.51.100.1",
     "t.ini:32: peer = 198.51.100.1: the gateways protect what"},
    {30, "kind = voip\nipsec = bypass\npeer = 198.51.100.1", "t.ini:32: peer = 198.51.100.1: there is no way back"},
    {30, "kind = voip\nipsec = bypass\nboth_ways = no\npeer = 10.2.0.9", "peer = 10.2.0.9: is an address of LAN2"},
    {30, "kind = voip\nipsec = bypass\nboth_ways = no\npeer = 192.0.2.1", "peer = 192.0.2.1: is gateway 1's address"},
    {30, "kind = voip\nipsec = bypass\nboth_ways = no\npeer = fd00::9", "peer = fd00::9: is an IPv6 address, but"},
    {30, "kind = voip\nipsec = bypass\nboth_ways = no\npeer = 0.0.0.0", "peer = 0.0.0.0: is no host's address"},
    {30, "kind = voip\nipsec = bypass\nrekey = 270 ms", "rekey = 270 ms: is shorter than a packet takes over the link"},
    {30, "kind = voip\nipsec = bypass\nrekey = 60 s\nrekey_overlap = 270 ms",
     "rekey_overlap = 270 ms: the old SA would end before the last packets of it have crossed the link"},
    {30, "kind = voip\nipsec = bypass\nspi_allocator = manual",
     "spi_allocator = manual: needs a list of SPIs; expected spi"},
    {30, "kind = voip\nipsec = nested\nspi_range = 0x3000-0x3fff\nspi_allocator = vpp",
     "t.ini:32: spi_range = 0x3000-0x3fff: the range of vpp is fixed"},
    {29,
     "[flow.more]\nkind = cbr\nfrom = lan1:1\nto = lan2:2\nipsec = bypass\nspi = 0x3fff\n[flow.calls]\nipsec = nested\n"
     "spi = 0x3000-0x3fff",
     "t.ini:37: spi = 0x3000-0x3fff: SPI 0x3fff may be flow more's, too"},
    {19, "rekey = 1 min\nrekey_overlap = 270 ms", "t.ini:20: rekey_overlap = 270 ms: the old SA would end before"},
    {19, "spi_range = 0x2000-0x20ff\nspi_allocator = junos-manual",
     "t.ini:19: spi_range = 0x2000-0x20ff: the range of"},
    {19, "lookup = spi, spi", "t.ini:19: lookup = spi, spi: names `spi` twice; expected each lookup once"},
};

static void each_slip_is_told_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct config c;
        struct err_list bad;
        char *text = text_of(refused[i].number, refused[i].line);
        bool ok = parse(&c, text, NULL, 0, &bad);
        if (ok || bad.n_errs == 0)
            fail_msg("%s: is taken", refused[i].line);
        bool told = false;
        for (size_t k = 0; k < bad.n_errs; k++)
            told = told || strstr(bad.errs[k].text, refused[i].says);
        if (!told)
            fail_msg("%s: expected `%s`, got `%s`", refused[i].line, refused[i].says, bad.errs[0].text);
        assert_null(c.settings);
        err_list_fini(&bad);
        free(text);
    }
}

static void all_slips_are_told_in_order(void **state)
{
    (void)state;
    static const char text[] = "[scenario]\nduration = 10\n[lnk]\ndelay = 3\n[link]\nrate_forward = x\njunk\n"
                               "rate_forward = 1 Mbit/s\n[flow.a]\nkind = voip\nfrom = lan1:1\n"
                               "to = lan2:1\n";
    static const char *const sets[] = {"flow.a.calls=none", "no-dot=1", "lik.delay=1 s"};
    static const char *const expected[] = {"t.ini:2: duration = 10: has no unit",
                                           "t.ini:3: [lnk]: unknown section; did you mean [link]?",
                                           "t.ini:5: [link]: rate_return: is missing",
                                           "t.ini:6: rate_forward = x: not a rate",
                                           "t.ini:7: `junk`",
                                           "t.ini:8: rate_forward = 1 Mbit/s: duplicate key",
                                           "--set: flow.a.calls = none: not a whole number",
                                           "--set: no-dot=1: expected section.key=value",
                                           "--set: lik.delay = 1 s: unknown section; did you mean [link]?"};
    struct config c;
    struct err_list bad;
    assert_false(parse(&c, text, sets, 3, &bad));
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        if (i >= bad.n_errs)
            fail_msg("not told: %s", expected[i]);
        if (strncmp(bad.errs[i].text, expected[i], strlen(expected[i])))
            fail_msg("place %zu: expected `%s`, got `%s`", i, expected[i], bad.errs[i].text);
    }
    assert_int_equal(bad.n_errs, sizeof expected / sizeof *expected);
    err_list_fini(&bad);
}

/* What follows from one slip is not told as others. */
static void one_slip_is_told_once(void **state)
{
    (void)state;
    static const struct {
        int number;
        const char *line, *set, *says;
    } slips[] = {
        {24, "", NULL, "t.ini:23: [flow.bulk]: kind: is missing"},
        {24, "knid = tcp-bulk", NULL, "t.ini:24: knid = tcp-bulk: unknown key of [flow.bulk]; did you mean `kind`?"},
        {14, "rate_forwrd = 1 Mbit/s", NULL, "t.ini:14: rate_forwrd = 1 Mbit/s: unknown key of [link]; did you mean"},
        {12, "[lnk]", NULL, "t.ini:12: [lnk]: unknown section; did you mean [link]?"},
        {1, "[scenaro]", NULL, "t.ini:1: [scenaro]: unknown section; did you mean [scenario]?"},
        {13, "path = trace\ntrace = none.csv", NULL, "t.ini:14: trace = none.csv: none.csv: cannot be read"},
        {32, "to = lan2:2-4\n[flow.r]\nkind = replay\nfrom = lan1:1\nto = lan2:1", NULL,
         "t.ini:33: [flow.r]: file: is missing"},
        {32, "to = lan2:2-3", NULL, "t.ini:32: to = lan2:2-3: 2 hosts cannot be paired with 3"},
        {29, "[flow.12345678901234567890123456789012345678901234567890123456789]", NULL,
         "t.ini:29: [flow.12345678901234567890123456789012345678901234567890123456789]: "
         "`12345678901234567890123456789012345678901234567890123456789`: is no name of a flow; expected at most 58"},
        {23, "[flow.calls-back]", NULL,
         "t.ini:23: [flow.calls-back]: is what the way back of flow calls is called; expected another name"},
        {18, "[ipsec", NULL, "t.ini:18: `[ipsec`: neither"},
        {18, "[ipsec]]", NULL, "t.ini:18: [ipsec] is followed by `]`"},
        {1, "[scenario]", "flow.bluk.start=2 s",
         "--set: flow.bluk.start = 2 s: no flow has this name; did you mean flow.bulk.start?"},
        {1, "[scenario]", "flow.other.start=2 s", "--set: flow.other.start = 2 s: no flow has this name; to add one"},
    };
    for (size_t i = 0; i < sizeof slips / sizeof *slips; i++) {
        struct config c;
        struct err_list bad;
        char *text = text_of(slips[i].number, slips[i].line);
        assert_false(parse(&c, text, &slips[i].set, slips[i].set != NULL, &bad));
        if (bad.n_errs != 1 || strncmp(bad.errs[0].text, slips[i].says, strlen(slips[i].says)))
            fail_msg("expected only `%s`, got %zu, the last: `%s`", slips[i].says, bad.n_errs,
                     bad.errs[bad.n_errs - 1].text);
        err_list_fini(&bad);
        free(text);
    }
}

static void parse_good(struct config *c, const char *text, const char *const *sets, size_t n_sets)
{
    struct err_list bad;
    if (!parse(c, text, sets, n_sets, &bad))
        fail_msg("%s", bad.errs[0].text);
    err_list_fini(&bad);
}

static void values_are_typed(void **state)
{
    (void)state;
    char *text = text_of(0, NULL);
    struct config c;
    parse_good(&c, text, NULL, 0);
    assert_string_equal(c.name, "t");
    assert_int_equal(c.duration, 10 * NS_PER_S);
    assert_int_equal(c.seed, 1);
    assert_int_equal(c.ip, 4);
    assert_int_equal(c.modes.n, 2);
    assert_string_equal(c.modes.at[1]->name, "wildcard");
    assert_int_equal(c.lan[1].hosts, 4);
    assert_int_equal(c.lan[1].prefix.addr.bytes[1], 2);
    assert_int_equal(c.gw[1].address.bytes[3], 2); /* default of the second gateway */
    assert_int_equal(c.link.delay[0], 270 * NS_PER_MS);
    assert_int_equal(c.link.delay[1], 270 * NS_PER_MS);
    assert_int_equal(c.link.rate[0], 10000000);
    assert_int_equal(c.link.rate[1], 2000000);
    assert_int_equal(c.link.queue[0], 65536);
    assert_string_equal(c.link.framing->name, "ppp");
    assert_true(c.ipsec.esn);
    assert_int_equal(c.ipsec.suite.key_len, 16);
    assert_int_equal(c.n_flows, 2);
    const struct config_flow *bulk = &c.flows[0], *calls = &c.flows[1];
    assert_string_equal(bulk->name, "bulk");
    assert_string_equal(bulk->congestion->name, "cubic");
    assert_int_equal(bulk->mss, 1360);
    assert_int_equal(bulk->start, NS_PER_S);
    assert_int_equal(bulk->stop, 10 * NS_PER_S);
    assert_int_equal(bulk->dscp, 0);
    assert_int_equal(bulk->buffer, 2 * (10000000 * 54 / 800 + 65536)); /* 10 Mbit/s for 0.54 s, and the queue */
    assert_string_equal(calls->codec->name, "g729");
    assert_int_equal(calls->dscp, 46);
    assert_true(calls->both_ways);
    uint32_t spi, from, to;
    assert_true(config_spi(&c.ipsec.spi_by[0], 1, &spi));
    assert_int_equal(spi, 0x2000);
    assert_false(config_spi(&c.ipsec.spi_by[0], 2, &spi));
    assert_int_equal(config_flow_pairs(calls), 3);
    config_flow_pair(calls, 2, &from, &to);
    assert_int_equal(from, 3);
    assert_int_equal(to, 4);
    config_fini(&c);
    free(text);
}

static void one_host_meets_each_of_the_others(void **state)
{
    (void)state;
    char *text = text_of(31, "from = lan1:2");
    struct config c;
    parse_good(&c, text, NULL, 0);
    uint32_t from, to;
    assert_int_equal(config_flow_pairs(&c.flows[1]), 3);
    config_flow_pair(&c.flows[1], 1, &from, &to);
    assert_int_equal(from, 2);
    assert_int_equal(to, 3);
    config_fini(&c);
    free(text);
}

static void what_follows_is_overruled_by_what_is_written(void **state)
{
    (void)state;
    char *text = text_of(16, "delay_return = 20 ms");
    struct config c;
    parse_good(&c, text, NULL, 0);
    assert_int_equal(c.link.delay[0], 270 * NS_PER_MS);
    assert_int_equal(c.link.delay[1], 20 * NS_PER_MS);
    assert_int_equal(c.link.queue[0], 10000000ull * 290 / 8000); /* one bandwidth-delay product */
    assert_int_equal(c.link.queue[1], 2000000ull * 290 / 8000);
    config_fini(&c);
    free(text);
}

static void sets_beat_the_file_and_each_other(void **state)
{
    (void)state;
    static const char *const sets[] = {"link.delay=20 ms",    "flow.bulk.start = 2 s", "link.delay=30ms",
                                       "flow.more.kind=voip", "flow.more.from=lan2:1", "flow.more.to=lan1:1"};
    char *text = text_of(13, "delay = banana");
    struct config c;
    parse_good(&c, text, sets, 6);
    assert_int_equal(c.link.delay[0], 30 * NS_PER_MS);
    assert_int_equal(c.flows[0].start, 2 * NS_PER_S);
    assert_int_equal(c.n_flows, 3);
    assert_string_equal(c.flows[2].name, "more");
    char origin[128];
    assert_string_equal(setting_origin(setting_of(&c, &c.link.both_delays), origin, sizeof origin), "--set");
    assert_string_equal(setting_origin(setting_of(&c, &c.link.mtu), origin, sizeof origin), "line 17");
    assert_string_equal(setting_origin(setting_of(&c, &c.link.loss), origin, sizeof origin), "default");
    config_fini(&c);
    free(text);
}

static void ipv6_has_defaults_of_its_own(void **state)
{
    (void)state;
    static const char text[] = "[scenario]\nduration = 1 s\nip = 6\n[link]\ndelay = 1 ms\nrate_forward = 1 Mbit/s\n"
                               "rate_return = 1 Mbit/s\n[flow.a]\nkind = voip\nfrom = lan1:1\nto = lan2:1\n";
    static const char *const small[] = {"link.mtu=1279 B"};
    struct config c;
    struct err_list bad;
    char address[ADDR_TEXT_CAP];
    parse_good(&c, text, NULL, 0);
    assert_string_equal(prefix_text(&c.lan[1].prefix, address), "fd00:2::/64");
    assert_string_equal(addr_text(&c.gw[0].address, address), "fd00:ff::1");
    config_fini(&c);
    assert_false(parse(&c, text, small, 1, &bad));
    assert_non_null(strstr(bad.errs[0].text, "--set: link.mtu = 1279 B: is too small for IPv6"));
    err_list_fini(&bad);
}

static void not_text_at_all(void **state)
{
    (void)state;
    static const struct {
        const char *path, *says;
    } rows[] = {{"/dev/null", "/dev/null: is empty"},
                {TEST_DATA, "is a folder"},
                {"/nonexistent/a.ini", "No such file or directory"},
                {"/bin/true", "holds a NUL octet"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct config c;
        struct err_list bad = {0};
        assert_false(config_read(&c, rows[i].path, NULL, 0, &bad));
        assert_int_equal(bad.n_errs, 1);
        if (!strstr(bad.errs[0].text, rows[i].says))
            fail_msg("%s: %s", rows[i].path, bad.errs[0].text);
        err_list_fini(&bad);
    }
}

static char *printed(const struct config *c)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    config_print(c, out);
    fclose(out);
    return text;
}

/* Values, hash, and the printed text but for the origins. */
static void assert_same(const struct config *a, const struct config *b)
{
    char x[CONFIG_HASH_CAP], y[CONFIG_HASH_CAP];
    config_hash(a, x);
    config_hash(b, y);
    assert_string_equal(x, y);
    assert_int_equal(a->n_settings, b->n_settings);
    for (size_t i = 0; i < a->n_settings; i++) {
        const struct setting *s = &a->settings[i], *t = &b->settings[i];
        char v[512], w[512];
        assert_string_equal(s->section_name, t->section_name);
        assert_int_equal(setting_has_value(s), setting_has_value(t));
        if (setting_has_value(s))
            assert_string_equal(s->key->type->print(s->key, s->value, v, sizeof v),
                                t->key->type->print(t->key, t->value, w, sizeof w));
    }
}

static void assert_reads_back(const struct config *c)
{
    char *text = printed(c);
    struct config again;
    struct err_list bad = {0};
    if (!config_parse(&again, "other.ini", text, strlen(text), NULL, 0, &bad))
        fail_msg("%s\n%s", bad.errs[0].text, text);
    assert_same(c, &again);
    config_fini(&again);
    free(text);
}

static void settings_in_effect_read_back(void **state)
{
    (void)state;
    /* Longest words, a name by hand, odd numbers. */
    static const char *const sets[] = {
        "scenario.name=a-name_of.64",
        "scenario.modes=plain,tunnel,beet,wildcard,transport",
        "link.loss=0.3333333333333333",
        "ipsec.spi_gw2=4294967295,1-4000000000,4100000000-4200000000",
        "lan1.delay=1 ns",
        "flow.calls.calls=22767",
        "ipsec.spi_gw1=0x11111111-0x11111112,0x21111111-0x21111112,0x31111111-0x31111112,0x41111111-0x41111112,"
        "0x51111111-0x51111112,0x61111111-0x61111112,0x71111111-0x71111112,0x81111111-0x81111112",
        "scenario.question=0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 "
        "0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 "};
    char *text = text_of(0, NULL);
    struct config c;
    parse_good(&c, text, NULL, 0);
    assert_reads_back(&c);
    config_fini(&c);
    parse_good(&c, text, sets, sizeof sets / sizeof *sets);
    assert_reads_back(&c);
    config_fini(&c);
    free(text);
}

static void scenarios_of_the_project_are_right(void **state)
{
    (void)state;
    DIR *dir = opendir(SOURCE_DIR "/scenarios");
    assert_non_null(dir);
    int n = 0;
    for (const struct dirent *d; (d = readdir(dir));) {
        char path[512];
        if (!strstr(d->d_name, ".ini"))
            continue;
        snprintf(path, sizeof path, SOURCE_DIR "/scenarios/%s", d->d_name);
        struct config c;
        struct err_list bad = {0};
        if (!config_read(&c, path, NULL, 0, &bad))
            fail_msg("%s", bad.errs[0].text);
        assert_reads_back(&c);
        config_fini(&c);
        n++;
    }
    closedir(dir);
    assert_true(n > 0);
}

static void hash_of(const char *const *sets, size_t n_sets, char hex[CONFIG_HASH_CAP])
{
    char *text = text_of(0, NULL);
    struct config c;
    parse_good(&c, text, sets, n_sets);
    config_hash(&c, hex);
    config_fini(&c);
    free(text);
}

/* So that a default can be told from its text. */
static void later_keys_have_their_default_as_it_is_printed(void **state)
{
    (void)state;
    struct config c;
    char *text = text_of(0, NULL);
    size_t n = 0;
    parse_good(&c, text, NULL, 0);
    for (size_t i = 0; i < c.n_settings; i++) {
        const struct setting *s = &c.settings[i];
        char value[512];
        if (!(s->key->flags & KEY_LATER))
            continue;
        n++;
        assert_non_null(s->key->fallback);
        if (s->state == SETTING_DEFAULT)
            assert_string_equal(s->key->type->print(s->key, s->value, value, sizeof value), s->key->fallback);
    }
    assert_true(n > 0);
    config_fini(&c);
    free(text);
}

static void hash_counts_what_decides_a_run(void **state)
{
    (void)state;
    static const struct {
        const char *set;
        bool same;
    } rows[] = {{"scenario.seed=2", true},      {"scenario.name=x", true},     {"scenario.question=why", true},
                {"scenario.modes=plain", true}, {"link.delay=0.27 s", true},   {"link.delay_forward=270 ms", true},
                {"link.framing=ppp", true},     {"flow.calls.dscp=46", true},  {"link.delay=271 ms", false},
                {"link.loss=1e-9", false},      {"ipsec.esn=no", false},       {"ipsec.spi_gw1=0x1000,0x2001", false},
                {"flow.bulk.mss=auto", false},  {"flow.calls.calls=2", false}, {"lan1.queue=1.5 MB", true},
                {"lan1.queue=1501 kB", false}};
    char plain[CONFIG_HASH_CAP], hex[CONFIG_HASH_CAP];
    hash_of(NULL, 0, plain);
    assert_int_equal(strlen(plain), 64);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        hash_of(&rows[i].set, 1, hex);
        if (!strcmp(hex, plain) != rows[i].same)
            fail_msg("%s: the hash should be %s", rows[i].set, rows[i].same ? "the same" : "another");
    }
}

/* Rows of the schema are sound themselves: a default for each IP version parses, bounds parse, names are unique. */
static void rows_of_the_schema_are_sound(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_schema; i++)
        for (size_t k = 0; k < schema[i].n_keys; k++) {
            const struct key *key = &schema[i].keys[k];
            assert_true(strlen(key->what) > 0 && strlen(key->what) < 100);
            assert_false(key->fallback && key->follows);
            assert_true(!(key->min || key->max) || key->type->compare);
            assert_true((key->type == &type_member || key->type == &type_members) == (key->of != NULL));
            for (size_t other = 0; other < k; other++)
                assert_string_not_equal(schema[i].keys[other].name, key->name);
            const struct key *by = NULL;
            for (size_t other = 0; other < schema[i].n_keys; other++)
                by = strcmp(schema[i].keys[other].name, key->by ? key->by : "kind") ? by : &schema[i].keys[other];
            for (const char *const *kind = key->kinds; kind && *kind; kind++)
                assert_non_null(family_get(by->of, *kind));
        }
}

static void damaged_scenarios_are_refused_or_taken(void **state)
{
    (void)state;
    FILE *in = fopen(SOURCE_DIR "/scenarios/sat-link.ini", "rb");
    assert_non_null(in);
    static char text[16384], damaged[16384];
    size_t len = fread(text, 1, sizeof text, in);
    fclose(in);
    assert_true(len > 1000 && len < sizeof text);
    for (size_t i = 0; i < 2 * len; i++) {
        struct config c;
        struct err_list bad = {0};
        size_t n = i < len ? i : len; /* every shorter length, then a flipped bit in every octet */
        memcpy(damaged, text, n);
        if (i >= len)
            damaged[i - len] = (char)(damaged[i - len] ^ 1 << i % 8);
        bool ok = config_parse(&c, "t.ini", damaged, n, NULL, 0, &bad);
        assert_int_equal(ok, bad.n_errs == 0);
        config_fini(&c);
        err_list_fini(&bad);
    }
}

/* Defaults stand twice, as text here and as numbers in models/traffic: they must agree, kind by kind. What a kind has
 * not is 0, and each is had by some kind. */
static void open_loop_kinds_have_the_defaults_of_their_family(void **state)
{
    (void)state;
    struct traffic_settings had = {0}, like = traffic_defaults;
    for (size_t i = 0; i < traffic_family.n_members; i++) {
        const struct traffic_kind *kind = traffic_find(traffic_family.members[i]->name, NULL);
        char text[512];
        snprintf(text, sizeof text,
                 "[scenario]\nduration = 1 s\n[link]\ndelay = 1 ms\nrate_forward = 1 Mbit/s\nrate_return = 1 Mbit/s\n"
                 "[flow.a]\nkind = %s\nfrom = lan1:1\nto = lan2:1\n%s",
                 kind->m.name,
                 strcmp(kind->m.name, "replay") ? ""
                                                : "file = " TEST_DATA
                                                  "/vectors/kernel/fidelity/beet4-gcm.trace.pcap\n");
        struct config c;
        struct err_list bad;
        if (!parse(&c, text, NULL, 0, &bad)) {
            fail_msg("%s", bad.errs[0].text);
        }
        struct traffic_settings set = config_flow_traffic(&c, &c.flows[0]);
#define CHECK(field)                                                                                                   \
    assert_true(set.field == 0 || set.field == like.field);                                                            \
    had.field |= set.field;
        CHECK(rate)
        CHECK(size)
        assert_int_equal(set.head_len, like.head_len);
        CHECK(on)
        CHECK(off)
        CHECK(vad)
        CHECK(talk)
        CHECK(silence)
        CHECK(interval)
        CHECK(jitter)
        CHECK(burst)
        CHECK(burst_gap)
        CHECK(request)
        CHECK(objects)
        CHECK(object_size)
        CHECK(think)
#undef CHECK
        assert_int_equal(kind->carrier == TRAFFIC_UDP && set.codec, !strcmp(kind->m.name, "voip"));
        assert_int_equal(set.frames, strcmp(kind->m.name, "voip") ? 0 : set.codec->frames);
        config_fini(&c);
    }
    assert_int_equal(had.rate, like.rate);
    assert_int_equal(had.size, like.size);
    assert_int_equal(had.on, like.on);
    assert_int_equal(had.off, like.off);
    assert_int_equal(had.vad, like.vad);
    assert_int_equal(had.talk, like.talk);
    assert_int_equal(had.silence, like.silence);
    assert_int_equal(had.interval, like.interval);
    assert_int_equal(had.jitter, like.jitter);
    assert_int_equal(had.burst, like.burst);
    assert_int_equal(had.burst_gap, like.burst_gap);
}

static void a_plan_has_a_run_per_mode(void **state)
{
    (void)state;
    char *text = text_of(3, "modes = wildcard, plain, tunnel");
    struct config c;
    parse_good(&c, text, NULL, 0);
    struct plan p;
    plan_init(&p, &c);
    assert_int_equal(p.n_runs, 3);
    assert_ptr_equal(p.runs[0].mode, family_get(&mode_family, "wildcard"));
    assert_ptr_equal(p.runs[2].mode, family_get(&mode_family, "tunnel"));
    assert_int_equal(p.runs[1].seed, c.seed);
    assert_string_equal(p.runs[0].name, "wildcard");
    plan_fini(&p);
    config_fini(&c);
    free(text);
}

/* Plain has no lookup, and transport its own. */
static void a_plan_has_a_run_per_mode_and_lookup(void **state)
{
    (void)state;
    static const char *const sets[] = {"ipsec.lookup=spi,trial", "scenario.modes=plain,wildcard,transport"};
    static const char *const names[] = {"plain", "wildcard+spi", "wildcard+trial", "transport"};
    char *text = text_of(22, "");
    struct config c;
    parse_good(&c, text, sets, 2);
    struct plan p;
    plan_init(&p, &c);
    assert_int_equal(p.n_runs, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(p.runs[i].name, names[i]);
    assert_null(p.runs[0].lookup);
    assert_ptr_equal(p.runs[2].lookup, lookup_get("trial"));
    assert_ptr_equal(p.runs[3].lookup, lookup_get(mode_get("transport")->lookup));
    plan_fini(&p);
    config_fini(&c);
    free(text);
}

static void too_many_bypasses_are_refused(void **state)
{
    (void)state;
    static const char *const fits[] = {
        "lan1.prefix=10.4.0.0/16",    "lan2.prefix=10.5.0.0/16",  "lan1.hosts=600",         "lan2.hosts=600",
        "flow.calls.from=lan1:1-511", "flow.calls.to=lan2:1-511", "flow.calls.ipsec=bypass"};
    const char *sets[9];
    struct config c;
    struct err_list bad;
    char *text = text_of(21, "");
    memcpy(sets, fits, sizeof fits);
    parse_good(&c, text, sets, 7);
    config_fini(&c);
    sets[7] = "flow.calls.from=lan1:1-512";
    sets[8] = "flow.calls.to=lan2:1-512";
    assert_false(parse(&c, text, sets, 9, &bad));
    assert_non_null(strstr(bad.errs[0].text, "flow.calls.ipsec = bypass: makes 512 pairs of hosts"));
    err_list_fini(&bad);
    free(text);
}

static void more_than_there_is_room_for_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *sets[3], *told; /* NULL: right */
    } rows[] = {
        {{"flow.bulk.from=lan1:1-4096", "flow.bulk.to=lan2:1"}, NULL},
        {{"flow.bulk.from=lan1:1-4097", "flow.bulk.to=lan2:1"}, "kind = tcp-bulk: makes 4097 TCP connections"},
        {{"flow.bulk.from=lan1:1-1365", "flow.bulk.to=lan2:1", "pep.place=inside"}, NULL},
        {{"flow.bulk.from=lan1:1-1366", "flow.bulk.to=lan2:1", "pep.place=inside"}, "makes 4098 TCP connections"},
        {{"flow.calls.calls=22767"}, NULL},
        {{"flow.calls.calls=22768"}, "kind = voip: makes 45536 streams"},
    };
    char *text = text_of(0, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *sets[8] = {"lan1.prefix=10.4.0.0/16", "lan2.prefix=10.5.0.0/16", "lan1.hosts=5000"};
        size_t n = 3;
        struct config c;
        struct err_list bad;
        for (size_t k = 0; k < 3 && rows[i].sets[k]; k++)
            sets[n++] = rows[i].sets[k];
        bool right = parse(&c, text, sets, n, &bad);
        if (right != !rows[i].told || (!right && !strstr(bad.errs[0].text, rows[i].told)))
            fail_msg("%s: %s", rows[i].sets[0], right ? "taken" : bad.errs[0].text);
        if (right)
            config_fini(&c);
        err_list_fini(&bad);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_slip_is_told_alone),
        cmocka_unit_test(all_slips_are_told_in_order),
        cmocka_unit_test(one_slip_is_told_once),
        cmocka_unit_test(values_are_typed),
        cmocka_unit_test(one_host_meets_each_of_the_others),
        cmocka_unit_test(what_follows_is_overruled_by_what_is_written),
        cmocka_unit_test(sets_beat_the_file_and_each_other),
        cmocka_unit_test(ipv6_has_defaults_of_its_own),
        cmocka_unit_test(not_text_at_all),
        cmocka_unit_test(settings_in_effect_read_back),
        cmocka_unit_test(scenarios_of_the_project_are_right),
        cmocka_unit_test(later_keys_have_their_default_as_it_is_printed),
        cmocka_unit_test(hash_counts_what_decides_a_run),
        cmocka_unit_test(rows_of_the_schema_are_sound),
        cmocka_unit_test(damaged_scenarios_are_refused_or_taken),
        cmocka_unit_test(open_loop_kinds_have_the_defaults_of_their_family),
        cmocka_unit_test(a_plan_has_a_run_per_mode),
        cmocka_unit_test(a_plan_has_a_run_per_mode_and_lookup),
        cmocka_unit_test(too_many_bypasses_are_refused),
        cmocka_unit_test(more_than_there_is_room_for_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
