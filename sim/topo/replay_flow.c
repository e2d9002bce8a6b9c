/* Replay: the packets of a capture between the LANs, at their own times. They are put on the gateways' LAN ports as
 * they are, and recognised on the other side by what no gateway may change: addresses, protocol, fragment fields,
 * payload. */
#include "models/capture/capture.h"
#include "models/wire/checksum.h"
#include "models/wire/ipv4.h"
#include "sim/topo/topo_impl.h"

#include <stdlib.h>
#include <uthash.h>

enum { PACKET_MAX = 40 + 65535 }; /* IPv6's header, and what its length can say */

struct underway {
    uint64_t hash;
    uint64_t n; /* equal packets */
    sim_time sent_at;
    UT_hash_handle hh;
};

struct playback {
    struct topo *topo;
    int flow;
    const struct config_flow *config;
    struct capture *capture;
    uint8_t *octets; /* the next packet */
    size_t len;
    int side;      /* where it is sent */
    sim_time zero; /* the capture's time that is the flow's start */
    bool started;
    struct underway *underway;
    struct playback *next;
};

/* FNV-1a over what stays the same from LAN to LAN. */
static uint64_t hash_of(const uint8_t *packet, const struct ip_view *v)
{
    uint64_t hash = 0xcbf29ce484222325u;
    uint8_t fixed[2 + 16 + 16 + 6];
    struct wr w = wr_over(fixed, sizeof fixed);
    wr_u8(&w, v->version);
    wr_u8(&w, v->protocol);
    wr_bytes(&w, v->src.bytes, 16);
    wr_bytes(&w, v->dst.bytes, 16);
    wr_u32(&w, v->fragment ? v->id : 0);
    wr_u16(&w, (uint16_t)(v->frag_off | v->mf));
    for (size_t i = 0; i < sizeof fixed; i++)
        hash = (hash ^ fixed[i]) * 0x100000001b3u;
    for (size_t i = v->head_len; i < v->total_len; i++)
        hash = (hash ^ packet[i]) * 0x100000001b3u;
    return hash;
}

static struct underway *find(struct playback *r, uint64_t hash)
{
    struct underway *found;
    HASH_FIND(hh, r->underway, &hash, sizeof hash, found);
    return found;
}

/* Which LAN the packet comes from, by its addresses; -1: it is not between the LANs. */
static int side_of(const struct topo *t, const struct ip_view *v)
{
    for (int side = 0; side < 2; side++)
        if (prefix_has(&t->config->lan[side].prefix, &v->src) && prefix_has(&t->config->lan[!side].prefix, &v->dst))
            return side;
    return -1;
}

/* `map = yes`: every packet goes from the flow's first host to its second. */
static bool map_addresses(const struct playback *r, struct ip_view *v)
{
    const struct topo_flow *f = &r->topo->flows[r->flow];
    size_t len = addr_len(&f->from), at = v->version == 4 ? 12 : 8;
    if (v->version != f->from.version)
        return false;
    memcpy(r->octets + at, f->from.bytes, len);
    memcpy(r->octets + at + len, f->to.bytes, len);
    if (v->version == 4)
        ipv4_fill_checksum(r->octets);
    if (!ip_parse(r->octets, r->len, v))
        return false;
    checksum_fill_l4(r->octets, v);
    return true;
}

/* Keeps the packet if it belongs here; else counts why not. */
static bool keep(struct playback *r, const struct capture_packet *p)
{
    struct topo_skipped *skipped = &r->topo->skipped;
    struct ip_view v;
    r->side = -1;
    if (p->cut) {
        skipped->cut++;
    } else if (p->len > PACKET_MAX || !ip_parse(p->data, p->len, &v)) {
        skipped->malformed++;
    } else {
        r->len = v.total_len;
        memcpy(r->octets, p->data, r->len);
        r->side = r->config->map && map_addresses(r, &v) ? r->config->from.lan : side_of(r->topo, &v);
        skipped->elsewhere += r->side < 0;
    }
    return r->side >= 0;
}

/* Takes the next packet that belongs here. */
static bool read_next(struct playback *r, sim_time *at, struct err *e)
{
    struct capture_packet p;
    enum capture_got got;
    do {
        got = capture_next(r->capture, &p, e);
        r->topo->skipped.not_ip += got == CAPTURE_NOT_IP;
    } while (got == CAPTURE_NOT_IP || (got == CAPTURE_PACKET && !keep(r, &p)));
    r->topo->has_failed = r->topo->has_failed || got == CAPTURE_BROKEN;
    if (got != CAPTURE_PACKET)
        return false;
    if (!r->started)
        r->zero = p.time;
    r->started = true;
    sim_time after = p.time > r->zero ? p.time - r->zero : 0, start = r->config->start;
    *at = after < INT64_MAX - start ? start + after : INT64_MAX;
    return true;
}

