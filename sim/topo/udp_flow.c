/* Open-loop streams: packets made and taken at the gateways' LAN ports, since a host's IP stack in ns-3 would cost more
 * than all the rest and adds nothing to them. The way between host and gateway is no event of its own: a packet is made
 * when it reaches the gateway, and taken before it has reached its host; both times are counted. */
#include "models/wire/checksum.h"
#include "models/wire/ipv4.h"
#include "models/wire/ipv6.h"
#include "models/wire/protocol.h"
#include "models/wire/udp.h"
#include "models/traffic/rtp.h"
#include "sim/config/choices.h"
#include "sim/topo/stream.h"

#include <stdlib.h>

enum {
    FIRST_PORT = 20000,
    SOURCE_PORT = 49152,
    STAMP_LEN = 4 + 8 /* number and time of sending, in front of the payload of what is not RTP */
};

static_assert(FIRST_PORT + CONFIG_STREAMS_MAX <= 65535, "a port for each stream");

static bool is_rtp(const struct stream *s)
{
    return s->traffic.set.codec != NULL;
}

/* The flow's share of the payload generator; TCP connections have the numbers below. */
static uint32_t payload_flow(const struct stream *s)
{
    return UINT32_C(0x10000) + s->number;
}

static void write_headers(const struct stream *s, struct wr *w, size_t payload_len)
{
    size_t udp_len = UDP_HEAD_LEN + payload_len;
    if (s->src.version == 4) {
        struct ipv4 h = {.tos = s->tos,
                         .total_len = (uint16_t)(IPV4_HEAD_LEN + udp_len),
                         .id = (uint16_t)*s->ip_id,
                         .df = s->df,
                         .ttl = 64,
                         .protocol = PROTO_UDP,
                         .src = s->src,
                         .dst = s->dst};
        ipv4_write(&h, w);
    } else {
        struct ipv6 h = {.tclass = s->tos,
                         .payload_len = (uint16_t)udp_len,
                         .next_header = PROTO_UDP,
                         .hop_limit = 64,
                         .src = s->src,
                         .dst = s->dst};
        ipv6_write(&h, w);
    }
    udp_write(&(struct udp){SOURCE_PORT, s->port, (uint16_t)udp_len, 0}, w);
}

/* What tells the sink which packet it is and when it was sent. Returns its length. */
static size_t write_stamp(struct stream *s, uint8_t *at, const struct traffic_packet *p)
{
    if (is_rtp(s)) {
        const struct codec *c = s->traffic.set.codec;
        struct rtp rtp = {.marker = p->marker,
                          .payload_type = c->payload_type,
                          .seq = (uint16_t)p->n,
                          .timestamp = (uint32_t)((p->at - s->traffic.start) / 1000 * c->clock / 1000000),
                          .ssrc = s->number + 1};
        rtp_write(&rtp, at);
        return RTP_HEAD_LEN;
    }
    struct wr w = wr_over(at, STAMP_LEN);
    wr_u32(&w, (uint32_t)p->n);
    wr_u64(&w, (uint64_t)p->at);
    return STAMP_LEN;
}

/* IMIX's packets of 40 octets leave no room for a stamp in IPv6; they are 60 octets then. */
static size_t payload_len(const struct stream *s, const struct traffic_packet *p)
{
    size_t least = is_rtp(s) ? RTP_HEAD_LEN : STAMP_LEN;
    return p->len > least ? p->len : least;
}

/* Longer packets than the path carries the host cuts itself, as Linux does for UDP (IP_PMTUDISC_WANT). */
static void send_cut(struct stream *s, const struct buf *packet, uint32_t id)
{
    struct topo *t = s->topo;
    struct cutter cutter;
    struct ip_view v;
    uint8_t *whole = malloc(packet->len);
    assert(whole);
    memcpy(whole, packet->data, packet->len);
    bool sound = ip_parse(whole, packet->len, &v);
    assert(sound);
    (void)sound;
    cutter_init(&cutter, whole, &v, s->path_mtu, id);
    for (;;) {
        struct buf piece = buf_over(t->room[0], TOPO_ROOM_LEN, BUF_HEADROOM, s->path_mtu);
        piece.len = cutter_next(&cutter, piece.data, s->path_mtu);
        if (!piece.len)
            break;
        lan_to_gateway(t, s->side, &piece);
    }
    free(whole);
}

