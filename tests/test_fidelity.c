/* The simulator's gateways against a Linux kernel's, packet by packet: one trace through both.
 *
 * tests/vectors/kernel/fidelity holds, for each case, what LAN1 sent, and what the kernel's gateways then sent to the
 * link, back to LAN1 and to LAN2 (tests/vectors/kernel/README.md). Our first gateway gets the same trace: what it sends
 * must be the kernel's packets in every field that two sealers share. Our second gateway gets the kernel's own ESP
 * packets: what it hands to LAN2 must be the kernel's octets. Then the trace goes through a whole simulation (a flow of
 * kind replay), and its captures are held against the kernel's. docs/fidelity.md tells the differences that are let be.
 */
#include "models/capture/capture.h"
#include "models/ipsec/gateway.h"
#include "models/ipsec/safile.h"
#include "models/wire/ip.h"
#include "models/wire/ipv4.h"
#include "models/wire/protocol.h"
#include "tests/esp_fixture.h"
#include "tests/scratch.h"

struct row {
    char name[24]; /* case of tests/lab/cases.txt */
    const char *mode, *lookup;
    uint8_t version;
    bool reassemble;      /* nft's ct rule: fragments from the LAN and from the link are put together */
    bool own_id;          /* each side numbers its outer IPv4 headers for itself */
    bool takes_fragments; /* the kernel encrypts IPv6 fragments one by one; we drop them (RFC 4303 3.3.4) */
    bool sa_per_host;     /* the kernel's SPI and sequence number depend on the destination */
    bool by_hosts;        /* the kernel's hosts seal and open; our gateways stand for them */
};

/* How the kernel was configured, and the mode in which we do the same. */
static const struct form {
    const char *name, *mode, *lookup;
} forms[] = {
    {"tunnel", "tunnel", "linux"},
    {"beet", "beet", "linux"},
    {"transport", "transport", "linux"},
    {"nft", "wildcard", "spi"},
};
static const char *const suites[] = {"gcm", "cbc", "chacha"};

enum { N_FORMS = sizeof forms / sizeof *forms, N_SUITES = sizeof suites / sizeof *suites };
enum { N_ROWS = 2 + N_FORMS * 2 * N_SUITES };

static struct row row_of(const struct form *form, uint8_t version, const char *suite)
{
    bool v4 = version == 4, is_wildcard = !strcmp(form->mode, "wildcard"),
         is_transport = !strcmp(form->mode, "transport");
    bool is_beet = !strcmp(form->mode, "beet");
    struct row r = {.mode = form->mode,
                    .lookup = form->lookup,
                    .version = version,
                    .reassemble = is_wildcard && v4,
                    .own_id = v4 && !strcmp(form->mode, "tunnel"),
                    .takes_fragments = !v4 && (is_wildcard || is_beet),
                    .sa_per_host = is_wildcard || is_beet || is_transport,
                    .by_hosts = is_transport};
    snprintf(r.name, sizeof r.name, "%s%u%s%s", form->name, version, *suite ? "-" : "", suite);
    return r;
}

/* Every mode with every suite and IP version. */
static void fill_rows(struct row rows[N_ROWS])
{
    static const struct form plain = {"plain", "plain", "linux"};
    size_t n = 0;
    for (uint8_t version = 4; version <= 6; version += 2) {
        rows[n++] = row_of(&plain, version, "");
        for (size_t i = 0; i < N_FORMS; i++)
            for (size_t k = 0; k < N_SUITES; k++)
                rows[n++] = row_of(&forms[i], version, suites[k]);
    }
    assert_int_equal(n, N_ROWS);
}

/* ---- packets as lines ----------------------------------------------------------------------------------------- */

enum { LINES_CAP = 128, LINE_CAP = 200, PACKET_CAP = 2048 };

struct packet {
    uint8_t at[PACKET_CAP];
    size_t len;
};

struct packets {
    struct packet at[LINES_CAP];
    size_t n;
};

static void keep(struct packets *list, const uint8_t *data, size_t len)
{
    assert_true(list->n < LINES_CAP && len <= PACKET_CAP);
    memcpy(list->at[list->n].at, data, len);
    list->at[list->n++].len = len;
}

