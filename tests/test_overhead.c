/* espsim overhead: published sizes, the tables of RFC 9347, predicted = sealed for everything there is, and captures
 * of every link type against a formula of the test's own, packet by packet. */
#include "analysis/overhead_seal.h"
#include "analysis/overhead_study.h"
#include "analysis/rival.h"
#include "models/wire/protocol.h"
#include "tests/scratch.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct suite suite_of(const char *name)
{
    struct suite s;
    struct err e;
    if (!suite_parse(name, &s, &e))
        fail_msg("%s", e.text);
    return s;
}

/* A mode, or else a rival. */
static struct overhead_way way_of(const char *name, const char *suite, const char *framing)
{
    struct err e;
    struct overhead_way w = {.mode = mode_get(name), .set = &framing_defaults, .mtu = 1500};
    struct suite asked = suite_of(suite);
    w.rival = w.mode ? NULL : rival_find(name, &e);
    w.framing = framing_find(framing, &e);
    if (!w.framing || (!w.mode && !w.rival))
        fail_msg("%s", e.text);
    if (w.rival)
        assert_true(rival_suite(w.rival, &asked, &w.suite));
    else if (w.mode->esp)
        w.suite = asked;
    return w;
}

static double ip_of(const char *name, const char *suite, uint32_t len, uint8_t version)
{
    struct overhead_way w = way_of(name, suite, "p2p");
    struct overhead_kind k = {.version = version, .len = len};
    struct overhead_cost c = overhead_cost(&w, &k);
    assert_int_equal(c.drop, DROP_NONE);
    return c.ip;
}

static void published_sizes(void **state)
{
    (void)state;
    static const struct {
        const char *what, *way, *suite;
        uint32_t inner;
        double ip;
    } rows[] = {
        {"Cisco V3PN: G.729, GRE + tunnel", "gre-tunnel", "3des-cbc-192-hmac-sha1-96", 60, 136},
        {"Cisco V3PN: G.711, GRE + tunnel", "gre-tunnel", "3des-cbc-192-hmac-sha1-96", 200, 280},
        {"Avaya IP Office: G.729, tunnel", "tunnel", "3des-cbc-192-hmac-sha1-96", 60, 112},
        {"AES-CBC with SHA1-96, tunnel", "tunnel", "aes-cbc-128-hmac-sha1-96", 100, 168},
        {"implicit IV: tunnel less 8", "implicit-iv", "aes-gcm-16-128", 40, 88},
        {"ICV of 8: tunnel less 8", "short-icv", "aes-gcm-16-128", 40, 88},
        {"IPIP + transport = tunnel", "ipip-transport", "aes-gcm-16-128", 576, 632},
        {"GRE + transport = tunnel + 4", "gre-transport", "aes-gcm-16-128", 576, 636},
        {"WireGuard: 20 + 8 + 32 + 64", "wireguard", "aes-gcm-16-128", 60, 124},
        {"WireGuard at the MTU of its interface", "wireguard", "aes-gcm-16-128", 1420, 1480},
        {"MACsec: SecTAG 8 + ICV 16", "macsec", "aes-gcm-16-128", 100, 124},
        {"MACsec: SecTAG 16 + ICV 16", "macsec-sci", "aes-gcm-16-128", 100, 132},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double ip = ip_of(rows[i].way, rows[i].suite, rows[i].inner, 4);
        if (ip != rows[i].ip)
            fail_msg("%s: %u became %g octets, expected %g", rows[i].what, rows[i].inner, ip, rows[i].ip);
    }
    assert_true(ip_of("wireguard", "aes-gcm-16-128", 60, 6) == 144);
}

/* One entry measured against tunnel mode. */
static struct overhead_entry entry_of(const char *name, const char *suite, const char *framing)
{
    struct overhead_entry entry = {.way = way_of(name, suite, framing)};
    struct suite asked = suite_of(suite);
    entry.tunnel = overhead_tunnel(&entry.way, &asked);
    return entry;
}

