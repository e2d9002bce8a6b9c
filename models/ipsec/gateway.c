#include "models/ipsec/gateway.h"

#include "models/ipsec/open.h"
#include "models/ipsec/seal.h"
#include "models/ipsec/size.h"
#include "models/wire/fragment.h"
#include "models/wire/icmp.h"
#include "models/wire/protocol.h"

#include <stdlib.h>
#include <uthash.h>

/* A pair of hosts whose refused packet was sent as a probe. */
struct probed {
    struct {
        struct addr src, dst;
    } key;
    UT_hash_handle hh;
};

struct gateway {
    struct gateway_config config;
    struct gateway_ports ports;
    struct gateway_counters counters;
    struct sad *sad;
    struct outbound *outbound;
    struct probed *probed;
    struct reassembly *from_lan, *from_link;
    uint32_t next_fragment_id; /* IPv6 */
    size_t inner_mtu[2];       /* of IPv4 and IPv6 packets */
    uint8_t *copy;             /* room for a packet that has to be kept while it is tried or cut */
    uint8_t *cut;              /* room for a fragment */
};

enum { COPY_LEN = BUF_HEADROOM + IP_TOTAL_MAX + IPV6_HEAD_LEN + BUF_TAILROOM };

static struct size_of size_rule(const struct gateway *gw)
{
    return (struct size_of){gw->config.mode, gw->config.suite, gw->config.udp_encap, gw->config.tfc};
}

static uint8_t outer_version(const struct gateway *gw, uint8_t inner)
{
    return gw->config.mode->two_addresses ? gw->config.address.version : inner;
}

static size_t find_inner_mtu(const struct gateway *gw, uint8_t version)
{
    struct size_of how = size_rule(gw);
    struct shape shape = {.inner_version = version, .outer_version = outer_version(gw, version)};
    return size_announced(&how, &shape, gw->config.link_mtu);
}

struct gateway *gateway_new(const struct gateway_config *config, const struct gateway_ports *ports)
{
    struct gateway *gw = calloc(1, sizeof *gw);
    assert(gw);
    gw->config = *config;
    gw->ports = *ports;
    gw->sad = sad_new();
    gw->outbound = outbound_new();
    gw->from_lan = reassembly_new();
    gw->from_link = reassembly_new();
    gw->copy = malloc(COPY_LEN);
    gw->cut = malloc(COPY_LEN);
    assert(gw->copy && gw->cut);
    gw->inner_mtu[0] = find_inner_mtu(gw, 4);
    gw->inner_mtu[1] = find_inner_mtu(gw, 6);
    return gw;
}

void gateway_free(struct gateway *gw)
{
    if (!gw)
        return;
    struct probed *at, *next;
    HASH_ITER(hh, gw->probed, at, next)
    {
        HASH_DEL(gw->probed, at);
        free(at);
    }
    sad_free(gw->sad);
    outbound_free(gw->outbound);
    reassembly_free(gw->from_lan);
    reassembly_free(gw->from_link);
    free(gw->copy);
    free(gw->cut);
    free(gw);
}

struct sad *gateway_sad(struct gateway *gw)
{
    return gw->sad;
}

struct outbound *gateway_outbound(struct gateway *gw)
{
    return gw->outbound;
}

const struct gateway_config *gateway_config(const struct gateway *gw)
{
    return &gw->config;
}

const struct gateway_counters *gateway_counters(const struct gateway *gw)
{
    return &gw->counters;
}

static void refuse(struct gateway *gw, enum drop why, bool inbound, const struct buf *packet)
{
    gw->counters.drops[inbound][why]++;
    gw->ports.dropped(gw->ports.ctx, gw, why, inbound, packet);
}

static void send_to_lan(struct gateway *gw, struct buf *packet)
{
    gw->counters.to_lan++;
    gw->ports.to_lan(gw->ports.ctx, gw, packet);
}

static void send_to_link(struct gateway *gw, struct buf *packet, const struct sent *how)
{
    gw->counters.to_link++;
    gw->ports.to_link(gw->ports.ctx, gw, packet, how);
}

