#include "analysis/overhead_study.h"

#include "analysis/overhead_seal.h"
#include "models/traffic/rtp.h"
#include "models/wire/udp.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t head_len(uint8_t version)
{
    return version == 4 ? IPV4_HEAD_LEN : IPV6_HEAD_LEN;
}

static struct overhead_kind kind_of(uint64_t len, uint8_t version)
{
    return (struct overhead_kind){.version = version, .len = (uint32_t)len};
}

bool overhead_load_size(struct overhead_load *l, uint64_t size, uint8_t version, struct err *e)
{
    if (size < head_len(version) || !ip_len_fits(version, size))
        return err_set(e, "%llu: no length of an IPv%u packet; expected %zu to %zu", (unsigned long long)size, version,
                       head_len(version), version == 4 ? (size_t)IP_TOTAL_MAX : (size_t)IP_TOTAL_MAX + IPV6_HEAD_LEN);
    *l = (struct overhead_load){.kinds = {kind_of(size, version)}, .counts = {1}, .n_kinds = 1};
    snprintf(l->name, sizeof l->name, "%llu", (unsigned long long)size);
    return true;
}

void overhead_load_imix(struct overhead_load *l, uint8_t version)
{
    *l = (struct overhead_load){.name = "imix",
                                .kinds = {kind_of(40, version), kind_of(576, version), kind_of(1500, version)},
                                .counts = {7, 4, 1},
                                .n_kinds = 3};
}

void overhead_load_codec(struct overhead_load *l, const struct codec *c, uint8_t version)
{
    size_t len = head_len(version) + UDP_HEAD_LEN + RTP_HEAD_LEN + codec_payload_len(c, c->frames);
    *l = (struct overhead_load){.kinds = {kind_of(len, version)},
                                .counts = {1},
                                .n_kinds = 1,
                                .pps = (double)NS_PER_S / (double)codec_interval(c, c->frames)};
    snprintf(l->name, sizeof l->name, "%s", c->m.name);
}

/* One kind through one way, and the proof with one packet of it. */
static bool add_kind(struct overhead_total *t, struct overhead_sealer *s, const struct overhead_entry *entry,
                     const struct overhead_kind *k, uint64_t count, bool proof, struct err *e)
{
    struct overhead_cost cost = overhead_cost(&entry->way, k), tunnel = overhead_cost(&entry->tunnel, k);
    overhead_add(t, k, &cost, &tunnel, count);
    if (!proof || cost.drop || !cost.formed || !cost.form.how.mode->esp)
        return true;
    t->sealed++;
    return overhead_seal(s, &cost, k, NULL, e);
}

static bool add_load(struct overhead_row *row, struct overhead_sealer *s, const struct overhead_entry *entry,
                     const struct overhead_load *l, struct err *e)
{
    *row = (struct overhead_row){.way = entry->way, .load = l->name, .ip_version = l->kinds[0].version, .pps = l->pps};
    row->size = l->n_kinds == 1 ? l->kinds[0].len : 0;
    for (size_t i = 0; i < l->n_kinds; i++) {
        row->packets += l->counts[i];
        if (!add_kind(&row->total, s, entry, &l->kinds[i], l->counts[i], true, e))
            return false;
    }
    return true;
}

static struct overhead_sealer **sealers_new(size_t n)
{
    struct overhead_sealer **all = calloc(n ? n : 1, sizeof(struct overhead_sealer *));
    assert(all);
    for (size_t i = 0; i < n; i++)
        all[i] = overhead_sealer_new();
    return all;
}

static void sealers_free(struct overhead_sealer **all, size_t n)
{
    for (size_t i = 0; i < n; i++)
        overhead_sealer_free(all[i]);
    free(all);
}

bool overhead_study_loads(const struct overhead_load *loads, size_t n_loads, const struct overhead_entry *entries,
                          size_t n_entries, struct overhead_row **rows, struct err *e)
{
    struct overhead_sealer **sealers = sealers_new(n_entries);
    bool good = true;
    *rows = calloc(n_loads * n_entries + 1, sizeof **rows);
    assert(*rows);
    size_t at = 0;
    for (size_t from = 0, end; good && from < n_entries; from = end) {
        for (end = from; end < n_entries && entries[end].group == entries[from].group;)
            end++;
        for (size_t l = 0; good && l < n_loads; l++)
            for (size_t w = from; good && w < end; w++)
                good = add_load(&(*rows)[at++], sealers[w], &entries[w], &loads[l], e);
    }
    sealers_free(sealers, n_entries);
    return good;
}

/* ---- captures ---- */

