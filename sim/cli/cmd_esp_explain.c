/* espsim esp explain: one packet drawn field by field, taken from a capture or made up for a mode and an algorithm. */
#include "models/ipsec/seal.h"
#include "models/wire/checksum.h"
#include "models/wire/esp.h"
#include "models/wire/ipv4.h"
#include "models/wire/ipv6.h"
#include "models/wire/protocol.h"
#include "models/wire/udp.h"
#include "sim/cli/command.h"
#include "sim/cli/esp_draw.h"
#include "sim/cli/esp_sas.h"
#include "sim/cli/words.h"

#include <argp.h>
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROTO_EXPERIMENT = 253 };
enum { KEY_PACKET = 256, KEY_SIZE, KEY_MODE, KEY_ALGORITHM, KEY_IP, KEY_UDP, KEY_JSON };

struct asked {
    const char *sa, *in;
    uint64_t packet, size; /* size 0: from a capture */
    const struct mode *mode;
    struct suite suite;
    uint8_t ip;
    bool udp, json;
    const struct lookup *lookup;
};

static const struct argp_option options[] = {
    {"sa", 's', "FILE", 0, "the SAs, see espsim-esp(1)", 0},
    {"in", 'i', "PCAP", 0, "the packet's capture", 0},
    {"packet", KEY_PACKET, "N", 0, "which one, counted from 1 as Wireshark does (default 1)", 0},
    {"lookup", 'l', "POLICY", 0, "how the SA is found (default rfc4301; see `espsim list lookup`)", 0},
    {"size", KEY_SIZE, "N", 0, "or: a made-up inner packet of N octets", 1},
    {"mode", KEY_MODE, "MODE", 0, "in this mode", 1},
    {"algorithm", KEY_ALGORITHM, "NAME", 0, "with this algorithm, for example aes-gcm-16-128", 1},
    {"ip", KEY_IP, "4|6", 0, "IP version, inside and outside (default 4)", 1},
    {"udp", KEY_UDP, NULL, 0, "in UDP (RFC 3948)", 1},
    {"json", KEY_JSON, NULL, 0, "for programs", 2},
    {0}};

static bool take_mode(const char *arg, const struct mode **mode, struct err *e)
{
    return (*mode = mode_find_esp(arg, e)) != NULL;
}

static bool take_version(const char *arg, uint8_t *version, struct err *e)
{
    *version = (uint8_t)(arg[0] - '0');
    return !strcmp(arg, "4") || !strcmp(arg, "6") || err_set(e, "expected 4 or 6");
}

static void check_together(const struct asked *a, struct argp_state *state)
{
    if (a->size ? a->sa || a->in : !a->sa || !a->in)
        argp_error(state, "needs --sa FILE --in PCAP, or --size N --mode MODE --algorithm NAME");
    if (a->size && (!a->mode || !a->suite.encr))
        argp_error(state, "--size needs --mode and --algorithm");
}

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    struct asked *a = state->input;
    struct err e;
    bool ok = true;
    switch (key) {
    case 's':
        a->sa = arg;
        break;
    case 'i':
        a->in = arg;
        break;
    case 'l':
        ok = (a->lookup = lookup_find(arg, &e)) != NULL;
        break;
    case KEY_PACKET:
        ok = count_parse(arg, 1, UINT64_MAX, &a->packet, &e);
        break;
    case KEY_SIZE:
        ok = count_parse(arg, 1, IP_TOTAL_MAX, &a->size, &e);
        break;
    case KEY_MODE:
        ok = take_mode(arg, &a->mode, &e);
        break;
    case KEY_ALGORITHM:
        ok = suite_parse(arg, &a->suite, &e);
        break;
    case KEY_IP:
        ok = take_version(arg, &a->ip, &e);
        break;
    case KEY_UDP:
        a->udp = true;
        break;
    case KEY_JSON:
        a->json = true;
        break;
    case ARGP_KEY_ARG:
        argp_error(state, "`%s`: one word too many", arg);
        break;
    case ARGP_KEY_END:
        check_together(a, state);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    if (!ok)
        argp_error(state, "--%s %s: %s", option_name(options, key), arg, e.text);
    return 0;
}

/* ---- one packet ---- */

/* Room for the packet three times: as it came, to be opened, and to be decrypted only. */
struct bench {
    uint8_t *opened, *decrypted;
};

