#include "analysis/overhead_capture.h"

#include "models/base/cursor.h"
#include "models/capture/capture.h"
#include "models/wire/ip.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Slots of the table of kinds, open addressing. Ordinary captures have some thousand kinds; whoever makes one with
 * more has them handed over, and the table begins anew. 24 octets each. */
enum { SLOTS = 1 << 16, FULL = SLOTS / 4 * 3, LONGEST = IP_TOTAL_MAX + IPV6_HEAD_LEN };

struct slot {
    struct overhead_kind kind; /* version 0: empty */
    uint64_t count;
};

struct overhead_capture {
    struct slot slots[SLOTS];
    size_t n_kinds;
    uint8_t whole[LONGEST]; /* a packet with the octets that were cut */
};

static bool kind_v4(const uint8_t *data, size_t len, size_t cut, struct overhead_kind *k)
{
    if (len < IPV4_HEAD_LEN)
        return false;
    size_t head_len = 4 * (size_t)(data[0] & 15), total = (size_t)(data[2] << 8 | data[3]);
    uint16_t bits = (uint16_t)(data[6] << 8 | data[7]);
    if (head_len < IPV4_HEAD_LEN || head_len > len || total < head_len || total > len + cut)
        return false;
    k->version = 4;
    k->fragment = (bits & 0x3fff) != 0; /* more fragments, or an offset */
    k->opts_len = (uint16_t)(head_len - IPV4_HEAD_LEN);
    k->len = (uint32_t)total;
    return true;
}

static bool kind_v6(const uint8_t *data, size_t len, size_t cut, struct overhead_kind *k)
{
    if (len < IPV6_HEAD_LEN)
        return false;
    size_t total = IPV6_HEAD_LEN + (size_t)(data[4] << 8 | data[5]);
    struct ipv6_chain chain;
    if (total > len + cut || !ipv6_walk(data, total < len ? total : len, &chain))
        return false;
    k->version = 6;
    k->fragment = chain.mf || chain.frag_off;
    k->ext_len = (uint32_t)(chain.len - IPV6_HEAD_LEN);
    k->ext_inside = (uint32_t)(chain.len - chain.front_len);
    k->len = (uint32_t)total;
    return true;
}

bool overhead_kind_of(const uint8_t *data, size_t len, size_t cut, struct overhead_kind *k)
{
    memset(k, 0, sizeof *k);
    if (!len)
        return false;
    switch (data[0] >> 4) {
    case 4:
        return kind_v4(data, len, cut, k);
    case 6:
        return kind_v6(data, len, cut, k);
    default:
        return false;
    }
}

static size_t place_of(const struct overhead_kind *k)
{
    uint64_t bits = (uint64_t)k->len << 24 ^ (uint64_t)k->ext_len << 44 ^ (uint64_t)k->opts_len << 9 ^
                    (uint64_t)k->fragment << 4 ^ k->version;
    return (bits * UINT64_C(0x9e3779b97f4a7c15)) >> 48; /* 16 bits: SLOTS */
}

static void count_one(struct overhead_capture *c, const struct overhead_kind *k)
{
    size_t i = place_of(k);
    while (c->slots[i].kind.version && memcmp(&c->slots[i].kind, k, sizeof *k) != 0)
        i = (i + 1) % SLOTS;
    if (!c->slots[i].kind.version) {
        c->slots[i].kind = *k;
        c->n_kinds++;
    }
    c->slots[i].count++;
}

static bool hand_over(struct overhead_capture *c, const struct overhead_user *u, struct err *e)
{
    for (size_t i = 0; i < SLOTS; i++)
        if (c->slots[i].kind.version && !u->use(u->ctx, &c->slots[i].kind, c->slots[i].count, e))
            return false;
    memset(c->slots, 0, sizeof c->slots);
    c->n_kinds = 0;
    return true;
}

static bool show_packet(struct overhead_capture *c, const struct capture_packet *p, const struct overhead_kind *k,
                        const struct overhead_user *u, struct err *e)
{
    size_t there = p->len < k->len ? p->len : k->len;
    memcpy(c->whole, p->data, there);
    memset(c->whole + there, 0, k->len - there);
    if (k->version == 4)
        ipv4_fill_checksum(c->whole);
    return u->packet(u->ctx, k, c->whole, e);
}

static bool take_packet(struct overhead_capture *c, const struct capture_packet *p, const struct overhead_user *u,
                        struct overhead_facts *facts, struct err *e)
{
    struct overhead_kind k;
    if (!overhead_kind_of(p->data, p->len, p->cut, &k)) {
        facts->malformed++;
        return true;
    }
    if (!facts->packets++)
        facts->first = facts->last = p->time;
    facts->first = p->time < facts->first ? p->time : facts->first;
    facts->last = p->time > facts->last ? p->time : facts->last;
    facts->octets += k.len;
    facts->cut += p->len < k.len;
    count_one(c, &k);
    if (u->packet && !show_packet(c, p, &k, u, e))
        return false;
    return c->n_kinds < FULL || hand_over(c, u, e);
}

static bool read_all(struct overhead_capture *c, struct capture *in, const struct overhead_user *u,
                     struct overhead_facts *facts, struct err *e)
{
    for (;;) {
        struct capture_packet p;
        enum capture_got got = capture_next(in, &p, e);
        facts->frames += got == CAPTURE_PACKET || got == CAPTURE_NOT_IP;
        if (got == CAPTURE_BROKEN)
            return false;
        if (got == CAPTURE_END)
            return hand_over(c, u, e);
        if (got == CAPTURE_NOT_IP)
            facts->not_ip++;
        else if (!take_packet(c, &p, u, facts, e))
            return false;
    }
}

bool overhead_capture_read(const char *path, const struct overhead_user *user, struct overhead_facts *facts,
                           struct err *e)
{
    struct capture *in = capture_open(path, e);
    if (!in)
        return false;
    struct overhead_capture *c = calloc(1, sizeof *c);
    assert(c);
    *facts = (struct overhead_facts){.link_type = capture_link_type(in)};
    bool good = read_all(c, in, user, facts, e);
    capture_is_cut(in, &facts->cut_off);
    free(c);
    capture_close(in);
    return good;
}
