/* What `espsim run` leaves on disk, read back: captures, keys and numbers must tell the same story, packet by packet.
 */
#include "models/capture/capture.h"
#include "models/measure/result.h"
#include "models/wire/protocol.h"
#include "models/files/file.h"
#include "models/files/digest.h"
#include "tests/scratch.h"
#include "tests/trip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

enum { SETS_CAP = 8, SAS_CAP = 64, FRAME_OCTETS = 2 /* framing p2p */ };

static char work[SCRATCH_CAP];

static int make_work(void **state)
{
    (void)state;
    return scratch_folder(work) ? 0 : -1;
}

static int remove_work(void **state)
{
    (void)state;
    return scratch_remove(work) ? 0 : -1;
}

/* Runs tests/run_scenario.ini with `sets` (NULL-terminated) over it, and reads result.json. */
static void run(const char *const *sets, struct result *r)
{
    char command[2048], path[256], *text;
    size_t len;
    struct err e;
    int n = snprintf(command, sizeof command, "'%s/espsim' run '%s/tests/run_scenario.ini' --quiet --out '%s/result'",
                     BUILD_DIR, SOURCE_DIR, work);
    for (; *sets; sets++)
        n += snprintf(command + n, sizeof command - (size_t)n, " --set '%s'", *sets);
    assert_int_equal(system(command), 0);
    snprintf(path, sizeof path, "%s/result/result.json", work);
    *r = (struct result){0};
    if (!file_read(path, FILE_ASKED, &text, &len, &e) || !result_read(r, path, text, len, &e))
        fail_msg("%s", e.text);
    free(text);
}

static const char *setting(const struct result *r, const char *key)
{
    for (size_t i = 0; i < r->n_settings; i++)
        if (!strcmp(r->settings[i].key, key))
            return r->settings[i].value;
    fail_msg("no setting %s", key);
    return NULL;
}

/* ---- from files to a trip ---- */

struct ends {
    struct prefix lan[2];
    struct addr gw[2];
};

static struct ends ends_of(const struct result *r)
{
    struct ends ends;
    struct err e;
    bool ok = prefix_parse(setting(r, "lan1.prefix"), &ends.lan[0], &e) &&
              prefix_parse(setting(r, "lan2.prefix"), &ends.lan[1], &e) &&
              addr_parse(setting(r, "gw1.address"), &ends.gw[0], &e) &&
              addr_parse(setting(r, "gw2.address"), &ends.gw[1], &e);
    assert_true(ok);
    return ends;
}

/* Deals the packets of a capture out by their source: to `by_side[side]`, where they come from LAN or gateway `side`.
 */
static void deal_out(const char *mode, const char *name, const struct ends *ends, struct trip_packets *by_side[2])
{
    char path[256];
    struct err e;
    struct capture_packet p;
    enum capture_got got;
    snprintf(path, sizeof path, "%s/result/%s/%s", work, mode, name);
    struct capture *c = capture_open(path, &e);
    if (!c)
        fail_msg("%s", e.text);
    sim_time last = 0;
    while ((got = capture_next(c, &p, &e)) == CAPTURE_PACKET) {
        struct ip_view v;
        assert_true(ip_parse(p.data, p.len, &v));
        assert_int_equal(p.cut, 0);
        assert_true(p.time >= last);
        last = p.time;
        int side = prefix_has(&ends->lan[1], &v.src) || addr_equal(&ends->gw[1], &v.src);
        assert_true(side || prefix_has(&ends->lan[0], &v.src) || addr_equal(&ends->gw[0], &v.src));
        trip_add(by_side[side], p.data, p.len);
    }
    assert_int_equal(got, CAPTURE_END);
    capture_close(c);
}

static struct trip read_trip(const char *mode, const struct ends *ends)
{
    struct trip t = {0};
    deal_out(mode, "lan1.pcap", ends, (struct trip_packets *[]){&t.sent[0], &t.got[1]});
    deal_out(mode, "sat.pcap", ends, (struct trip_packets *[]){&t.link[0], &t.link[1]});
    deal_out(mode, "lan2.pcap", ends, (struct trip_packets *[]){&t.got[0], &t.sent[1]});
    return t;
}