/* Opening moves headers over what was decrypted, so the text is decrypted once more in a copy of its own. */
static const uint8_t *decrypt(const struct sa *sa, const struct located *at, uint64_t seq, uint8_t *copy, size_t *len)
{
    const struct suite *s = &sa->p.suite;
    size_t around = ESP_HEAD_LEN + suite_iv_len(s) + suite_icv_len(s);
    if (at->esp_len < around + ESP_TRAILER_LEN)
        return NULL;
    *len = at->esp_len - around;
    struct crypt_text text = {copy + at->esp_off, *len, sa->p.esn, (uint32_t)(seq >> 32)};
    return crypt_open(sa->crypt, &text) ? copy + at->esp_off + ESP_HEAD_LEN + suite_iv_len(s) : NULL;
}

/* Opens the packet as decap does; fills everything of `d` but the number. */
static void look(const struct esp_sas *sas, const struct lookup *policy, struct bench *bench, struct drawing *d)
{
    struct buf packet = buf_over(bench->opened, ESP_ROOM_LEN, BUF_HEADROOM, 0);
    struct located at;
    struct sa *sa = NULL;
    memcpy(buf_put(&packet, d->len), d->packet, d->len);
    memcpy(bench->decrypted, d->packet, d->len);
    d->verdict = esp_sas_in(sas, policy, &packet, &at, &sa);
    d->sa = sa;
    if (d->verdict)
        return;
    d->verdict = open_esp(sa, &packet, &at, 0, &d->seq);
    d->text = decrypt(sa, &at, d->seq, bench->decrypted, &d->text_len);
    if (d->verdict == DROP_NONE) {
        d->inner = packet.data;
        d->inner_len = packet.len;
    }
}