static void read_packets(struct packets *list, const char *name, const char *what)
{
    char path[512];
    struct err e;
    struct capture_packet p;
    snprintf(path, sizeof path, "%s/vectors/kernel/fidelity/%s.%s.pcap", TEST_DATA, name, what);
    struct capture *c = capture_open(path, &e);
    if (!c)
        fail_msg("%s", e.text);
    list->n = 0;
    while (capture_next(c, &p, &e) == CAPTURE_PACKET)
        keep(list, p.data, p.len);
    capture_close(c);
}

struct esp_name {
    uint32_t spi, seq;
};

/* SPI and sequence number; false where the packet has none. */
static bool read_esp(const struct packet *p, struct esp_name *esp)
{
    struct ip_view v;
    assert_true(ip_parse(p->at, p->len, &v));
    if (v.protocol != PROTO_ESP || v.frag_off)
        return false;
    struct rd r = rd_over(p->at + v.head_len, 8);
    esp->spi = rd_u32(&r);
    esp->seq = rd_u32(&r);
    return r.ok;
}

/* How many sequence numbers packet i is behind the first of its SA in the list: the trace is not the SA's first
 * traffic. */
static uint32_t seq_in_trace(const struct packets *list, size_t i)
{
    struct esp_name own, first;
    assert_true(read_esp(&list->at[i], &own));
    for (size_t k = 0; k < i; k++)
        if (read_esp(&list->at[k], &first) && first.spi == own.spi)
            return own.seq - first.seq;
    return 0;
}

/* Each SA counts its packets one by one. A kernel host also counts those that it refuses (DF), and those that the
 * gateway, which does not see into them, refuses (TTL). */
static void sequences_count(const struct row *r, const char *where, const struct packets *list)
{
    for (size_t i = 0; i < list->n; i++) {
        struct esp_name own, before;
        uint32_t n = 0;
        if (!read_esp(&list->at[i], &own))
            continue;
        for (size_t k = 0; k < i; k++)
            n += read_esp(&list->at[k], &before) && before.spi == own.spi;
        if (r->by_hosts ? seq_in_trace(list, i) < n : seq_in_trace(list, i) != n)
            fail_msg("%s, %s, packet %zu: sequence number %u, expected %u more than the first", r->name, where, i,
                     (unsigned)own.seq, (unsigned)n);
    }
}

/* The fields that two gateways must agree on, of packet i, as text. */
static void describe(const struct row *r, const struct packets *list, size_t i, char line[LINE_CAP])
{
    const struct packet *p = &list->at[i];
    struct ip_view v;
    char src[ADDR_TEXT_CAP], dst[ADDR_TEXT_CAP];
    assert_true(ip_parse(p->at, p->len, &v));
    addr_text(&v.src, src);
    addr_text(&v.dst, dst);
    int n = snprintf(line, LINE_CAP, "%s > %s protocol %u octets %zu tos %02x ttl %u%s", src, dst, v.protocol, p->len,
                     v.tos, v.ttl, v.df ? " df" : "");
    const uint8_t *payload = p->at + v.head_len;
    if (v.version == 4) {
        unsigned id = (unsigned)p->at[4] << 8 | p->at[5];
        if (r->own_id && v.protocol == PROTO_ESP)
            n += snprintf(line + n, LINE_CAP - (size_t)n, " id %s", v.df && !id ? "0" : "own");
        else if (v.protocol != PROTO_ICMP)
            n += snprintf(line + n, LINE_CAP - (size_t)n, " id %04x", id);
    }
    if (v.mf || v.frag_off)
        n += snprintf(line + n, LINE_CAP - (size_t)n, " fragment %u%s", v.frag_off, v.mf ? " more" : "");
    if (v.protocol == PROTO_ESP && !v.frag_off && !r->sa_per_host)
        n += snprintf(line + n, LINE_CAP - (size_t)n, " spi %02x%02x%02x%02x seq +%u", payload[0], payload[1],
                      payload[2], payload[3], (unsigned)seq_in_trace(list, i));
    if (v.protocol == PROTO_ICMP || v.protocol == PROTO_ICMPV6)
        snprintf(line + n, LINE_CAP - (size_t)n, " type %u code %u rest %02x%02x%02x%02x", payload[0], payload[1],
                 payload[4], payload[5], payload[6], payload[7]);
}

