#include "models/ipsec/sa.h"

#include "models/base/cursor.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

void sa_params_init(struct sa_params *p)
{
    *p = (struct sa_params){.seq = 1, .replay_window = 64, .check_pad = true, .ttl = 64, .tos = &tos_linux};
}

bool sa_params_check(const struct sa_params *p, struct err *e)
{
    if (!suite_check(&p->suite, e))
        return false;
    char names[MODE_NAMES_CAP];
    if (!p->mode || !p->mode->esp)
        return err_set(e, "mode = %s: carries no ESP; expected %s", p->mode ? p->mode->m.name : "",
                       mode_esp_names(names));
    if (p->mode->two_addresses && (!addr_is_set(&p->src) || !addr_is_set(&p->dst)))
        return err_set(e, "mode = %s: needs outer_src and outer_dst", p->mode->m.name);
    if (p->src.version && p->dst.version && p->src.version != p->dst.version)
        return err_set(e, "outer_src and outer_dst: one is IPv4, the other IPv6");
    bool inner = addr_is_set(&p->inner_src) && addr_is_set(&p->inner_dst);
    if (p->mode->scope == SCOPE_HOST_PAIR && (!inner || p->inner_src.version != p->inner_dst.version))
        return err_set(e, "mode = %s: needs inner_src and inner_dst of one IP version", p->mode->m.name);
    if (addr_is_set(&p->sel_src.addr) && addr_is_set(&p->sel_dst.addr) &&
        p->sel_src.addr.version != p->sel_dst.addr.version)
        return err_set(e, "sel_src and sel_dst: one is IPv4, the other IPv6; no packet has both");
    if (p->replay_window > REPLAY_WINDOW_MAX)
        return err_set(e, "replay_window = %u: expected 0 to %d packets", p->replay_window, REPLAY_WINDOW_MAX);
    if (!p->udp_sport != !p->udp_dport)
        return err_set(e, "udp_sport and udp_dport: UDP encapsulation needs both (usually 4500)");
    if (!p->esn && p->seq > UINT32_MAX)
        return err_set(e, "seq = %llu: needs esn = 1", (unsigned long long)p->seq);
    return true;
}

bool sa_draws_ivs(const struct sa_params *p)
{
    return !p->has_iv && p->suite.encr->iv_rule != IV_IMPLICIT;
}

bool sa_ivs_meet(const struct sa_params *a, const struct sa_params *b)
{
    size_t len = a->suite.key_len;
    return !sa_draws_ivs(a) && !sa_draws_ivs(b) && len && len == b->suite.key_len && !memcmp(a->key, b->key, len) &&
           !memcmp(a->salt, b->salt, sizeof a->salt);
}

void sa_random(const struct sa_params *p, uint8_t *bytes, size_t len)
{
    if (p->random) {
        p->random(p->random_ctx, bytes, len);
        return;
    }
    int ok = RAND_bytes(bytes, (int)len);
    assert(ok == 1); /* an IV must never be what happened to lie there */
}

/* With a given first IV, the mask is such that it comes out for the first number, and no other number repeats it. */
static void init_iv_mask(struct sa *sa)
{
    bool given = sa->p.has_iv && sa->p.suite.encr->iv_rule == IV_COUNTER;
    uint8_t octets[sizeof sa->iv_mask];
    if (!given)
        sa_random(&sa->p, octets, sizeof octets);
    struct rd r = rd_over(given ? sa->p.iv : octets, sizeof octets);
    sa->iv_mask = rd_u64(&r) ^ (given ? sa->next_seq : 0);
}

void sa_free(struct sa *sa)
{
    if (!sa)
        return;
    crypt_free(sa->crypt);
    OPENSSL_cleanse(sa, sizeof *sa);
    free(sa);
}

bool sa_new(const struct sa_params *p, struct sa **out, struct err *e)
{
    if (!sa_params_check(p, e))
        return false;
    struct sa *sa = calloc(1, sizeof *sa);
    assert(sa);
    sa->p = *p;
    const struct suite *s = &p->suite;
    if (!crypt_new(s, p->key, s->key_len, p->salt, s->encr->salt_len, p->integ_key, s->integ->key_len, &sa->crypt, e)) {
        sa_free(sa);
        return false;
    }
    sa->next_seq = p->seq ? p->seq : 1;
    sa->next_id = p->outer_id;
    replay_init(&sa->replay, p->replay_window, p->esn, sa->next_seq);
    init_iv_mask(sa);
    *out = sa;
    return true;
}

uint8_t sa_outer_version(const struct sa_params *p, uint8_t inner)
{
    return p->mode->two_addresses ? p->dst.version : inner;
}
