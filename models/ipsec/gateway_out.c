/* From the LAN to the link, in the order of RFC 4301 5.1: routing, policy, SA, what is too long, ESP. */
#include "models/ipsec/gateway_parts.h"
#include "models/ipsec/seal.h"
#include "models/wire/icmp.h"
#include "models/wire/ipv6.h"

#include <stdlib.h>
#include <uthash.h>

/* A pair of hosts whose refused packet was sent as a probe. */
struct probed {
    struct {
        struct addr src, dst;
    } key;
    UT_hash_handle hh;
};

/* An ICMP error about a packet from the LAN goes back to it. */
static void complain(struct gateway *gw, const struct buf *packet, const struct ip_view *v, struct icmp_error what)
{
    uint8_t room[BUF_HEADROOM + ICMP_ERROR_MAX + BUF_TAILROOM];
    struct buf message = buf_over(room, sizeof room, BUF_HEADROOM, 0);
    size_t len = icmp_make_error(&what, &gw->config.lan_address, packet->data, v, message.data, ICMP_ERROR_MAX);
    if (!len)
        return;
    buf_put(&message, len);
    gw->counters.icmp_sent++;
    gw->ports.made(gw->ports.ctx, gw, &message);
    gateway_send_to_lan(gw, &message);
}

/* Whoever forwards a packet may cut it: IPv4 without DF. What came in fragments and was `joined` here may leave as such
 * again (Linux, ip6_pkt_too_big: frag_max_size). */
static bool may_be_cut(const struct gateway *gw, const struct ip_view *v, bool joined)
{
    return gw->config.cut != CUT_NEVER && (joined || (v->version == 4 && !v->df));
}

/* No IPv6 host goes below the least MTU of a link, so none is told to (RFC 8201 section 4). */
static void refuse_too_big(struct gateway *gw, const struct buf *packet, const struct ip_view *v, size_t mtu)
{
    if (v->version == 6 && mtu < IPV6_MTU_MIN)
        mtu = IPV6_MTU_MIN;
    gateway_refuse(gw, DROP_TOO_BIG, false, packet);
    if (!gw->config.icmp_filtered)
        complain(gw, packet, v, (struct icmp_error){ICMP_TOO_BIG, (uint32_t)mtu});
}

/* Cuts `packet` to `mtu` and hands each fragment to `emit`; the first one is the packet itself, the others are made. */
static void cut_packet(struct gateway *gw, const struct buf *packet, const struct ip_view *v, size_t mtu,
                       void (*emit)(struct gateway *gw, struct buf *fragment, bool first, void *ctx), void *ctx)
{
    struct cutter cutter;
    bool first = true;
    cutter_init(&cutter, packet->data, v, mtu, gw->next_fragment_id++);
    for (;;) {
        struct buf fragment = buf_over(gw->cut, GATEWAY_COPY_LEN, BUF_HEADROOM, 0);
        size_t len = cutter_next(&cutter, fragment.data, GATEWAY_COPY_LEN - BUF_HEADROOM - BUF_TAILROOM);
        if (!len)
            break;
        buf_put(&fragment, len);
        gw->counters.fragments_sent++;
        if (!first)
            gw->ports.made(gw->ports.ctx, gw, &fragment);
        emit(gw, &fragment, first, ctx);
        first = false;
    }
    if (first)
        gateway_refuse(gw, DROP_TOO_BIG, false, packet); /* an MTU below any header */
}

/* A fragment of a packet that is ready for the link; ctx: struct sent of the whole, used up on the way. */
static void emit_to_link(struct gateway *gw, struct buf *fragment, bool first, void *ctx)
{
    struct sent *whole = ctx, how = *whole;
    struct ip_view v;
    bool ok = ip_parse(fragment->data, fragment->len, &v);
    assert(ok);
    (void)ok;
    how.ledger = ledger_cut(&whole->ledger, v.total_len - v.head_len);
    how.ledger.ip = v.head_len;
    how.inner_len = first ? whole->inner_len : 0;
    gateway_send_to_link(gw, fragment, &how);
}

static void send_or_cut(struct gateway *gw, struct buf *packet, struct sent *how)
{
    struct ip_view v;
    if (packet->len <= gw->config.link_mtu || !ip_parse(packet->data, packet->len, &v))
        gateway_send_to_link(gw, packet, how);
    else
        cut_packet(gw, packet, &v, gw->config.link_mtu, emit_to_link, how);
}

static void bypass_out(struct gateway *gw, struct buf *packet, const struct ip_view *v, bool joined)
{
    if (v->total_len > gw->config.link_mtu && !may_be_cut(gw, v, joined)) {
        refuse_too_big(gw, packet, v, gw->config.link_mtu);
        return;
    }
    struct sent how = {.ledger = {.ip = v->head_len, .payload = v->total_len - v->head_len}, .inner_len = v->total_len};
    gw->counters.bypassed++;
    send_or_cut(gw, packet, &how);
}

/* Transport mode looks for an SA to the packet's own destination, as Linux does; the SA ends at the peer gateway. */
static bool sa_may_carry(const struct sa *sa, const struct ip_view *v)
{
    return !sa->p.mode->own_traffic || addr_equal(&sa->p.dst, &v->dst);
}

static struct sa *find_out_sa(struct gateway *gw, const struct ip_view *v)
{
    struct sa *sa = outbound_find(gw->outbound, gw->config.mode, &v->src, &v->dst);
    if (!sa && gw->ports.acquire) {
        gw->ports.acquire(gw->ports.ctx, gw, &v->src, &v->dst);
        sa = outbound_find(gw->outbound, gw->config.mode, &v->src, &v->dst);
    }
    return sa;
}