static struct overhead_total total_of(const struct overhead_load *l, const struct overhead_entry *entry)
{
    struct overhead_row *rows;
    struct err e;
    if (!overhead_study_loads(l, 1, entry, 1, &rows, &e))
        fail_msg("%s", e.text);
    struct overhead_total t = rows->total;
    free(rows);
    return t;
}

static void imix_and_codecs(void **state)
{
    (void)state;
    struct overhead_load l;
    overhead_load_imix(&l, 4);
    struct overhead_entry tunnel = entry_of("tunnel", "aes-gcm-16-128", "p2p");
    struct overhead_entry wildcard = entry_of("wildcard", "aes-gcm-16-128", "p2p");
    struct overhead_total t = total_of(&l, &tunnel), w = total_of(&l, &wildcard);
    assert_int_equal(t.packets, 12);
    assert_int_equal(t.inner, 4084);
    assert_int_equal(t.sealed, 3);
    assert_true(fabs(100 * (t.ip - 4084) / 4084 - 16.45) < 0.005);
    assert_true(fabs(100 * (w.ip - 4084) / 4084 - 10.58) < 0.005);
    assert_true(w.tunnel_ip == t.ip && w.tunnel_ip - w.ip == 12 * 20);

    struct err e;
    overhead_load_codec(&l, codec_find("g729", &e), 4);
    assert_int_equal(l.kinds[0].len, 60);
    assert_true(l.pps == 50);
    overhead_load_codec(&l, codec_find("g711", &e), 6);
    assert_int_equal(l.kinds[0].len, 220);
    assert_false(overhead_load_size(&l, 19, 4, &e));
    assert_false(overhead_load_size(&l, 39, 6, &e));
    assert_false(overhead_load_size(&l, 65536, 4, &e));
}

/* ---- RFC 9347 appendix C, as in draft 18 ---- */

struct figure_row {
    int figure;
    char encapsulation[16], value[16], unit[64];
    uint32_t inner, mtu;
    int room; /* payload size */
};

/* Columns 1, 3, 4, 5, 6, 7, 8 of a line. */
static bool parse_row(char *line, struct figure_row *r)
{
    char *columns[8];
    for (size_t i = 0; i < 8; i++) {
        columns[i] = strsep(&line, ",");
        if (!columns[i])
            return false;
    }
    *r = (struct figure_row){.figure = atoi(columns[0]),
                             .inner = (uint32_t)atoi(columns[2]),
                             .mtu = (uint32_t)atoi(columns[4]),
                             .room = atoi(columns[5])};
    snprintf(r->encapsulation, sizeof r->encapsulation, "%s", columns[3]);
    snprintf(r->value, sizeof r->value, "%s", columns[6]);
    snprintf(r->unit, sizeof r->unit, "%s", columns[7]);
    return r->figure > 0;
}

/* What the figure is about, from our cost of the packet. */
static double figure_value(const struct figure_row *r, const struct overhead_cost *c, bool one_piece)
{
    /* Unfragmented ESP+Pad cells of figures 13 and 14 count the padding only, without IP and ESP (54). */
    double added = c->ip - r->inner - (one_piece && r->figure <= 14 ? 54 : 0);
    switch (r->figure) {
    case 13:
        return added;
    case 12:
    case 14:
        return 100 * added / r->inner;
    case 15:
        return c->link;
    case 16:
        return 1.25e9 / c->link;
    case 17:
        return 100 * r->inner / c->link;
    default:
        return c->delay / 1000;
    }
}

static double scale_of(const char *value)
{
    char last = value[strlen(value) - 1];
    return last == 'K' ? 1e3 : last == 'M' ? 1e6 : 1;
}

/* One unit of the last digit printed: some figures are rounded, others cut. */
static bool prints_as(double ours, const char *value)
{
    const char *dot = strchr(value, '.');
    double unit = scale_of(value);
    for (const char *c = dot ? dot + 1 : ""; *c >= '0' && *c <= '9'; c++)
        unit /= 10;
    return fabs(ours - strtod(value, NULL) * scale_of(value)) < unit * (1 + 1e-9);
}