static void same_packets(const struct row *r, const char *where, const struct packets *kernel,
                         const struct packets *ours)
{
    char a[LINE_CAP], b[LINE_CAP];
    sequences_count(r, where, kernel);
    sequences_count(r, where, ours);
    for (size_t i = 0; i < kernel->n && i < ours->n; i++) {
        describe(r, kernel, i, a);
        describe(r, ours, i, b);
        if (strcmp(a, b) != 0)
            fail_msg("%s, %s, packet %zu:\n  kernel %s\n  espsim %s", r->name, where, i, a, b);
    }
    if (kernel->n != ours->n) {
        const struct packets *longer = kernel->n > ours->n ? kernel : ours;
        describe(r, longer, kernel->n > ours->n ? ours->n : kernel->n, a);
        fail_msg("%s, %s: the kernel sent %zu packets, espsim %zu; the first that only %s sent:\n  %s", r->name, where,
                 kernel->n, ours->n, longer == kernel ? "the kernel" : "espsim", a);
    }
}

/* ---- gateways ------------------------------------------------------------------------------------------------- */

struct site {
    struct packets link, lan; /* what the gateway sent */
    size_t dropped[DROP_COUNT];
};

static void to_link(void *ctx, struct gateway *gw, struct buf *packet, const struct sent *how)
{
    (void)gw;
    (void)how;
    keep(&((struct site *)ctx)->link, packet->data, packet->len);
}

static void to_lan(void *ctx, struct gateway *gw, struct buf *packet)
{
    (void)gw;
    keep(&((struct site *)ctx)->lan, packet->data, packet->len);
}

static void dropped(void *ctx, struct gateway *gw, enum drop why, bool inbound, const struct buf *packet)
{
    (void)gw, (void)inbound, (void)packet;
    ((struct site *)ctx)->dropped[why]++;
}

static void made(void *ctx, struct gateway *gw, const struct buf *packet)
{
    (void)ctx, (void)gw, (void)packet;
}

static void joined(void *ctx, struct gateway *gw, size_t n)
{
    (void)ctx, (void)gw, (void)n;
}

struct ends {
    const char *wan[2], *lan[2], *lan_address[2];
};

static const struct ends ends4 = {
    {"192.0.2.1", "192.0.2.2"}, {"10.1.0.0/24", "10.2.0.0/24"}, {"10.1.0.254", "10.2.0.254"}};
static const struct ends ends6 = {
    {"2001:db8::1", "2001:db8::2"}, {"2001:db8:1::/64", "2001:db8:2::/64"}, {"2001:db8:1::fffe", "2001:db8:2::fffe"}};

static struct gateway *make_gateway(const struct row *r, size_t side, const struct suite *suite, struct site *site)
{
    const struct ends *ends = r->version == 4 ? &ends4 : &ends6;
    struct prefix lan[2];
    for (size_t i = 0; i < 2; i++)
        assert_true(prefix_parse(ends->lan[i], &lan[i], NULL));
    /* Standing for hosts, a gateway must not ask whether a packet is from or for itself; the SA is of transport mode.
     */
    struct gateway_config config = {
        .name = side ? "gw2" : "gw1",
        .address = fixture_addr(ends->wan[side]),
        .lan_address = fixture_addr(ends->lan_address[side]),
        .lan = lan[side],
        .mode = mode_get(r->by_hosts ? "wildcard" : r->mode),
        .lookup = (const struct lookup *)family_get(&lookup_family, r->by_hosts ? "spi" : r->lookup),
        .suite = *suite,
        .link_mtu = 1500,
        .reassemble_lan = r->reassemble,
        .reassemble_link = true};
    spd_add(&config.spd, (struct spd_rule){lan[side], lan[!side], SPD_ANY_PROTOCOL,
                                           strcmp(r->mode, "plain") ? SPD_PROTECT : SPD_BYPASS});
    struct gateway_ports ports = {
        .to_link = to_link, .to_lan = to_lan, .dropped = dropped, .made = made, .joined = joined, .ctx = site};
    return gateway_new(&config, &ports);
}

