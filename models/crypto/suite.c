#include "models/crypto/suite.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct encr_alg *encr_at(size_t i)
{
    return (const struct encr_alg *)encr_family.members[i];
}

static const struct integ_alg *integ_at(size_t i)
{
    return (const struct integ_alg *)integ_family.members[i];
}

static const struct integ_alg *integ_none(void)
{
    return (const struct integ_alg *)family_get(&integ_family, "none");
}

static bool integ_is_none(const struct integ_alg *a)
{
    return a->icv_len == 0;
}

const char *suite_name(const struct suite *s, char name[SUITE_NAME_CAP])
{
    int n = snprintf(name, SUITE_NAME_CAP, "%s", s->encr->m.name);
    if (s->key_len)
        n += snprintf(name + n, SUITE_NAME_CAP - (size_t)n, "-%zu", s->key_len * 8);
    if (!integ_is_none(s->integ))
        n += snprintf(name + n, SUITE_NAME_CAP - (size_t)n, "-%s", s->integ->m.name);
    assert(n < SUITE_NAME_CAP);
    return name;
}

/* "128, 192 or 256" */
static const char *key_bits_text(const struct encr_alg *a, char text[32])
{
    size_t n = 0;
    text[0] = 0;
    for (size_t i = 0; a->key_lens[i]; i++)
        n += (size_t)snprintf(text + n, 32 - n, "%s%d",
                              !i                   ? ""
                              : a->key_lens[i + 1] ? ", "
                                                   : " or ",
                              a->key_lens[i] * 8);
    return text;
}

/* No key is a key of 0 octets for algorithms without keys only: the 0 that ends the others' lists is no length. */
static bool has_key_len(const struct encr_alg *a, size_t key_len)
{
    size_t i = 0;
    while (a->key_lens[i] && a->key_lens[i] != key_len)
        i++;
    return a->key_lens[i] == key_len && (key_len || i == 0);
}

bool suite_check(const struct suite *s, struct err *e)
{
    char bits[32];
    const char *encr = s->encr->m.name;
    if (!has_key_len(s->encr, s->key_len)) {
        if (!s->encr->key_lens[0])
            return err_set(e, "%s takes no key, but has one of %zu bits; leave it out", encr, s->key_len * 8);
        if (!s->key_len)
            return err_set(e, "%s needs a key; expected one of %s bits", encr, key_bits_text(s->encr, bits));
        return err_set(e, "%s has no keys of %zu bits; expected %s", encr, s->key_len * 8,
                       key_bits_text(s->encr, bits));
    }
    if (s->encr->icv_len && !integ_is_none(s->integ))
        return err_set(e,
                       "%s protects integrity itself and cannot have %s beside it (RFC 4303 section 3.2.3); "
                       "set integrity to none",
                       encr, s->integ->m.name);
    return true;
}

bool suite_next(size_t *at, struct suite *s)
{
    enum { KEYS = sizeof s->encr->key_lens };
    for (size_t n_integ = integ_family.n_members; *at < encr_family.n_members * KEYS * n_integ;) {
        size_t i = (*at)++;
        const struct encr_alg *encr = encr_at(i / n_integ / KEYS);
        size_t key = i / n_integ % KEYS;
        *s = (struct suite){encr, integ_at(i % n_integ), encr->key_lens[key]};
        if ((key == 0 || encr->key_lens[key]) && suite_check(s, NULL))
            return true;
    }
    return false;
}

/* The longest name of an encryption algorithm that `name` begins with, whole parts only: aes-gcm-16-iiv-128 is not
 * aes-gcm-16. */
static const struct encr_alg *encr_of(const char *name)
{
    const struct encr_alg *best = NULL;
    for (size_t i = 0; i < encr_family.n_members; i++) {
        const char *candidate = encr_at(i)->m.name;
        size_t len = strlen(candidate);
        bool begins = !strncmp(name, candidate, len) && (name[len] == '-' || !name[len]);
        if (begins && (!best || len > strlen(best->m.name)))
            best = encr_at(i);
    }
    return best;
}

static bool no_such_suite(const char *name, struct err *e)
{
    enum { CAP = 256 };
    char names[CAP][SUITE_NAME_CAP];
    const char *all[CAP];
    size_t at = 0, n = 0;
    for (struct suite s; suite_next(&at, &s); n++) {
        assert(n < CAP);
        all[n] = suite_name(&s, names[n]);
    }
    const char *near = family_suggest(name, all, n);
    return err_set(e,
                   "%.64s: no such algorithm; %s%s%sexpected encryption-keybits[-integrity], for example %s; "
                   "`espsim list encryption` and `espsim list integrity` show the parts",
                   name, near ? "did you mean `" : "", near ? near : "", near ? "`? " : "", "aes-gcm-16-128");
}

/* Takes `-128` from the front of *rest; 0 where there is no number. */
static size_t take_key_len(const char **rest)
{
    if (**rest != '-' || !isdigit((unsigned char)(*rest)[1]))
        return 0;
    char *end;
    unsigned long bits = strtoul(*rest + 1, &end, 10);
    if ((*end && *end != '-') || bits % 8)
        return 0;
    *rest = end;
    return bits / 8;
}

bool suite_parse(const char *name, struct suite *s, struct err *e)
{
    const struct encr_alg *encr = encr_of(name);
    if (!encr)
        return no_such_suite(name, e);
    const char *rest = name + strlen(encr->m.name);
    *s = (struct suite){encr, integ_none(), 0};
    if (encr->key_lens[0]) {
        char bits[32];
        s->key_len = take_key_len(&rest);
        if (!s->key_len || !has_key_len(encr, s->key_len))
            return err_set(e, "%.64s: %s needs its key length in bits behind it (%s): %s-%d", name, encr->m.name,
                           key_bits_text(encr, bits), encr->m.name, encr->key_lens[0] * 8);
    }
    if (*rest) {
        s->integ = (const struct integ_alg *)family_find(&integ_family, rest + 1, e);
        if (!s->integ)
            return err_at(e, "%.64s: %.64s", name, rest + 1);
    }
    if (!suite_check(s, e))
        return err_at(e, "%.64s", name);
    return true;
}
