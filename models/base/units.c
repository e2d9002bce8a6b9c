#include "models/base/units.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct unit {
    const char *name;
    uint64_t factor;
};

/* Largest first within a kind, so that the shortest exact text is found first. */
static const struct unit time_units[] = {{"d", 86400u * UINT64_C(1000000000)},
                                         {"h", 3600u * UINT64_C(1000000000)},
                                         {"min", 60u * UINT64_C(1000000000)},
                                         {"s", 1000000000u},
                                         {"ms", 1000000u},
                                         {"us", 1000u},
                                         {"ns", 1u},
                                         {NULL, 0}};
static const struct unit rate_units[] = {
    {"Gbit/s", 1000000000u}, {"Mbit/s", 1000000u}, {"kbit/s", 1000u}, {"bit/s", 1u}, {NULL, 0}};
static const struct unit octet_units[] = {{"GiB", 1u << 30}, {"GB", 1000000000u}, {"MiB", 1u << 20},
                                          {"MB", 1000000u},  {"KiB", 1u << 10},   {"kB", 1000u},
                                          {"B", 1u},         {"octets", 1u},      {NULL, 0}};

/* What people write for a unit: understood, but not taken. Case counts: MB/s is another rate than Mb/s. */
static const struct {
    const char *written, *unit;
} other_names[] = {{"sec", "s"},       {"secs", "s"},      {"seconds", "s"},   {"msec", "ms"},     {"usec", "us"},
                   {"minutes", "min"}, {"hours", "h"},     {"days", "d"},      {"Gbps", "Gbit/s"}, {"Gb/s", "Gbit/s"},
                   {"Mbps", "Mbit/s"}, {"mbps", "Mbit/s"}, {"Mb/s", "Mbit/s"}, {"kbps", "kbit/s"}, {"Kbps", "kbit/s"},
                   {"kb/s", "kbit/s"}, {"bps", "bit/s"},   {"bytes", "B"},     {"byte", "B"},      {"octet", "B"}};

/* The unit of this kind that `written` may stand for, or NULL. */
static const char *meant(const struct unit *units, const char *written)
{
    for (const struct unit *u = units; u->name; u++) {
        if (!strcasecmp(written, u->name))
            return u->name;
        for (size_t i = 0; i < sizeof other_names / sizeof *other_names; i++)
            if (!strcmp(written, other_names[i].written) && !strcmp(other_names[i].unit, u->name))
                return u->name;
    }
    return NULL;
}

static void expected(const struct unit *units, char *text, size_t cap)
{
    text[0] = 0;
    for (const struct unit *u = units; u->name; u++)
        snprintf(text + strlen(text), cap - strlen(text), "%s%s", u == units ? "" : ", ", u->name);
}

/* Digits, an optional point and digits: as an exact integer over a power of ten. */
static const char *read_decimal(const char *at, uint64_t *digits, uint64_t *scale)
{
    const char *start = at;
    bool seen = false;
    *digits = 0;
    *scale = 1;
    for (bool point = false;; at++) {
        if (*at == '.' && !point) {
            point = true;
            continue;
        }
        if (!isdigit((unsigned char)*at))
            break;
        seen = true;
        if (*digits > (UINT64_MAX - 9) / 10 || *scale > UINT64_MAX / 10)
            return NULL;
        *digits = *digits * 10 + (uint64_t)(*at - '0');
        if (point)
            *scale *= 10;
    }
    return seen ? at : start;
}

static bool parse(const char *text, const struct unit *units, const char *what, const char *example, uint64_t *value,
                  struct err *e)
{
    char names[128];
    uint64_t digits, scale;
    expected(units, names, sizeof names);
    const char *at = read_decimal(text, &digits, &scale);
    if (!at)
        return err_set(e, "too many digits; write it with a larger unit (%s)", names);
    if (at == text)
        return err_set(e, "not a %s; expected a number and one of %s, for example `%s`", what, names, example);
    while (*at == ' ' || *at == '\t')
        at++;
    if (!*at && digits == 0) {
        *value = 0;
        return true;
    }
    if (!*at)
        return err_set(e, "has no unit; expected one of %s, for example `%s`", names, example);
    for (const struct unit *u = units; u->name; u++) {
        if (strcmp(at, u->name))
            continue;
        __extension__ typedef unsigned __int128 u128;
        u128 whole = (u128)digits * u->factor;
        if (whole % scale)
            return err_set(e, "is finer than the smallest unit, %s", what);
        if (whole / scale > INT64_MAX)
            return err_set(e, "is too large for a %s", what);
        *value = (uint64_t)(whole / scale);
        return true;
    }
    const char *near = meant(units, at);
    if (near)
        return err_set(e, "has the unit `%s`; did you mean `%s`?", at, near);
    return err_set(e, "has the unit `%s`; expected one of %s", at, names);
}

