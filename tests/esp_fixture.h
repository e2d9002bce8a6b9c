/* esp_fixture.h - what the tests of ESP share: inner packets of any shape, SAs of any suite and mode, room to work in.
 */
#ifndef ESPSIM_TESTS_ESP_FIXTURE_H
#define ESPSIM_TESTS_ESP_FIXTURE_H

#include "models/base/buf.h"
#include "models/ipsec/open.h"
#include "models/ipsec/seal.h"
#include "models/ipsec/size.h"
#include "models/wire/checksum.h"
#include "models/wire/ipv4.h"
#include "models/wire/ipv6.h"
#include "models/wire/protocol.h"
#include "models/wire/udp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIXTURE_ROOM = BUF_HEADROOM + IP_TOTAL_MAX + IPV6_HEAD_LEN + IP_TOTAL_MAX + BUF_TAILROOM };

static inline struct addr fixture_addr(const char *text)
{
    struct addr a;
    assert_true(addr_parse(text, &a, NULL));
    return a;
}

/* An empty packet over room that is made once and lives as long as the program. */
static inline struct buf fixture_buf(void)
{
    static uint8_t *room;
    if (!room)
        room = malloc(FIXTURE_ROOM);
    assert_non_null(room);
    return buf_over(room, FIXTURE_ROOM, BUF_HEADROOM, 0);
}

/* What an inner packet is like, besides its addresses: h1 -> h2. */
struct inner {
    uint8_t version;
    size_t len;       /* whole packet; where it has room for 8 octets of UDP behind the headers, it is a datagram */
    size_t opts_len;  /* IPv4 options: NOPs */
    bool ext;         /* IPv6: a hop-by-hop header of 8 octets */
    uint8_t protocol; /* 0: UDP, or 253 where there is no room for it */
    uint8_t tos, ttl; /* 0: ttl 61 */
    bool df, mf;
    uint16_t frag_off;
};

#define INNER_SRC(version) ((version) == 4 ? "10.1.0.10" : "fd00:1::10")
#define INNER_DST(version) ((version) == 4 ? "10.2.0.20" : "fd00:2::20")
#define OUTER_SRC(version) ((version) == 4 ? "192.0.2.1" : "2001:db8::1")
#define OUTER_DST(version) ((version) == 4 ? "192.0.2.2" : "2001:db8::2")

enum { HOP_BY_HOP_LEN = 8, PROTO_TEST = 253 };

static inline size_t inner_head_len(const struct inner *in)
{
    return in->version == 4 ? IPV4_HEAD_LEN + in->opts_len : IPV6_HEAD_LEN + (in->ext ? (size_t)HOP_BY_HOP_LEN : 0);
}

/* Appends the packet to the empty `b`; its L4 checksum is right. */
static inline void inner_make(const struct inner *in, struct buf *b)
{
    static const uint8_t nops[IPV4_OPTS_CAP] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                                1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    static const uint8_t pad_n[] = {1, 4, 0, 0, 0, 0};
    size_t head_len = inner_head_len(in), data_len = in->len - head_len;
    assert_true(in->len >= head_len);
    uint8_t protocol = in->protocol ? in->protocol : data_len >= UDP_HEAD_LEN ? PROTO_UDP : PROTO_TEST;
    uint8_t ttl = in->ttl ? in->ttl : 61;
    struct addr src = fixture_addr(INNER_SRC(in->version)), dst = fixture_addr(INNER_DST(in->version));
    uint8_t *at = buf_put(b, in->len);
    struct wr w = wr_over(at, in->len);
    if (in->version == 4) {
        struct ipv4 h = {in->tos, (uint16_t)in->len, 0x1234, in->df, in->mf, in->frag_off,
                         ttl,     protocol,          src,    dst,    nops,   in->opts_len};
        ipv4_write(&h, &w);
    } else {
        struct ipv6 h = {in->tos, 0x12345, (uint16_t)(in->len - IPV6_HEAD_LEN), in->ext ? PROTO_HOPOPTS : protocol, ttl,
                         src,     dst};
        ipv6_write(&h, &w);
        if (in->ext) {
            wr_u8(&w, protocol);
            wr_u8(&w, 0);
            wr_bytes(&w, pad_n, sizeof pad_n);
        }
    }
    if (protocol == PROTO_UDP)
        udp_write(&(struct udp){50000, 50001, (uint16_t)data_len, 0}, &w);
    for (uint8_t i = 0; wr_left(&w); i++)
        wr_u8(&w, i);
    assert_true(w.ok);
    struct ip_view v;
    assert_true(ip_parse(at, in->len, &v));
    checksum_fill_l4(at, &v);
}

static inline struct suite fixture_suite(const char *name)
{
    struct suite s;
    struct err e;
    if (!suite_parse(name, &s, &e))
        fail_msg("%s", e.text);
    return s;
}

/* Parameters of an SA that carries what inner_make makes; outer: the version of a new outer header. */
static inline struct sa_params fixture_params(const char *mode, const struct suite *s, uint8_t inner, uint8_t outer)
{
    struct sa_params p;
    sa_params_init(&p);
    p.spi = 0x1000;
    p.mode = mode_get(mode);
    p.suite = *s;
    assert_non_null(p.mode);
    for (size_t i = 0; i < sizeof p.key; i++)
        p.key[i] = (uint8_t)(i * 7 + 1);
    for (size_t i = 0; i < sizeof p.integ_key; i++)
        p.integ_key[i] = (uint8_t)(i * 5 + 3);
    memcpy(p.salt, "salt", sizeof p.salt);
    bool own = p.mode->two_addresses;
    p.src = fixture_addr(own ? OUTER_SRC(outer) : INNER_SRC(inner));
    p.dst = fixture_addr(own ? OUTER_DST(outer) : INNER_DST(inner));
    if (p.mode->scope == SCOPE_HOST_PAIR) {
        p.inner_src = fixture_addr(INNER_SRC(inner));
        p.inner_dst = fixture_addr(INNER_DST(inner));
    }
    return p;
}

static inline struct sa *fixture_sa(const struct sa_params *p)
{
    struct sa *sa;
    struct err e;
    if (!sa_new(p, &sa, &e))
        fail_msg("%s", e.text);
    return sa;
}

static inline enum drop fixture_seal(struct sa *sa, struct buf *b, uint64_t *seq, struct ledger *l)
{
    struct ip_view v;
    if (!ip_parse(b->data, b->len, &v))
        return DROP_MALFORMED;
    return seal(sa, b, &v, 0, seq, l);
}

static inline bool fixture_any_port(const void *ctx, uint16_t sport, uint16_t dport)
{
    (void)ctx;
    (void)sport;
    return dport == PORT_ESP_UDP;
}

static inline enum drop fixture_open(struct sa *sa, struct buf *b, uint64_t *seq)
{
    struct located at;
    enum drop d = locate(b, fixture_any_port, NULL, &at);
    return d ? d : open_esp(sa, b, &at, 0, seq);
}

#endif