static void print(const struct drawing *d, bool json)
{
    if (!json) {
        esp_draw(stdout, d);
        return;
    }
    json_t *j = esp_draw_json(d);
    json_dumpf(j, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(j);
}

/* ---- from a capture ---- */

/* The packets before go through the SAs too, since they move the window. */
static int explain_captured(const struct asked *a, const struct esp_sas *sas, struct bench *bench)
{
    struct err e;
    struct capture *in = capture_open(a->in, &e);
    struct capture_packet p;
    enum capture_got got = CAPTURE_BROKEN;
    uint64_t number = 0;
    while (in && number < a->packet && (got = capture_next(in, &p, &e)) != CAPTURE_END && got != CAPTURE_BROKEN) {
        struct drawing d = {.number = ++number, .packet = p.data, .len = p.len, .verdict = DROP_MALFORMED};
        if (got == CAPTURE_PACKET && p.len <= ESP_PACKET_MAX)
            look(sas, a->lookup, bench, &d);
        d.why = esp_why(d.verdict, got, &p);
        if (number == a->packet)
            print(&d, a->json);
    }
    if (got == CAPTURE_END && capture_is_cut(in, &e))
        fprintf(stderr, "espsim: warning: %s\n", e.text);
    capture_close(in);
    if (got == CAPTURE_BROKEN) {
        fprintf(stderr, "espsim: %s\n", e.text);
        return CMD_COULD_NOT;
    }
    if (number == a->packet)
        return CMD_FINE;
    fprintf(stderr, "espsim: %s: has %llu packets; ask for --packet 1 to %llu\n", a->in, (unsigned long long)number,
            (unsigned long long)number);
    return CMD_ASKED_WRONGLY;
}

static int explain_capture(const struct asked *a, struct bench *bench)
{
    struct esp_sas sas;
    int code = esp_sas_read(&sas, a->sa);
    if (code)
        return code;
    code = explain_captured(a, &sas, bench);
    esp_sas_fini(&sas);
    return code;
}

/* ---- made up ---- */

/* Addresses of documentation between the gateways, private ones behind them. */
static struct addr address(uint8_t version, const char *v4, const char *v6)
{
    struct addr a;
    bool ok = addr_parse(version == 4 ? v4 : v6, &a, NULL);
    assert(ok);
    return a;
}

static struct sa_params make_params(const struct asked *a)
{
    struct sa_params p;
    sa_params_init(&p);
    p.spi = 0x1000;
    p.mode = a->mode;
    p.suite = a->suite;
    p.inner_src = address(a->ip, "10.1.0.10", "fd00:1::10");
    p.inner_dst = address(a->ip, "10.2.0.20", "fd00:2::20");
    p.src = address(a->ip, "192.0.2.1", "2001:db8::1");
    p.dst = address(a->ip, "192.0.2.2", "2001:db8::2");
    p.udp_sport = p.udp_dport = a->udp ? PORT_ESP_UDP : 0;
    for (size_t i = 0; i < sizeof p.key; i++)
        p.key[i] = (uint8_t)i;
    p.has_iv = true; /* the same words, the same octets */
    for (size_t i = 0; i < sizeof p.iv; i++)
        p.iv[i] = (uint8_t)(0xa0 + i);
    return p;
}

/* A UDP datagram, or octets of a protocol for experiments (RFC 3692) where there is no room for one. False: not even
 * for the IP header. */
static bool make_inner(const struct asked *a, const struct sa_params *p, struct buf *b)
{
    size_t head_len = a->ip == 4 ? IPV4_HEAD_LEN : IPV6_HEAD_LEN;
    if (a->size < head_len)
        return false;
    size_t data_len = a->size - head_len;
    uint8_t protocol = data_len >= UDP_HEAD_LEN ? PROTO_UDP : PROTO_EXPERIMENT;
    struct wr w = wr_over(buf_put(b, a->size), a->size);
    if (a->ip == 4)
        ipv4_write(&(struct ipv4){.total_len = (uint16_t)a->size,
                                  .df = true,
                                  .ttl = 63,
                                  .protocol = protocol,
                                  .src = p->inner_src,
                                  .dst = p->inner_dst},
                   &w);
    else
        ipv6_write(&(struct ipv6){.payload_len = (uint16_t)data_len,
                                  .next_header = protocol,
                                  .hop_limit = 63,
                                  .src = p->inner_src,
                                  .dst = p->inner_dst},
                   &w);
    if (protocol == PROTO_UDP)
        udp_write(&(struct udp){50000, 50001, (uint16_t)data_len, 0}, &w);
    for (uint8_t i = 0; wr_left(&w); i++)
        wr_u8(&w, i);
    struct ip_view v;
    bool ok = ip_parse(b->data, b->len, &v);
    assert(ok);
    checksum_fill_l4(b->data, &v);
    return true;
}

static int explain_sealed(const struct asked *a, struct esp_sas *sas, struct bench *bench)
{
    uint8_t *room = malloc(ESP_ROOM_LEN);
    assert(room);
    struct buf packet = buf_over(room, ESP_ROOM_LEN, BUF_HEADROOM, 0);
    struct ip_view v;
    int code = CMD_ASKED_WRONGLY;
    if (!make_inner(a, &sas->sas[0]->p, &packet)) {
        fprintf(stderr, "espsim: --size %llu: shorter than the header of an IPv%d packet\n",
                (unsigned long long)a->size, a->ip);
    } else {
        bool ok = ip_parse(packet.data, packet.len, &v);
        assert(ok);
        enum drop why = seal(sas->sas[0], &packet, &v, 0, NULL, NULL);
        if (why) {
            fprintf(stderr, "espsim: --size %llu: %s\n", (unsigned long long)a->size, drop_what(why));
        } else {
            struct drawing d = {.packet = packet.data, .len = packet.len};
            look(sas, a->lookup, bench, &d);
            d.why = drop_what(d.verdict);
            print(&d, a->json);
            code = CMD_FINE;
        }
    }
    free(room);
    return code;
}

static int explain_made_up(const struct asked *a, struct bench *bench)
{
    struct sa_params p = make_params(a);
    struct sa *sa;
    struct err e;
    if (!sa_new(&p, &sa, &e)) {
        fprintf(stderr, "espsim: %s\n", e.text);
        return CMD_COULD_NOT;
    }
    struct esp_sas sas = {.sas = &sa, .sad = sad_new()};
    sad_add(sas.sad, sa);
    int code = explain_sealed(a, &sas, bench);
    sad_free(sas.sad);
    sa_free(sa);
    return code;
}

int cmd_esp_explain(int argc, char **argv)
{
    static const struct argp argp = {options, take_option, NULL, "Draw a packet field by field.", NULL, NULL, NULL};
    struct asked asked = {.packet = 1, .ip = 4, .lookup = lookup_get("rfc4301")};
    argp_parse(&argp, argc, argv, 0, NULL, &asked);
    struct bench bench = {malloc(ESP_ROOM_LEN), malloc(ESP_ROOM_LEN)};
    assert(bench.opened && bench.decrypted);
    int code = asked.size ? explain_made_up(&asked, &bench) : explain_capture(&asked, &bench);
    free(bench.opened);
    free(bench.decrypted);
    return code;
}