static bool check_figure(const struct figure_row *r)
{
    bool iptfs = !strcmp(r->encapsulation, "IP-TFS"), pad = !strcmp(r->encapsulation, "ESP+Pad");
    if (!iptfs && (!pad || r->figure == 18))
        return false;
    struct overhead_way w = way_of(iptfs ? "ip-tfs" : "esp-pad", "aes-gcm-16-128", "ethernet");
    bool frames = r->figure >= 15 && r->figure <= 17; /* these columns count the Ethernet header in the MTU */
    w.mtu = r->mtu - (frames ? 14 : 0);
    w.rate = UINT64_C(10000000000);
    struct overhead_kind k = {.version = 4, .len = r->inner};
    struct overhead_cost c = overhead_cost(&w, &k);
    double ours = figure_value(r, &c, pad && (int)r->inner <= r->room);
    if (!prints_as(ours, r->value))
        fail_msg("figure %d, %s, %u octets, MTU %u: %g, printed %s", r->figure, r->encapsulation, r->inner, r->mtu,
                 ours, r->value);
    return true;
}

static void tables_of_rfc9347(void **state)
{
    (void)state;
    FILE *f = fopen(TEST_DATA "/vectors/rfc9347-tables.csv", "r");
    char line[1024];
    size_t n = 0;
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        struct figure_row r;
        if (parse_row(line, &r))
            n += check_figure(&r);
    }
    fclose(f);
    assert_int_equal(n, 296 /* every IP-TFS row; ESP+Pad, less the delays of figure 18 */);
}

/* ---- predicted = sealed ---- */

static const struct overhead_kind kinds[] = {
    {.version = 4, .len = 20},
    {.version = 4, .len = 61},
    {.version = 4, .len = 1449},
    {.version = 4, .len = 9000},
    {.version = 4, .len = 65000},
    {.version = 4, .len = 65530},
    {.version = 4, .len = 65535},
    {.version = 4, .len = 100, .opts_len = 4},
    {.version = 4, .len = 101, .opts_len = 40},
    {.version = 4, .len = 1500, .fragment = 1},
    {.version = 4, .len = 99, .opts_len = 12, .fragment = 1},
    {.version = 6, .len = 40},
    {.version = 6, .len = 1280},
    {.version = 6, .len = 65575},
    {.version = 6, .len = 200, .ext_len = 8},
    {.version = 6, .len = 5000, .ext_len = 4096},
    {.version = 6, .len = 201, .ext_len = 16, .ext_inside = 8},
    {.version = 6, .len = 5001, .ext_len = 4096, .ext_inside = 2072},
    {.version = 6, .len = 1280, .ext_len = 8, .fragment = 1},
    {.version = 6, .len = 1282, .ext_len = 40, .ext_inside = 24, .fragment = 1},
    {.version = 6, .len = 1281, .ext_len = 32, .fragment = 1},
};

static void check_sealing(const struct overhead_way *w, size_t *n)
{
    struct overhead_sealer *s = overhead_sealer_new();
    struct err e;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct overhead_cost c = overhead_cost(w, &kinds[i]);
        double sum = 0;
#define X(field, what) sum += c.octets.field;
        LEDGER_FIELDS(X)
#undef X
        assert_true(fabs(sum - c.link) < 1e-9 * (1 + sum));
        assert_true(c.link >= c.ip);
        if (c.drop || !c.formed)
            continue;
        if (!overhead_seal(s, &c, &kinds[i], NULL, &e))
            fail_msg("%s, IPv%u, %u octets: %s", overhead_name(w), kinds[i].version, kinds[i].len, e.text);
        ++*n;
    }
    overhead_sealer_free(s);
}

static void predicted_is_sealed(void **state)
{
    (void)state;
    struct err e;
    size_t n = 0;
    struct suite asked;
    for (size_t at = 0; suite_next(&at, &asked);)
        for (size_t i = 0; i < mode_family.n_members + rival_family.n_members; i++)
            for (unsigned variant = 0; variant < 6; variant++) {
                struct overhead_way w = {
                    .set = &framing_defaults, .mtu = 1500, .udp = variant % 2, .framing = framing_find("p2p", &e)};
                w.outer_version = (uint8_t[]){0, 4, 6}[variant / 2];
                if (i < mode_family.n_members)
                    w.mode = (const struct mode *)mode_family.members[i];
                else
                    w.rival = (const struct rival *)rival_family.members[i - mode_family.n_members];
                w.suite = asked;
                if (w.rival && !rival_suite(w.rival, &asked, &w.suite))
                    continue;
                check_sealing(&w, &n);
            }
    assert_true(n > 10000);
}