static void send_packet(struct stream *s, const struct traffic_packet *p)
{
    struct topo *t = s->topo;
    size_t len = payload_len(s, p);
    size_t head_len = (s->src.version == 4 ? IPV4_HEAD_LEN : IPV6_HEAD_LEN) + UDP_HEAD_LEN;
    size_t total = head_len + len;
    struct buf packet = buf_over(t->room[0], TOPO_ROOM_LEN, BUF_HEADROOM, total);
    struct wr w = wr_over(packet.data, total);
    write_headers(s, &w, len);
    size_t stamp_len = write_stamp(s, packet.data + head_len, p);
    payload_fill(&t->payload, payload_flow(s), p->n * len, packet.data + head_len + stamp_len, len - stamp_len);
    struct ip_view v;
    bool whole = ip_parse(packet.data, packet.len, &v);
    assert(whole);
    (void)whole;
    checksum_fill_l4(packet.data, &v);
    uint32_t id = (*s->ip_id)++;
    s->n_sent++;
    s->recent[p->n % STREAM_RECENT] = p->at;
    topo_tell(t, (struct event){.kind = EVENT_FLOW_SENT, .flow = s->flow, .octets = total});
    enum drop d = s->esp ? host_esp_seal(s, &packet) : DROP_NONE;
    if (d) {
        topo_tell(t, (struct event){.kind = EVENT_MADE, .side = s->side});
        topo_tell(t, (struct event){.kind = EVENT_DROPPED, .side = s->side, .place = PLACE_HOSTS, .why = d});
        return;
    }
    if (s->path_mtu && packet.len > s->path_mtu)
        send_cut(s, &packet, id);
    else
        lan_to_gateway(t, s->side, &packet);
}

void udp_flow_too_big(struct topo *t, const struct addr *src, const struct addr *dst, uint32_t mtu)
{
    uint32_t least = src->version == 4 ? 68 : 1280; /* RFC 791, RFC 8201: a message of less is ignored */
    for (size_t i = 0; i < t->n_streams && mtu >= least; i++) {
        struct stream *s = t->streams[i];
        if (addr_equal(&s->src, src) && addr_equal(&s->dst, dst) && (!s->path_mtu || mtu < s->path_mtu))
            s->path_mtu = mtu;
    }
}

static void on_time(void *arg);

/* Waits until the next packet reaches the gateway: behind those before it on its host's access link. */
static void await_next(struct stream *s)
{
    struct topo *t = s->topo;
    const struct config_lan *lan = &t->config->lan[s->side];
    if (!traffic_next(&s->traffic, &s->rng, &s->due))
        return;
    size_t head_len = (s->src.version == 4 ? IPV4_HEAD_LEN : IPV6_HEAD_LEN) + UDP_HEAD_LEN;
    sim_time leaves = s->due.at > s->busy ? s->due.at : s->busy;
    s->busy = leaves + units_tx_time(head_len + s->due.len, lan->rate);
    t->ops->at(t->eng, s->busy + lan->delay - topo_now(t), on_time, s);
}

static void on_time(void *arg)
{
    struct stream *s = arg;
    if (s->topo->closing)
        return;
    struct traffic_packet p = s->due;
    await_next(s);
    send_packet(s, &p);
}

static void number_packets(struct stream *s, struct lan_host *host)
{
    bool is_host = addr_equal(&s->src, &host->address);
    uint16_t first = (uint16_t)rng_u64(&s->rng);
    s->ip_id = is_host ? &host->ip_id : &s->own_ip_id;
    if (!is_host || !host->has_ip_id)
        *s->ip_id = first;
    host->has_ip_id = host->has_ip_id || is_host;
}

