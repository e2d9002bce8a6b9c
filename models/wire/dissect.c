#include "models/wire/dissect.h"

#include "models/base/addr.h"
#include "models/wire/checksum.h"
#include "models/wire/esp.h"
#include "models/wire/icmp.h"
#include "models/wire/ipv4.h"
#include "models/wire/ipv6.h"
#include "models/wire/protocol.h"
#include "models/wire/tcp.h"
#include "models/wire/udp.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* A walk over one packet. Inside ESP, `bytes` is the decrypted text, and `shift` makes offsets of the packet out of
 * offsets in it. */
struct walk {
    const uint8_t *bytes;
    size_t at, end; /* the next octet, and one past the last of what is walked */
    size_t shift;
    const char *layer;
    bool begins;
    unsigned depth;
    enum ledger_part part;
    const struct dissect_esp *esp;
    dissect_visit visit;
    void *ctx;
};

static size_t left(const struct walk *w)
{
    return w->end - w->at;
}

static void enter(struct walk *w, const char *layer, enum ledger_part part)
{
    w->layer = layer;
    w->begins = true;
    if (!w->depth)
        w->part = part;
}

/* Gives out the next `len` octets as a field, or what is left of them. */
static void put(struct walk *w, size_t len, const char *name, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void put(struct walk *w, size_t len, const char *name, const char *format, ...)
{
    size_t n = len < left(w) ? len : left(w);
    struct field f = {w->at + w->shift, n, w->layer, name, w->depth, w->begins, w->part, ""};
    if (!n)
        return;
    if (n < len) {
        snprintf(f.value, sizeof f.value, "cut: %zu of %zu octets", n, len);
    } else {
        va_list args;
        va_start(args, format);
        vsnprintf(f.value, sizeof f.value, format, args);
        va_end(args);
    }
    w->at += n;
    w->begins = false;
    w->visit(w->ctx, &f);
}

/* The number in the next `len` octets, without taking them. */
static uint32_t peek(const struct walk *w, size_t skip, size_t len)
{
    uint32_t value = 0;
    for (size_t i = 0; i < len && skip + i < left(w); i++)
        value = value << 8 | w->bytes[w->at + skip + i];
    return value;
}

static const char *const ecn_names[] = {"Not-ECT", "ECT(1)", "ECT(0)", "CE"};

static const struct {
    uint8_t number;
    const char *name;
} protocols[] = {
    {PROTO_HOPOPTS, "hop-by-hop"},
    {PROTO_ICMP, "ICMP"},
    {PROTO_IPV4, "IPv4"},
    {PROTO_TCP, "TCP"},
    {PROTO_UDP, "UDP"},
    {PROTO_IPV6, "IPv6"},
    {PROTO_ROUTING, "routing"},
    {PROTO_FRAGMENT, "fragment"},
    {PROTO_ESP, "ESP"},
    {PROTO_AH, "AH"},
    {PROTO_ICMPV6, "ICMPv6"},
    {PROTO_NONE, "none: a dummy packet in ESP"},
    {PROTO_DSTOPTS, "destination options"},
    {PROTO_BEETPH, "BEET pseudo header"},
};

static void put_protocol(struct walk *w, const char *name)
{
    uint8_t number = (uint8_t)peek(w, 0, 1);
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
        if (protocols[i].number == number) {
            put(w, 1, name, "%u (%s)", number, protocols[i].name);
            return;
        }
    put(w, 1, name, "%u", number);
}

static void put_number(struct walk *w, size_t len, const char *name)
{
    put(w, len, name, "%u", peek(w, 0, len));
}

static void put_hex(struct walk *w, size_t len, const char *name)
{
    put(w, len, name, "0x%0*x", (int)(2 * len), peek(w, 0, len));
}

/* Octets that hexadecimal shows best. */
static void put_octets(struct walk *w, size_t len, const char *name)
{
    put(w, len, name, "%s", "");
}

static void put_addr(struct walk *w, uint8_t version, const char *name)
{
    char text[ADDR_TEXT_CAP] = "";
    size_t len = version == 4 ? 4 : 16;
    if (left(w) >= len) {
        struct addr a;
        addr_take(&a, version, w->bytes + w->at);
        addr_text(&a, text);
    }
    put(w, len, name, "%s", text);
}

static void walk_protocol(struct walk *w, uint8_t protocol);

/* What a datagram carries; of a later fragment, it is the middle of something. */
static void walk_upper(struct walk *w, uint8_t protocol, bool later_fragment)
{
    if (!later_fragment) {
        walk_protocol(w, protocol);
        return;
    }
    enter(w, "fragment", LEDGER_payload);
    put_octets(w, left(w), "data");
}

/* ---- IP ---- */

/* `packet_len`: as the header tells, from its first octet at `start`. What is behind is left to who called. */
static void walk_rest_of_ip(struct walk *w, size_t start, size_t packet_len, uint8_t protocol, bool later_fragment)
{
    size_t end = w->end, told = start + packet_len;
    if (told < w->end)
        w->end = told > w->at ? told : w->at;
    walk_upper(w, protocol, later_fragment);
    enter(w, "payload", LEDGER_payload);
    put_octets(w, left(w), "octets behind the datagram");
    w->end = end;
}

static void put_tos(struct walk *w)
{
    uint8_t tos = (uint8_t)peek(w, 0, 1);
    put(w, 1, "DSCP, ECN", "%u, %s", tos >> 2, ecn_names[tos & 3]);
}

static void walk_ipv4(struct walk *w)
{
    size_t start = w->at, head_len = 4 * (size_t)(peek(w, 0, 1) & 15), packet_len = peek(w, 2, 2);
    uint32_t fragment = peek(w, 6, 2);
    uint8_t protocol = (uint8_t)peek(w, 9, 1);
    bool good = head_len <= left(w) && checksum_of(w->bytes + start, head_len) == 0;
    enter(w, "IPv4", LEDGER_ip);
    put(w, 1, "version, header length", "4, %zu octets", head_len);
    put_tos(w);
    put(w, 2, "total length", "%zu", packet_len);
    put_hex(w, 2, "identification");
    put(w, 2, "flags, fragment offset", "%s%s%u", fragment & 0x4000 ? "DF, " : "", fragment & 0x2000 ? "MF, " : "",
        8 * (fragment & 0x1fff));
    put_number(w, 1, "TTL");
    put_protocol(w, "protocol");
    put(w, 2, "header checksum", "0x%04x (%s)", peek(w, 0, 2), good ? "right" : "wrong");
    put_addr(w, 4, "source");
    put_addr(w, 4, "destination");
    put_octets(w, head_len > IPV4_HEAD_LEN ? head_len - IPV4_HEAD_LEN : 0, "options");
    walk_rest_of_ip(w, start, packet_len, protocol, fragment & 0x1fff);
}

static void walk_fragment_header(struct walk *w)
{
    uint32_t fragment = peek(w, 2, 2);
    enter(w, "fragment header", LEDGER_ip);
    put_protocol(w, "next header");
    put_octets(w, 1, "reserved");
    put(w, 2, "fragment offset, M", "%u, %u", fragment & 0xfff8, fragment & 1);
    put_hex(w, 4, "identification");
}

static void walk_extension(struct walk *w, const char *layer)
{
    size_t len = 8 * ((size_t)peek(w, 1, 1) + 1);
    enter(w, layer, LEDGER_ip);
    put_protocol(w, "next header");
    put(w, 1, "length", "%zu octets", len);
    put_octets(w, len - 2, "content");
}

/* Those that ipv6.h walks. False: `next` is another protocol. */
static bool walk_any_extension(struct walk *w, uint8_t next)
{
    if (next == PROTO_FRAGMENT)
        walk_fragment_header(w);
    else if (next == PROTO_HOPOPTS)
        walk_extension(w, "hop-by-hop options");
    else if (next == PROTO_DSTOPTS)
        walk_extension(w, "destination options");
    else if (next == PROTO_ROUTING)
        walk_extension(w, "routing header");
    else
        return false;
    return true;
}

/* Extension headers, of which `next` is the first or none. Gives the protocol of what is behind them. */
static uint8_t walk_extensions(struct walk *w, uint8_t next, bool *later_fragment)
{
    *later_fragment = false;
    while (left(w) && !*later_fragment) {
        uint8_t following = (uint8_t)peek(w, 0, 1);
        *later_fragment = next == PROTO_FRAGMENT && peek(w, 2, 2) >= 8;
        if (!walk_any_extension(w, next))
            break;
        next = following;
    }
    return next;
}

static void walk_ipv6(struct walk *w)
{
    size_t start = w->at, packet_len = IPV6_HEAD_LEN + (size_t)peek(w, 4, 2);
    uint32_t first = peek(w, 0, 4);
    uint8_t next = (uint8_t)peek(w, 6, 1);
    bool later_fragment;
    enter(w, "IPv6", LEDGER_ip);
    put(w, 4, "version, class, label", "6, DSCP %u, %s, 0x%05x", first >> 22 & 63, ecn_names[first >> 20 & 3],
        first & 0xfffff);
    put_number(w, 2, "payload length");
    put_protocol(w, "next header");
    put_number(w, 1, "hop limit");
    put_addr(w, 6, "source");
    put_addr(w, 6, "destination");
    next = walk_extensions(w, next, &later_fragment);
    walk_rest_of_ip(w, start, packet_len, next, later_fragment);
}

static void walk_ip(struct walk *w)
{
    switch (peek(w, 0, 1) >> 4) {
    case 4:
        walk_ipv4(w);
        break;
    case 6:
        walk_ipv6(w);
        break;
    default:
        enter(w, "no IP", LEDGER_payload);
        put_octets(w, left(w), "data");
    }
}

/* ---- above IP ---- */

static void walk_udp(struct walk *w)
{
    uint16_t port = w->esp && w->esp->udp_port ? w->esp->udp_port : PORT_ESP_UDP;
    bool esp = peek(w, 0, 2) == port || peek(w, 2, 2) == port;
    enter(w, "UDP", esp ? LEDGER_udp : LEDGER_payload);
    put_number(w, 2, "source port");
    put_number(w, 2, "destination port");
    size_t own = peek(w, 0, 2), end = w->end, data = own > UDP_HEAD_LEN ? own - UDP_HEAD_LEN : 0;
    put_number(w, 2, "length");
    put_hex(w, 2, "checksum");
    if (data < left(w))
        w->end = w->at + data;
    if (!esp) {
        put_octets(w, left(w), "data");
    } else if (left(w) == 1 && peek(w, 0, 1) == 0xff) {
        put(w, 1, "NAT keepalive", "0xff");
    } else if (left(w) >= 4 && peek(w, 0, 4) == 0) {
        put(w, 4, "non-ESP marker", "0: what follows is IKE");
        put_octets(w, left(w), "IKE message");
    } else {
        walk_protocol(w, PROTO_ESP);
    }
    w->end = end;
}

static void walk_tcp(struct walk *w)
{
    static const char *const flags[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"};
    char text[64] = "";
    enter(w, "TCP", LEDGER_payload);
    put_number(w, 2, "source port");
    put_number(w, 2, "destination port");
    put_number(w, 4, "sequence number");
    put_number(w, 4, "acknowledgement");
    size_t head_len = 4 * (size_t)(peek(w, 0, 1) >> 4);
    put(w, 1, "data offset", "%zu octets", head_len);
    uint32_t set = peek(w, 0, 1);
    for (size_t i = 0, n = 0; i < 8; i++)
        if (set >> i & 1)
            n += (size_t)snprintf(text + n, sizeof text - n, n ? " %s" : "%s", flags[i]);
    put(w, 1, "flags", "%s", text);
    put_number(w, 2, "window");
    put_hex(w, 2, "checksum");
    put_number(w, 2, "urgent pointer");
    put_octets(w, head_len > TCP_HEAD_LEN ? head_len - TCP_HEAD_LEN : 0, "options");
    put_octets(w, left(w), "data");
}

static void walk_icmp(struct walk *w, const char *layer)
{
    enter(w, layer, LEDGER_payload);
    put_number(w, 1, "type");
    put_number(w, 1, "code");
    put_hex(w, 2, "checksum");
    put_hex(w, 4, "rest of header");
    put_octets(w, left(w), "data");
}

/* RFC 7402 B.1.7 */
static void walk_pseudo(struct walk *w)
{
    uint8_t next = (uint8_t)peek(w, 0, 1);
    size_t len = 8 * ((size_t)peek(w, 1, 1) + 1), pad = peek(w, 2, 1);
    enter(w, "BEET pseudo header", LEDGER_payload);
    put_protocol(w, "next header");
    put(w, 1, "length", "%zu octets", len);
    put_number(w, 1, "pad length");
    put_octets(w, 1, "reserved");
    put_octets(w, pad < len - 4 ? pad : len - 4, "padding");
    put_octets(w, pad < len - 4 ? len - 4 - pad : 0, "IPv4 options");
    if (left(w))
        walk_protocol(w, next == PROTO_BEETPH ? PROTO_NONE : next);
}

/* ---- ESP ---- */

/* Takes up the decrypted text in place of the encrypted one: payload, TFC padding, padding, trailer. Extension headers
 * may be in it: RFC 4303 3.1.1, RFC 7402 B.1.2. */
static void walk_text(struct walk *w)
{
    const struct dissect_esp *esp = w->esp;
    size_t n = esp->text_len, pad = esp->text[n - ESP_TRAILER_LEN];
    size_t payload = pad + ESP_TRAILER_LEN <= n ? n - ESP_TRAILER_LEN - pad : 0;
    struct walk in = *w;
    in.bytes = esp->text;
    in.shift = w->at + w->shift;
    in.at = 0;
    in.end = payload;
    in.esp = NULL; /* what is known is known of one ESP header */
    in.depth++;
    in.part = LEDGER_payload;
    bool later_fragment;
    uint8_t protocol = walk_extensions(&in, esp->text[n - 1], &later_fragment);
    walk_upper(&in, protocol, later_fragment);
    in.depth = w->depth;
    enter(&in, "TFC padding", LEDGER_tfc);
    put_octets(&in, left(&in), "TFC padding");
    in.end = n - ESP_TRAILER_LEN;
    enter(&in, "padding", LEDGER_padding);
    put_octets(&in, left(&in), "padding");
    in.end = n;
    enter(&in, "ESP trailer", LEDGER_trailer);
    put_number(&in, 1, "pad length");
    put_protocol(&in, "next header");
    w->at += n;
}

static void put_seq(struct walk *w, const struct dissect_esp *esp)
{
    uint32_t low = peek(w, 0, 4);
    if (!esp)
        put(w, 4, "sequence number", "%u (low 32 bits)", low);
    else if (esp->esn)
        put(w, 4, "sequence number", "%u (high half %" PRIu32 " unsent)", low, esp->seq_hi);
    else
        put(w, 4, "sequence number", "%u", low);
}

static void walk_esp(struct walk *w)
{
    const struct dissect_esp *esp = w->esp;
    enter(w, "ESP", LEDGER_esp);
    put_hex(w, 4, "SPI");
    put_seq(w, esp);
    if (!esp || left(w) < esp->iv_len + ESP_TRAILER_LEN + esp->icv_len) {
        enter(w, "encrypted", LEDGER_payload);
        put(w, left(w), "payload", "everything up to the ICV, and the ICV");
        return;
    }
    enter(w, "IV", LEDGER_iv);
    put_octets(w, esp->iv_len, "IV");
    size_t text_len = left(w) - esp->icv_len;
    if (esp->text && esp->text_len == text_len) {
        walk_text(w);
    } else {
        enter(w, "encrypted", LEDGER_payload);
        put(w, text_len, "payload", "with padding and trailer");
    }
    enter(w, "ICV", LEDGER_icv);
    put_octets(w, left(w), "ICV");
}

static void walk_protocol(struct walk *w, uint8_t protocol)
{
    switch (protocol) {
    case PROTO_IPV4:
    case PROTO_IPV6:
        walk_ip(w);
        break;
    case PROTO_UDP:
        walk_udp(w);
        break;
    case PROTO_TCP:
        walk_tcp(w);
        break;
    case PROTO_ICMP:
        walk_icmp(w, "ICMP");
        break;
    case PROTO_ICMPV6:
        walk_icmp(w, "ICMPv6");
        break;
    case PROTO_ESP:
        walk_esp(w);
        break;
    case PROTO_BEETPH:
        walk_pseudo(w);
        break;
    default:
        enter(w, "payload", LEDGER_payload);
        put_octets(w, left(w), "data");
    }
}

void dissect(const uint8_t *packet, size_t len, const struct dissect_esp *esp, dissect_visit visit, void *ctx)
{
    struct walk w = {.bytes = packet, .end = len, .esp = esp, .visit = visit, .ctx = ctx};
    walk_ip(&w);
    enter(&w, "link padding", LEDGER_link_padding);
    put_octets(&w, left(&w), "octets behind the packet");
}

struct search {
    size_t off;
    struct field *found;
    bool ok;
};

static void compare_offset(void *ctx, const struct field *f)
{
    struct search *s = ctx;
    if (s->off < f->off || s->off - f->off >= f->len)
        return;
    *s->found = *f;
    s->ok = true;
}

bool dissect_field_at(const uint8_t *packet, size_t len, const struct dissect_esp *esp, size_t off, struct field *f)
{
    struct search s = {off, f, false};
    dissect(packet, len, esp, compare_offset, &s);
    return s.ok;
}
