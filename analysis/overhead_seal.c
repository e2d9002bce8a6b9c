#include "analysis/overhead_seal.h"

#include "models/base/cursor.h"
#include "models/base/rng.h"
#include "models/ipsec/seal.h"
#include "models/wire/protocol.h"
#include "models/wire/udp.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { PROTO_TEST = 253, EXT_CAP = 2048, ROUTING_LEN = 8, LONGEST = IP_TOTAL_MAX + IPV6_HEAD_LEN };

struct overhead_sealer {
    struct sa *sas[2][2]; /* by inner and outer version: 4, 6 */
    struct rng iv;        /* seeded: an answer about stuffing is the same the next time */
    const uint8_t *sealed;
    size_t sealed_len;
    uint8_t room[BUF_HEADROOM + LONGEST + LONGEST + BUF_TAILROOM];
};

struct overhead_sealer *overhead_sealer_new(void)
{
    struct overhead_sealer *s = calloc(1, sizeof *s);
    assert(s);
    rng_init(&s->iv, 1, "overhead/iv");
    return s;
}

static void draw_iv(void *ctx, uint8_t *bytes, size_t len)
{
    rng_fill(ctx, bytes, len);
}

void overhead_sealer_free(struct overhead_sealer *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < 4; i++)
        sa_free(s->sas[i / 2][i % 2]);
    free(s);
}

static struct addr an_address(uint8_t version, uint8_t last)
{
    struct addr a = {.version = version, .bytes = {version == 4 ? 192 : 0x20, 0, 2}};
    a.bytes[version == 4 ? 3 : 15] = last;
    return a;
}

static struct sa *sa_for(struct overhead_sealer *s, const struct overhead_form *f, struct err *e)
{
    struct sa **sa = &s->sas[f->shape.inner_version == 6][f->shape.outer_version == 6];
    if (*sa)
        return *sa;
    struct sa_params p;
    sa_params_init(&p);
    p.spi = 0x1000;
    p.mode = f->how.mode;
    p.suite = f->how.suite;
    p.esn = true;                             /* not on the wire; numbers for as many packets as a capture may have */
    for (size_t i = 0; i < sizeof p.key; i++) /* 3DES wants three keys that differ */
        p.key[i] = (uint8_t)(i * 2 + 1);
    memset(p.integ_key, 1, sizeof p.integ_key);
    p.random = draw_iv;
    p.random_ctx = &s->iv;
    p.src = an_address(f->shape.outer_version, 1);
    p.dst = an_address(f->shape.outer_version, 2);
    p.inner_src = an_address(f->shape.inner_version, 3);
    p.inner_dst = an_address(f->shape.inner_version, 4);
    p.udp_sport = p.udp_dport = f->how.udp ? PORT_ESP_UDP : 0;
    return sa_new(&p, sa, e) ? *sa : NULL;
}

static void write_v4(struct wr *w, size_t len, size_t opts_len, bool fragment)
{
    static const uint8_t nops[IPV4_OPTS_CAP] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                                1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    ipv4_write(&(struct ipv4){.total_len = (uint16_t)len,
                              .mf = fragment,
                              .ttl = 64,
                              .protocol = PROTO_TEST,
                              .src = an_address(4, 3),
                              .dst = an_address(4, 4),
                              .opts = nops,
                              .opts_len = opts_len},
               w);
}

/* Headers of one kind that together have `len` octets and hold padding; `behind` follows. */
static void write_headers(struct wr *w, uint8_t kind, size_t len, uint8_t behind)
{
    while (len) {
        size_t here = len < EXT_CAP ? len : EXT_CAP;
        len -= here;
        uint8_t *at = wr_space(w, here);
        memset(at, 0, here); /* Pad1; no segment left */
        at[0] = len ? kind : behind;
        at[1] = (uint8_t)(here / 8 - 1);
    }
}

/* Destination options; where some go inside ESP, a routing header and those; a fragment header where the packet is one.
 */