/* What seal refuses is refused in the prediction. */
static void refusals(void **state)
{
    (void)state;
    struct overhead_kind fragment = {.version = 4, .len = 600, .fragment = 1}, longest = {.version = 4, .len = 65500};
    static const struct {
        const char *way;
        enum drop fragment, longest;
    } rows[] = {{"plain", DROP_NONE, DROP_NONE},
                {"tunnel", DROP_NONE, DROP_TOO_LONG},
                {"beet", DROP_FRAGMENT, DROP_TOO_LONG},
                {"wildcard", DROP_FRAGMENT, DROP_TOO_LONG},
                {"ip-tfs", DROP_NONE, DROP_NONE},
                {"transport", DROP_FRAGMENT, DROP_TOO_LONG},
                {"gre-transport", DROP_NONE, DROP_TOO_LONG}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct overhead_way w = way_of(rows[i].way, "aes-gcm-16-128", "p2p");
        assert_int_equal(overhead_cost(&w, &fragment).drop, rows[i].fragment);
        assert_int_equal(overhead_cost(&w, &longest).drop, rows[i].longest);
    }
}

/* ---- captures ---- */

enum { PACKET_CAP = 2000, ROOM = 4096, N_PACKETS = 300 };

/* A packet, and what the test itself knows of it. */
struct known {
    uint8_t octets[PACKET_CAP];
    uint32_t len, front; /* front: what transport formats keep in front */
    uint32_t beet;       /* what BEET carries */
    uint8_t version;
    bool fragment;
};

static uint32_t draw(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525 + 1013904223;
    return (*seed >> 8) % below;
}

/* IPv4 with or without options or as a fragment; the header checksum is left 0, as offloading leaves it. */
static void make_v4(struct known *k, uint32_t *seed)
{
    uint32_t opts = draw(seed, 4) ? 0 : 4 * (1 + draw(seed, 10));
    k->version = 4;
    k->front = 20 + opts;
    k->len = k->front + draw(seed, 1400);
    k->fragment = !draw(seed, 8);
    k->beet = k->len - k->front + (opts ? 4 + opts + (opts % 8 ? 0 : 4) : 0);
    k->octets[0] = (uint8_t)(0x40 | k->front / 4);
    k->octets[2] = (uint8_t)(k->len >> 8);
    k->octets[3] = (uint8_t)k->len;
    k->octets[6] = k->fragment ? 0x20 : 0x40;
    k->octets[8] = 64;
    k->octets[9] = PROTO_TCP;
    memset(k->octets + 20, 1, opts);
}

/* IPv6 with up to two destination options headers and perhaps a fragment header. */
static void make_v6(struct known *k, uint32_t *seed)
{
    uint32_t n = draw(seed, 3), at = 40, nh_at = 6;
    k->version = 6;
    k->fragment = !draw(seed, 6);
    for (uint32_t i = 0; i < n; i++) {
        k->octets[nh_at] = PROTO_DSTOPTS;
        nh_at = at;
        k->octets[at + 1] = (uint8_t)i; /* 8 or 16 octets */
        at += 8 * (i + 1);
    }
    if (k->fragment) {
        k->octets[nh_at] = PROTO_FRAGMENT;
        nh_at = at;
        k->octets[at + 3] = 1;
        at += 8;
    }
    k->octets[nh_at] = PROTO_TCP;
    k->front = at;
    k->len = at + draw(seed, 1300);
    k->beet = k->len - 40;
    k->octets[0] = 0x60;
    k->octets[4] = (uint8_t)((k->len - 40) >> 8);
    k->octets[5] = (uint8_t)(k->len - 40);
}

