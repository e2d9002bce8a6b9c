/* keying.c - SAs, keys and SPIs of the gateways: what IKE would do, without its packets. */
#include "models/base/rng.h"
#include "sim/config/choices.h"
#include "sim/topo/topo_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <uthash.h>

enum { BAD_ICVS_TO_REKEY = 3 };

/* What was not seen for so long is nobody's any more; else the gateway would run out of SPIs in the end. */
static const sim_time foreign_memory = 600 * NS_PER_S;

/* One SA of a line. Several of a line are received on at a time: the newest, the one before while packets sent with it
 * are under way, and more where rekeyings follow fast. */
struct generation {
    struct sa_line *line;
    struct sa *out, *in;
    struct generation *older;
    bool gave_way; /* rekeyed because of a collision (setting ipsec.on_collision) */
};

/* What the SAs of one direction between the same ends have in common, over all their rekeyings. */
struct sa_line {
    struct topo *topo;
    int side;             /* of the sender */
    struct addr src, dst; /* the hosts of a BEET SA */
    struct generation *newest;
    struct sa_line *next;
    uint64_t n_bad_icvs;
    sim_time first_bad_icv;
    /* Where all SAs of a gateway share one number: every line draws the same ones (SPI_SHARED). */
    struct spi_source spi;
    struct rng spi_rng;
};

/* An SPI that a gateway saw in a packet of somebody else. */
struct foreign_spi {
    uint32_t spi;
    sim_time seen; /* last */
    UT_hash_handle hh;
};

static struct foreign_spi *find_foreign(const struct keying *k, int side, uint32_t spi)
{
    struct foreign_spi *found;
    HASH_FIND(hh, k->foreign[side], &spi, sizeof spi, found);
    return found;
}

struct receiver {
    const struct topo *topo;
    int side;
};

static bool is_own(const void *ctx, uint32_t spi)
{
    const struct receiver *r = ctx;
    return sad_by_spi(gateway_sad(r->topo->gw[r->side]), spi) != NULL;
}

static bool is_own_or_foreign(const void *ctx, uint32_t spi)
{
    const struct receiver *r = ctx;
    const struct foreign_spi *f = find_foreign(&r->topo->keying, r->side, spi);
    return is_own(ctx, spi) || (f && topo_now(r->topo) - f->seen < foreign_memory);
}

static bool init_spis(struct topo *t, int side, struct err *e)
{
    struct keying *k = &t->keying;
    const struct spi_allocator *a = spi_allocator_of(t->config->ipsec.spi_allocator);
    rng_init(&k->spi_rng[side], t->run->seed, side ? "gw2/spi" : "gw1/spi");
    rng_init(&k->rekey_rng[side], t->run->seed, side ? "gw2/rekey" : "gw1/rekey");
    const struct spi_range *range = &t->config->ipsec.spi_range;
    return a == &spi_manual || spi_source_init(&k->spi[side], a, range->hi ? range : NULL, e);
}

/* The next number of the scenario's list that is free; the allocator `manual` begins it again. */
static bool draw_by_hand(struct topo *t, const struct receiver *r, bool again, spi_taken *taken, uint32_t *spi)
{
    const struct config_spis *list = &t->config->ipsec.spi_by[r->side];
    size_t n = config_spis_count(list), *n_drawn = &t->keying.n_drawn[r->side];
    for (size_t i = 0; i < n; i++) {
        size_t at = (*n_drawn)++;
        if (!config_spi(list, again ? at % n : at, spi))
            return false;
        if (!taken(r, *spi))
            return true;
    }
    return false;
}

/* The receiver chooses: from the scenario's list while it lasts, else by the allocator; and where others have all the
 * numbers, it takes one of theirs. */
static bool draw_spi(struct topo *t, struct sa_line *l, uint32_t *spi)
{
    struct keying *k = &t->keying;
    int receiver = !l->side;
    struct receiver r = {t, receiver};
    bool manual = spi_allocator_of(t->config->ipsec.spi_allocator) == &spi_manual;
    if (draw_by_hand(t, &r, manual, is_own_or_foreign, spi))
        return true;
    if (manual)
        return draw_by_hand(t, &r, manual, is_own, spi);
    bool shared = k->spi[receiver].allocator->law == SPI_SHARED;
    struct spi_source *source = shared ? &l->spi : &k->spi[receiver];
    struct rng *rng = shared ? &l->spi_rng : &k->spi_rng[receiver];
    return spi_next(source, rng, is_own_or_foreign, &r, spi) || spi_next(source, rng, is_own, &r, spi);
}

static void draw_iv(void *rng, uint8_t *bytes, size_t len)
{
    rng_fill(rng, bytes, len);
}