static void pass_one(struct gateway *gw, bool from_link, const struct packet *p)
{
    struct buf b = fixture_buf();
    memcpy(buf_put(&b, p->len), p->at, p->len);
    if (from_link)
        gateway_from_link(gw, 0, &b);
    else
        gateway_from_lan(gw, 0, &b);
}

static void pass(struct gateway *gw, bool from_link, const struct packets *list)
{
    for (size_t i = 0; i < list->n; i++)
        pass_one(gw, from_link, &list->at[i]);
}

/* From the LAN, each packet by the SA of the two hosts. */
static void pass_as_hosts(struct gateway *gw, struct sa *sas[][2], size_t n_sas, const struct packets *list)
{
    for (size_t i = 0; i < list->n; i++) {
        struct ip_view v;
        assert_true(ip_parse(list->at[i].at, list->at[i].len, &v));
        for (size_t k = 0; k < n_sas; k++)
            if (addr_equal(&sas[k][0]->p.src, &v.src) && addr_equal(&sas[k][0]->p.dst, &v.dst))
                outbound_set(gateway_outbound(gw), sas[k][0]);
        pass_one(gw, false, &list->at[i]);
    }
}

/* ---- SAs ------------------------------------------------------------------------------------------------------ */

static struct safile read_sas(const char *name)
{
    char path[512], text[16384];
    snprintf(path, sizeof path, "%s/vectors/kernel/fidelity/%s.sa.ini", TEST_DATA, name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t len = fread(text, 1, sizeof text, f);
    fclose(f);
    struct safile sas;
    struct err_list bad = {0};
    if (!safile_read(&sas, path, text, len, &bad))
        fail_msg("%s", bad.errs[0].text);
    err_list_fini(&bad);
    return sas;
}

/* The sequence number that the kernel's SA had come to when the trace began. */
static uint64_t first_seq(const struct packets *link, uint32_t spi)
{
    struct esp_name esp;
    for (size_t i = 0; i < link->n; i++)
        if (read_esp(&link->at[i], &esp) && esp.spi == spi)
            return esp.seq;
    return 1;
}

enum { TRACE_FRAGMENTS = 3 }; /* the trace ends with a packet in so many pieces */

/* ---- the test ------------------------------------------------------------------------------------------------- */

/* What was opened is what the hosts sent, in order, two hops on; some were never sent (DF) or passed on (TTL). */
static void opened_as_sent(const struct row *r, const struct packets *trace, const struct site *site)
{
    size_t at = 0;
    for (size_t why = 0; why < DROP_COUNT; why++)
        assert_int_equal(site->dropped[why], 0);
    assert_true(site->lan.n > 20);
    for (size_t i = 0; i < site->lan.n; i++, at++) {
        struct ip_view opened, sent = {0};
        assert_true(ip_parse(site->lan.at[i].at, site->lan.at[i].len, &opened));
        while (at < trace->n && (!ip_parse(trace->at[at].at, trace->at[at].len, &sent) ||
                                 trace->at[at].len != site->lan.at[i].len || sent.ttl != opened.ttl + 2 ||
                                 memcmp(trace->at[at].at + sent.head_len, site->lan.at[i].at + opened.head_len,
                                        trace->at[at].len - sent.head_len) != 0))
            at++;
        if (at == trace->n)
            fail_msg("%s: opened packet %zu is none that was sent", r->name, i);
    }
}

static void check_row(const struct row *r)
{
    static struct packets trace, kernel_link, kernel_lan1, kernel_lan2;
    read_packets(&trace, r->name, "trace");
    read_packets(&kernel_link, r->name, "link");
    read_packets(&kernel_lan1, r->name, "lan1");
    read_packets(&kernel_lan2, r->name, "lan2");

    struct suite suite = {0};
    assert_true(suite_parse("null-hmac-sha1-96", &suite, NULL)); /* of the plain gateway, which has no SA */
    struct safile sas = strcmp(r->mode, "plain") ? read_sas(r->name) : (struct safile){0};
    if (sas.n_sas)
        suite = sas.sas[0].suite;

    static struct site site[2];
    memset(site, 0, sizeof site);
    struct gateway *gw[2] = {make_gateway(r, 0, &suite, &site[0]), make_gateway(r, 1, &suite, &site[1])};
    struct sa *sa[16][2];
    assert_true(sas.n_sas <= 16);
    for (size_t i = 0; i < sas.n_sas; i++) {
        struct err e;
        sas.sas[i].seq = first_seq(&kernel_link, sas.sas[i].spi);
        for (size_t side = 0; side < 2; side++)
            if (!sa_new(&sas.sas[i], &sa[i][side], &e))
                fail_msg("%s: %s", r->name, e.text);
        outbound_set(gateway_outbound(gw[0]), sa[i][0]);
        sad_add(gateway_sad(gw[1]), sa[i][1]);
    }

    if (r->by_hosts)
        pass_as_hosts(gw[0], sa, sas.n_sas, &trace);
    else
        pass(gw[0], false, &trace);
    pass(gw[1], true, &kernel_link);
    if (r->takes_fragments) {
        assert_int_equal(site[0].dropped[DROP_FRAGMENT], TRACE_FRAGMENTS);
        kernel_link.n -= TRACE_FRAGMENTS;
    }
    same_packets(r, "to the link", &kernel_link, &site[0].link);
    if (r->by_hosts) { /* ICMP quotes what the hosts sealed, and LAN2 is sent ESP */
        opened_as_sent(r, &trace, &site[1]);
        kernel_lan2.n = 0;
    } else {
        same_packets(r, "to LAN1", &kernel_lan1, &site[0].lan);
        same_packets(r, "to LAN2", &kernel_lan2, &site[1].lan);
    }
    for (size_t i = 0; i < kernel_lan2.n; i++)
        if (memcmp(kernel_lan2.at[i].at, site[1].lan.at[i].at, kernel_lan2.at[i].len) != 0)
            fail_msg("%s: packet %zu to LAN2 has other octets than the kernel's", r->name, i);

    for (size_t side = 0; side < 2; side++) {
        gateway_free(gw[side]);
        for (size_t i = 0; i < sas.n_sas; i++)
            sa_free(sa[i][side]);
    }
    safile_fini(&sas);
}

static void one_trace_through_both(void **state)
{
    check_row(*state);
}

/* ---- the same in a whole simulation --------------------------------------------------------------------------- */

static void write_scenario(const struct row *r, const char *path)
{
    const struct ends *ends = r->version == 4 ? &ends4 : &ends6;
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "[scenario]\nname = fidelity\nmodes = %s\nduration = 60 s\nip = %u\n", r->mode, r->version);
    for (size_t i = 0; i < 2; i++)
        fprintf(f, "[lan%zu]\nprefix = %s\nhosts = 2\n[gw%zu]\naddress = %s\n", i + 1, ends->lan[i], i + 1,
                ends->wan[i]);
    fputs("[link]\nmtu = 1500 B\ndelay = 1 ms\nrate_forward = 100 Mbit/s\nrate_return = 100 Mbit/s\n[ipsec]\n", f);
    if (strcmp(r->mode, "plain") != 0) {
        struct safile sas = read_sas(r->name);
        char suite[SUITE_NAME_CAP];
        fprintf(
            f, "algorithm = %s\nesn = %s\nreplay_window = %u\nlookup = %s\nreassemble_lan = %s\nreassemble_link = %s\n",
            suite_name(&sas.sas[0].suite, suite), sas.sas[0].esn ? "yes" : "no", (unsigned)sas.sas[0].replay_window,
            r->lookup, r->reassemble ? "yes" : "no", r->reassemble ? "yes" : "no");
        if (!r->sa_per_host)
            fprintf(f, "spi_gw2 = 0x%x\n", (unsigned)sas.sas[0].spi);
        safile_fini(&sas);
    }
    fprintf(f, "[flow.trace]\nkind = replay\nfrom = lan1:1-2\nto = lan2:1-2\n");
    fprintf(f, "file = %s/vectors/kernel/fidelity/%s.trace.pcap\n", TEST_DATA, r->name);
    assert_int_equal(fclose(f), 0);
}