static void make_known(struct known *k, uint32_t *seed)
{
    memset(k, 0, sizeof *k);
    if (draw(seed, 2))
        make_v4(k, seed);
    else
        make_v6(k, seed);
    for (uint32_t i = k->front; i < k->len; i++)
        k->octets[i] = (uint8_t)draw(seed, 256);
}

/* A link type: its number in a capture file and its header in front of a packet of that ethertype. */
struct link_type {
    const char *what;
    uint32_t number;
    size_t (*head)(uint8_t *at, uint16_t ethertype);
    bool not_ip; /* has a place for other protocols */
    bool pads;   /* short frames are filled to 60 octets */
};

static size_t put16(uint8_t *at, size_t off, uint32_t n)
{
    at[off] = (uint8_t)(n >> 8);
    at[off + 1] = (uint8_t)n;
    return off + 2;
}

static size_t head_raw(uint8_t *at, uint16_t ethertype)
{
    (void)at;
    (void)ethertype;
    return 0;
}

static size_t head_ethernet(uint8_t *at, uint16_t ethertype)
{
    memset(at, 2, 12);
    return put16(at, 12, ethertype);
}

static size_t head_vlan(uint8_t *at, uint16_t ethertype)
{
    memset(at, 2, 12);
    return put16(at, put16(at, put16(at, 12, 0x8100), 7), ethertype);
}

static size_t head_qinq(uint8_t *at, uint16_t ethertype)
{
    memset(at, 2, 12);
    return put16(at, put16(at, put16(at, put16(at, put16(at, 12, 0x88a8), 9), 0x8100), 7), ethertype);
}

static size_t head_sll(uint8_t *at, uint16_t ethertype)
{
    memset(at, 0, 14);
    return put16(at, 14, ethertype);
}

static size_t head_sll2(uint8_t *at, uint16_t ethertype)
{
    memset(at, 0, 20);
    put16(at, 0, ethertype);
    return 20;
}

static size_t head_null(uint8_t *at, uint16_t ethertype)
{
    memset(at, 0, 4);
    at[0] = ethertype == 0x0800 ? 2 : ethertype == 0x86dd ? 10 : 99; /* AF_INET, AF_INET6 of Linux */
    return 4;
}

static uint16_t ppp_of(uint16_t ethertype)
{
    return ethertype == 0x0800 ? 0x21 : ethertype == 0x86dd ? 0x57 : 0xc021;
}

static size_t head_ppp(uint8_t *at, uint16_t ethertype)
{
    put16(at, 0, 0xff03);
    return put16(at, 2, ppp_of(ethertype));
}

static size_t head_old_qinq(uint8_t *at, uint16_t ethertype)
{
    memset(at, 2, 12);
    return put16(at, put16(at, put16(at, put16(at, put16(at, 12, 0x9100), 9), 0x8100), 7), ethertype);
}

/* RFC 2516: version and type, code, session, length (not looked at), then PPP's protocol. */
static size_t head_pppoe(uint8_t *at, uint16_t ethertype)
{
    memset(at, 2, 12);
    put16(at, put16(at, put16(at, put16(at, 12, 0x8864), 0x1100), 5), 0);
    return put16(at, 20, ppp_of(ethertype));
}

/* Protocol field compression (RFC 1661 6.5), without address and control. */
static size_t head_ppp_short(uint8_t *at, uint16_t ethertype)
{
    uint16_t protocol = ppp_of(ethertype);
    if (protocol > 255)
        return put16(at, 0, protocol);
    at[0] = (uint8_t)protocol;
    return 1;
}

static size_t head_chdlc(uint8_t *at, uint16_t ethertype)
{
    put16(at, 0, 0x0f00);
    return put16(at, 2, ethertype);
}

/* An attribute of 3 octets (type 10, a prefix) and the fill behind it, then the packet's. */
static size_t head_nflog(uint8_t *at, uint16_t ethertype)
{
    static const uint8_t head[] = {0, 0, 0, 5, 7, 0, 10, 0, 'i', 'n', 0, 0, 0xff, 0xff, 9, 0};
    memcpy(at, head, sizeof head);
    at[0] = ethertype == 0x0800 ? 2 : ethertype == 0x86dd ? 10 : 7; /* AF_BRIDGE */
    return sizeof head;
}