/* An ICMP error about a packet from the LAN goes back to it. */
static void complain(struct gateway *gw, const struct buf *packet, const struct ip_view *v, struct icmp_error what)
{
    uint8_t room[BUF_HEADROOM + 1280 + BUF_TAILROOM];
    struct buf message = buf_over(room, sizeof room, BUF_HEADROOM, 0);
    size_t len = icmp_make_error(&what, &gw->config.lan_address, packet->data, v, message.data, 1280);
    if (!len)
        return;
    buf_put(&message, len);
    gw->counters.icmp_sent++;
    gw->ports.made(gw->ports.ctx, gw, &message);
    send_to_lan(gw, &message);
}

size_t gateway_inner_mtu(const struct gateway *gw, uint8_t version)
{
    return gw->inner_mtu[version == 6];
}

/* ---- from the LAN to the link ---- */

/* Whoever forwards a packet may cut it: IPv4 without DF. */
static bool may_be_cut(const struct gateway *gw, const struct ip_view *v)
{
    return gw->config.cut != CUT_NEVER && v->version == 4 && !v->df;
}

static void refuse_too_big(struct gateway *gw, const struct buf *packet, const struct ip_view *v, size_t mtu)
{
    refuse(gw, DROP_TOO_BIG, false, packet);
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
        struct buf fragment = buf_over(gw->cut, COPY_LEN, BUF_HEADROOM, 0);
        size_t len = cutter_next(&cutter, fragment.data, COPY_LEN - BUF_HEADROOM - BUF_TAILROOM);
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
        refuse(gw, DROP_TOO_BIG, false, packet); /* an MTU below any header */
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
    send_to_link(gw, fragment, &how);
}

static void send_or_cut(struct gateway *gw, struct buf *packet, struct sent *how)
{
    struct ip_view v;
    if (packet->len <= gw->config.link_mtu || !ip_parse(packet->data, packet->len, &v))
        send_to_link(gw, packet, how);
    else
        cut_packet(gw, packet, &v, gw->config.link_mtu, emit_to_link, how);
}