/* What one of our captures has from one of two sources; the second may be NULL. */
static void read_capture(struct packets *list, const char *result, const struct row *r, const char *name,
                         const char *src, const char *src2)
{
    char path[600];
    struct err e;
    struct capture_packet p;
    struct prefix from[2];
    assert_true(prefix_parse(src, &from[0], NULL) && prefix_parse(src2 ? src2 : src, &from[1], NULL));
    snprintf(path, sizeof path, "%s/%s/%s.pcap", result, r->mode, name);
    struct capture *c = capture_open(path, &e);
    if (!c)
        fail_msg("%s", e.text);
    list->n = 0;
    while (capture_next(c, &p, &e) == CAPTURE_PACKET) {
        struct ip_view v;
        assert_true(ip_parse(p.data, p.len, &v));
        if (prefix_has(&from[0], &v.src) || prefix_has(&from[1], &v.src))
            keep(list, p.data, p.len);
    }
    capture_close(c);
}

static void compare_captures(const struct row *r, const char *result)
{
    static struct packets kernel, ours;
    const struct ends *ends = r->version == 4 ? &ends4 : &ends6;
    const struct {
        const char *kernel, *ours, *src, *src2;
    } wires[] = {{"link", "sat", ends->lan[0], ends->wan[0]},
                 {"lan1", "lan1", ends->lan_address[0], NULL},
                 {"lan2", "lan2", ends->lan[0], NULL}};
    for (size_t i = 0; i < sizeof wires / sizeof *wires; i++) {
        read_packets(&kernel, r->name, wires[i].kernel);
        read_capture(&ours, result, r, wires[i].ours, wires[i].src, wires[i].src2);
        if (r->takes_fragments && strcmp(wires[i].kernel, "lan1") != 0)
            kernel.n -= TRACE_FRAGMENTS;
        same_packets(r, wires[i].ours, &kernel, &ours);
    }
}