static size_t hex_octets(const char *hex, uint8_t *to, size_t cap)
{
    size_t n = 0;
    unsigned octet;
    for (hex += strncmp(hex, "0x", 2) ? 0 : 2; sscanf(hex, "%2x", &octet) == 1; hex += 2) {
        assert_true(n < cap);
        to[n++] = (uint8_t)octet;
    }
    return n;
}

/* A line of esp_sa as Wireshark reads it: "IPv4","src","dst","SPI","encryption","key","authentication","key". */
static void take_line(const char *line, struct sa_params *p)
{
    char fields[8][256] = {{0}};
    uint8_t key[ENCR_KEY_CAP + ENCR_SALT_CAP];
    const char *at = line;
    for (size_t i = 0; i < 8; i++) {
        const char *end = strchr(++at, '"');
        assert_non_null(end);
        snprintf(fields[i], sizeof fields[i], "%.*s", (int)(end - at), at);
        at = end[1] == ',' ? end + 2 : end + 1;
    }
    p->spi = (uint32_t)strtoul(fields[3], NULL, 16);
    assert_string_equal(fields[4], p->suite.encr->wireshark);
    assert_int_equal(hex_octets(fields[5], key, sizeof key), p->suite.key_len + p->suite.encr->salt_len);
    memcpy(p->key, key, p->suite.key_len);
    memcpy(p->salt, key + p->suite.key_len, p->suite.encr->salt_len);
    assert_int_equal(hex_octets(fields[7], p->integ_key, sizeof p->integ_key), p->suite.integ->key_len);
    if (p->mode->two_addresses)
        assert_true(addr_parse(fields[1], &p->src, NULL) && addr_parse(fields[2], &p->dst, NULL));
}

/* The SA of `detail` (direction out) with the keys of its line. */
static void add_sa(const struct result *r, const struct sa_result *detail, const char *line, struct trip_rule *rule)
{
    int side = !strcmp(detail->gateway, "gw2");
    struct sa_params *p = &rule->sas[side][rule->n_sas[side]++];
    struct err e;
    sa_params_init(p);
    p->mode = rule->mode;
    p->suite = rule->suite;
    p->esn = !strcmp(setting(r, "ipsec.esn"), "yes");
    p->tfc = (uint32_t)rule->tfc;
    p->udp_sport = p->udp_dport = rule->udp ? 4500 : 0;
    take_line(line, p);
    assert_int_equal(p->spi, detail->spi);
    if (p->mode->scope == SCOPE_HOST_PAIR)
        assert_true(addr_parse(detail->source, &p->inner_src, &e) &&
                    addr_parse(detail->destination, &p->inner_dst, &e));
}

/* esp_sa has a line, and sa_details the outbound and the inbound end, of each SA, in one order. */
static void read_sas(const struct result *r, const struct run_result *run, struct trip_rule *rule)
{
    static struct sa_params sas[2][SAS_CAP];
    char path[256], *text, *rest;
    size_t len, n = 0;
    snprintf(path, sizeof path, "%s/result/%s/esp_sa", work, run->mode);
    assert_true(file_read(path, FILE_ASKED, &text, &len, NULL));
    rule->sas[0] = sas[0];
    rule->sas[1] = sas[1];
    rest = text;
    for (char *line; (line = strsep(&rest, "\n")) && *line; n++) {
        assert_true(2 * n + 1 < run->n_sa_details);
        assert_string_equal(run->sa_details[2 * n].direction, "out");
        assert_string_equal(run->sa_details[2 * n + 1].direction, "in");
        add_sa(r, &run->sa_details[2 * n], line, rule);
    }
    assert_int_equal(n, run->sas);
    assert_int_equal(2 * n, run->n_sa_details);
    free(text);
}