/* Keys follow from the seed alone: a capture can be decrypted by whoever has the scenario. Never for real gateways. */
static void draw_keys(struct topo *t, struct sa_params *p)
{
    char name[64];
    struct rng rng;
    snprintf(name, sizeof name, "key/%llu", (unsigned long long)t->keying.n_keys++);
    rng_init(&rng, t->run->seed, name);
    rng_fill(&rng, p->key, p->suite.key_len);
    rng_fill(&rng, p->salt, p->suite.encr->salt_len);
    rng_fill(&rng, p->integ_key, p->suite.integ->key_len);
}

static void fill_params(struct topo *t, const struct sa_line *l, struct sa_params *p)
{
    const struct config *c = t->config;
    enum { PORT = 4500 };
    sa_params_init(p);
    p->mode = t->mode;
    p->suite = c->ipsec.suite;
    p->esn = c->ipsec.esn;
    p->replay_window = (uint32_t)c->ipsec.replay_window;
    p->tfc = (uint32_t)c->ipsec.tfc;
    p->tos = (const struct tos_rule *)c->ipsec.ecn;
    p->udp_sport = p->udp_dport = c->ipsec.udp_encap ? PORT : 0;
    p->sel_src = c->lan[l->side].prefix;
    p->sel_dst = c->lan[!l->side].prefix;
    if (mode_names_ends(t->mode)) {
        p->src = c->gw[l->side].address;
        p->dst = c->gw[!l->side].address;
    }
    if (t->mode->scope == SCOPE_HOST_PAIR) {
        p->inner_src = l->src;
        p->inner_dst = l->dst;
    }
    draw_keys(t, p);
}

static void add_generation(struct sa_line *l, struct sa *out, struct sa *in)
{
    struct keying *k = &l->topo->keying;
    struct generation *g = calloc(1, sizeof *g);
    assert(g);
    *g = (struct generation){l, out, in, l->newest, false};
    in->user = g;
    l->newest = g;
    k->sas = realloc(k->sas, (k->n_sas + 1) * sizeof *k->sas);
    assert(k->sas);
    k->sas[k->n_sas++] = (struct topo_sa){out, in, l->side};
    sad_add(gateway_sad(l->topo->gw[!l->side]), in);
}

/* Both ends of one SA: they are two objects, as in two gateways. */
static bool make_sa(struct topo *t, struct sa_line *l, uint32_t spi, struct err *e)
{
    struct keying *k = &t->keying;
    struct sa_params p;
    struct sa *out, *in;
    fill_params(t, l, &p);
    p.spi = spi;
    char name[64];
    struct rng *iv = malloc(sizeof *iv);
    assert(iv);
    snprintf(name, sizeof name, "iv/%zu", k->n_sas);
    rng_init(iv, t->run->seed, name);
    p.random = draw_iv;
    p.random_ctx = iv;
    if (!sa_new(&p, &out, e)) {
        free(iv);
        return false;
    }
    if (!sa_new(&p, &in, e)) {
        sa_free(out);
        free(iv);
        return false;
    }
    add_generation(l, out, in);
    return true;
}

static struct sa_line *new_line(struct topo *t, int side, const struct addr *src, const struct addr *dst)
{
    struct sa_line *l = calloc(1, sizeof *l);
    assert(l);
    *l = (struct sa_line){.topo = t, .side = side, .spi = t->keying.spi[!side], .spi_rng = t->keying.spi_rng[!side]};
    l->src = src ? *src : l->src;
    l->dst = dst ? *dst : l->dst;
    return l;
}

static bool add_line(struct topo *t, struct sa_line *l, uint32_t spi, struct err *e)
{
    l->next = t->keying.lines;
    t->keying.lines = l;
    t->keying.n_lines++;
    if (!make_sa(t, l, spi, e))
        return false;
    outbound_set(gateway_outbound(t->gw[l->side]), l->newest->out);
    return true;
}

/* Adds the SAs of both directions to *added, or neither, where the allocator has no SPI for one. */
static bool add_pair(struct topo *t, int side, const struct addr *src, const struct addr *dst, bool *added,
                     struct err *e)
{
    struct sa_line *there = new_line(t, side, src, dst), *back = new_line(t, !side, dst, src);
    uint32_t spi[2];
    *added = draw_spi(t, there, &spi[0]) && draw_spi(t, back, &spi[1]);
    if (!*added) {
        free(there);
        free(back);
        return true;
    }
    bool first = add_line(t, there, spi[0], e);
    return add_line(t, back, spi[1], e) && first;
}

bool keying_init(struct topo *t, struct err *e)
{
    bool added = true;
    if (!init_spis(t, 0, e) || !init_spis(t, 1, e))
        return false;
    if (t->mode->scope == SCOPE_GATEWAY_PAIR && !add_pair(t, 0, NULL, NULL, &added, e))
        return false;
    assert(added); /* the first SA of a gateway finds every number free */
    return true;
}

/* ---- rekeying: the new SA is received on at once and sent by a round trip later, when the sender knows of it; the old
 * one is received on for the overlap more */

