#include "models/wire/fragment.h"

#include "models/wire/ipv4.h"
#include "models/wire/ipv6.h"
#include "models/wire/protocol.h"

#include <stdlib.h>

enum { UNIT = 8 };

/* ---- cutting ---- */

void cutter_init(struct cutter *c, const uint8_t *packet, const struct ip_view *v, size_t mtu, uint32_t id)
{
    *c = (struct cutter){packet, *v, mtu, id, 0};
}

/* Octets of payload in the next fragment, and whether more follow. */
static size_t piece(const struct cutter *c, size_t head_len, bool *more)
{
    size_t left = c->v.total_len - c->v.head_len - c->done;
    size_t room = c->mtu > head_len ? (c->mtu - head_len) / UNIT * UNIT : 0;
    *more = left > (c->mtu > head_len ? c->mtu - head_len : 0);
    return *more ? room : left;
}

/* Options that are not to be copied are left as they are: copying too much harms nobody (RFC 791 3.1 copies some). */
static size_t cut_v4(struct cutter *c, uint8_t *to, size_t cap)
{
    struct ipv4 h;
    struct rd r = rd_over(c->packet, c->v.total_len);
    bool more;
    size_t head_len = c->v.head_len, len = piece(c, head_len, &more);
    if (!len || head_len + len > cap || !ipv4_read(&h, &r))
        return 0;
    h.total_len = (uint16_t)(head_len + len);
    h.frag_off = (uint16_t)(c->v.frag_off + c->done);
    h.mf = more || c->v.mf;
    if (h.df)
        h.id = (uint16_t)c->id;
    h.df = false;
    struct wr w = wr_over(to, cap);
    ipv4_write(&h, &w);
    wr_bytes(&w, c->packet + head_len + c->done, len);
    c->done += len;
    return w.ok ? head_len + len : 0;
}

/* All extension headers that were walked are taken for the per-fragment part. */
static size_t cut_v6(struct cutter *c, uint8_t *to, size_t cap)
{
    bool more;
    size_t front = c->v.head_len, head_len = front + IPV6_FRAG_LEN, len = piece(c, head_len, &more);
    if (!len || head_len + len > cap)
        return 0;
    struct wr w = wr_over(to, cap);
    wr_bytes(&w, c->packet, front);
    wr_u8(&w, c->v.protocol);
    wr_u8(&w, 0);
    wr_u16(&w, (uint16_t)(c->done | more));
    wr_u32(&w, c->id);
    wr_bytes(&w, c->packet + front + c->done, len);
    ip_set_upper(to, c->v.nh_at, PROTO_FRAGMENT, head_len + len);
    c->done += len;
    return w.ok ? head_len + len : 0;
}

size_t cutter_next(struct cutter *c, uint8_t *to, size_t cap)
{
    if (c->done >= c->v.total_len - c->v.head_len)
        return 0;
    return c->v.version == 4 ? cut_v4(c, to, cap) : cut_v6(c, to, cap);
}

/* ---- reassembly ---- */

struct part {
    size_t off, len;
    struct part *next; /* ascending offsets */
    uint8_t octets[];
};

/* What belongs together: RFC 791 takes addresses, protocol and ID, RFC 8200 addresses and ID. */
struct datagram {
    bool used;
    struct addr src, dst;
    uint32_t id;
    uint8_t protocol;
    sim_time since;
    struct part *parts;
    size_t n_parts, n_octets;
    size_t end;    /* of the payload; 0: the last fragment has not come */
    uint8_t *head; /* of the first fragment; NULL: it has not come */
    size_t head_len, nh_at;
};

struct reassembly {
    struct datagram slots[REASSEMBLY_SLOTS];
};

struct reassembly *reassembly_new(void)
{
    struct reassembly *r = calloc(1, sizeof *r);
    assert(r);
    return r;
}

static void forget(struct datagram *d)
{
    for (struct part *p = d->parts, *next; p; p = next) {
        next = p->next;
        free(p);
    }
    free(d->head);
    *d = (struct datagram){0};
}

void reassembly_free(struct reassembly *r)
{
    for (size_t i = 0; r && i < REASSEMBLY_SLOTS; i++)
        forget(&r->slots[i]);
    free(r);
}

uint64_t reassembly_waiting(const struct reassembly *r)
{
    uint64_t n = 0;
    for (size_t i = 0; i < REASSEMBLY_SLOTS; i++)
        n += r->slots[i].n_parts;
    return n;
}

static void give_up(struct datagram *d, uint64_t *n_gone)
{
    *n_gone += d->n_parts;
    forget(d);
}

static bool belongs(const struct datagram *d, const struct ip_view *v)
{
    return d->used && d->id == v->id && (v->version == 6 || d->protocol == v->protocol) &&
           addr_equal(&d->src, &v->src) && addr_equal(&d->dst, &v->dst);
}

