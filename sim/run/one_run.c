#include "sim/run/one_run.h"

#include "models/files/digest.h"
#include "models/ipsec/wireshark.h"
#include "models/measure/curves.h"
#include "sim/config/choices.h"
#include "sim/record/captures.h"
#include "sim/record/host_keys.h"
#include "sim/record/summary.h"
#include "sim/run/broken_law.h"
#include "sim/run/verdict.h"
#include "sim/topo/topo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A TCP flow without new octets for this long before the end has stalled: far above any RTO seen on a GEO link. */
static const sim_time stall_after = 10 * NS_PER_S;

static void add_tcp(const struct topo *t, size_t i, struct flow_result *f)
{
    const struct topo_flow *flow = topo_flow(t, i);
    struct eng_tcp_stats s;
    if (!topo_tcp(t, i, &s))
        return;
    f->groups |= GROUP_TCP;
    f->retransmits = s.retransmits;
    f->timeouts = s.timeouts;
    f->completion_s = s.completed < 0 ? METRIC_NONE : (double)(s.completed - flow->start) / NS_PER_S;
    f->stalled = topo_stalled(t, i, stall_after);
}

static void add_flows(const struct topo *t, const struct summary *s, struct run_result *r)
{
    for (size_t i = 0; i < topo_n_flows(t); i++) {
        const struct topo_flow *flow = topo_flow(t, i);
        struct flow_result *f = run_result_add_flow(r, flow->name, flow->config->kind->name);
        char text[ADDR_TEXT_CAP];
        snprintf(f->from, sizeof f->from, "%s", addr_text(&flow->from, text));
        snprintf(f->to, sizeof f->to, "%s", addr_text(&flow->to, text));
        summary_flow(s, i, flow->stop - flow->start, f);
        add_tcp(t, i, f);
        if (flow->web)
            summary_web(s, i, f);
        if (flow->config->host_ipsec && flow->config->host_ipsec != &host_ipsec_none)
            summary_host_esp(s, i, f);
    }
}

static const char *addr_or_any(const struct addr *a, char text[ADDR_TEXT_CAP])
{
    return addr_is_set(a) ? addr_text(a, text) : "any";
}

static void add_sa(const struct topo_sa *sa, bool out, struct run_result *r)
{
    const struct sa *s = out ? sa->out : sa->in;
    const struct sa_params *p = &s->p;
    struct sa_result *to = run_result_add_sa(r);
    bool pair = p->mode->scope == SCOPE_HOST_PAIR;
    char text[ADDR_TEXT_CAP], suite[SUITE_NAME_CAP];
    snprintf(to->gateway, sizeof to->gateway, "gw%d", (out ? sa->side : !sa->side) + 1);
    snprintf(to->direction, sizeof to->direction, "%s", out ? "out" : "in");
    snprintf(to->mode, sizeof to->mode, "%s", p->mode->m.name);
    snprintf(to->algorithm, sizeof to->algorithm, "%s", suite_name(&p->suite, suite));
    snprintf(to->source, sizeof to->source, "%s", addr_or_any(pair ? &p->inner_src : &p->src, text));
    snprintf(to->destination, sizeof to->destination, "%s", addr_or_any(pair ? &p->inner_dst : &p->dst, text));
    to->spi = p->spi;
    to->packets = s->packets;
    to->octets = s->octets;
}

static void add_counters(const struct topo *t, int side, struct run_result *r)
{
    const struct gateway_counters *c = gateway_counters(topo_gateway(t, side));
    const char *gw = side ? "gw2" : "gw1";
    places_add_place(&r->counters, gw);
#define X(field) places_add(&r->counters, gw, #field, c->field);
    GATEWAY_COUNTERS(X)
#undef X
}

static void add_adversary(const struct one_run *what, const struct topo *t, struct run_result *r)
{
    if (what->config->adversary.attack == attack_family.members[0])
        return;
    places_add_place(&r->counters, "adversary");
    places_add(&r->counters, "adversary", "attacked", topo_n_attacked(t));
    places_add(&r->counters, "adversary", "misled", topo_n_misled(t));
}

static void add_pep(const struct topo *t, int side, struct run_result *r)
{
    const char *name = side ? "pep2" : "pep1";
    struct topo_pep p = topo_pep(t, side);
    places_add_place(&r->counters, name);
    places_add(&r->counters, name, "split", p.split);
    places_add(&r->counters, name, "saw_tcp", p.saw_tcp);
    places_add(&r->counters, name, "saw_esp", p.saw_esp);
}

static void add_replay(const struct topo *t, struct run_result *r)
{
    struct topo_skipped s = topo_skipped(t);
    places_add_place(&r->counters, "replay");
    places_add(&r->counters, "replay", "not_ip", s.not_ip);
    places_add(&r->counters, "replay", "malformed", s.malformed);
    places_add(&r->counters, "replay", "cut", s.cut);
    places_add(&r->counters, "replay", "elsewhere", s.elsewhere);
}

static void add_fade(const struct topo *t, int side, struct link_result *d)
{
    struct topo_fade fade;
    if (!topo_fade(t, side, &fade))
        return;
    d->groups |= GROUP_FADE;
    d->fade_max_db = fade.max;
    d->fade_full_db = fade.full;
    d->fade_closes_db = fade.closes;
}

static bool replays(const struct config *c)
{
    for (size_t i = 0; i < c->n_flows; i++)
        if (c->flows[i].file)
            return true;
    return false;
}

static void add_unexplained(const struct topo *t, struct run_result *r)
{
    if (topo_n_corrupt(t))
        run_result_add_unexplained(r, "%llu octets reached an application changed",
                                   (unsigned long long)topo_n_corrupt(t));
}