static void bypass_out(struct gateway *gw, struct buf *packet, const struct ip_view *v)
{
    if (v->total_len > gw->config.link_mtu && !may_be_cut(gw, v)) {
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

static void probe(struct gateway *gw, struct sa *sa, sim_time now, struct buf *packet, const struct ip_view *v)
{
    struct sent how = {.sa = sa, .inner_len = v->total_len, .probe = true};
    if (seal(sa, packet, v, now, &how.seq, &how.ledger))
        return;
    gw->counters.probes++;
    gw->ports.made(gw->ports.ctx, gw, packet);
    send_to_link(gw, packet, &how);
}

static void seal_and_send(struct gateway *gw, struct sa *sa, sim_time now, struct buf *packet, const struct ip_view *v)
{
    struct sent sent = {.sa = sa, .inner_len = v->total_len};
    enum drop d = seal(sa, packet, v, now, &sent.seq, &sent.ledger);
    if (d) {
        refuse(gw, d, false, packet);
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
    struct size_of how = size_rule(gw);
    struct shape shape = size_shape(v, outer_version(gw, v->version));
    return v->total_len <= gateway_inner_mtu(gw, v->version) && size_wire(&how, &shape) <= gw->config.link_mtu;
}

static void protect(struct gateway *gw, sim_time now, struct buf *packet, const struct ip_view *v)
{
    struct sa *sa = find_out_sa(gw, v);
    if (!sa || !sa_may_carry(sa, v)) {
        refuse(gw, DROP_NO_SA_OUT, false, packet);
        if (sa && probe_is_due(gw, v))
            probe(gw, sa, now, packet, v);
        return;
    }
    size_t inner_mtu = gateway_inner_mtu(gw, v->version);
    if (fits_the_link(gw, v))
        seal_and_send(gw, sa, now, packet, v);
    else if (!may_be_cut(gw, v))
        refuse_too_big(gw, packet, v, inner_mtu);
    else if (gw->config.cut == CUT_AFTER)
        seal_and_send(gw, sa, now, packet, v);
    else
        cut_packet(gw, packet, v, inner_mtu, emit_sealed, &(struct sealing){sa, now});
}

/* Takes one off the TTL as forwarding does. False: it ended here. */
static bool forward_step(struct buf *packet, struct ip_view *v)
{
    if (v->ttl <= 1)
        return false;
    ip_set_ttl(packet->data, --v->ttl);
    return true;
}

/* True: `packet` is whole now. False: it waits, or was dropped. */
static bool reassemble(struct gateway *gw, struct reassembly *r, sim_time now, bool inbound, struct buf *packet,
                       struct ip_view *v)
{
    uint64_t n_gone = 0, waited = reassembly_waiting(r);
    enum reassembled what = reassembly_take(r, now, packet, v, &n_gone);
    for (uint64_t i = 0; i < n_gone; i++)
        refuse(gw, DROP_REASSEMBLY, inbound, packet);
    if (what != REASSEMBLY_WHOLE)
        return false;
    gw->counters.reassembled++;
    gw->ports.joined(gw->ports.ctx, gw, (size_t)(waited - n_gone - reassembly_waiting(r)));
    return ip_parse(packet->data, packet->len, v);
}

void gateway_end(struct gateway *gw)
{
    struct buf nothing = buf_over(gw->cut, COPY_LEN, BUF_HEADROOM, 0);
    for (uint64_t n = reassembly_waiting(gw->from_lan); n; n--)
        refuse(gw, DROP_REASSEMBLY, false, &nothing);
    for (uint64_t n = reassembly_waiting(gw->from_link); n; n--)
        refuse(gw, DROP_REASSEMBLY, true, &nothing);
}

void gateway_from_lan(struct gateway *gw, sim_time now, struct buf *packet)
{
    struct ip_view v;
    gw->counters.from_lan++;
    if (!ip_parse(packet->data, packet->len, &v)) {
        refuse(gw, DROP_MALFORMED, false, packet);
        return;
    }
    buf_trim(packet, v.total_len);
    if (prefix_has(&gw->config.lan, &v.dst) || addr_equal(&v.dst, &gw->config.address)) {
        refuse(gw, DROP_NO_ROUTE, false, packet);
        return;
    }
    if (!forward_step(packet, &v)) {
        refuse(gw, DROP_TTL, false, packet);
        complain(gw, packet, &v, (struct icmp_error){ICMP_TTL_EXCEEDED, 0});
        return;
    }
    if (v.fragment && gw->config.reassemble_lan && !reassemble(gw, gw->from_lan, now, false, packet, &v))
        return;
    switch (spd_outbound(&gw->config.spd, &v)) {
    case SPD_PROTECT:
        protect(gw, now, packet, &v);
        break;
    case SPD_BYPASS:
        bypass_out(gw, packet, &v);
        break;
    case SPD_DISCARD:
        refuse(gw, DROP_NO_POLICY, false, packet);
        break;
    }
}

/* ---- from the link to the LAN ---- */

static void forward_in(struct gateway *gw, struct buf *packet)
{
    struct ip_view v;
    if (!ip_parse(packet->data, packet->len, &v)) {
        refuse(gw, DROP_MALFORMED, true, packet);
        return;
    }
    buf_trim(packet, v.total_len);
    if (!prefix_has(&gw->config.lan, &v.dst)) {
        refuse(gw, DROP_NO_ROUTE, true, packet);
        return;
    }
    if (!forward_step(packet, &v)) {
        refuse(gw, DROP_TTL, true, packet);
        return;
    }
    send_to_lan(gw, packet);
}

static void forward_unopened(struct gateway *gw, struct buf *packet)
{
    gw->counters.forwarded_unopened++;
    forward_in(gw, packet);
}

static void take_esp(struct gateway *gw, sim_time now, struct buf *packet, const struct located *at, bool to_me);

/* Linux goes on decapsulating what transport mode gave it, whoever the packet is for. */
static bool reinput(struct gateway *gw, sim_time now, struct buf *packet)
{
    struct located at;
    if (!gw->config.reinput || gw->config.mode->two_addresses || locate(packet, NULL, NULL, &at))
        return false;
    take_esp(gw, now, packet, &at, true);
    return true;
}

/* A lookup that tries: an SA that refuses a packet with a good ICV meant it (a replay); any other packet was somebody
 * else's and goes on as it came. The number is no evidence: the window refuses those of others, too. */
static bool is_own(struct gateway *gw, const struct sa *sa, struct buf *packet, size_t len, const struct located *at)
{
    struct buf copy = buf_over(gw->copy, COPY_LEN, 0, len);
    *packet = buf_over(packet->base, packet->cap, BUF_HEADROOM, len);
    memcpy(packet->data, gw->copy, len);
    if (open_icv_is_good(sa, &copy, at))
        return true;
    gw->counters.passed_on_bad_icv++;
    forward_unopened(gw, packet);
    return false;
}

/* What came out of an SA may go on where a policy wanted it protected (RFC 4301 5.2 step 4 holds it against the SA's
 * selectors, which open_esp does). */
static void open_with(struct gateway *gw, struct sa *sa, sim_time now, struct buf *packet, const struct located *at)
{
    bool keep = gw->config.lookup->pass_on_bad_icv;
    size_t len = packet->len;
    assert(len <= COPY_LEN);
    if (keep)
        memcpy(gw->copy, packet->data, len);
    enum drop d = open_esp(sa, packet, at, now, NULL);
    if (d && keep && !is_own(gw, sa, packet, len, at))
        return;
    if (d) {
        refuse(gw, d, true, packet);
        return;
    }
    gw->counters.opened++;
    if (!reinput(gw, now, packet))
        forward_in(gw, packet);
}

static void take_esp(struct gateway *gw, sim_time now, struct buf *packet, const struct located *at, bool to_me)
{
    struct lookup_query q = {at->spi, at->outer.src, at->outer.dst, to_me};
    struct lookup_answer answer = gw->config.lookup->find(gw->sad, &q);
    switch (answer.outcome) {
    case LOOKUP_FOUND:
        open_with(gw, answer.sa, now, packet, at);
        break;
    case LOOKUP_NONE:
        refuse(gw, DROP_NO_SA, true, packet);
        break;
    case LOOKUP_AMBIGUOUS:
        refuse(gw, DROP_AMBIGUOUS, true, packet);
        break;
    case LOOKUP_NOT_MINE:
        if (gw->config.take_all_esp && gw->config.lookup->transit)
            refuse(gw, DROP_NO_SA, true, packet);
        else
            forward_unopened(gw, packet);
        break;
    }
}

/* Not ESP, or not for us to open: it may pass where a policy lets it pass in clear. */
static void take_clear(struct gateway *gw, struct buf *packet, const struct ip_view *v, enum drop otherwise)
{
    if (addr_equal(&v->dst, &gw->config.address)) {
        refuse(gw, otherwise ? otherwise : DROP_NO_ROUTE, true, packet);
        return;
    }
    if (spd_inbound(&gw->config.spd, v) != SPD_BYPASS) {
        refuse(gw, DROP_POLICY, true, packet);
        return;
    }
    gw->counters.bypassed++;
    forward_in(gw, packet);
}

static bool may_carry_esp(const struct gateway *gw, const struct ip_view *v)
{
    return v->protocol == PROTO_ESP || (gw->config.udp_encap && v->protocol == PROTO_UDP);
}

/* ESP fragments: those to the gateway are put together as any host does; those in transit only on demand, and a lookup
 * that claims packets in transit cannot know whose the others are. */
static bool take_fragment(struct gateway *gw, sim_time now, struct buf *packet, struct ip_view *v)
{
    bool to_me = addr_equal(&v->dst, &gw->config.address), claims = gw->config.mode->esp && gw->config.lookup->transit;
    if (to_me || (claims && v->protocol == PROTO_ESP && gw->config.reassemble_link))
        return reassemble(gw, gw->from_link, now, true, packet, v);
    if (claims && may_carry_esp(gw, v))
        refuse(gw, DROP_FRAGMENT, true, packet);
    else
        take_clear(gw, packet, v, DROP_FRAGMENT);
    return false;
}

void gateway_from_link(struct gateway *gw, sim_time now, struct buf *packet)
{
    struct located at;
    gw->counters.from_link++;
    enum drop d = locate(packet, sad_has_udp, gw->sad, &at);
    if (d == DROP_FRAGMENT) {
        if (!take_fragment(gw, now, packet, &at.outer))
            return;
        d = locate(packet, sad_has_udp, gw->sad, &at);
    }
    if (d == DROP_NONE && gw->config.mode->esp)
        take_esp(gw, now, packet, &at, addr_equal(&at.outer.dst, &gw->config.address));
    else if (d == DROP_MALFORMED || d == DROP_IKE || d == DROP_KEEPALIVE)
        refuse(gw, d, true, packet);
    else
        take_clear(gw, packet, &at.outer, d);
}