static struct trip_rule read_rule(const struct result *r, const struct run_result *run, const struct ends *ends)
{
    uint64_t tfc;
    struct trip_rule rule = {.mode = mode_get(run->mode),
                             .udp = !strcmp(setting(r, "ipsec.udp_encap"), "yes"),
                             .gw = {ends->gw[0], ends->gw[1]}};
    assert_non_null(rule.mode);
    assert_true(units_parse_octets(setting(r, "ipsec.tfc"), &tfc, NULL));
    rule.tfc = (size_t)tfc;
    if (rule.mode->esp) {
        assert_true(suite_parse(run->algorithm, &rule.suite, NULL));
        read_sas(r, run, &rule);
    }
    return rule;
}

/* ---- numbers against packets ---- */

/* The sum of what the packets of one direction must cost, by the second computation (size.h). */
static struct ledger predicted(const struct trip_packets *sent, const struct trip_rule *rule, int side)
{
    struct ledger sum = {0};
    for (size_t k = 0; k < sent->n; k++) {
        struct ip_view v;
        assert_true(ip_parse(sent->at[k].octets, sent->at[k].len, &v));
        struct ledger l = trip_predict(rule, side, &v);
        l.framing = FRAME_OCTETS;
        ledger_add(&sum, &l);
    }
    return sum;
}

static void check_direction(const struct run_result *run, int side, const struct trip *t, const struct trip_rule *rule)
{
    const struct link_result *d = &run->directions[side];
    struct ledger sum = predicted(&t->sent[side], rule, side);
    assert_string_equal(d->name, side ? "gw2>gw1" : "gw1>gw2");
    assert_int_equal(d->packets, t->link[side].n);
    assert_int_equal(d->inner_packets, t->sent[side].n);
    assert_int_equal(d->inner_octets, trip_octets(&t->sent[side]));
    assert_int_equal(d->ip_octets, trip_octets(&t->link[side]));
    assert_int_equal(d->wire_octets, d->ip_octets + FRAME_OCTETS * d->packets);
    assert_memory_equal(&d->ledger, &sum, sizeof sum);
    assert_int_equal(d->lost + d->queue_dropped, 0);
}

/* UDP packets of a flow, and TCP segments with data: by address, in what the LAN got. */
static void check_flow(const struct flow_result *f, const struct trip *t)
{
    int side = strncmp(f->from, "10.2.", 5) && strncmp(f->from, "fd00:2:", 7) ? 0 : 1;
    uint64_t octets = 0, packets = 0;
    bool tcp = f->groups & GROUP_TCP;
    for (size_t k = 0; k < t->got[side].n; k++) {
        const struct trip_packet *p = &t->got[side].at[k];
        struct ip_view v;
        char src[ADDR_TEXT_CAP];
        assert_true(ip_parse(p->octets, p->len, &v));
        if (v.protocol != (tcp ? PROTO_TCP : PROTO_UDP) || (tcp && strcmp(addr_text(&v.src, src), f->from)))
            continue;
        if (tcp && v.total_len - v.head_len <= 4u * (p->octets[v.head_len + 12] >> 4))
            continue; /* no data */
        packets++;
        octets += v.total_len;
    }
    if (f->packets_received + f->duplicates != packets || (!f->duplicates && f->octets_received != octets))
        fail_msg("%s: %llu packets of %llu octets received, %llu of %llu captured", f->name,
                 (unsigned long long)f->packets_received, (unsigned long long)f->octets_received,
                 (unsigned long long)packets, (unsigned long long)octets);
}

static void check_fingerprints(const struct run_result *run)
{
    assert_int_equal(run->n_fingerprints, 3);
    for (size_t i = 0; i < run->n_fingerprints; i++) {
        char path[512], hex[DIGEST_HEX_CAP];
        snprintf(path, sizeof path, "%s/result/%s/%s", work, run->mode, run->fingerprints[i].name);
        assert_true(digest_file(path, hex, NULL));
        assert_string_equal(run->fingerprints[i].sha256, hex);
    }
}

