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
    const struct ini_item *items;                    /* the section's line, then its keys */
    size_t n_items;
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
    for (size_t i = 0; i < n; i++)
        if (nibble(value[i]) < 0)
            return err_set(e,
                           "is not hexadecimal, see character %zu; expected digits and a to f alone, without 0x, "
                           "quotes or colons",
                           i + 1);
    if (n % 2)
        return err_set(e, "has an odd number of hexadecimal digits; expected two for each octet");
    if (n / 2 > cap)
        return err_set(e, "has %zu octets; expected at most %zu", n / 2, cap);
    for (size_t i = 0; i < n / 2; i++)
        to[i] = (uint8_t)(nibble(value[2 * i]) << 4 | nibble(value[2 * i + 1]));
    *len = n / 2;
    return true;
}

static bool take_number(const char *value, uint64_t max, uint64_t *to, struct err *e)
{
    bool is_number = units_parse_count(value, to, e);
    if (max == 1 && (!is_number || *to > max))
        return err_set(e, "expected 0 or 1");
    return is_number && (*to <= max || err_set(e, "is out of range; expected 0 to %" PRIu64, max));
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

NUMBER(esn, 1, bool)
NUMBER(seq, UINT64_MAX, uint64_t)
NUMBER(replay_window, REPLAY_WINDOW_MAX, uint32_t)
NUMBER(udp_sport, UINT16_MAX, uint16_t)
NUMBER(udp_dport, UINT16_MAX, uint16_t)
NUMBER(tfc, IP_TOTAL_MAX, uint32_t)
NUMBER(ttl, UINT8_MAX, uint8_t)
NUMBER(outer_id, UINT16_MAX, uint16_t)
NUMBER(check_pad, 1, bool)

TAKE(spi)
{
    uint64_t n;
    if (!units_parse_count(value, &n, NULL) || !n || n > UINT32_MAX)
        return err_set(e, "is no SPI; expected 1 to 0xffffffff, hexadecimal with 0x (0 is never sent: RFC 4303 2.1)");
    d->p.spi = (uint32_t)n;
    return true;
}

TAKE(mode)
{
    return (d->p.mode = mode_find_esp(value, e)) != NULL;
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
    return addr_parse(value, &d->p.src, e);
}

TAKE(outer_dst)
{
    return addr_parse(value, &d->p.dst, e);
}

TAKE(inner_src)
{
    return addr_parse(value, &d->p.inner_src, e);
}

TAKE(inner_dst)
{
    return addr_parse(value, &d->p.inner_dst, e);
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
    bool secret;
} keys[] = {
    {"mode", take_mode, false},
    {"spi", take_spi, false},
    {"encr", take_encr, false},
    {"encr_key", take_encr_key, true},
    {"salt", take_salt, true},
    {"integ", take_integ, false},
    {"integ_key", take_integ_key, true},
    {"esn", take_esn, false},
    {"seq", take_seq, false},
    {"replay_window", take_replay_window, false},
    {"outer_src", take_outer_src, false},
    {"outer_dst", take_outer_dst, false},
    {"inner_src", take_inner_src, false},
    {"inner_dst", take_inner_dst, false},
    {"sel_src", take_sel_src, false},
    {"sel_dst", take_sel_dst, false},
    {"udp_sport", take_udp_sport, false},
    {"udp_dport", take_udp_dport, false},
    {"tfc", take_tfc, false},
    {"iv", take_iv, false},
    {"ttl", take_ttl, false},
    {"outer_id", take_outer_id, false},
    {"check_pad", take_check_pad, false},
    {"ecn", take_ecn, false},
    {"name", take_name, false},
};
enum { N_KEYS = sizeof keys / sizeof *keys };

/* A message may be kept in a log: it shows no key, nor the value of what may be a key with its name misspelt. */
static const char *shown_value(const struct ini_item *item, char text[INI_HIDDEN_CAP])
{
    for (size_t i = 0; i < N_KEYS; i++)
        if (!strcmp(keys[i].key, item->key) && !keys[i].secret)
            return item->value;
    return ini_hidden(item->value, text);
}

static void take_item(struct draft *d, const char *file, const struct ini_item *item, struct err_list *bad)
{
    struct err e;
    char hidden[INI_HIDDEN_CAP];
    const char *names[N_KEYS];
    for (size_t i = 0; i < N_KEYS; i++) {
        names[i] = keys[i].key;
        if (strcmp(keys[i].key, item->key))
            continue;
        if (*item->value && !keys[i].take(d, item->value, &e))
            err_list_add(bad, "%s:%d: %s = %s: %s", file, item->line, item->key, shown_value(item, hidden), e.text);
        return;
    }
    const char *near = family_suggest(item->key, names, N_KEYS);
    err_list_add(bad, "%s:%d: %s = %s: unknown key%s%s%s", file, item->line, item->key, shown_value(item, hidden),
                 near ? "; did you mean `" : " of an SA; see espsim-esp(1)", near ? near : "", near ? "`?" : "");
}

/* The key as other tools write it, with the salt behind it, is told apart from one of a wrong length. */
static bool encr_key_is_right(const struct draft *d, struct err *e)
{
    const struct encr_alg *a = d->p.suite.encr;
    struct suite alone = d->p.suite;
    alone.integ = (const struct integ_alg *)family_get(&integ_family, "none");
    if (suite_check(&alone, e))
        return true;
    alone.key_len -= a->salt_len;
    if (a->salt_len && !d->salt_len && d->key_len > a->salt_len && suite_check(&alone, NULL))
        err_set(e, "has %zu octets: a key with its salt; set salt to the last %u", d->key_len, a->salt_len);
    return false;
}

static bool length_is_right(size_t given, size_t taken, const struct member *by, struct err *e)
{
    if (given == taken)
        return true;
    if (!taken)
        return err_set(e, "has %zu octets; %s takes none, leave it out", given, by->name);
    if (!given)
        return err_set(e, "is not set; %s takes %zu octets", by->name, taken);
    return err_set(e, "has %zu octets; %s takes %zu", given, by->name, taken);
}

/* RFCs fix the key's length; some stacks take what they are given. */
static bool integ_key_is_right(const struct draft *d, struct err *e)
{
    const struct integ_alg *a = d->p.suite.integ;
    if (a->fills_key && d->integ_key_len && d->integ_key_len < a->key_len)
        return err_set(
            e,
            "has %zu octets; %s takes %u (%s); for a peer that took the short key, put %zu octets of zeros behind it",
            d->integ_key_len, a->m.name, a->key_len, a->m.source, a->key_len - d->integ_key_len);
    return length_is_right(d->integ_key_len, a->key_len, &a->m, e);
}

/* Names in *key what is to blame, NULL where it is several keys together. */
static bool is_whole(const struct draft *d, const char **key, struct err *e)
{
    char names[MODE_NAMES_CAP];
    const struct suite *s = &d->p.suite;
    *key = "mode";
    if (!d->p.mode)
        return err_set(e, "is not set; expected %s", mode_esp_names(names));
    *key = "encr";
    if (!s->encr)
        return err_set(e, "is not set; expected for example aes-gcm-16");
    *key = "spi";
    if (!d->p.spi)
        return err_set(e, "is not set; expected for example 0x1000");
    *key = "encr_key";
    if (!encr_key_is_right(d, e))
        return false;
    *key = "salt";
    if (!length_is_right(d->salt_len, s->encr->salt_len, &s->encr->m, e))
        return false;
    *key = "integ";
    if (!suite_check(s, e))
        return false;
    *key = "integ_key";
    if (!integ_key_is_right(d, e))
        return false;
    *key = "iv";
    if (d->p.has_iv && !length_is_right(d->iv_len, s->encr->iv_len, &s->encr->m, e))
        return false;
    *key = NULL;
    return sa_params_check(&d->p, e);
}

/* At the line of the key to blame, or at the section's where the key is missing or not the only one. */
static void complain(const struct draft *d, const char *file, const char *key, const struct err *e,
                     struct err_list *bad)
{
    const struct ini_item *section = d->items;
    char hidden[INI_HIDDEN_CAP];
    for (size_t i = 1; key && i < d->n_items; i++)
        if (!strcmp(d->items[i].key, key)) {
            err_list_add(bad, "%s:%d: %s = %s: %s", file, d->items[i].line, key, shown_value(&d->items[i], hidden),
                         e->text);
            return;
        }
    err_list_add(bad, "%s:%d: [%s]: %s%s%s", file, section->line, section->section, key ? key : "", key ? ": " : "",
                 e->text);
}

static void finish(struct safile *f, struct draft *d, const char *file, struct err_list *bad)
{
    struct err e;
    const char *key;
    d->p.suite.key_len = d->key_len;
    if (!is_whole(d, &key, &e)) {
        complain(d, file, key, &e, bad);
        return;
    }
    f->sas = OPENSSL_clear_realloc(f->sas, f->n_sas * sizeof *f->sas, (f->n_sas + 1) * sizeof *f->sas);
    assert(f->sas);
    f->sas[f->n_sas++] = d->p;
}

bool safile_read(struct safile *f, const char *file, const char *text, size_t len, struct err_list *bad)
{
    struct ini ini;
    size_t before = bad->n_errs;
    *f = (struct safile){0};
    if (!ini_read_secret(&ini, file, text, len, bad))
        return false;
    for (size_t i = 0; i < ini.n_items;) {
        struct draft d = {.items = &ini.items[i], .n_items = 1};
        sa_params_init(&d.p);
        d.p.suite.integ = (const struct integ_alg *)family_get(&integ_family, "none");
        size_t bad_before = bad->n_errs;
        bool known = !strncmp(d.items->section, "sa", 2);
        if (!known)
            err_list_add(bad, "%s:%d: [%s]: unknown section; expected [sa], [sa2], ...", file, d.items->line,
                         d.items->section);
        for (i++; i < ini.n_items && ini.items[i].key; i++, d.n_items++)
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
    OPENSSL_clear_free(f->sas, f->n_sas * sizeof *f->sas);
    *f = (struct safile){0};
}
