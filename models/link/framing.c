#include "models/link/framing.h"
#include "models/link/framing_kinds.h"

#include <assert.h>

static const struct member *const members[] = {
    &framing_p2p.m,        &framing_ppp.m,        &framing_hdlc.m,       &framing_ethernet.m,
    &framing_ule_padded.m, &framing_ule_packed.m, &framing_mpe_padded.m, &framing_mpe_packed.m,
    &framing_gse.m,        &framing_dvb_s2.m,     &framing_rle.m,
};

const struct family framing_family = {"framing", "what one IP packet costs on the link", members,
                                      sizeof members / sizeof members[0]};

const struct framing_settings framing_defaults = {
    .ethernet_gap = true,
    .gse_packet_max = GSE_PACKET_MAX,
    .burst_octets = 123,
    .modcod = &modcods[3],
};

const struct framing_kind *framing_find(const char *name, struct err *e)
{
    return (const struct framing_kind *)family_find(&framing_family, name, e);
}

bool framing_check(const struct framing_kind *k, const struct framing_settings *s, struct err *e)
{
    return !k->check || k->check(s, e);
}

uint32_t framing_max_packet(const struct framing_kind *k, const struct framing_settings *s)
{
    return k->max_packet(s);
}

void framing_init(struct framing *f, const struct framing_kind *k, const struct framing_settings *s)
{
    assert(framing_check(k, s, NULL));
    *f = (struct framing){.kind = k, .set = *s};
}

struct frame_cost framing_offer(struct framing *f, const uint8_t *packet, size_t len)
{
    assert(len > 0 && len <= f->kind->max_packet(&f->set));
    struct frame_cost c = f->kind->offer(f, packet, len);
    c.octets = (uint32_t)len + c.framing + c.padding;
    c.room = f->room;
    return c;
}

struct frame_cost framing_flush(struct framing *f)
{
    /* A started octet of a bit stream is filled up too, with idle bits. */
    uint32_t padding = f->room + (f->bits > 0);
    f->room = 0;
    f->bits = 0;
    return (struct frame_cost){.octets = padding, .padding = padding};
}

void framing_set_modcod(struct framing *f, const struct modcod *m)
{
    f->set.modcod = m;
}

static void add(struct frame_cost *sum, const struct frame_cost *c)
{
    sum->octets += c->octets;
    sum->framing += c->framing;
    sum->padding += c->padding;
    sum->cells += c->cells;
    sum->symbols += c->symbols;
}

struct frame_cost framing_alone(const struct framing_kind *k, const struct framing_settings *s, const uint8_t *packet,
                                size_t len)
{
    struct framing f;
    framing_init(&f, k, s);
    struct frame_cost c = framing_offer(&f, packet, len), end = framing_flush(&f);
    add(&c, &end);
    c.room = 0;
    return c;
}

static bool same_state(const struct framing *a, const struct framing *b)
{
    return a->room == b->room && a->pointed == b->pointed && a->bits == b->bits;
}

struct cycle {
    uint64_t n, octets, symbols;
};

/* A packing state is no more than the room in a cell, so it comes back: finds how many packets that takes by Brent's
 * method, and adds them up once. */
static struct cycle cycle_of(const struct framing_kind *k, const struct framing_settings *s, size_t len)
{
    struct framing anchor, f;
    framing_init(&anchor, k, s);
    f = anchor;
    uint64_t n = 0, power = 1;
    do {
        if (n == power) {
            anchor = f;
            power *= 2;
            n = 0;
        }
        framing_offer(&f, NULL, len);
        n++;
    } while (!same_state(&f, &anchor));
    struct cycle sum = {.n = n};
    for (uint64_t i = 0; i < n; i++) {
        struct frame_cost c = framing_offer(&f, NULL, len);
        sum.octets += c.octets;
        sum.symbols += c.symbols;
    }
    return sum;
}

double framing_saturated(const struct framing_kind *k, const struct framing_settings *s, size_t len)
{
    struct cycle sum = cycle_of(k, s, len);
    return (double)sum.octets / (double)sum.n;
}

double framing_saturated_symbols(const struct framing_kind *k, const struct framing_settings *s, size_t len)
{
    struct cycle sum = cycle_of(k, s, len);
    return (double)sum.symbols / (double)sum.n;
}