/* The same of a machine with the other byte order. */
static size_t head_nflog_big(uint8_t *at, uint16_t ethertype)
{
    size_t len = head_nflog(at, ethertype);
    put16(at, put16(at, 4, 7), 10);
    put16(at, put16(at, 12, 0xffff), 9);
    return len;
}

static const struct link_type link_types[] = {
    {"raw IP", 101, head_raw, false, false},
    {"Ethernet", 1, head_ethernet, true, true},
    {"VLAN", 1, head_vlan, true, true},
    {"QinQ", 1, head_qinq, true, true},
    {"Linux cooked", 113, head_sll, true, false},
    {"Linux cooked 2", 276, head_sll2, true, false},
    {"BSD loopback", 0, head_null, true, false},
    {"PPP", 9, head_ppp, true, false},
    {"old QinQ", 1, head_old_qinq, true, true},
    {"PPP over Ethernet", 1, head_pppoe, true, true},
    {"PPP, short", 9, head_ppp_short, true, false},
    {"PPP in HDLC", 50, head_ppp, true, false},
    {"Cisco HDLC", 104, head_chdlc, true, false},
    {"NFLOG", 239, head_nflog, true, false},
    {"NFLOG, big-endian", 239, head_nflog_big, true, false},
    {"raw IP of OpenBSD", 14, head_raw, false, false},
};

/* Both file formats, little-endian whatever the machine is. */
static void put32(FILE *f, uint32_t n)
{
    for (int i = 0; i < 4; i++, n >>= 8)
        fputc((int)(n & 255), f);
}

static void begin_file(FILE *f, bool ng, uint32_t link_type, uint32_t snaplen)
{
    if (!ng) {
        const uint32_t head[] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, snaplen, link_type};
        for (size_t i = 0; i < 6; i++)
            put32(f, head[i]);
        return;
    }
    const uint32_t blocks[] = {0x0a0d0d0a, 28, 0x1a2b3c4d, 1,         UINT32_MAX, UINT32_MAX,
                               28,         1,  20,         link_type, snaplen,    20};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        put32(f, blocks[i]);
}

/* Half a second after the other. */
static void put_frame(FILE *f, bool ng, size_t n, const uint8_t *frame, uint32_t len, uint32_t snaplen)
{
    uint32_t there = len < snaplen ? len : snaplen, padding = ng ? (4 - there % 4) % 4 : 0;
    uint64_t us = 1000000000 + n * 500000;
    if (ng) {
        put32(f, 6);
        put32(f, 32 + there + padding);
        put32(f, 0);
        put32(f, (uint32_t)(us >> 32));
        put32(f, (uint32_t)us);
    } else {
        put32(f, (uint32_t)(us / 1000000));
        put32(f, (uint32_t)(us % 1000000));
    }
    put32(f, there);
    put32(f, len);
    fwrite(frame, 1, there, f);
    for (uint32_t i = 0; i < padding; i++)
        fputc(0, f);
    if (ng)
        put32(f, 32 + there + padding);
}

/* The formula of facts and RFC 4303 section 2, written for this test alone. */
static uint32_t esp_len(uint32_t payload, uint32_t iv, uint32_t align, uint32_t icv)
{
    uint32_t pad = 0;
    while ((payload + pad + 2) % align)
        pad++;
    return 8 + iv + payload + pad + 2 + icv;
}

struct expected {
    const char *mode, *suite;
    uint32_t iv, align, icv;
    double ip, tunnel;
    uint64_t packets, fragments, over_mtu;
};

