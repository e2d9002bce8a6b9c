#include "sim/config/types.h"

#include "models/base/addr.h"
#include "models/base/name.h"
#include "models/base/units.h"
#include "sim/config/config.h"

#include <ctype.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 180 /* so that `espsim check` can print it on one line of a scenario file */

static int compare_i64(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static int compare_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool parse_time(const struct key *k, const char *text, void *to, struct err *e)
{
    (void)k;
    return units_parse_time(text, to, e);
}

static const char *print_time(const struct key *k, const void *from, char *text, size_t cap)
{
    (void)k;
    return units_time_text(*(const sim_time *)from, text, cap);
}

const struct key_type type_time = {"a time", parse_time, print_time, compare_i64};

static bool parse_rate(const struct key *k, const char *text, void *to, struct err *e)
{
    (void)k;
    return units_parse_rate(text, to, e);
}

static const char *print_rate(const struct key *k, const void *from, char *text, size_t cap)
{
    (void)k;
    return units_rate_text(*(const bit_rate *)from, text, cap);
}

const struct key_type type_rate = {"a rate", parse_rate, print_rate, compare_u64};

static bool parse_octets(const struct key *k, const char *text, void *to, struct err *e)
{
    (void)k;
    return units_parse_octets(text, to, e);
}

static const char *print_octets(const struct key *k, const void *from, char *text, size_t cap)
{
    (void)k;
    return units_octets_text(*(const uint64_t *)from, text, cap);
}

const struct key_type type_octets = {"a size", parse_octets, print_octets, compare_u64};

static bool parse_octets_auto(const struct key *k, const char *text, void *to, struct err *e)
{
    (void)k;
    uint64_t octets = 0;
    if (strcmp(text, "auto")) {
        if (!units_parse_octets(text, &octets, e))
            return false;
        if (!octets)
            return err_set(e, "is no size to set; expected `auto` or more than nothing, for example `1360 B`");
    }
    *(uint64_t *)to = octets;
    return true;
}

static const char *print_octets_auto(const struct key *k, const void *from, char *text, size_t cap)
{
    if (*(const uint64_t *)from)
        return print_octets(k, from, text, cap);
    snprintf(text, cap, "auto");
    return text;
}

/* 0 is `auto`, inside of any bounds. */
static int compare_octets_auto(const void *a, const void *b)
{
    return *(const uint64_t *)a && *(const uint64_t *)b ? compare_u64(a, b) : 0;
}

const struct key_type type_octets_auto = {"a size or `auto`", parse_octets_auto, print_octets_auto,
                                          compare_octets_auto};

static bool parse_count(const struct key *k, const char *text, void *to, struct err *e)
{
    (void)k;
    return units_parse_count(text, to, e);
}

static const char *print_count(const struct key *k, const void *from, char *text, size_t cap)
{
    (void)k;
    snprintf(text, cap, "%" PRIu64, *(const uint64_t *)from);
    return text;
}

const struct key_type type_count = {"a count", parse_count, print_count, compare_u64};

/* UINT64_MAX is `auto`, inside of any bounds; 0 is a count like others. */
static bool parse_count_auto(const struct key *k, const char *text, void *to, struct err *e)
{
    if (strcmp(text, "auto"))
        return parse_count(k, text, to, e);
    *(uint64_t *)to = UINT64_MAX;
    return true;
}

static const char *print_count_auto(const struct key *k, const void *from, char *text, size_t cap)
{
    if (*(const uint64_t *)from != UINT64_MAX)
        return print_count(k, from, text, cap);
    snprintf(text, cap, "auto");
    return text;
}

static int compare_count_auto(const void *a, const void *b)
{
    return *(const uint64_t *)a == UINT64_MAX || *(const uint64_t *)b == UINT64_MAX ? 0 : compare_u64(a, b);
}

const struct key_type type_count_auto = {"a count or `auto`", parse_count_auto, print_count_auto, compare_count_auto};

static bool parse_ratio(const struct key *k, const char *text, void *to, struct err *e)
{
    (void)k;
    return units_parse_ratio(text, to, e);
}

/* The shortest digits that read back to the same number. */
static const char *print_ratio(const struct key *k, const void *from, char *text, size_t cap)
{
    (void)k;
    double ratio = *(const double *)from;
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, cap, "%.*g", digits, ratio);
        if (strtod(text, NULL) == ratio)
            break;
    }
    return text;
}

const struct key_type type_ratio = {"a ratio", parse_ratio, print_ratio, compare_double};

static bool parse_bool(const struct key *k, const char *text, void *to, struct err *e)
{
    (void)k;
    return units_parse_bool(text, to, e);
}

static const char *print_bool(const struct key *k, const void *from, char *text, size_t cap)
{
    (void)k;
    snprintf(text, cap, "%s", *(const bool *)from ? "yes" : "no");
    return text;
}

