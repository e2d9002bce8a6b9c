#include "models/ipsec/safile.h"

#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One SA while it is read: the parameters and what can only be judged when all keys are known. */
struct draft {
    struct sa_params p;
    size_t key_len, salt_len, integ_key_len, iv_len; /* octets given */
    const char *section;
    int line;
};

static int nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static bool take_hex(const char *value, uint8_t *to, size_t cap, size_t *len, struct err *e)
{
    size_t n = strlen(value);
    if (n % 2)
        return err_set(e, "has an odd number of hexadecimal digits");
    if (n / 2 > cap)
        return err_set(e, "has %zu octets; expected at most %zu", n / 2, cap);
    for (size_t i = 0; i < n / 2; i++) {
        int high = nibble(value[2 * i]), low = nibble(value[2 * i + 1]);
        if (high < 0 || low < 0)
            return err_set(e, "is not hexadecimal; expected digits and a to f, without 0x");
        to[i] = (uint8_t)(high << 4 | low);
    }
    *len = n / 2;
    return true;
}

static bool take_number(const char *value, uint64_t max, uint64_t *to, struct err *e)
{
    if (!units_parse_count(value, to, e))
        return false;
    return *to <= max || err_set(e, "is out of range; expected 0 to %" PRIu64, max);
}

static bool take_addr(const char *value, struct addr *to, struct err *e)
{
    return addr_parse(value, to, e);
}

typedef bool (*taker)(struct draft *d, const char *value, struct err *e);

#define TAKE(name) static bool take_##name(struct draft *d, const char *value, struct err *e)
#define NUMBER(name, max, type)                                                                                        \
    TAKE(name)                                                                                                         \
    {                                                                                                                  \
        uint64_t n;                                                                                                    \
        if (!take_number(value, max, &n, e))                                                                           \
            return false;                                                                                              \
        d->p.name = (type)n;                                                                                           \
        return true;                                                                                                   \
    }

NUMBER(spi, UINT32_MAX, uint32_t)
NUMBER(esn, 1, bool)
NUMBER(seq, UINT64_MAX, uint64_t)
NUMBER(replay_window, REPLAY_WINDOW_MAX, uint32_t)
NUMBER(udp_sport, UINT16_MAX, uint16_t)
NUMBER(udp_dport, UINT16_MAX, uint16_t)
NUMBER(tfc, IP_TOTAL_MAX, uint32_t)
NUMBER(ttl, UINT8_MAX, uint8_t)
NUMBER(outer_id, UINT16_MAX, uint16_t)
NUMBER(check_pad, 1, bool)

TAKE(mode)
{
    return (d->p.mode = mode_find(value, e)) != NULL;
}

TAKE(encr)
{
    return (d->p.suite.encr = (const struct encr_alg *)family_find(&encr_family, value, e)) != NULL;
}

TAKE(integ)
{
    return (d->p.suite.integ = (const struct integ_alg *)family_find(&integ_family, value, e)) != NULL;
}

TAKE(ecn)
{
    return (d->p.tos = (const struct tos_rule *)family_find(&tos_family, value, e)) != NULL;
}

TAKE(encr_key)
{
    return take_hex(value, d->p.key, sizeof d->p.key, &d->key_len, e);
}

TAKE(salt)
{
    return take_hex(value, d->p.salt, sizeof d->p.salt, &d->salt_len, e);
}

TAKE(integ_key)
{
    return take_hex(value, d->p.integ_key, sizeof d->p.integ_key, &d->integ_key_len, e);
}

TAKE(iv)
{
    d->p.has_iv = true;
    return take_hex(value, d->p.iv, sizeof d->p.iv, &d->iv_len, e);
}

TAKE(outer_src)
{
    return take_addr(value, &d->p.src, e);
}

TAKE(outer_dst)
{
    return take_addr(value, &d->p.dst, e);
}

TAKE(inner_src)
{
    return take_addr(value, &d->p.inner_src, e);
}

TAKE(inner_dst)
{
    return take_addr(value, &d->p.inner_dst, e);
}

TAKE(sel_src)
{
    return prefix_parse(value, &d->p.sel_src, e);
}

TAKE(sel_dst)
{
    return prefix_parse(value, &d->p.sel_dst, e);
}

TAKE(name)
{
    (void)d;
    (void)value;
    (void)e;
    return true;
}

