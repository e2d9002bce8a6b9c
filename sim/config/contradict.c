/* contradict.c - settings that are each right and cannot hold together. A refused setting is left out: one slip is told
 * once. */
#include "models/ipsec/mode.h"
#include "models/ipsec/spd.h"
#include "models/link/framing.h"
#include "models/traffic/traffic.h"
#include "sim/config/choices.h"
#include "sim/config/reader.h"

#include <assert.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* The faults below are told at the setting that is likelier to be the slip: the one written, else the later one. */
static const struct setting *written_of(struct reader *r, const void *a, const void *b)
{
    const struct setting *x = setting_of(r->c, a), *y = setting_of(r->c, b);
    return y->text || !x->text ? y : x;
}

static void check_lan(struct reader *r, int i)
{
    const struct config *c = r->c;
    const struct config_lan *lan = &c->lan[i];
    char text[ADDR_TEXT_CAP];
    if (!setting_is_sound(r, &lan->prefix) || !setting_is_sound(r, &c->ip))
        return;
    if (lan->prefix.addr.version != c->ip) {
        fault_setting(r, setting_of(c, &lan->prefix),
                      "is an IPv%u prefix, but scenario.ip is %" PRIu64 "; expected all of one version",
                      lan->prefix.addr.version, c->ip);
        return;
    }
    if (!addr_is_host(&lan->prefix.addr))
        fault_setting(r, setting_of(c, &lan->prefix),
                      "has no hosts' addresses; expected none of loopback, multicast and what is reserved");
    uint64_t room = prefix_hosts(&lan->prefix);
    if (setting_is_sound(r, &lan->hosts) && lan->hosts > room)
        fault_setting(r, written_of(r, &lan->prefix, &lan->hosts),
                      "%" PRIu64 " hosts do not fit into %s; it has room for %" PRIu64, lan->hosts,
                      prefix_text(&lan->prefix, text), room);
}

static void check_lans_apart(struct reader *r)
{
    const struct config *c = r->c;
    const struct prefix *a = &c->lan[0].prefix, *b = &c->lan[1].prefix;
    char text[ADDR_TEXT_CAP];
    if (!setting_is_sound(r, a) || !setting_is_sound(r, b) || !(prefix_has(a, &b->addr) || prefix_has(b, &a->addr)))
        return;
    const struct setting *s = written_of(r, a, b);
    fault_setting(r, s, "overlaps %s of [%s]; the LANs need addresses of their own",
                  prefix_text(s->value == a ? b : a, text), s->value == a ? "lan2" : "lan1");
}

static void check_gateway(struct reader *r, int i)
{
    const struct config *c = r->c;
    const struct addr *address = &c->gw[i].address;
    if (!setting_is_sound(r, address) || !setting_is_sound(r, &c->ip))
        return;
    const struct setting *s = setting_of(c, address);
    if (address->version != c->ip) {
        fault_setting(r, s, "is an IPv%u address, but scenario.ip is %" PRIu64 "; expected all of one version",
                      address->version, c->ip);
        return;
    }
    if (!addr_is_host(address))
        fault_setting(r, s, "is no host's address; expected none of loopback, multicast and what is reserved");
    for (int lan = 0; lan < 2; lan++)
        if (setting_is_sound(r, &c->lan[lan].prefix) && prefix_has(&c->lan[lan].prefix, address))
            fault_setting(r, s, "is an address of LAN%d; expected one outside of both LANs, on the satellite side",
                          lan + 1);
}

static void check_gateways_differ(struct reader *r)
{
    const struct config *c = r->c;
    const struct addr *a = &c->gw[0].address, *b = &c->gw[1].address;
    if (setting_is_sound(r, a) && setting_is_sound(r, b) && addr_equal(a, b))
        fault_setting(r, written_of(r, a, b), "is the other gateway's address, too; expected one of its own");
}