static void fill_result(const struct one_run *what, const struct topo *t, const struct summary *s, struct run_result *r)
{
    const struct config *c = what->config;
    const struct mode *mode = (const struct mode *)what->run->mode;
    char suite[SUITE_NAME_CAP];
    snprintf(r->name, sizeof r->name, "%s", what->run->name);
    snprintf(r->mode, sizeof r->mode, "%s", mode->m.name);
    snprintf(r->algorithm, sizeof r->algorithm, "%s", mode->esp ? suite_name(&c->ipsec.suite, suite) : "");
    snprintf(r->lookup, sizeof r->lookup, "%s", mode->esp ? what->run->lookup->name : "");
    snprintf(r->framing, sizeof r->framing, "%s", c->link.framing->name);
    r->duration_s = (double)c->duration / NS_PER_S;
    r->sas = topo_n_lines(t);
    r->mtu = gateway_inner_mtu(topo_gateway(t, 0), (uint8_t)c->ip);
    add_flows(t, s, r);
    summary_episodes(s, r);
    const struct link_use use[2] = {{topo_link_rate(t, 0), topo_link_utilisation(t, 0)},
                                    {topo_link_rate(t, 1), topo_link_utilisation(t, 1)}};
    summary_run(s, use, r);
    for (int side = 0; side < 2; side++)
        add_fade(t, side, &r->directions[side]);
    add_counters(t, 0, r);
    add_counters(t, 1, r);
    if (c->pep.place != &pep_none) {
        add_pep(t, 0, r);
        add_pep(t, 1, r);
    }
    if (replays(c))
        add_replay(t, r);
    add_adversary(what, t, r);
    for (size_t i = 0; i < topo_n_sas(t); i++) {
        add_sa(topo_sa(t, i), true, r);
        add_sa(topo_sa(t, i), false, r);
    }
    verdict_add(t, s, c, mode, r);
    add_unexplained(t, r);
}

static bool write_text(const char *dir, const char *name, const char *text, struct err *e)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    bool ok = f && fputs(text, f) >= 0;
    if (f && fclose(f))
        ok = false;
    return ok || err_set(e, "%s: cannot be written: %s; check the space on its disk", path, strerror(errno));
}

static bool write_curves(const struct one_run *what, const struct topo *t, const struct summary *s, struct err *e)
{
    struct curves c = {0};
    snprintf(c.mode, sizeof c.mode, "%s", what->run->name);
    for (size_t i = 0; i < topo_n_flows(t); i++)
        summary_curves(s, i, topo_flow(t, i)->name, &c);
    char *text = curves_text(&c);
    bool ok = write_text(what->dir, "series.json", text, e);
    free(text);
    curves_fini(&c);
    return ok;
}

/* One line for each SA: Wireshark's file of that name, for its profile folder. The hosts' own come first: Wireshark
 * takes the first line that fits, and theirs have both addresses where a wildcard SA of the gateways has patterns. */
static bool write_esp_sa(const struct one_run *what, const struct topo *t, struct host_keys *hosts, struct err *e)
{
    char *text = NULL, lines[WIRESHARK_LINES_CAP];
    size_t len;
    FILE *f = open_memstream(&text, &len);
    fputs(host_keys_text(hosts), f);
    for (size_t i = 0; i < topo_n_sas(t); i++)
        if (wireshark_sa_lines(&topo_sa(t, i)->out->p, lines, sizeof lines))
            fputs(lines, f);
    fclose(f);
    bool ok = write_text(what->dir, "esp_sa", text, e);
    free(text);
    return ok;
}

static bool add_fingerprints(const struct one_run *what, struct run_result *r, struct err *e)
{
    for (int i = 0; i < CAPTURES_N; i++) {
        char path[4096], hex[DIGEST_HEX_CAP];
        snprintf(path, sizeof path, "%s/%s", what->dir, captures_names[i]);
        if (!digest_file(path, hex, e))
            return false;
        run_result_add_fingerprint(r, captures_names[i], hex);
    }
    return true;
}

static bool check_laws(const struct one_run *what, const struct topo *t, const struct run_result *r, char **bundle,
                       struct err *e)
{
    uint64_t n = topo_n_outstanding(t);
    bool ok =
        n ? err_set(e, "%llu packets neither arrived nor were dropped", (unsigned long long)n) : run_result_check(r, e);
    if (!ok)
        *bundle = broken_law_text(what, t, e->text);
    return ok;
}

static bool simulate(const struct one_run *what, struct event_bus *bus, struct captures *captures, struct topo *t,
                     struct run_result *r, char **bundle, struct err *e)
{
    struct summary *s = summary_new(bus, topo_n_flows(t));
    struct host_keys *hosts = captures ? host_keys_new(bus) : NULL;
    bool ok = topo_run(t, what->progress, e);
    if (captures && !captures_close(captures, ok ? e : NULL))
        ok = false;
    if (ok)
        fill_result(what, t, s, r);
    ok = ok && check_laws(what, t, r, bundle, e) && (!what->dir || write_curves(what, t, s, e));
    if (ok && captures)
        ok = write_esp_sa(what, t, hosts, e) && add_fingerprints(what, r, e);
    summary_free(s);
    host_keys_free(hosts);
    return ok;
}

bool one_run(const struct one_run *what, struct run_result *result, const char **engine, char **bundle, struct err *e)
{
    struct event_bus bus = {0};
    struct topo *t;
    struct captures *captures = NULL;
    *bundle = NULL;
    if (!topo_new(what->config, what->run, &bus, &t, e))
        return false;
    *engine = topo_engine_version(t);
    bool ok = !what->captures || (captures = captures_new(&bus, what->dir, e));
    ok = ok && simulate(what, &bus, captures, t, result, bundle, e);
    topo_free(t);
    return ok;
}