static void check_run(const struct result *r, const struct run_result *run, const char *what)
{
    struct ends ends = ends_of(r);
    struct trip t = read_trip(run->mode, &ends);
    struct trip_rule rule = read_rule(r, run, &ends);
    uint64_t carried = 0;
    assert_true(trip_check(&t, &rule, what));
    for (int side = 0; side < 2; side++)
        check_direction(run, side, &t, &rule);
    for (size_t i = 0; i < run->n_flows; i++)
        check_flow(&run->flows[i], &t);
    for (size_t i = 0; i < run->n_sa_details; i += 2) {
        assert_int_equal(run->sa_details[i].packets, run->sa_details[i + 1].packets);
        assert_int_equal(run->sa_details[i].octets, run->sa_details[i + 1].octets);
        carried += run->sa_details[i].packets;
    }
    assert_int_equal(carried, rule.mode->esp ? run->link.packets : 0);
    assert_int_equal(run->balance.in, t.sent[0].n + t.sent[1].n);
    assert_int_equal(run->balance.out, t.got[0].n + t.got[1].n);
    assert_int_equal(run->balance.dropped, 0);
    assert_int_equal(run->n_unexplained, 0);
    assert_int_equal(run->verdict[VERDICT_WORKS].value,
                     rule.mode->routed.value == CLAIM_YES ? ANSWER_YES : ANSWER_PARTLY);
    check_fingerprints(run);
    trip_fini(&t);
}

static void files_and_numbers_agree(void **state)
{
    (void)state;
    static const char *const rows[][SETS_CAP] = {
        {NULL},
        {"scenario.ip=6", NULL},
        {"ipsec.algorithm=aes-gcm-16-256", "ipsec.esn=yes", NULL},
        {"ipsec.algorithm=aes-cbc-128-hmac-sha2-256-128", "ipsec.udp_encap=yes", NULL},
        {"ipsec.algorithm=null-hmac-sha1-96", "ipsec.tfc=20B", "scenario.ip=6", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *sets[SETS_CAP + 3] = {"scenario.duration=2s", "link.framing=p2p",
                                          "scenario.modes=plain,tunnel,beet,wildcard"};
        struct result r;
        memcpy(sets + 3, rows[i], sizeof rows[i]);
        run(sets, &r);
        assert_int_equal(r.n_runs, 4);
        for (size_t k = 0; k < r.n_runs; k++)
            check_run(&r, &r.runs[k], rows[i][0] ? rows[i][0] : "as it is");
        /* Hosts 1 and 4, and two pairs of callers. */
        assert_int_equal(result_run(&r, "beet")->sas, 2 * 4);
        result_fini(&r);
    }
}

/* The transport mode of RFC 4301 delivers nothing; where every packet ended stands in the result. */
static void transport_is_told_to_fail(void **state)
{
    (void)state;
    struct result r;
    run((const char *[]){"scenario.duration=2s", "scenario.modes=transport", NULL}, &r);
    const struct run_result *t = &r.runs[0];
    struct ends ends = ends_of(&r);
    struct trip trip = read_trip("transport", &ends);
    assert_int_equal(t->verdict[VERDICT_WORKS].value, ANSWER_NO);
    for (size_t i = 0; i < t->n_flows; i++)
        assert_int_equal(t->flows[i].packets_received, 0);
    uint64_t n_probes = trip.link[0].n + trip.link[1].n;
    assert_int_equal(n_probes, 2 * 2 + 1 + 1); /* the callers' pairs both ways, and a SYN from each TCP host */
    assert_int_equal(t->balance.in, trip.sent[0].n + trip.sent[1].n + n_probes);
    assert_int_equal(t->balance.dropped, t->balance.in);
    assert_int_equal(places_total(&t->drops), t->balance.dropped);
    trip_fini(&trip);
    result_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_and_numbers_agree),
        cmocka_unit_test(transport_is_told_to_fail),
    };
    return cmocka_run_group_tests(tests, make_work, remove_work);
}