const struct key_type type_bool = {"yes or no", parse_bool, print_bool, NULL};

static bool parse_text(const struct key *k, const char *text, void *to, struct err *e)
{
    (void)k;
    if (strlen(text) > TEXT_MAX)
        return err_set(e, "has %zu characters; expected at most %d", strlen(text), TEXT_MAX);
    if (strstr(text, " ;"))
        return err_set(e, "holds ` ;`, which begins a comment in a scenario file; leave it out");
    json_t *utf8 = json_string(text);
    json_decref(utf8);
    if (!utf8)
        return err_set(e, "is not UTF-8; save the file in that encoding");
    char **own = to;
    free(*own);
    *own = strdup(text);
    return true;
}

static const char *print_text(const struct key *k, const void *from, char *text, size_t cap)
{
    (void)k;
    char *const *own = from;
    snprintf(text, cap, "%s", *own ? *own : "");
    return text;
}

const struct key_type type_text = {"text", parse_text, print_text, NULL};

static bool parse_name(const struct key *k, const char *text, void *to, struct err *e)
{
    return name_check(NAME_PLAIN, text, e) && parse_text(k, text, to, e);
}

const struct key_type type_name = {"a name", parse_name, print_text, NULL};

static bool parse_ip(const struct key *k, const char *text, void *to, struct err *e)
{
    (void)k;
    if (strcmp(text, "4") && strcmp(text, "6"))
        return err_set(e, "is no IP version; expected `4` or `6`");
    *(uint64_t *)to = text[0] == '4' ? 4 : 6;
    return true;
}

const struct key_type type_ip = {"4 or 6", parse_ip, print_count, NULL};

static bool parse_window(const struct key *k, const char *text, void *to, struct err *e)
{
    (void)k;
    uint64_t packets;
    if (!units_parse_count(text, &packets, e))
        return false;
    if (packets && (packets < 32 || packets > 4096))
        return err_set(e, "is no replay window; expected 0 (none) or 32 to 4096 packets");
    *(uint64_t *)to = packets;
    return true;
}

const struct key_type type_window = {"0, or 32 to 4096", parse_window, print_count, NULL};

static bool parse_address(const struct key *k, const char *text, void *to, struct err *e)
{
    (void)k;
    return addr_parse(text, to, e);
}

static const char *print_address(const struct key *k, const void *from, char *text, size_t cap)
{
    (void)k;
    char own[ADDR_TEXT_CAP];
    snprintf(text, cap, "%s", addr_text(from, own));
    return text;
}

const struct key_type type_address = {"an address", parse_address, print_address, NULL};

static bool parse_prefix(const struct key *k, const char *text, void *to, struct err *e)
{
    (void)k;
    return prefix_parse(text, to, e);
}

static const char *print_prefix(const struct key *k, const void *from, char *text, size_t cap)
{
    (void)k;
    char own[ADDR_TEXT_CAP];
    snprintf(text, cap, "%s", prefix_text(from, own));
    return text;
}

const struct key_type type_prefix = {"a prefix", parse_prefix, print_prefix, NULL};

static bool parse_member(const struct key *k, const char *text, void *to, struct err *e)
{
    const struct member *m = family_find(k->of, text, e);
    if (m)
        *(const struct member **)to = m;
    return m != NULL;
}

static const char *print_member(const struct key *k, const void *from, char *text, size_t cap)
{
    (void)k;
    snprintf(text, cap, "%s", (*(const struct member *const *)from)->name);
    return text;
}

const struct key_type type_member = {"a name", parse_member, print_member, NULL};

/* The next word of a list that is parted by commas or blanks; false at the end. */
static bool next_word(const char **at, char *word, size_t cap)
{
    *at += strspn(*at, ", \t");
    size_t len = strcspn(*at, ", \t");
    snprintf(word, cap, "%.*s", (int)len, *at);
    *at += len;
    return len > 0;
}

/* `word` is none of the family, as `e` says; neither may be some of the words behind it, and all are told at once. */
static bool unknown_members(const struct family *f, const char *word, const char *rest, struct err *e)
{
    char also[sizeof e->text / 2] = "", other[INI_LINE_MAX + 1];
    while (next_word(&rest, other, sizeof other)) {
        if (family_get(f, other))
            continue;
        const char *near = family_near(f, other);
        snprintf(also + strlen(also), sizeof also - strlen(also), "; nor is there `%s`%s%s%s", other,
                 near ? ", did you mean `" : "", near ? near : "", near ? "`?" : "");
    }
    struct err first = *e;
    err_set(e, "%s%s", first.text, also);
    return err_at(e, "`%s`", word);
}