static void expect(struct expected *x, const struct known *k)
{
    uint32_t head = k->version == 4 ? 20 : 40;
    uint32_t tunnel = head + esp_len(k->len, x->iv, x->align, x->icv), ip = tunnel;
    bool beet = !strcmp(x->mode, "beet"), wildcard = !strcmp(x->mode, "wildcard");
    if (k->fragment && (beet || wildcard)) {
        x->fragments++;
        return;
    }
    if (beet)
        ip = head + esp_len(k->beet, x->iv, x->align, x->icv);
    if (wildcard)
        ip = k->front + esp_len(k->len - k->front, x->iv, x->align, x->icv);
    if (!strcmp(x->mode, "plain"))
        ip = k->len;
    x->packets++;
    x->ip += ip;
    x->tunnel += tunnel;
    x->over_mtu += k->len <= 1500 && ip > 1500;
}

struct capture_case {
    const struct link_type *link;
    bool ng, seal_all;
    uint32_t snaplen;
    char path[SCRATCH_CAP];
    struct expected x[5];
    uint64_t n_not_ip, n_cut, n_octets;
    uint32_t n_lengths[PACKET_CAP];
};

static void write_capture(struct capture_case *c)
{
    uint8_t frame[ROOM];
    uint32_t seed = 42;
    FILE *f = scratch_file(c->path);
    assert_non_null(f);
    begin_file(f, c->ng, c->link->number, c->snaplen);
    for (size_t i = 0; i < N_PACKETS; i++) {
        struct known k;
        make_known(&k, &seed);
        bool other = c->link->not_ip && i % 7 == 3;
        size_t head = c->link->head(frame, other ? 0x0806 : k.version == 4 ? 0x0800 : 0x86dd);
        memset(frame + head, 0xee, sizeof frame - head);
        memcpy(frame + head, k.octets, k.len);
        uint32_t len = (uint32_t)head + k.len;
        if (c->link->pads && len < 60)
            len = 60;
        put_frame(f, c->ng, i, frame, len, c->snaplen);
        c->n_not_ip += other;
        if (other)
            continue;
        c->n_cut += head + k.len > c->snaplen;
        c->n_octets += k.len;
        c->n_lengths[k.len]++;
        for (size_t m = 0; m < 5; m++)
            expect(&c->x[m], &k);
    }
    assert_int_equal(fclose(f), 0);
}

static void compare_row(const struct capture_case *c, const struct expected *x, const struct overhead_row *row)
{
    const struct overhead_total *t = &row->total;
    if (t->ip != x->ip || t->tunnel_ip != x->tunnel || t->packets != x->packets || t->fragments != x->fragments ||
        t->over_mtu != x->over_mtu || t->too_long || row->packets != x->packets + x->fragments)
        fail_msg("%s%s, %s: %.0f octets, expected %.0f; %llu packets, %llu", c->link->what, c->ng ? ", pcapng" : "",
                 x->mode, t->ip, x->ip, (unsigned long long)t->packets, (unsigned long long)x->packets);
    assert_true(t->link == t->ip + 2 * (double)t->packets); /* p2p */
    if (c->seal_all && strcmp(x->mode, "plain") != 0)
        assert_int_equal(t->sealed, t->packets);
}

static void check_capture(struct capture_case *c)
{
    static const struct expected ways[] = {
        {.mode = "plain", .suite = "aes-gcm-16-128", .iv = 8, .align = 4, .icv = 16},
        {.mode = "tunnel", .suite = "aes-gcm-16-128", .iv = 8, .align = 4, .icv = 16},
        {.mode = "beet", .suite = "aes-gcm-8-128", .iv = 8, .align = 4, .icv = 8},
        {.mode = "wildcard", .suite = "aes-cbc-128-hmac-sha2-256-128", .iv = 16, .align = 16, .icv = 16},
        {.mode = "tunnel", .suite = "aes-cbc-128-hmac-sha2-256-128", .iv = 16, .align = 16, .icv = 16}};
    struct overhead_entry entries[5];
    struct overhead_row *rows;
    struct overhead_facts facts;
    uint64_t *lengths;
    struct err e;
    memcpy(c->x, ways, sizeof ways);
    write_capture(c);
    for (size_t i = 0; i < 5; i++)
        entries[i] = entry_of(ways[i].mode, ways[i].suite, "p2p");
    if (!overhead_study_capture(c->path, c->seal_all, entries, 5, &rows, &lengths, &facts, &e))
        fail_msg("%s: %s", c->link->what, e.text);
    for (size_t i = 0; i < 5; i++)
        compare_row(c, &c->x[i], &rows[i]);
    assert_int_equal(facts.frames, N_PACKETS);
    assert_int_equal(facts.not_ip, c->n_not_ip);
    assert_int_equal(facts.malformed, 0);
    assert_int_equal(facts.cut, c->n_cut);
    assert_int_equal(facts.octets, c->n_octets);
    for (size_t i = 0; i < PACKET_CAP; i++)
        assert_int_equal(lengths[i], c->n_lengths[i]);
    double seconds = (double)(facts.last - facts.first) / 1e9;
    assert_true(seconds > 140 && seconds < 150);
    assert_true(fabs(rows[0].pps - (double)facts.packets / seconds) < 1e-9);
    free(rows);
    free(lengths);
    unlink(c->path);
}