/* Whether the pair of hosts was not probed yet; it is from now on. */
static bool probe_is_due(struct gateway *gw, const struct ip_view *v)
{
    struct probed key = {.key = {v->src, v->dst}}, *seen;
    if (!gw->config.probes)
        return false;
    HASH_FIND(hh, gw->probed, &key.key, sizeof key.key, seen);
    if (seen)
        return false;
    seen = calloc(1, sizeof *seen);
    assert(seen);
    seen->key.src = v->src;
    seen->key.dst = v->dst;
    HASH_ADD(hh, gw->probed, key, sizeof seen->key, seen);
    return true;
}

void gateway_forget_probes(struct gateway *gw)
{
    struct probed *at, *next;
    HASH_ITER(hh, gw->probed, at, next)
    {
        HASH_DEL(gw->probed, at);
        free(at);
    }
}

static void probe(struct gateway *gw, struct sa *sa, sim_time now, struct buf *packet, const struct ip_view *v)
{
    struct sent how = {.sa = sa, .inner_len = v->total_len, .probe = true};
    if (seal(sa, packet, v, now, &how.seq, &how.ledger))
        return;
    gw->counters.probes++;
    gw->ports.made(gw->ports.ctx, gw, packet);
    gateway_send_to_link(gw, packet, &how);
}

static void seal_and_send(struct gateway *gw, struct sa *sa, sim_time now, struct buf *packet, const struct ip_view *v)
{
    struct sent sent = {.sa = sa, .inner_len = v->total_len};
    enum drop d = seal(sa, packet, v, now, &sent.seq, &sent.ledger);
    if (d) {
        gateway_refuse(gw, d, false, packet);
        return;
    }
    gw->counters.sealed++;
    send_or_cut(gw, packet, &sent);
}

struct sealing {
    struct sa *sa;
    sim_time now;
};

/* A fragment of a packet that was cut before ESP: a packet of its own to the SA. */
static void emit_sealed(struct gateway *gw, struct buf *fragment, bool first, void *ctx)
{
    const struct sealing *s = ctx;
    struct ip_view v;
    bool ok = ip_parse(fragment->data, fragment->len, &v);
    assert(ok);
    (void)ok;
    (void)first;
    seal_and_send(gw, s->sa, s->now, fragment, &v);
}

/* What the gateway tells as the MTU is what it goes by; options and extension headers may ask for more room. */
static bool fits_the_link(const struct gateway *gw, const struct ip_view *v)
{
    struct size_of how = gateway_size_rule(gw);
    struct shape shape = size_shape(v, gateway_outer_version(gw, v->version));
    return v->total_len <= gateway_inner_mtu(gw, v->version) && size_wire(&how, &shape) <= gw->config.link_mtu;
}

/* ESP of its own the gateway may cut as its source. */
static bool may_be_cut_after_esp(const struct gateway *gw, const struct ip_view *v)
{
    return gw->config.cut != CUT_NEVER && v->version == 6 && gw->config.mode->two_addresses &&
           v->total_len <= gw->carried6;
}

static void protect(struct gateway *gw, sim_time now, struct buf *packet, const struct ip_view *v, bool joined)
{
    struct sa *sa = find_out_sa(gw, v);
    if (!sa || !sa_may_carry(sa, v)) {
        gateway_refuse(gw, DROP_NO_SA_OUT, false, packet);
        if (sa && fits_the_link(gw, v) && probe_is_due(gw, v))
            probe(gw, sa, now, packet, v);
        return;
    }
    size_t inner_mtu = gateway_inner_mtu(gw, v->version);
    if (fits_the_link(gw, v) || may_be_cut_after_esp(gw, v))
        seal_and_send(gw, sa, now, packet, v);
    else if (!may_be_cut(gw, v, joined))
        refuse_too_big(gw, packet, v, inner_mtu);
    else if (gw->config.cut == CUT_AFTER)
        seal_and_send(gw, sa, now, packet, v);
    else
        cut_packet(gw, packet, v, inner_mtu, emit_sealed, &(struct sealing){sa, now});
}

void gateway_from_lan(struct gateway *gw, sim_time now, struct buf *packet)
{
    struct ip_view v;
    gw->counters.from_lan++;
    if (!ip_parse(packet->data, packet->len, &v)) {
        gateway_refuse(gw, DROP_MALFORMED, false, packet);
        return;
    }
    buf_trim(packet, v.total_len);
    if (prefix_has(&gw->config.lan, &v.dst) || addr_equal(&v.dst, &gw->config.address)) {
        gateway_refuse(gw, DROP_NO_ROUTE, false, packet);
        return;
    }
    if (!gateway_forward_step(packet, &v)) {
        gateway_refuse(gw, DROP_TTL, false, packet);
        complain(gw, packet, &v, (struct icmp_error){ICMP_TTL_EXCEEDED, 0});
        return;
    }
    bool joined = v.fragment && gw->config.reassemble_lan;
    if (joined && !gateway_reassemble(gw, gw->from_lan, now, false, packet, &v))
        return;
    switch (spd_outbound(&gw->config.spd, &v)) {
    case SPD_PROTECT:
        protect(gw, now, packet, &v, joined);
        break;
    case SPD_BYPASS:
        bypass_out(gw, packet, &v, joined);
        break;
    case SPD_DISCARD:
        gateway_refuse(gw, DROP_NO_POLICY, false, packet);
        break;
    }
}