static const struct {
    const char *key;
    taker take;
} keys[] = {
    {"mode", take_mode},
    {"spi", take_spi},
    {"encr", take_encr},
    {"encr_key", take_encr_key},
    {"salt", take_salt},
    {"integ", take_integ},
    {"integ_key", take_integ_key},
    {"esn", take_esn},
    {"seq", take_seq},
    {"replay_window", take_replay_window},
    {"outer_src", take_outer_src},
    {"outer_dst", take_outer_dst},
    {"inner_src", take_inner_src},
    {"inner_dst", take_inner_dst},
    {"sel_src", take_sel_src},
    {"sel_dst", take_sel_dst},
    {"udp_sport", take_udp_sport},
    {"udp_dport", take_udp_dport},
    {"tfc", take_tfc},
    {"iv", take_iv},
    {"ttl", take_ttl},
    {"outer_id", take_outer_id},
    {"check_pad", take_check_pad},
    {"ecn", take_ecn},
    {"name", take_name},
};
enum { N_KEYS = sizeof keys / sizeof *keys };

static void take_item(struct draft *d, const char *file, const struct ini_item *item, struct err_list *bad)
{
    struct err e;
    const char *names[N_KEYS];
    for (size_t i = 0; i < N_KEYS; i++) {
        names[i] = keys[i].key;
        if (strcmp(keys[i].key, item->key))
            continue;
        if (*item->value && !keys[i].take(d, item->value, &e))
            err_list_add(bad, "%s:%d: %s = %s: %s", file, item->line, item->key, item->value, e.text);
        return;
    }
    const char *near = family_suggest(item->key, names, N_KEYS);
    err_list_add(bad, "%s:%d: %s = %s: unknown key%s%s%s", file, item->line, item->key, item->value,
                 near ? "; did you mean `" : " of an SA; see espsim-esp(1)", near ? near : "", near ? "`?" : "");
}

static bool key_lengths_are_right(const struct draft *d, struct err *e)
{
    const struct suite *s = &d->p.suite;
    if (d->salt_len != s->encr->salt_len)
        return err_set(e, "salt: has %zu octets; %s takes %u", d->salt_len, s->encr->m.name, s->encr->salt_len);
    if (d->integ_key_len != s->integ->key_len)
        return err_set(e, "integ_key: has %zu octets; %s takes %u", d->integ_key_len, s->integ->m.name,
                       s->integ->key_len);
    if (d->p.has_iv && d->iv_len != s->encr->iv_len)
        return err_set(e, "iv: has %zu octets; %s takes %u", d->iv_len, s->encr->m.name, s->encr->iv_len);
    return true;
}

static void finish(struct safile *f, struct draft *d, const char *file, struct err_list *bad)
{
    struct err e;
    d->p.suite.key_len = d->key_len;
    if (!d->p.mode)
        err_set(&e, "mode: is not set; expected tunnel, transport, beet or wildcard");
    else if (!d->p.suite.encr)
        err_set(&e, "encr: is not set; expected for example aes-gcm-16");
    else if (!d->p.spi)
        err_set(&e, "spi: is not set; expected for example 0x1000");
    else if (key_lengths_are_right(d, &e) && sa_params_check(&d->p, &e)) {
        f->sas = realloc(f->sas, (f->n_sas + 1) * sizeof *f->sas);
        assert(f->sas);
        f->sas[f->n_sas++] = d->p;
        return;
    }
    err_list_add(bad, "%s:%d: [%s]: %s", file, d->line, d->section, e.text);
}

bool safile_read(struct safile *f, const char *file, const char *text, size_t len, struct err_list *bad)
{
    struct ini ini;
    size_t before = bad->n_errs;
    *f = (struct safile){0};
    if (!ini_read_repeating(&ini, file, text, len, bad))
        return false;
    for (size_t i = 0; i < ini.n_items;) {
        struct draft d = {.section = ini.items[i].section, .line = ini.items[i].line};
        sa_params_init(&d.p);
        d.p.suite.integ = (const struct integ_alg *)family_get(&integ_family, "none");
        size_t bad_before = bad->n_errs;
        bool known = !strncmp(d.section, "sa", 2);
        if (!known)
            err_list_add(bad, "%s:%d: [%s]: unknown section; expected [sa], [sa2], ...", file, d.line, d.section);
        for (i++; i < ini.n_items && ini.items[i].key; i++)
            if (known)
                take_item(&d, file, &ini.items[i], bad);
        if (bad->n_errs == bad_before)
            finish(f, &d, file, bad);
        OPENSSL_cleanse(&d, sizeof d);
    }
    if (bad->n_errs == before && !f->n_sas)
        err_list_add(bad, "%s: holds no SA; expected a section [sa]", file);
    ini_fini(&ini);
    if (bad->n_errs > before)
        safile_fini(f);
    return bad->n_errs == before;
}

void safile_fini(struct safile *f)
{
    if (f->sas)
        OPENSSL_cleanse(f->sas, f->n_sas * sizeof *f->sas);
    free(f->sas);
    *f = (struct safile){0};
}
