#include "models/ipsec/open.h"
#include "models/wire/protocol.h"
#include "sim/config/choices.h"
#include "sim/topo/topo_impl.h"

static int side_of(const struct topo *t, const struct gateway *gw)
{
    return gw == t->gw[1];
}

static void to_link(void *ctx, struct gateway *gw, struct buf *packet, const struct sent *how)
{
    struct topo *t = ctx;
    satellite_offer(t, side_of(t, gw), packet, how);
}

static void to_lan(void *ctx, struct gateway *gw, struct buf *packet)
{
    struct topo *t = ctx;
    lan_from_gateway(t, side_of(t, gw), packet);
}

/* A number that the window refuses says nothing yet about whose packet it was. */
static bool is_own_replay(struct topo *t, const struct sa *sa, const struct buf *packet, const struct located *at)
{
    struct buf copy = buf_over(t->room[0], TOPO_ROOM_LEN, BUF_HEADROOM, packet->len);
    memcpy(copy.data, packet->data, packet->len);
    return open_icv_is_good(sa, &copy, at);
}

/* The gateway claimed a packet that was not sealed for it. A failed ICV spoils its text, not its headers. */
static void tell_bad_icv(struct topo *t, int side, enum drop why, const struct buf *packet)
{
    struct located at;
    struct sad *sad = gateway_sad(t->gw[side]);
    if (locate(packet, sad_has_udp, sad, &at))
        return;
    const struct sa *sa = sad_by_spi(sad, at.spi);
    if (sa && (why == DROP_ICV || !is_own_replay(t, sa, packet, &at)))
        keying_saw_bad_icv(t, side, at.spi);
}

static void dropped(void *ctx, struct gateway *gw, enum drop why, bool inbound, const struct buf *packet)
{
    struct topo *t = ctx;
    int side = side_of(t, gw);
    if (inbound)
        host_esp_dropped(t, side, why, packet);
    if (inbound && (why == DROP_ICV || why == DROP_REPLAY) && t->config->ipsec.on_collision == &on_collision_rekey)
        tell_bad_icv(t, side, why, packet);
    topo_tell(t, (struct event){.kind = EVENT_DROPPED,
                                .side = side,
                                .place = side ? PLACE_GW2 : PLACE_GW1,
                                .why = why,
                                .packet = packet->data,
                                .len = packet->len});
}

static void made(void *ctx, struct gateway *gw, const struct buf *packet)
{
    struct topo *t = ctx;
    topo_tell(t,
              (struct event){.kind = EVENT_MADE, .side = side_of(t, gw), .packet = packet->data, .len = packet->len});
}

static void joined(void *ctx, struct gateway *gw, size_t n)
{
    struct topo *t = ctx;
    topo_tell(t, (struct event){.kind = EVENT_JOINED, .side = side_of(t, gw), .octets = n});
}

static void acquire(void *ctx, struct gateway *gw, const struct addr *src, const struct addr *dst)
{
    struct topo *t = ctx;
    keying_acquire(t, side_of(t, gw), src, dst);
}

/* The hosts' own ESP of a flow passes in clear, seen from the gateway of `side`. */
static void add_bypass(const struct topo *t, int side, const struct config_flow *f, size_t pair, struct spd *spd)
{
    uint32_t from, to;
    config_flow_pair(f, pair, &from, &to);
    struct addr near = prefix_host(&t->config->lan[f->from.lan].prefix, from);
    struct addr far = prefix_host(&t->config->lan[f->to.lan].prefix, to);
    if (addr_is_set(&f->peer))
        near = f->peer;
    uint8_t bits = (uint8_t)(8 * addr_len(&near));
    struct prefix a = {near, bits}, b = {far, bits};
    bool sends = side == f->from.lan;
    spd_add(spd, (struct spd_rule){sends ? a : b, sends ? b : a, PROTO_ESP, SPD_BYPASS});
}

/* What the gateways protect: everything between the LANs, or nothing in plain mode; and what hosts protect themselves
 * and want to bypass the gateways. */
static struct spd policies(const struct topo *t, int side)
{
    struct spd spd = {0};
    for (size_t i = 0; i < t->config->n_flows; i++) {
        const struct config_flow *f = &t->config->flows[i];
        for (size_t pair = 0; f->host_ipsec == &host_ipsec_bypass && pair < config_flow_pairs(f); pair++)
            add_bypass(t, side, f, pair, &spd); /* sim/config has counted them */
    }
    spd_add(&spd, (struct spd_rule){t->config->lan[side].prefix, t->config->lan[!side].prefix, SPD_ANY_PROTOCOL,
                                    t->mode->esp ? SPD_PROTECT : SPD_BYPASS});
    return spd;
}

static enum gateway_cut cut_of(const struct member *m)
{
    enum gateway_cut cut = CUT_AFTER;
    while (cut_family.members[cut] != m)
        cut++;
    return cut;
}

static void make_gateway(struct topo *t, int side)
{
    const struct config *c = t->config;
    const struct prefix *lan = &c->lan[side].prefix;
    struct gateway_config config = {
        .name = side ? "gw2" : "gw1",
        .address = c->gw[side].address,
        .lan_address = prefix_host(lan, prefix_hosts(lan) < 65534 ? prefix_hosts(lan) : 65534),
        .lan = *lan,
        .mode = t->mode,
        .lookup = (const struct lookup *)t->run->lookup,
        .suite = c->ipsec.suite,
        .udp_encap = c->ipsec.udp_encap,
        .tfc = (size_t)c->ipsec.tfc,
        .link_mtu = (size_t)c->link.mtu,
        .icmp_filtered = c->ipsec.icmp_filtered,
        .cut = cut_of(c->ipsec.cut),
        .reassemble_lan = c->ipsec.reassemble_lan,
        .reassemble_link = c->ipsec.reassemble_link,
        .take_all_esp = !c->ipsec.spi_filter,
        .reinput = c->ipsec.reinput,
        .probes = t->mode->own_traffic,
        .spd = policies(t, side),
    };
    struct gateway_ports ports = {to_link, to_lan, dropped, made, joined, acquire, t};
    t->gw[side] = gateway_new(&config, &ports);
}

void gateways_init(struct topo *t)
{
    for (int side = 0; side < 2; side++)
        make_gateway(t, side);
}

void gateways_end(struct topo *t, int side)
{
    gateway_end(t->gw[side]);
}

void gateways_fini(struct topo *t)
{
    for (int side = 0; side < 2; side++)
        gateway_free(t->gw[side]);
}
