#include "models/ipsec/wireshark.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Who the packets of an SA are from and for, as Wireshark's filters. */
struct ends {
    char src[ADDR_TEXT_CAP], dst[ADDR_TEXT_CAP];
    uint8_t version; /* 0: either */
};

/* Wireshark 4.0 takes prefixes of whole octets only in its own way: `10.1.0.*`, `fd00:1:0:0:*:*:*:*`. Host bits that do
 * not fill an octet, or a group, count as any: the SPI tells the rest. */
static void prefix_pattern(const struct prefix *p, char text[ADDR_TEXT_CAP])
{
    const uint8_t *b = p->addr.bytes;
    bool v4 = p->addr.version == 4;
    size_t n = 0;
    for (unsigned i = 0; i < (v4 ? 4u : 8u); i++) {
        bool fixed = p->len >= (v4 ? 8 : 16) * (i + 1);
        n += (size_t)snprintf(text + n, ADDR_TEXT_CAP - n, "%s", i ? v4 ? "." : ":" : "");
        if (!fixed)
            n += (size_t)snprintf(text + n, ADDR_TEXT_CAP - n, "*");
        else
            n += (size_t)snprintf(text + n, ADDR_TEXT_CAP - n, v4 ? "%d" : "%x",
                                  v4 ? b[i] : b[2 * i] << 8 | b[2 * i + 1]);
    }
}

static void take_end(char text[ADDR_TEXT_CAP], uint8_t *version, const struct addr *a, const struct prefix *sel)
{
    if (a && addr_is_set(a)) {
        addr_text(a, text);
        *version = a->version;
    } else if (addr_is_set(&sel->addr)) {
        prefix_pattern(sel, text);
        *version = sel->addr.version;
    } else {
        strcpy(text, "*");
    }
}

/* A wildcard SA's own addresses name gateways, which its packets do not. */
static struct ends ends_of(const struct sa_params *p)
{
    struct ends ends = {.version = 0};
    bool named = mode_names_ends(p->mode);
    take_end(ends.src, &ends.version, named ? &p->src : NULL, &p->sel_src);
    take_end(ends.dst, &ends.version, named ? &p->dst : NULL, &p->sel_dst);
    return ends;
}

/* How an SA is written down: as Wireshark 4.0 reads it, or as newer ones read it from a Decryption Secrets Block. */
enum style { STYLE_4_0, STYLE_SECRETS };

static const char *encryption(const struct encr_alg *a, enum style style)
{
    return !a->wireshark && style == STYLE_SECRETS ? a->wireshark_newer : a->wireshark;
}

static const char *authentication(const struct suite *s, bool unchecked, char text[64])
{
    if (!unchecked || s->integ->icv_len == 0)
        return s->integ->wireshark;
    snprintf(text, 64, "ANY %d bit authentication [no checking]", 8 * s->integ->icv_len);
    return text;
}

static void put_key(FILE *to, const uint8_t *key, size_t len, const uint8_t *salt, size_t salt_len)
{
    fputs(len ? "\"0x" : "\"", to);
    for (size_t i = 0; i < len; i++)
        fprintf(to, "%02x", key[i]);
    for (size_t i = 0; i < salt_len; i++)
        fprintf(to, "%02x", salt[i]);
    fputc('"', to);
}

static void put_line(FILE *to, const struct sa_params *p, enum style style, const struct ends *ends, uint8_t version)
{
    const struct suite *s = &p->suite;
    char auth[64];
    fprintf(to, "\"IPv%d\",\"%s\",\"%s\",\"0x%08x\",\"%s\",", version, ends->src, ends->dst, p->spi,
            encryption(s->encr, style));
    put_key(to, p->key, s->key_len, p->salt, s->encr->salt_len);
    fprintf(to, ",\"%s\",", authentication(s, p->esn && style == STYLE_4_0, auth));
    put_key(to, p->integ_key, s->integ->key_len, NULL, 0);
    if (style == STYLE_SECRETS)
        fprintf(to, ",\"%s\",\"%x\"", p->esn ? "64-bit" : "32-bit", p->esn ? (unsigned)(p->seq >> 32) : 0);
    fputc('\n', to);
}

static size_t put_lines(const struct sa_params *p, enum style style, char *lines, size_t cap)
{
    struct ends ends = ends_of(p);
    *lines = 0;
    if (!encryption(p->suite.encr, style))
        return 0;
    FILE *to = fmemopen(lines, cap, "w");
    assert(to);
    for (uint8_t version = 4; version <= 6; version = (uint8_t)(version + 2))
        if (!ends.version || ends.version == version)
            put_line(to, p, style, &ends, version);
    long len = ftell(to);
    bool whole = len > 0 && (size_t)len < cap;
    bool closed = fclose(to) == 0;
    assert(whole && closed);
    return (size_t)len;
}

size_t wireshark_sa_lines(const struct sa_params *p, char *lines, size_t cap)
{
    return put_lines(p, STYLE_4_0, lines, cap);
}

size_t wireshark_secret_lines(const struct sa_params *p, char *lines, size_t cap)
{
    return put_lines(p, STYLE_SECRETS, lines, cap);
}