static void end_generation(void *arg)
{
    struct generation *g = arg;
    sad_remove(gateway_sad(g->line->topo->gw[!g->line->side]), g->in);
    host_esp_update_all(g->line->topo, g->gave_way ? ENDED_BY_ANSWER : ENDED_BY_GATEWAY);
}

static void send_by(void *arg)
{
    struct generation *g = arg;
    struct topo *t = g->line->topo;
    outbound_set(gateway_outbound(t->gw[g->line->side]), g->out);
    t->ops->at(t->eng, t->config->ipsec.rekey_overlap, end_generation, g->older);
}

/* False: the old SA stays until the next time, since the allocator has no SPI, or nothing goes on. */
static bool rekey(struct sa_line *l)
{
    struct topo *t = l->topo;
    uint32_t spi;
    if (!draw_spi(t, l, &spi))
        return false;
    if (!make_sa(t, l, spi, &t->failed)) {
        t->has_failed = true;
        return false;
    }
    host_esp_update_all(t, ENDED_BY_GATEWAY);
    t->ops->at(t->eng, t->config->link.delay[0] + t->config->link.delay[1], send_by, l->newest);
    return true;
}

static sim_time lifetime(struct sa_line *l)
{
    const struct config_ipsec *c = &l->topo->config->ipsec;
    double share = 1 - c->rekey_jitter * rng_unit(&l->topo->keying.rekey_rng[l->side]);
    sim_time life = (sim_time)((double)c->rekey * share);
    return life > 0 ? life : 1;
}

static void on_soft_lifetime(void *arg)
{
    struct sa_line *l = arg;
    if (l->topo->closing || l->topo->has_failed)
        return;
    rekey(l);
    l->topo->ops->at(l->topo->eng, lifetime(l), on_soft_lifetime, l);
}

static void start_line(struct sa_line *l)
{
    if (l->topo->config->ipsec.rekey)
        l->topo->ops->at(l->topo->eng, lifetime(l), on_soft_lifetime, l);
}

void keying_start(struct topo *t)
{
    for (struct sa_line *l = t->keying.lines; l; l = l->next)
        start_line(l);
}

/* ---- what a gateway learns from packets of others ---- */

void keying_saw_foreign(struct topo *t, int side, uint32_t spi)
{
    struct keying *k = &t->keying;
    if (t->config->ipsec.on_collision == &on_collision_none)
        return;
    struct foreign_spi *f = find_foreign(k, side, spi);
    if (!f) {
        f = calloc(1, sizeof *f);
        assert(f);
        f->spi = spi;
        HASH_ADD(hh, k->foreign[side], spi, sizeof f->spi, f);
    }
    f->seen = topo_now(t);
}

void keying_saw_bad_icv(struct topo *t, int side, uint32_t spi)
{
    const struct sa *sa = sad_by_spi(gateway_sad(t->gw[side]), spi);
    if (t->config->ipsec.on_collision != &on_collision_rekey || !sa)
        return;
    const struct generation *g = sa->user;
    struct sa_line *l = g->line;
    sim_time now = topo_now(t);
    if (g != l->newest)
        return; /* it ends soon by itself */
    if (now - l->first_bad_icv > NS_PER_S)
        l->n_bad_icvs = 0;
    if (l->n_bad_icvs++ == 0)
        l->first_bad_icv = now;
    if (l->n_bad_icvs < BAD_ICVS_TO_REKEY)
        return;
    l->n_bad_icvs = 0;
    keying_saw_foreign(t, side, spi);
    if (rekey(l))
        l->newest->older->gave_way = true;
}

void keying_acquire(struct topo *t, int side, const struct addr *src, const struct addr *dst)
{
    struct keying *k = &t->keying;
    if (t->mode->scope != SCOPE_HOST_PAIR || t->has_failed)
        return;
    bool added;
    t->has_failed = !add_pair(t, side, src, dst, &added, &t->failed);
    if (t->has_failed || !added)
        return;
    start_line(k->lines);
    start_line(k->lines->next);
    host_esp_update_all(t, ENDED_BY_GATEWAY);
}

void keying_fini(struct topo *t)
{
    struct keying *k = &t->keying;
    for (size_t i = 0; i < k->n_sas; i++) {
        free(k->sas[i].out->p.random_ctx);
        sa_free(k->sas[i].out);
        sa_free(k->sas[i].in);
    }
    free(k->sas);
    for (struct sa_line *l = k->lines, *next; l; l = next) {
        next = l->next;
        for (struct generation *g = l->newest, *older; g; g = older) {
            older = g->older;
            free(g);
        }
        free(l);
    }
    for (int side = 0; side < 2; side++) {
        struct foreign_spi *at, *next;
        HASH_ITER(hh, k->foreign[side], at, next)
        {
            HASH_DEL(k->foreign[side], at);
            free(at);
        }
    }
}