/* The datagram's slot, a free one, or the oldest one's, which is given up. */
static struct datagram *slot_of(struct reassembly *r, sim_time now, const struct ip_view *v, uint64_t *n_gone)
{
    struct datagram *found = NULL, *best = &r->slots[0];
    for (size_t i = 0; i < REASSEMBLY_SLOTS; i++) {
        struct datagram *d = &r->slots[i];
        if (d->used && now - d->since > REASSEMBLY_TIME)
            give_up(d, n_gone);
        if (belongs(d, v))
            found = d;
        if (best->used && (!d->used || d->since < best->since))
            best = d;
    }
    if (found)
        return found;
    if (best->used)
        give_up(best, n_gone);
    *best = (struct datagram){
        .used = true, .src = v->src, .dst = v->dst, .id = v->id, .protocol = v->protocol, .since = now};
    return best;
}

/* What stays in front of the payload: IPv6's fragment header, the last one that was walked, is not part of the
 * datagram. */
static size_t front_of(const struct ip_view *v)
{
    return v->version == 4 ? v->head_len : v->head_len - IPV6_FRAG_LEN;
}

static bool insert(struct datagram *d, size_t off, const uint8_t *octets, size_t len)
{
    struct part **at = &d->parts;
    while (*at && (*at)->off + (*at)->len <= off)
        at = &(*at)->next;
    if (*at && (*at)->off < off + len)
        return false; /* overlaps */
    struct part *p = malloc(sizeof *p + len);
    assert(p);
    *p = (struct part){off, len, *at};
    memcpy(p->octets, octets, len);
    *at = p;
    d->n_parts++;
    d->n_octets += len;
    return true;
}

/* Is there already, octet for octet: the network has sent it twice, and it is ignored (RFC 8200 4.5). Checked ahead of
 * overlaps, which end the datagram (RFC 5722). */
static bool has_part(const struct datagram *d, const struct buf *packet, const struct ip_view *v)
{
    size_t len = v->total_len - v->head_len;
    bool last = d->end && v->frag_off + len == d->end;
    for (const struct part *p = d->parts; p; p = p->next)
        if (p->off == v->frag_off && p->len == len && last == !v->mf)
            return !memcmp(p->octets, packet->data + v->head_len, len);
    return false;
}

static bool take_part(struct datagram *d, const struct buf *packet, const struct ip_view *v)
{
    size_t len = v->total_len - v->head_len, end = v->frag_off + len;
    bool last = !v->mf;
    if ((v->mf && (len % UNIT || !len)) || !ip_len_fits(v->version, front_of(v) + end) || (d->end && end > d->end) ||
        (last && d->end && end != d->end))
        return false;
    for (const struct part *p = d->parts; last && p; p = p->next)
        if (p->off + p->len > end)
            return false;
    if (!insert(d, v->frag_off, packet->data + v->head_len, len))
        return false;
    if (last)
        d->end = end;
    if (v->frag_off == 0) {
        d->head_len = front_of(v);
        d->head = malloc(d->head_len);
        assert(d->head);
        memcpy(d->head, packet->data, d->head_len);
        d->protocol = v->protocol;
    }
    return true;
}

/* The octet of the head that will name the payload: IPv4's own, IPv6's the one that named the fragment header. */
static size_t naming_octet(const struct datagram *d)
{
    size_t at = 6, off = IPV6_HEAD_LEN;
    if (d->head[0] >> 4 == 4)
        return 9;
    while (off < d->head_len) {
        at = off;
        off += 8 * ((size_t)d->head[off + 1] + 1);
    }
    return at;
}

static void write_whole(struct datagram *d, struct buf *packet)
{
    size_t total = d->head_len + d->end;
    assert(packet->cap - buf_head(packet) >= total);
    packet->len = total;
    memcpy(packet->data, d->head, d->head_len);
    for (const struct part *p = d->parts; p; p = p->next)
        memcpy(packet->data + d->head_len + p->off, p->octets, p->len);
    if (packet->data[0] >> 4 == 4)
        packet->data[6] = packet->data[7] = 0;
    ip_set_upper(packet->data, naming_octet(d), d->protocol, total);
}

enum reassembled reassembly_take(struct reassembly *r, sim_time now, struct buf *packet, const struct ip_view *v,
                                 uint64_t *n_gone)
{
    struct datagram *d = slot_of(r, now, v, n_gone);
    if (has_part(d, packet, v)) {
        ++*n_gone;
        return REASSEMBLY_WAITS;
    }
    if (!take_part(d, packet, v)) {
        ++*n_gone;
        give_up(d, n_gone);
        return REASSEMBLY_BAD;
    }
    if (!d->head || !d->end || d->n_octets != d->end)
        return REASSEMBLY_WAITS;
    if (!ip_len_fits(v->version, d->head_len + d->end)) { /* the first fragment's head may be the longest */
        give_up(d, n_gone);
        return REASSEMBLY_BAD;
    }
    write_whole(d, packet);
    forget(d);
    return REASSEMBLY_WHOLE;
}