static void one_trace_through_a_simulation(void **state)
{
    const struct row *r = *state;
    char folder[SCRATCH_CAP], scenario[SCRATCH_CAP + 16], result[SCRATCH_CAP + 16], command[2048];
    assert_true(scratch_folder(folder));
    snprintf(scenario, sizeof scenario, "%s/scenario.ini", folder);
    snprintf(result, sizeof result, "%s/result", folder);
    write_scenario(r, scenario);
    snprintf(command, sizeof command, "'%s/espsim' run '%s' --out '%s' --quiet", BUILD_DIR, scenario, result);
    int status = system(command); /* NOLINT: a command of our own */
    bool has_engine = WEXITSTATUS(status) != 3;
    if (has_engine && status != 0)
        fail_msg("%s: %s: exit %d", r->name, command, WEXITSTATUS(status));
    if (has_engine)
        compare_captures(r, result);
    assert_true(scratch_remove(folder));
    if (!has_engine)
        skip();
}

int main(void)
{
    static struct row rows[N_ROWS];
    struct CMUnitTest tests[2 * N_ROWS];
    fill_rows(rows);
    size_t n = 0;
    for (size_t i = 0; i < N_ROWS; i++)
        tests[n++] =
            (struct CMUnitTest){.name = rows[i].name, .test_func = one_trace_through_both, .initial_state = &rows[i]};
    for (size_t i = 0; i < N_ROWS; i++)
        if (!rows[i].by_hosts) /* a simulation's gateways have no SA for hosts' packets in transport mode */
            tests[n++] = (struct CMUnitTest){
                .name = rows[i].name, .test_func = one_trace_through_a_simulation, .initial_state = &rows[i]};
    return _cmocka_run_group_tests("fidelity", tests, n, NULL, NULL);
}
