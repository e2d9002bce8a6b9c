#include "models/base/rng.h"
#include "sim/topo/topo_impl.h"

#include <stdio.h>
#include <stdlib.h>

static bool is_taken(const void *sad, uint32_t spi)
{
    return sad_by_spi(sad, spi) != NULL;
}

static bool init_spis(struct topo *t, int side, struct err *e)
{
    struct keying *k = &t->keying;
    const struct spi_allocator *a = spi_allocator_of(t->config->ipsec.spi_allocator);
    rng_init(&k->spi_rng[side], t->run->seed, side ? "gw2/spi" : "gw1/spi");
    return spi_source_init(&k->spi[side], a, NULL, e);
}

/* The receiver chooses: from the scenario's list while it lasts, else by the allocator. */
static bool draw_spi(struct topo *t, int receiver, uint32_t *spi)
{
    struct keying *k = &t->keying;
    if (config_spi(&t->config->ipsec.spi_by[receiver], k->n_drawn[receiver]++, spi))
        return true;
    return spi_next(&k->spi[receiver], &k->spi_rng[receiver], is_taken, gateway_sad(t->gw[receiver]), spi);
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

/* Parameters of the SA from gateway `side` to the other; `src` and `dst` are the hosts of a BEET SA. */
static void fill_params(struct topo *t, int side, const struct addr *src, const struct addr *dst, struct sa_params *p)
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
    p->sel_src = c->lan[side].prefix;
    p->sel_dst = c->lan[!side].prefix;
    if (t->mode->two_addresses || t->mode->lookup) {
        p->src = c->gw[side].address;
        p->dst = c->gw[!side].address;
    }
    if (t->mode->scope == SCOPE_HOST_PAIR) {
        p->inner_src = *src;
        p->inner_dst = *dst;
    }
    draw_keys(t, p);
}

/* Both ends of one SA: they are two objects, as in two gateways. */
static bool add_sa(struct topo *t, int side, const struct addr *src, const struct addr *dst, struct err *e)
{
    struct keying *k = &t->keying;
    struct sa_params p;
    struct sa *out, *in;
    fill_params(t, side, src, dst, &p);
    if (!draw_spi(t, !side, &p.spi))
        return err_set(e, "gw%d: the SPI allocator %s has no SPI left; choose another (`espsim list allocator`)",
                       2 - side, t->config->ipsec.spi_allocator->name);
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
    k->sas = realloc(k->sas, (k->n_sas + 1) * sizeof *k->sas);
    assert(k->sas);
    k->sas[k->n_sas++] = (struct topo_sa){out, in, side};
    outbound_set(gateway_outbound(t->gw[side]), out);
    sad_add(gateway_sad(t->gw[!side]), in);
    return true;
}

static bool add_pair(struct topo *t, int side, const struct addr *src, const struct addr *dst, struct err *e)
{
    return add_sa(t, side, src, dst, e) && add_sa(t, !side, dst, src, e);
}

bool keying_init(struct topo *t, struct err *e)
{
    if (!init_spis(t, 0, e) || !init_spis(t, 1, e))
        return false;
    return t->mode->scope != SCOPE_GATEWAY_PAIR || add_pair(t, 0, NULL, NULL, e);
}

void keying_acquire(struct topo *t, int side, const struct addr *src, const struct addr *dst)
{
    struct keying *k = &t->keying;
    if (t->mode->scope == SCOPE_HOST_PAIR && !k->has_failed)
        k->has_failed = !add_pair(t, side, src, dst, &k->failed);
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
}