static struct stream *add_stream(struct topo *t, const struct topo_flow *f, int side, uint32_t from, uint32_t to,
                                 const struct traffic_settings *set)
{
    struct stream *s = calloc(1, sizeof *s);
    t->streams = realloc(t->streams, (t->n_streams + 1) * sizeof(struct stream *));
    assert(s && t->streams);
    s->topo = t;
    s->flow = (int)(f - t->flows);
    s->side = side;
    s->number = (uint32_t)t->n_streams;
    s->src = prefix_host(&t->config->lan[side].prefix, from);
    s->dst = prefix_host(&t->config->lan[!side].prefix, to);
    if (side == f->config->from.lan && addr_is_set(&f->config->peer))
        s->src = f->config->peer;
    s->port = (uint16_t)(FIRST_PORT + s->number);
    s->tos = (uint8_t)(f->config->dscp << 2);
    s->df = f->config->df;
    char name[128];
    snprintf(name, sizeof name, "flow/%s/%llu", f->name, (unsigned long long)f->n_streams);
    rng_init(&s->rng, t->run->seed, name);
    number_packets(s, &t->lan[side].hosts[LAN_HOST][from - 1]);
    /* Streams of a flow do not start in step: each is off by a random part of its first packet's interval. */
    sim_time offset = set->codec ? (sim_time)rng_below(&s->rng, (uint64_t)codec_interval(set->codec, set->frames)) : 0;
    traffic_init(&s->traffic, (const struct traffic_kind *)f->config->kind, set, f->start + offset, f->stop);
    t->streams[t->n_streams++] = s;
    return s;
}

static bool add_direction(struct topo *t, const struct config_flow *c, bool back, const struct traffic_settings *set,
                          struct err *e)
{
    struct topo_flow *f = topo_add_flow(t, c, back);
    size_t n_pairs = config_flow_pairs(c), n = set->codec ? (size_t)c->calls : n_pairs;
    assert(t->n_streams + n <= CONFIG_STREAMS_MAX); /* sim/config has counted them */
    for (size_t i = 0; i < n; i++) {
        uint32_t from, to;
        config_flow_pair(c, i % n_pairs, &from, &to);
        struct stream *s = add_stream(t, f, back ? c->to.lan : c->from.lan, back ? to : from, back ? from : to, set);
        if (c->host_ipsec != &host_ipsec_none && !host_esp_new(s, c, e))
            return false;
        f->n_streams++;
    }
    return true;
}

bool udp_flow_add(struct topo *t, const struct config_flow *c, struct err *e)
{
    struct traffic_settings set = config_flow_traffic(t->config, c);
    if (!traffic_check((const struct traffic_kind *)c->kind, &set, e))
        return err_at(e, "flow %s", c->name);
    return add_direction(t, c, false, &set, e) && (!set.codec || !c->both_ways || add_direction(t, c, true, &set, e));
}

static void remember_packets(struct stream *s)
{
    s->recent = calloc(STREAM_RECENT, sizeof *s->recent);
    assert(s->recent);
}

void udp_flow_start_all(struct topo *t)
{
    for (size_t i = 0; i < t->n_streams; i++) /* only now, so that thousands of streams lie close together */
        remember_packets(t->streams[i]);
    for (size_t i = 0; i < t->n_streams; i++) {
        struct stream *s = t->streams[i];
        s->last_sent_at = s->traffic.start;
        if (s->esp)
            host_esp_start(s);
        await_next(s);
    }
}

/* The full number from the 16 bits of RTP, or the 32 of a stamp: the one nearest to the next expected. */
static uint64_t full_number(const struct stream *s, uint64_t low, unsigned bits)
{
    uint64_t span = UINT64_C(1) << bits, n = (s->n_next & ~(span - 1)) | low;
    if (n + span / 2 < s->n_next)
        return n + span;
    return n > s->n_next + span / 2 && n >= span ? n - span : n;
}