static void send_and_go_on(void *arg);

static void schedule(struct playback *r)
{
    struct topo *t = r->topo;
    sim_time at;
    if (read_next(r, &at, &t->failed) && at < t->flows[r->flow].stop)
        t->ops->at(t->eng, at > topo_now(t) ? at - topo_now(t) : 0, send_and_go_on, r);
}

static void send_and_go_on(void *arg)
{
    struct playback *r = arg;
    struct topo *t = r->topo;
    struct ip_view v;
    if (t->closing || !ip_parse(r->octets, r->len, &v))
        return;
    uint64_t hash = hash_of(r->octets, &v);
    struct underway *u = find(r, hash);
    if (!u) {
        u = calloc(1, sizeof *u);
        assert(u);
        u->hash = hash;
        HASH_ADD(hh, r->underway, hash, sizeof u->hash, u);
    }
    u->n++;
    u->sent_at = topo_now(t);
    struct buf packet = buf_over(t->room[0], TOPO_ROOM_LEN, BUF_HEADROOM, r->len);
    memcpy(packet.data, r->octets, r->len);
    int side = r->side;
    topo_tell(t, (struct event){.kind = EVENT_FLOW_SENT, .flow = r->flow, .octets = r->len});
    schedule(r);
    lan_to_gateway(t, side, &packet);
}

bool replay_flow_add(struct topo *t, const struct config_flow *c, struct err *e)
{
    struct playback *r = calloc(1, sizeof *r);
    assert(r);
    r->topo = t;
    r->config = c;
    r->next = t->replays;
    t->replays = r;
    r->flow = (int)(topo_add_flow(t, c, false) - t->flows);
    r->octets = malloc(PACKET_MAX);
    assert(r->octets);
    r->capture = capture_open_found(c->capture, e);
    return r->capture || err_at(e, "flow %s", c->name);
}

static bool say_nothing_fits(const struct playback *r, struct err *e)
{
    const struct topo_skipped *s = &r->topo->skipped;
    return err_set(e,
                   "flow %s: no packet of %s can be replayed: %llu not IP, %llu malformed, %llu not captured whole "
                   "(record with tcpdump -s 0), %llu not between the LANs' prefixes (map = yes sends those of this IP "
                   "version from the first host of `from` to that of `to`)",
                   r->config->name, r->config->file, (unsigned long long)s->not_ip, (unsigned long long)s->malformed,
                   (unsigned long long)s->cut, (unsigned long long)s->elsewhere);
}

void replay_flow_start_all(struct topo *t)
{
    for (struct playback *r = t->replays; r; r = r->next) {
        schedule(r);
        if (!r->started && !t->has_failed)
            t->has_failed = !say_nothing_fits(r, &t->failed);
    }
}

bool replay_flow_receive(struct topo *t, const struct buf *packet, const struct ip_view *v, sim_time to_go)
{
    uint64_t hash = t->replays ? hash_of(packet->data, v) : 0;
    for (struct playback *r = t->replays; r; r = r->next) {
        struct underway *u = find(r, hash);
        if (!u)
            continue;
        topo_tell(t, (struct event){.kind = EVENT_FLOW_RECEIVED,
                                    .flow = r->flow,
                                    .octets = v->total_len,
                                    .sent_at = u->sent_at,
                                    .to_go = to_go});
        topo_tell(t, (struct event){.kind = EVENT_FLOW_DELIVERED,
                                    .flow = r->flow,
                                    .octets = v->total_len - v->head_len,
                                    .to_go = to_go});
        if (--u->n == 0) {
            HASH_DEL(r->underway, u);
            free(u);
        }
        return true;
    }
    return false;
}

struct topo_skipped topo_skipped(const struct topo *t)
{
    return t->skipped;
}

void replay_flow_fini(struct topo *t)
{
    for (struct playback *r = t->replays, *next; r; r = next) {
        struct underway *u, *after;
        HASH_ITER(hh, r->underway, u, after)
        {
            HASH_DEL(r->underway, u);
            free(u);
        }
        next = r->next;
        capture_close(r->capture);
        free(r->octets);
        free(r);
    }
}