static void captures_of_every_link_type(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof link_types / sizeof *link_types; i++)
        for (unsigned variant = 0; variant < 6; variant++) {
            struct capture_case c = {.link = &link_types[i],
                                     .ng = variant % 2,
                                     .seal_all = variant >= 4,
                                     .snaplen = variant / 2 == 1 ? 160 : 65535};
            check_capture(&c);
        }
}

/* Headers that lie, or that the snap length cut, are told apart. */
static void kinds_of_bad_packets(void **state)
{
    (void)state;
    struct overhead_kind k;
    uint32_t seed = 7;
    for (size_t i = 0; i < 200; i++) {
        struct known good;
        make_known(&good, &seed);
        for (uint32_t len = 0; len <= good.len; len++) {
            bool known = overhead_kind_of(good.octets, len, good.len - len, &k);
            bool headers = good.version == 4 ? len >= good.front : len >= (good.front > 40 ? good.front : 40);
            assert_int_equal(known, headers);
            assert_true(!known || (k.len == good.len && k.fragment == good.fragment));
            assert_true(len == good.len || !overhead_kind_of(good.octets, len, good.len - len - 1, &k));
        }
    }
    assert_false(overhead_kind_of((const uint8_t *)"\x55", 1, 100, &k));
}

/* More kinds than the table holds: the same totals, in the same memory. */
static void more_kinds_than_slots(void **state)
{
    (void)state;
    char path[SCRATCH_CAP];
    uint8_t packet[20 + 40] = {0};
    FILE *f = scratch_file(path);
    assert_non_null(f);
    uint64_t sum = 0, n = 0;
    begin_file(f, false, 101, 60);
    for (uint32_t opts = 0; opts <= 40; opts += 40)
        for (uint32_t len = 60; len <= 65400; len++, n++) {
            packet[0] = (uint8_t)(0x40 | (20 + opts) / 4);
            put16(packet, 2, len);
            put_frame(f, false, n, packet, len, 60);
            sum += len;
        }
    fclose(f);
    struct overhead_entry entries[] = {entry_of("plain", "aes-gcm-16-128", "p2p"),
                                       entry_of("ipip-transport", "aes-gcm-16-128", "p2p")};
    struct overhead_row *rows;
    struct overhead_facts facts;
    uint64_t *lengths;
    struct err e;
    if (!overhead_study_capture(path, false, entries, 2, &rows, &lengths, &facts, &e))
        fail_msg("%s", e.text);
    assert_int_equal(facts.packets, n);
    assert_int_equal(rows[0].total.inner, sum);
    assert_true(rows[0].total.ip == (double)sum);
    assert_true(rows[1].total.ip == rows[1].total.tunnel_ip);
    free(rows);
    free(lengths);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_sizes),
        cmocka_unit_test(imix_and_codecs),
        cmocka_unit_test(tables_of_rfc9347),
        cmocka_unit_test(predicted_is_sealed),
        cmocka_unit_test(refusals),
        cmocka_unit_test(captures_of_every_link_type),
        cmocka_unit_test(kinds_of_bad_packets),
        cmocka_unit_test(more_kinds_than_slots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