static bool parse_members(const struct key *k, const char *text, void *to, struct err *e)
{
    struct config_members list = {0};
    char word[INI_LINE_MAX + 1];
    while (next_word(&text, word, sizeof word)) {
        const struct member *m = family_find(k->of, word, e);
        if (!m)
            return unknown_members(k->of, word, text, e);
        for (size_t i = 0; i < list.n; i++)
            if (list.at[i] == m)
                return err_set(e, "names `%s` twice; expected each %s once", word, k->of->name);
        if (list.n == CONFIG_MEMBERS_CAP)
            return err_set(e, "names too many; expected at most %d", CONFIG_MEMBERS_CAP);
        list.at[list.n++] = m;
    }
    if (!list.n)
        return err_set(e, "names no %s; expected one or several of `espsim list %s`", k->of->name, k->of->name);
    *(struct config_members *)to = list;
    return true;
}

static const char *print_members(const struct key *k, const void *from, char *text, size_t cap)
{
    (void)k;
    const struct config_members *list = from;
    text[0] = 0;
    for (size_t i = 0; i < list->n; i++)
        snprintf(text + strlen(text), cap - strlen(text), "%s%s", i ? ", " : "", list->at[i]->name);
    return text;
}

const struct key_type type_members = {"a list of names", parse_members, print_members, NULL};

static bool parse_suite(const struct key *k, const char *text, void *to, struct err *e)
{
    (void)k;
    struct suite suite;
    if (!suite_parse(text, &suite, e) || !suite_check(&suite, e))
        return false;
    *(struct suite *)to = suite;
    return true;
}

static const char *print_suite(const struct key *k, const void *from, char *text, size_t cap)
{
    (void)k;
    char name[SUITE_NAME_CAP];
    snprintf(text, cap, "%s", suite_name(from, name));
    return text;
}

const struct key_type type_suite = {"a suite", parse_suite, print_suite, NULL};

/* Digits only, 1 to UINT32_MAX; gives what follows them, or NULL. */
static const char *read_host(const char *text, uint32_t *host)
{
    char *end;
    if (!isdigit((unsigned char)*text))
        return NULL;
    unsigned long long value = strtoull(text, &end, 10);
    if (value < 1 || value > UINT32_MAX)
        return NULL;
    *host = (uint32_t)value;
    return end;
}

static bool parse_hosts(const struct key *k, const char *text, void *to, struct err *e)
{
    (void)k;
    struct config_hosts hosts = {0};
    if (strncmp(text, "lan1:", 5) && strncmp(text, "lan2:", 5))
        return err_set(
            e, "names no LAN; expected `lan1:` or `lan2:` and host numbers, for example `lan1:1` or `lan2:1-4`");
    hosts.lan = text[3] - '1';
    const char *rest = read_host(text + 5, &hosts.first);
    hosts.last = hosts.first;
    if (rest && *rest == '-')
        rest = read_host(rest + 1, &hosts.last);
    if (!rest || *rest)
        return err_set(e, "names no hosts; expected a number from 1 or a range, for example `lan1:1` or `lan2:1-4`");
    if (hosts.last < hosts.first)
        return err_set(e, "is a range that goes down; did you mean `lan%d:%" PRIu32 "-%" PRIu32 "`?", hosts.lan + 1,
                       hosts.last, hosts.first);
    *(struct config_hosts *)to = hosts;
    return true;
}

static const char *print_hosts(const struct key *k, const void *from, char *text, size_t cap)
{
    (void)k;
    const struct config_hosts *hosts = from;
    int n = snprintf(text, cap, "lan%d:%" PRIu32, hosts->lan + 1, hosts->first);
    if (hosts->last != hosts->first)
        snprintf(text + n, cap - (size_t)n, "-%" PRIu32, hosts->last);
    return text;
}

const struct key_type type_hosts = {"hosts", parse_hosts, print_hosts, NULL};

/* One SPI, decimal or 0x...; the whole word. */
static bool read_spi(const char *word, uint32_t *spi, struct err *e)
{
    uint64_t value;
    if (!units_parse_count(word, &value, e))
        return err_at(e, "`%s`", word);
    if (value > UINT32_MAX)
        return err_set(e, "`%s`: is too large for an SPI; expected 32 bits", word);
    if (value == 0)
        return err_set(e, "`%s`: SPI 0 never stands in a packet (RFC 4303 section 2.1); expected 1 to 0xffffffff",
                       word);
    *spi = (uint32_t)value;
    return true;
}