struct capture_study {
    const struct overhead_entry *entries;
    size_t n_entries;
    struct overhead_row *rows;
    struct overhead_sealer **sealers, **tunnels; /* of the ways, and of what they are measured against */
    uint64_t *lengths;
    bool seal_all;
};

static bool use_kind(void *ctx, const struct overhead_kind *k, uint64_t count, struct err *e)
{
    struct capture_study *study = ctx;
    study->lengths[k->len] += count;
    for (size_t i = 0; i < study->n_entries; i++) {
        study->rows[i].packets += count;
        if (!add_kind(&study->rows[i].total, study->sealers[i], &study->entries[i], k, count, !study->seal_all, e))
            return false;
    }
    return true;
}

/* Octets of stuffing that a packet takes beyond what random octets would on average. */
static double stuffing_beyond(const struct overhead_way *w, const uint8_t *packet, size_t len)
{
    return (double)framing_alone(w->framing, w->set, packet, len).octets -
           (double)framing_alone(w->framing, w->set, NULL, len).octets;
}

/* Seals `packet` as the way has it. *beyond: for the framing, of all that it becomes; 0 where nothing is sealed. */
static bool seal_one(struct overhead_sealer *s, const struct overhead_way *w, const struct overhead_cost *cost,
                     const struct overhead_kind *k, const uint8_t *packet, double *beyond, struct err *e)
{
    *beyond = 0;
    if (cost->drop || !cost->formed)
        return true;
    bool esp = cost->form.how.mode->esp;
    if (esp && !overhead_seal(s, cost, k, packet, e))
        return false;
    size_t len = k->len;
    const uint8_t *sent = esp ? overhead_sealed(s, &len) : packet;
    if (w->framing->reads_octets)
        *beyond = cost->form.n * stuffing_beyond(w, sent, len);
    return true;
}

static bool use_packet(void *ctx, const struct overhead_kind *k, const uint8_t *packet, struct err *e)
{
    struct capture_study *study = ctx;
    for (size_t i = 0; i < study->n_entries; i++) {
        const struct overhead_entry *entry = &study->entries[i];
        struct overhead_total *t = &study->rows[i].total;
        struct overhead_cost cost = overhead_cost(&entry->way, k), tunnel = overhead_cost(&entry->tunnel, k);
        double beyond, tunnel_beyond = 0;
        if (!seal_one(study->sealers[i], &entry->way, &cost, k, packet, &beyond, e))
            return false;
        if (entry->way.framing->reads_octets &&
            !seal_one(study->tunnels[i], &entry->tunnel, &tunnel, k, packet, &tunnel_beyond, e))
            return false;
        overhead_add_stuffing(t, &cost, &tunnel, beyond, tunnel_beyond);
        t->sealed += !cost.drop && cost.formed && cost.form.how.mode->esp;
    }
    return true;
}

static bool refuse_empty(const char *path, const struct overhead_facts *f, struct err *e)
{
    return err_set(e,
                   "%s: has no IP packet (%llu frames; not IP: %llu; headers that lie or are cut: %llu); capture where "
                   "the hosts' packets pass in clear, for example `tcpdump -i eth0 -w FILE ip or ip6`",
                   path, (unsigned long long)f->frames, (unsigned long long)f->not_ip,
                   (unsigned long long)f->malformed);
}

bool overhead_study_capture(const char *path, bool seal_all, const struct overhead_entry *entries, size_t n_entries,
                            struct overhead_row **rows, uint64_t **lengths, struct overhead_facts *facts, struct err *e)
{
    struct capture_study study = {.entries = entries,
                                  .n_entries = n_entries,
                                  .rows = calloc(n_entries + 1, sizeof(struct overhead_row)),
                                  .sealers = sealers_new(n_entries),
                                  .tunnels = sealers_new(n_entries),
                                  .lengths = calloc(OVERHEAD_LENGTHS, sizeof(uint64_t)),
                                  .seal_all = seal_all};
    assert(study.rows && study.lengths);
    *rows = study.rows;
    *lengths = study.lengths;
    for (size_t i = 0; i < n_entries; i++)
        study.rows[i] = (struct overhead_row){.way = entries[i].way, .load = "capture"};
    struct overhead_user user = {&study, use_kind, seal_all ? use_packet : NULL};
    bool good = overhead_capture_read(path, &user, facts, e) && (facts->packets || refuse_empty(path, facts, e));
    sealers_free(study.sealers, n_entries);
    sealers_free(study.tunnels, n_entries);
    double seconds = good ? (double)(facts->last - facts->first) / (double)NS_PER_S : 0;
    for (size_t i = 0; good && i < n_entries && seconds > 0; i++)
        study.rows[i].pps = (double)facts->packets / seconds;
    return good;
}