static void write_v6(struct wr *w, const struct shape *s, bool fragment)
{
    size_t fragment_len = fragment ? IPV6_FRAG_LEN : 0, routing_len = s->ext_inside ? ROUTING_LEN : 0;
    size_t inside = s->ext_inside ? s->ext_inside - fragment_len : 0;
    size_t front = s->ext_len - inside - routing_len - fragment_len;
    uint8_t last = fragment ? PROTO_FRAGMENT : PROTO_TEST, behind_front = routing_len ? PROTO_ROUTING : last;
    ipv6_write(&(struct ipv6){.payload_len = (uint16_t)(s->inner_len - IPV6_HEAD_LEN),
                              .next_header = front ? PROTO_DSTOPTS : behind_front,
                              .hop_limit = 64,
                              .src = an_address(6, 3),
                              .dst = an_address(6, 4)},
               w);
    write_headers(w, PROTO_DSTOPTS, front, behind_front);
    write_headers(w, PROTO_ROUTING, routing_len, PROTO_DSTOPTS);
    write_headers(w, PROTO_DSTOPTS, inside, last);
    if (fragment) {
        wr_u8(w, PROTO_TEST);
        wr_u8(w, 0);
        wr_u16(w, 1); /* more fragments */
        wr_u32(w, 1);
    }
}

/* The header of a packet of that shape, and zeros behind it. */
static void put_made(uint8_t *at, const struct shape *s, bool fragment)
{
    struct wr w = wr_over(at, s->inner_len);
    memset(at, 0, s->inner_len);
    if (s->inner_version == 4)
        write_v4(&w, s->inner_len, s->opts_len, fragment);
    else
        write_v6(&w, s, fragment);
    assert(w.ok);
}

/* What is handed to ESP. */
static void put_packet(struct buf *b, const struct overhead_form *f, const struct overhead_kind *k,
                       const uint8_t *packet)
{
    struct shape s = f->shape;
    uint8_t *at = buf_put(b, s.inner_len);
    if (f->wrap_len)
        s.opts_len = s.ext_len = s.ext_inside = 0;
    if (f->wrap_len || f->filled || !packet)
        put_made(at, &s, f->fragment && !f->filled);
    if (packet && !f->filled)
        memcpy(at + f->wrap_len, packet, k->len);
}

bool overhead_seal(struct overhead_sealer *s, const struct overhead_cost *cost, const struct overhead_kind *k,
                   const uint8_t *packet, struct err *e)
{
    assert(cost->formed && !cost->drop);
    const struct overhead_form *f = &cost->form;
    if (!f->how.mode->esp)
        return true;
    struct sa *sa = sa_for(s, f, e);
    if (!sa)
        return false;
    struct buf b = buf_over(s->room, sizeof s->room, BUF_HEADROOM, 0);
    struct ledger sealed, predicted = size_ledger(&f->how, &f->shape);
    struct ip_view v;
    put_packet(&b, f, k, packet);
    bool parsed = ip_parse(b.data, b.len, &v);
    sa->p.tfc = (uint32_t)f->how.tfc;
    if (f->how.mode->scope == SCOPE_HOST_PAIR) { /* one SA stands for those of all pairs of hosts */
        sa->p.inner_src = v.src;
        sa->p.inner_dst = v.dst;
    }
    enum drop d = parsed ? seal(sa, &b, &v, 0, NULL, &sealed) : DROP_MALFORMED;
    if (d)
        return err_set(e, "%s: a packet of %u octets was not sealed: %s; please report this", f->how.mode->m.name,
                       k->len, drop_what(d));
    if (memcmp(&sealed, &predicted, sizeof sealed) || b.len != ledger_sum(&predicted))
        return err_set(e, "%s: a packet of %u octets became %zu octets, predicted were %zu; please report this",
                       f->how.mode->m.name, k->len, b.len, (size_t)ledger_sum(&predicted));
    s->sealed = b.data;
    s->sealed_len = b.len;
    return true;
}

const uint8_t *overhead_sealed(const struct overhead_sealer *s, size_t *len)
{
    *len = s->sealed_len;
    return s->sealed;
}