static void check_link(struct reader *r)
{
    const struct config *c = r->c;
    const struct config_link *link = &c->link;
    if (!setting_is_sound(r, &link->mtu))
        return;
    if (setting_is_sound(r, &c->ip) && c->ip == 6 && link->mtu < IPV6_MTU_MIN)
        fault_setting(r, setting_of(c, &link->mtu),
                      "is too small for IPv6; expected at least %d B (RFC 8200 section 5)", IPV6_MTU_MIN);
    for (int d = 0; d < 2; d++)
        if (setting_is_sound(r, &link->queue[d]) && link->queue[d] < link->mtu) {
            const struct setting *s = setting_of(c, &link->queue[d]);
            if (!s->text)
                s = setting_of(c, &link->both_queues);
            fault_setting(r, s, "cannot hold one packet; expected at least the MTU, %" PRIu64 " B", link->mtu);
            break;
        }
}

static void check_esn(struct reader *r)
{
    const struct config_ipsec *ipsec = &r->c->ipsec;
    if (setting_is_sound(r, &ipsec->esn) && setting_is_sound(r, &ipsec->replay_window) && ipsec->esn &&
        !ipsec->replay_window)
        fault_setting(r, written_of(r, &ipsec->replay_window, &ipsec->esn),
                      "the high half of extended sequence numbers is worked out from the replay window; expected "
                      "esn = no or a replay_window of at least 32 (RFC 4303 section 2.2.1)");
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* How many pairs of hosts talk to each other through the gateways' SAs, in whatever direction and however many flows.
 */
static size_t count_host_pairs(const struct config *c)
{
    size_t n = 0, n_distinct = 0;
    for (size_t i = 0; i < c->n_flows; i++)
        n += config_flow_pairs(&c->flows[i]);
    uint64_t *pairs = malloc((n + 1) * sizeof *pairs);
    assert(pairs);
    n = 0;
    for (size_t i = 0; i < c->n_flows; i++)
        for (size_t k = 0; c->flows[i].host_ipsec != &host_ipsec_bypass && k < config_flow_pairs(&c->flows[i]); k++) {
            uint32_t end[2]; /* by LAN */
            config_flow_pair(&c->flows[i], k, &end[c->flows[i].from.lan], &end[!c->flows[i].from.lan]);
            pairs[n++] = (uint64_t)end[0] << 32 | end[1];
        }
    qsort(pairs, n, sizeof *pairs, by_value);
    for (size_t i = 0; i < n; i++)
        n_distinct += i == 0 || pairs[i] != pairs[i - 1];
    free(pairs);
    return n_distinct;
}

/* Whether each host of one side has its counterpart on the other. */
static bool are_paired(const struct reader *r, const struct config_flow *f)
{
    if (!setting_is_sound(r, &f->from) || !setting_is_sound(r, &f->to))
        return false;
    uint32_t from = f->from.last - f->from.first, to = f->to.last - f->to.first;
    return f->from.lan != f->to.lan && (!from || !to || from == to);
}

/* SPIs by hand must do for the mode that needs most of them. */
static void check_spis(struct reader *r)
{
    const struct config *c = r->c;
    if (!setting_is_sound(r, &c->modes))
        return;
    for (size_t i = 0; i < c->n_flows; i++)
        if (!are_paired(r, &c->flows[i]))
            return;
    size_t n_pairs = count_host_pairs(c);
    for (int gw = 0; gw < 2; gw++)
        for (size_t i = 0; i < c->modes.n && setting_is_sound(r, &c->ipsec.spi_by[gw]); i++) {
            enum sa_scope scope = mode_get(c->modes.at[i]->name)->scope;
            size_t need = scope == SCOPE_HOST_PAIR ? n_pairs : scope == SCOPE_GATEWAY_PAIR ? 1 : 0;
            size_t have = config_spis_count(&c->ipsec.spi_by[gw]);
            if (have >= need)
                continue;
            fault_setting(
                r, setting_of(c, &c->ipsec.spi_by[gw]),
                "has %zu SPI%s, but mode %s needs %zu, one for each pair of hosts that talk; expected more, for "
                "example a range `0x1000-0x%zx`",
                have, have == 1 ? "" : "s", c->modes.at[i]->name, need, 0xfff + need);
            break;
        }
}

/* An allocator and its list, of a gateway or of a flow's hosts. */
static void check_list(struct reader *r, const struct member *const *allocator, const struct config_spis *by_hand,
                       const char *list)
{
    if (setting_is_sound(r, allocator) && spi_allocator_of(*allocator) == &spi_manual &&
        setting_of(r->c, by_hand)->state == SETTING_UNSET)
        fault_setting(r, setting_of(r->c, allocator), "needs a list of SPIs; expected %s, for example `0x1000-0x10ff`",
                      list);
}

/* An allocator and its range; `manual` draws from none. */
static void check_range(struct reader *r, const struct member *const *allocator, const struct spi_range *range)
{
    struct spi_source unused;
    struct err e;
    if (setting_is_sound(r, allocator) && setting_is_sound(r, range) && spi_allocator_of(*allocator) != &spi_manual &&
        !spi_source_init(&unused, spi_allocator_of(*allocator), range, &e))
        fault_setting(r, setting_of(r->c, range), "%s", e.text);
}

static void check_allocators(struct reader *r)
{
    const struct config *c = r->c;
    check_list(r, &c->ipsec.spi_allocator, &c->ipsec.spi_by[0], "spi_gw1");
    check_list(r, &c->ipsec.spi_allocator, &c->ipsec.spi_by[1], "spi_gw2");
    check_range(r, &c->ipsec.spi_allocator, &c->ipsec.spi_range);
    for (size_t i = 0; i < c->n_flows; i++) {
        check_list(r, &c->flows[i].host_allocator, &c->flows[i].host_spis, "spi");
        check_range(r, &c->flows[i].host_allocator, &c->flows[i].host_range);
    }
}

/* Rekeying that would lose packets under way for certain. */
static void check_rekey(struct reader *r)
{
    const struct config *c = r->c;
    const struct config_link *link = &c->link;
    char text[40];
    if (!setting_is_sound(r, &link->delay[0]) || !setting_is_sound(r, &link->delay[1]))
        return;
    sim_time longest = link->delay[0] > link->delay[1] ? link->delay[0] : link->delay[1];
    if (setting_is_sound(r, &c->ipsec.rekey) && setting_is_sound(r, &c->ipsec.rekey_overlap) && c->ipsec.rekey &&
        c->ipsec.rekey_overlap <= longest)
        fault_setting(
            r, setting_of(c, &c->ipsec.rekey_overlap),
            "the old SA would end before the last packets of it have crossed the link; expected an overlap of "
            "more than %s",
            units_time_text(longest, text, sizeof text));
    for (size_t i = 0; i < c->n_flows; i++) {
        const struct config_flow *f = &c->flows[i];
        if (setting_is_sound(r, &f->host_rekey) && f->host_rekey && f->host_rekey <= longest)
            fault_setting(r, setting_of(c, &f->host_rekey),
                          "is shorter than a packet takes over the link; expected more than %s",
                          units_time_text(longest, text, sizeof text));
        if (setting_is_sound(r, &f->host_overlap) && f->host_overlap && f->host_overlap <= longest)
            fault_setting(
                r, setting_of(c, &f->host_overlap),
                "the old SA would end before the last packets of it have crossed the link; expected an overlap "
                "of more than %s",
                units_time_text(longest, text, sizeof text));
    }
}

/* Whether all settings of [link] can be used together: the models' own checks need a whole. */
static bool link_is_sound(const struct reader *r)
{
    for (size_t i = 0; i < r->c->n_settings; i++) {
        const struct setting *s = &r->c->settings[i];
        bool optional = s->key->follows && !*s->key->follows;
        if (!strcmp(s->section_name, "link") && !s->unused && !setting_has_value(s) && !optional &&
            s->value != &r->c->link.trace_file[0] && s->value != &r->c->link.trace_file[1])
            return false;
    }
    return true;
}

static void check_framing(struct reader *r)
{
    const struct config *c = r->c;
    const struct framing_kind *kind = framing_find(c->link.framing->name, NULL);
    struct framing_settings set = config_framing(c);
    struct err e;
    if (!framing_check(kind, &set, &e)) { /* the schema's bounds leave the label alone to be wrong */
        fault_setting(r, setting_of(c, &c->link.label_len), "%s", e.text);
        return;
    }
    uint32_t max = framing_max_packet(kind, &set);
    if (c->link.mtu > max)
        fault_setting(r, written_of(r, &c->link.framing, &c->link.mtu),
                      "framing %s carries packets of at most %" PRIu32 " B; expected a smaller mtu", kind->m.name, max);
}

static bool was_written(const struct reader *r, const void *value)
{
    return setting_of(r->c, value)->text != NULL;
}

/* Whether the setting was written with another value than its default: the default may stand there, as in what
 * `espsim check` prints. */
static bool is_another(struct reader *r, const void *value)
{
    const struct setting *s = setting_of(r->c, value);
    char written[512], fallback[512];
    union {
        max_align_t align;
        char room[64];
    } by_default = {.room = {0}};
    if (!was_written(r, value) || !s->key->type->parse(s->key, s->key->fallback, &by_default, NULL))
        return false;
    return strcmp(s->key->type->print(s->key, s->value, written, sizeof written),
                  s->key->type->print(s->key, &by_default, fallback, sizeof fallback)) != 0;
}

static void check_path(struct reader *r)
{
    const struct config *c = r->c;
    const struct config_link *link = &c->link;
    const struct path_kind *kind = (const struct path_kind *)link->path;
    struct err e;
    for (int d = 0; d < 2; d++) {
        struct path_settings set = config_path(c, d);
        if (!lacks_trace(r, d) && !path_check(kind, &set, &e)) {
            fault_setting(r, setting_of(c, &link->path), "%s", e.text);
            break;
        }
    }
    if (link->fade.n &&
        (is_another(r, &link->fade_start) || is_another(r, &link->fade_time) || is_another(r, &link->fade_depth)))
        fault_setting(r, setting_of(c, &link->fade),
                      "says it all; expected either fade, or fade_start, fade_time and fade_depth");
    if (kind->adapts && is_another(r, &link->modcod))
        fault_setting(r, setting_of(c, &link->modcod), "is chosen by path %s itself; leave it out", kind->m.name);
}

static void check_loss(struct reader *r)
{
    const struct config *c = r->c;
    const struct config_link *link = &c->link;
    bool from_trace = ((const struct loss_kind *)link->loss_model)->from_trace;
    const struct setting *model = setting_of(c, &link->loss_model);
    for (int d = 0; d < 2; d++) {
        struct loss_step *steps;
        struct loss_settings set = config_loss(c, d, &steps);
        struct err e;
        const struct loss_kind *kind = loss_find(config_loss_model(c, d), NULL);
        bool sound = loss_check(kind, &set, &e);
        free(steps);
        if (!sound) {
            fault_setting(r, model, "%s", e.text);
            break;
        }
        if (kind->from_trace && !(link->trace[d].has & TRACE_LOSS)) {
            fault_setting(r, model, "needs losses of direction %s; expected a trace with a column `loss`",
                          d ? "return" : "forward");
            break;
        }
    }
    for (int d = 0; d < 2; d++)
        if (link->trace[d].n_steps && !from_trace && !((const struct path_kind *)link->path)->from_trace) {
            const struct setting *s = setting_of(c, &link->trace_file[d]);
            fault_setting(r, s->text ? s : setting_of(c, &link->both_traces),
                          "is used by nobody; expected path = trace or loss_model = trace with it");
            break;
        }
}

static void check_queue(struct reader *r)
{
    const struct config_link *link = &r->c->link;
    if (setting_is_sound(r, &link->codel_target) && link->codel_target >= link->codel_interval)
        fault_setting(r, setting_of(r->c, &link->codel_target), "expected less than codel_interval");
}

static void check_link_models(struct reader *r)
{
    if (!link_is_sound(r))
        return;
    check_framing(r);
    check_path(r);
    check_loss(r);
    check_queue(r);
}

static void check_hosts(struct reader *r, const struct config_hosts *hosts)
{
    const struct config *c = r->c;
    const struct config_lan *lan = &c->lan[hosts->lan];
    if (setting_is_sound(r, hosts) && setting_is_sound(r, &lan->hosts) && hosts->last > lan->hosts)
        fault_setting(r, setting_of(c, hosts), "[lan%d] has %" PRIu64 " host%s; expected at most `lan%d:%" PRIu64 "`",
                      hosts->lan + 1, lan->hosts, lan->hosts == 1 ? "" : "s", hosts->lan + 1, lan->hosts);
}

static void check_ends(struct reader *r, const struct config_flow *f)
{
    check_hosts(r, &f->from);
    check_hosts(r, &f->to);
    if (!setting_is_sound(r, &f->from) || !setting_is_sound(r, &f->to))
        return;
    uint32_t from = f->from.last - f->from.first, to = f->to.last - f->to.first;
    if (f->from.lan == f->to.lan)
        fault_setting(r, setting_of(r->c, &f->to), "stays in LAN%d and never meets the link; expected hosts of lan%d",
                      f->to.lan + 1, 2 - f->to.lan);
    else if (from && to && from != to)
        fault_setting(r, setting_of(r->c, &f->to),
                      "%" PRIu32 " hosts cannot be paired with %" PRIu32 "; expected as many, or a single one", to + 1,
                      from + 1);
}

static void check_times(struct reader *r, const struct config_flow *f)
{
    const struct config *c = r->c;
    char start[32], stop[32];
    if (setting_is_sound(r, &f->start) && setting_is_sound(r, &f->stop) && f->start >= f->stop)
        fault_setting(r, written_of(r, &f->stop, &f->start),
                      "the flow would start at %s and stop at %s; expected a start before the stop",
                      units_time_text(f->start, start, sizeof start), units_time_text(f->stop, stop, sizeof stop));
    else if (setting_is_sound(r, &f->stop) && setting_is_sound(r, &c->duration) && f->stop > c->duration)
        fault_setting(r, setting_of(c, &f->stop), "is after the end; scenario.duration is shorter");
}

static void check_segments(struct reader *r, const struct config_flow *f)
{
    char text[40];
    if (setting_is_sound(r, &f->mss) && setting_is_sound(r, &f->buffer) && f->mss > f->buffer)
        fault_setting(r, setting_of(r->c, &f->mss), "does not fit the buffer of %s; expected a segment of at most that",
                      units_octets_text(f->buffer, text, sizeof text));
}

static bool has_own_ipsec(const struct reader *r, const struct config_flow *f)
{
    return setting_is_sound(r, &f->host_ipsec) && f->host_ipsec != &host_ipsec_none;
}

/* SPIs and lifetimes of hosts that send in clear. (The keys that have defaults are printed, and read back, in any
 * case.) */
static void check_idle_ipsec(struct reader *r, const struct config_flow *f)
{
    const void *const values[] = {&f->host_spis, &f->host_range, &f->host_overlap, &f->host_jitter};
    if (!setting_is_sound(r, &f->host_ipsec) || has_own_ipsec(r, f))
        return;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (setting_is_sound(r, values[i]) && setting_of(r->c, values[i])->text)
            fault_setting(r, setting_of(r->c, values[i]),
                          "the hosts of this flow send in clear; expected ipsec = bypass or nested with it");
}

static void check_peer(struct reader *r, const struct config_flow *f)
{
    const struct config *c = r->c;
    if (!setting_is_sound(r, &f->peer))
        return;
    const struct setting *s = setting_of(c, &f->peer);
    if (setting_is_sound(r, &c->ip) && f->peer.version != c->ip)
        fault_setting(r, s, "is an IPv%u address, but scenario.ip is %" PRIu64 "; expected all of one version",
                      f->peer.version, c->ip);
    else if (!addr_is_host(&f->peer))
        fault_setting(r, s, "is no host's address; expected none of loopback, multicast and what is reserved");
    for (int i = 0; i < 2; i++) {
        if (setting_is_sound(r, &c->lan[i].prefix) && prefix_has(&c->lan[i].prefix, &f->peer))
            fault_setting(r, s, "is an address of LAN%d; expected one outside of both LANs", i + 1);
        if (setting_is_sound(r, &c->gw[i].address) && addr_equal(&c->gw[i].address, &f->peer))
            fault_setting(r, s, "is gateway %d's address; expected one outside of both LANs", i + 1);
    }
    if (setting_is_sound(r, &f->host_ipsec) && f->host_ipsec != &host_ipsec_bypass)
        fault_setting(r, s,
                      "the gateways protect what goes from LAN to LAN only, and would drop a packet of an "
                      "outside peer; expected ipsec = bypass with it");
    if (setting_is_sound(r, &f->both_ways) && f->both_ways)
        fault_setting(r, s, "there is no way back to an outside peer; expected both_ways = no with it");
}

static bool hosts_overlap(const struct config_hosts *a, const struct config_hosts *b)
{
    return a->lan == b->lan && a->first <= b->last && b->first <= a->last;
}

static bool spis_overlap(const struct config_spis *a, const struct config_spis *b, uint32_t *spi)
{
    for (size_t i = 0; i < a->n; i++)
        for (size_t k = 0; k < b->n; k++)
            if (a->range[i].first <= b->range[k].last && b->range[k].first <= a->range[i].last) {
                *spi = a->range[i].first > b->range[k].first ? a->range[i].first : b->range[k].first;
                return true;
            }
    return false;
}

/* A host cannot tell two SAs with one SPI apart. */
static void check_host_spis(struct reader *r, size_t i)
{
    const struct config *c = r->c;
    const struct config_flow *f = &c->flows[i];
    if (!has_own_ipsec(r, f) || !setting_is_sound(r, &f->host_spis) || !setting_is_sound(r, &f->to))
        return;
    for (size_t k = 0; k < i; k++) {
        const struct config_flow *g = &c->flows[k];
        uint32_t spi;
        if (has_own_ipsec(r, g) && setting_is_sound(r, &g->host_spis) && setting_is_sound(r, &g->to) &&
            hosts_overlap(&f->to, &g->to) && spis_overlap(&f->host_spis, &g->host_spis, &spi)) {
            fault_setting(r, setting_of(c, &f->host_spis),
                          "SPI 0x%" PRIx32 " may be flow %s's, too, at the same host; expected others", spi, g->name);
            return;
        }
    }
}

static bool pep_splits_some(const struct config *c)
{
    bool outside = c->pep.place == &pep_outside, some = c->pep.place == &pep_inside;
    for (size_t i = 0; i < c->modes.n; i++)
        some |= outside && !((const struct mode *)c->modes.at[i])->esp;
    return some;
}

static size_t count_connections(const struct config *c, const struct config_flow *f)
{
    enum traffic_carrier carrier = ((const struct traffic_kind *)f->kind)->carrier;
    size_t legs = pep_splits_some(c) ? 3 : 1, n = config_flow_pairs(f);
    return carrier == TRAFFIC_TCP ? n * legs : carrier == TRAFFIC_WEB ? 2 * n * (size_t)f->connections * legs : 0;
}

static size_t count_streams(const struct config_flow *f)
{
    const struct traffic_kind *kind = (const struct traffic_kind *)f->kind;
    if (kind->carrier != TRAFFIC_UDP || f->file)
        return 0;
    return kind->speech ? (size_t)f->calls * (f->both_ways ? 2 : 1) : config_flow_pairs(f);
}

/* What the simulation has room for, of all flows together. */
static void check_numbers(struct reader *r)
{
    const struct config *c = r->c;
    size_t n_connections = 0, n_streams = 0;
    for (size_t i = 0; i < c->n_flows; i++) {
        const struct config_flow *f = &c->flows[i];
        if (!setting_is_sound(r, &f->kind) || !setting_is_sound(r, &f->from) || !setting_is_sound(r, &f->to))
            continue;
        n_connections += count_connections(c, f);
        n_streams += count_streams(f);
        if (n_connections > CONFIG_CONNECTIONS_MAX) {
            fault_setting(r, setting_of(c, &f->kind),
                          "makes %zu TCP connections, each way and each leg between PEPs counted; expected at most %d "
                          "of all flows together: fewer pairs of hosts%s",
                          n_connections, CONFIG_CONNECTIONS_MAX,
                          setting_is_sound(r, &f->connections) ? " or connections" : "");
            return;
        }
        if (n_streams > CONFIG_STREAMS_MAX) {
            fault_setting(r, setting_of(c, &f->kind),
                          "makes %zu streams; expected at most %d of all flows together: fewer pairs of hosts%s",
                          n_streams, CONFIG_STREAMS_MAX, setting_is_sound(r, &f->calls) ? " or calls" : "");
            return;
        }
    }
}

/* The gateways have a policy for each pair of hosts that bypasses them, and one for the LANs. */
static void check_bypasses(struct reader *r)
{
    const struct config *c = r->c;
    size_t n = 0;
    for (size_t i = 0; i < c->n_flows; i++) {
        const struct config_flow *f = &c->flows[i];
        if (!has_own_ipsec(r, f) || f->host_ipsec != &host_ipsec_bypass || !setting_is_sound(r, &f->from) ||
            !setting_is_sound(r, &f->to))
            continue;
        n += config_flow_pairs(f);
        if (n > SPD_CAP - 1) {
            fault_setting(r, setting_of(c, &f->host_ipsec),
                          "makes %zu pairs of hosts that bypass the gateways, each with a policy; expected at most %d, "
                          "or several calls a pair, or ipsec = nested",
                          n, SPD_CAP - 1);
            return;
        }
    }
}

/* Whether the flow has one back, which its result calls NAME-back. */
static bool goes_back(const struct reader *r, const struct config_flow *f)
{
    const struct traffic_kind *kind = (const struct traffic_kind *)f->kind;
    return setting_is_sound(r, &f->kind) &&
           (kind->carrier == TRAFFIC_WEB || (kind->speech && setting_is_sound(r, &f->both_ways) && f->both_ways));
}

/* A result tells its flows apart by their names. */
static void check_flow_name(struct reader *r, const struct config_flow *f)
{
    const char *name = f->name, *back = strrchr(name, '-');
    size_t len = back && !strcmp(back, "-back") ? (size_t)(back - name) : 0;
    for (size_t i = 0; len && i < r->c->n_flows; i++) {
        const struct config_flow *g = &r->c->flows[i];
        if (goes_back(r, g) && strlen(g->name) == len && !strncmp(name, g->name, len))
            fault_section(r, setting_of(r->c, &f->kind)->section_name,
                          "is what the way back of flow %s is called; expected another name", g->name);
    }
}

/* What the model says about its settings. */
static void check_traffic(struct reader *r, const struct config_flow *f)
{
    if (!setting_is_sound(r, &f->kind))
        return;
    const struct setting *s = setting_of(r->c, &f->kind);
    const struct traffic_kind *kind = traffic_find(f->kind->name, NULL);
    for (size_t i = 0; i < r->c->n_settings; i++)
        if (r->c->settings[i].state == SETTING_BAD)
            return;
    struct traffic_settings set = config_flow_traffic(r->c, f);
    struct err e;
    bool recorded = !setting_of(r->c, &f->file)->unused;
    if (kind->carrier != TRAFFIC_TCP && !recorded && !traffic_check(kind, &set, &e))
        fault_section(r, s->section_name, "%s", e.text);
}

void check_contradictions(struct reader *r)
{
    check_lan(r, 0);
    check_lan(r, 1);
    check_lans_apart(r);
    check_gateway(r, 0);
    check_gateway(r, 1);
    check_gateways_differ(r);
    check_link(r);
    check_link_models(r);
    check_esn(r);
    check_allocators(r);
    check_rekey(r);
    check_bypasses(r);
    check_numbers(r);
    for (size_t i = 0; i < r->c->n_flows; i++) {
        const struct config_flow *f = &r->c->flows[i];
        check_flow_name(r, f);
        check_ends(r, f);
        check_times(r, f);
        check_segments(r, f);
        check_idle_ipsec(r, f);
        check_peer(r, f);
        check_host_spis(r, i);
        check_traffic(r, f);
    }
    check_spis(r);
}