bool units_parse_time(const char *text, sim_time *ns, struct err *e)
{
    uint64_t value;
    if (!parse(text, time_units, "time", "270 ms", &value, e))
        return false;
    *ns = (sim_time)value;
    return true;
}

bool units_parse_rate(const char *text, bit_rate *bps, struct err *e)
{
    return parse(text, rate_units, "rate", "10 Mbit/s", bps, e);
}

bool units_parse_octets(const char *text, uint64_t *octets, struct err *e)
{
    return parse(text, octet_units, "size", "64 KiB", octets, e);
}

bool units_parse_count(const char *text, uint64_t *count, struct err *e)
{
    char *end;
    int base = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10;
    errno = 0;
    if (!isdigit((unsigned char)text[0]))
        return err_set(e, "not a whole number; expected digits, for example `64`");
    *count = strtoull(text, &end, base);
    if (errno == ERANGE)
        return err_set(e, "is too large for a whole number");
    if (*end)
        return err_set(e, "not a whole number: `%s` is left over", end);
    return true;
}

bool units_parse_number(const char *text, double *number, struct err *e)
{
    char *end;
    *number = strtod(text, &end);
    if (end == text || *end || !isfinite(*number))
        return err_set(e, "not a number; expected for example `2.5`");
    return true;
}

bool units_parse_ratio(const char *text, double *ratio, struct err *e)
{
    char *end;
    *ratio = strtod(text, &end);
    if (end == text)
        return err_set(e, "not a ratio; expected for example `0.1 %%` or `0.001`");
    while (*end == ' ')
        end++;
    if (*end == '%') {
        *ratio /= 100;
        end++;
    }
    if (*end)
        return err_set(e, "not a ratio: `%s` is left over", end);
    if (!(*ratio >= 0 && *ratio <= 1))
        return err_set(e, "is not between 0 and 1 (0 %% and 100 %%)");
    return true;
}

bool units_parse_bool(const char *text, bool *value, struct err *e)
{
    static const char *const words[2][4] = {{"no", "off", "false", "0"}, {"yes", "on", "true", "1"}};
    for (int v = 0; v < 2; v++)
        for (int i = 0; i < 4; i++)
            if (!strcasecmp(text, words[v][i])) {
                *value = v;
                return true;
            }
    return err_set(e, "is neither yes nor no");
}

/* The largest unit that divides the value: `270 ms`, not `0.27 s`. */
static const char *exact_text(uint64_t value, const struct unit *units, char *text, size_t cap)
{
    const struct unit *best = units;
    for (const struct unit *u = units; u->name; u++) {
        best = u;
        if (u->factor == 1 || (value && value % u->factor == 0))
            break;
    }
    snprintf(text, cap, "%" PRIu64 " %s", value / best->factor, best->name);
    return text;
}

const char *units_time_text(sim_time ns, char *text, size_t cap)
{
    return exact_text((uint64_t)ns, time_units, text, cap);
}

const char *units_rate_text(bit_rate bps, char *text, size_t cap)
{
    return exact_text(bps, rate_units, text, cap);
}

const char *units_octets_text(uint64_t octets, char *text, size_t cap)
{
    return exact_text(octets, octet_units, text, cap);
}

static const char *human(double value, const struct unit *units, uint64_t step, char *text, size_t cap)
{
    const struct unit *best = NULL;
    for (const struct unit *u = units; u->name; u++) {
        if (step && u->factor % 1000 && u->factor != 1)
            continue; /* decimal units only: KiB and GiB are for exact sizes */
        best = u;
        if (fabs(value) >= (double)u->factor * 0.9995)
            break;
        if (u->factor == 1)
            break;
    }
    double scaled = value / (double)best->factor;
    int digits = fabs(scaled) >= 99.95 ? 0 : fabs(scaled) >= 9.995 ? 1 : 2;
    if (best->factor == 1 && scaled == floor(scaled))
        digits = 0;
    snprintf(text, cap, "%.*f %s", digits, scaled, best->name);
    return text;
}

const char *units_octets_human(double octets, char *text, size_t cap)
{
    return human(octets, octet_units, 1, text, cap);
}

const char *units_time_human(double ns, char *text, size_t cap)
{
    return human(ns, time_units, 0, text, cap);
}

sim_time units_tx_time(uint64_t octets, bit_rate rate)
{
    __extension__ typedef unsigned __int128 u128;
    assert(rate > 0);
    return (sim_time)(((u128)octets * 8 * 1000000000u + rate - 1) / rate);
}