static bool parse_spis(const struct key *k, const char *text, void *to, struct err *e)
{
    (void)k;
    struct config_spis spis = {0};
    char word[INI_LINE_MAX + 1];
    while (next_word(&text, word, sizeof word)) {
        if (spis.n == CONFIG_SPIS_CAP)
            return err_set(e, "has too many parts; expected at most %d, use ranges such as `0x1000-0x10ff`",
                           CONFIG_SPIS_CAP);
        uint32_t first = 0, last = 0;
        char *dash = strchr(word, '-');
        if (dash)
            *dash = 0;
        if (!read_spi(word, &first, e) || !read_spi(dash ? dash + 1 : word, &last, e))
            return false;
        if (last < first)
            return err_set(e, "`0x%" PRIx32 "-0x%" PRIx32 "`: is a range that goes down", first, last);
        for (size_t i = 0; i < spis.n; i++)
            if (first <= spis.range[i].last && spis.range[i].first <= last)
                return err_set(e, "names SPI 0x%" PRIx32 " twice; the SPIs of one receiver must differ",
                               first > spis.range[i].first ? first : spis.range[i].first);
        spis.range[spis.n].first = first;
        spis.range[spis.n++].last = last;
    }
    if (!spis.n)
        return err_set(e, "names no SPI; expected for example `0x1001, 0x2000-0x20ff`");
    *(struct config_spis *)to = spis;
    return true;
}

static const char *print_spis(const struct key *k, const void *from, char *text, size_t cap)
{
    (void)k;
    const struct config_spis *spis = from;
    text[0] = 0;
    for (size_t i = 0; i < spis->n; i++) {
        snprintf(text + strlen(text), cap - strlen(text), "%s0x%" PRIx32, i ? ", " : "", spis->range[i].first);
        if (spis->range[i].last != spis->range[i].first)
            snprintf(text + strlen(text), cap - strlen(text), "-0x%" PRIx32, spis->range[i].last);
    }
    return text;
}

const struct key_type type_spis = {"a list of SPIs", parse_spis, print_spis, NULL};

static bool parse_db(const struct key *k, const char *text, void *to, struct err *e)
{
    (void)k;
    char number[INI_LINE_MAX + 1];
    snprintf(number, sizeof number, "%s", text);
    size_t len = strlen(number);
    if (len < 3 || strcmp(number + len - 2, "dB"))
        return err_set(e, "is no level; expected decibels, for example `12.5 dB`");
    for (len -= 2; len && isspace((unsigned char)number[len - 1]);)
        len--;
    number[len] = 0;
    return units_parse_number(number, to, e);
}

static const char *print_db(const struct key *k, const void *from, char *text, size_t cap)
{
    print_ratio(k, from, text, cap);
    snprintf(text + strlen(text), cap - strlen(text), " dB");
    return text;
}

const struct key_type type_db = {"decibels", parse_db, print_db, compare_double};

static bool parse_fade(const struct key *k, const char *text, void *to, struct err *e)
{
    (void)k;
    struct config_fade fade = {0};
    if (!path_fade_parse(text, fade.points, &fade.n, e))
        return false;
    *(struct config_fade *)to = fade;
    return true;
}

static const char *print_fade(const struct key *k, const void *from, char *text, size_t cap)
{
    const struct config_fade *fade = from;
    text[0] = 0;
    for (size_t i = 0; i < fade->n; i++) {
        char at[64], db[64];
        snprintf(text + strlen(text), cap - strlen(text), "%s%s: %s", i ? ", " : "",
                 units_time_text(fade->points[i].at, at, sizeof at), print_db(k, &fade->points[i].db, db, sizeof db));
    }
    return text;
}

const struct key_type type_fade = {"a list of times and decibels", parse_fade, print_fade, NULL};

static bool parse_pattern(const struct key *k, const char *text, void *to, struct err *e)
{
    (void)k;
    return loss_pattern_parse(text, to, e);
}

static const char *print_pattern(const struct key *k, const void *from, char *text, size_t cap)
{
    (void)k;
    const struct loss_pattern *p = from;
    text[0] = 0;
    for (size_t i = 0; i < p->n_ranges; i++) {
        snprintf(text + strlen(text), cap - strlen(text), "%s%" PRIu64, i ? "," : "", p->ranges[i].first);
        if (p->ranges[i].last != p->ranges[i].first)
            snprintf(text + strlen(text), cap - strlen(text), "-%" PRIu64, p->ranges[i].last);
    }
    if (p->period)
        snprintf(text + strlen(text), cap - strlen(text), "/%" PRIu64, p->period);
    return text;
}

const struct key_type type_pattern = {"a pattern", parse_pattern, print_pattern, NULL};

static bool parse_spi_range(const struct key *k, const char *text, void *to, struct err *e)
{
    (void)k;
    return spi_range_parse(text, to, e);
}

static const char *print_spi_range(const struct key *k, const void *from, char *text, size_t cap)
{
    (void)k;
    char range[SPI_RANGE_TEXT_CAP];
    snprintf(text, cap, "%s", spi_range_text(*(const struct spi_range *)from, range));
    return text;
}

const struct key_type type_spi_range = {"a range of SPIs", parse_spi_range, print_spi_range, NULL};
