/* From the link to the LAN, in the order of RFC 4301 5.2: ESP or not, whole or not, SA lookup, ESP (open.h), routing.
 * It begins at the end of the file. */
#include "models/ipsec/gateway_parts.h"
#include "models/ipsec/open.h"
#include "models/wire/protocol.h"

static void forward_in(struct gateway *gw, struct buf *packet)
{
    struct ip_view v;
    if (!ip_parse(packet->data, packet->len, &v)) {
        gateway_refuse(gw, DROP_MALFORMED, true, packet);
        return;
    }
    buf_trim(packet, v.total_len);
    if (!prefix_has(&gw->config.lan, &v.dst)) {
        gateway_refuse(gw, DROP_NO_ROUTE, true, packet);
        return;
    }
    if (!gateway_forward_step(packet, &v)) {
        gateway_refuse(gw, DROP_TTL, true, packet);
        return;
    }
    gateway_send_to_lan(gw, packet);
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
    struct buf copy = buf_over(gw->copy, GATEWAY_COPY_LEN, 0, len);
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
    assert(len <= GATEWAY_COPY_LEN);
    if (keep)
        memcpy(gw->copy, packet->data, len);
    enum drop d = open_esp(sa, packet, at, now, NULL);
    if (d && keep && !is_own(gw, sa, packet, len, at))
        return;
    if (d) {
        gateway_refuse(gw, d, true, packet);
        return;
    }
    gw->counters.opened++;
    if (!reinput(gw, now, packet))
        forward_in(gw, packet);
}

static void take_esp(struct gateway *gw, sim_time now, struct buf *packet, const struct located *at, bool to_me)
{
    struct lookup_query q = {.spi = at->spi, .src = at->outer.src, .dst = at->outer.dst, .to_me = to_me};
    struct lookup_answer answer = gw->config.lookup->find(gw->sad, &q);
    switch (answer.outcome) {
    case LOOKUP_FOUND:
        open_with(gw, answer.sa, now, packet, at);
        break;
    case LOOKUP_NONE:
        gateway_refuse(gw, DROP_NO_SA, true, packet);
        break;
    case LOOKUP_AMBIGUOUS:
        gateway_refuse(gw, DROP_AMBIGUOUS, true, packet);
        break;
    case LOOKUP_NOT_MINE:
        if (gw->config.take_all_esp && gw->config.lookup->transit)
            gateway_refuse(gw, DROP_NO_SA, true, packet);
        else
            forward_unopened(gw, packet);
        break;
    }
}

/* Not ESP, or not for us to open: it may pass where a policy lets it pass in clear. */
static void take_clear(struct gateway *gw, struct buf *packet, const struct ip_view *v, enum drop otherwise)
{
    if (addr_equal(&v->dst, &gw->config.address)) {
        gateway_refuse(gw, otherwise ? otherwise : DROP_NO_ROUTE, true, packet);
        return;
    }
    if (spd_inbound(&gw->config.spd, v) != SPD_BYPASS) {
        gateway_refuse(gw, DROP_POLICY, true, packet);
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
        return gateway_reassemble(gw, gw->from_link, now, true, packet, v);
    if (claims && may_carry_esp(gw, v))
        gateway_refuse(gw, DROP_FRAGMENT, true, packet);
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
        gateway_refuse(gw, d, true, packet);
    else
        take_clear(gw, packet, &at.outer, d);
}