static bool read_stamp(const struct stream *s, const uint8_t *payload, size_t len, uint64_t *n, sim_time *sent_at)
{
    if (is_rtp(s)) {
        struct rtp rtp;
        if (!rtp_read(&rtp, payload, len) || rtp.ssrc != s->number + 1)
            return false;
        *n = full_number(s, rtp.seq, 16);
        *sent_at = s->recent[*n % STREAM_RECENT];
        *sent_at = *sent_at < 0 ? ~*sent_at : *sent_at;
        return true;
    }
    struct rd r = rd_over(payload, len);
    *n = full_number(s, rd_u32(&r), 32);
    *sent_at = (sim_time)rd_u64(&r);
    return r.ok;
}

static void take_number(struct stream *s, uint64_t n, sim_time sent_at)
{
    if (n > s->n_next) { /* packets before this one are missing, as far as is known */
        s->n_bursts++;
        host_esp_lost(s, n - s->n_next, s->last_sent_at, sent_at, ENDED_BY_ARRIVAL);
    }
    if (n >= s->n_next) {
        s->n_next = n + 1;
        s->last_sent_at = sent_at;
    }
    s->recent[n % STREAM_RECENT] = ~sent_at;
    s->n_received++;
}

bool udp_flow_receive(struct topo *t, const struct buf *packet, const struct ip_view *v, sim_time to_go)
{
    struct udp udp;
    struct rd r = rd_over(packet->data + v->head_len, v->total_len - v->head_len);
    if (v->fragment || !udp_read(&udp, &r) || udp.dport < FIRST_PORT || udp.dport - FIRST_PORT >= (int)t->n_streams)
        return false;
    struct stream *s = t->streams[udp.dport - FIRST_PORT];
    const uint8_t *payload = packet->data + v->head_len + UDP_HEAD_LEN;
    size_t len = (size_t)udp.len - UDP_HEAD_LEN, stamp_len = is_rtp(s) ? RTP_HEAD_LEN : STAMP_LEN;
    uint64_t n;
    sim_time sent_at;
    if (!addr_equal(&v->dst, &s->dst) || !addr_equal(&v->src, &s->src)) {
        t->n_misled[!s->side]++; /* the checksum is right and the port is somebody's: the host takes it */
        return true;
    }
    if (len < stamp_len || !read_stamp(s, payload, len, &n, &sent_at) || n >= s->n_sent)
        return false;
    size_t good = payload_match(&t->payload, payload_flow(s), n * len, payload + stamp_len, len - stamp_len);
    t->n_corrupt += len - stamp_len - good;
    if (s->n_sent - n <= STREAM_RECENT && s->recent[n % STREAM_RECENT] < 0) {
        topo_tell(t, (struct event){.kind = EVENT_FLOW_REPEATED, .flow = s->flow});
        return true;
    }
    take_number(s, n, sent_at);
    s->delay_sum += (double)(topo_now(t) + to_go - sent_at);
    topo_tell(
        t,
        (struct event){
            .kind = EVENT_FLOW_RECEIVED, .flow = s->flow, .octets = v->total_len, .sent_at = sent_at, .to_go = to_go});
    topo_tell(t, (struct event){.kind = EVENT_FLOW_DELIVERED, .flow = s->flow, .octets = len, .to_go = to_go});
    return true;
}

void udp_flow_end_all(struct topo *t)
{
    for (size_t i = 0; i < t->n_streams; i++) {
        struct stream *s = t->streams[i];
        host_esp_end(s);
        if (!is_rtp(s))
            continue;
        struct call_quality q = {.sent = s->n_sent,
                                 .received = s->n_received,
                                 .lost = s->n_sent - s->n_received,
                                 .bursts = s->n_bursts + (s->n_next < s->n_sent),
                                 .delay_mean = s->n_received ? s->delay_sum / (double)s->n_received : 0,
                                 .speech = codec_interval(s->traffic.set.codec, s->traffic.set.frames),
                                 .codec = s->traffic.set.codec};
        topo_tell(t, (struct event){.kind = EVENT_CALL, .flow = s->flow, .call = &q});
    }
}

void udp_flow_fini(struct topo *t)
{
    for (size_t i = 0; i < t->n_streams; i++) {
        host_esp_free(t->streams[i]->esp);
        free(t->streams[i]->recent);
        free(t->streams[i]);
    }
    free(t->streams);
}
