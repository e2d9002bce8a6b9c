#include "sim/cli/overhead_words.h"

#include "analysis/rival.h"
#include "models/ipsec/mode.h"
#include "models/traffic/codec.h"

#include <argp.h>
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEY_JSON = 256,
    KEY_CSV,
    KEY_UDP,
    KEY_IMIX,
    KEY_SEAL,
    KEY_SIZES, /* from here on with a word */
    KEY_CODEC,
    KEY_PCAP,
    KEY_MODES,
    KEY_RIVALS,
    KEY_ALGORITHMS,
    KEY_FRAMINGS,
    KEY_IP,
    KEY_OUTER_IP,
    KEY_MTU,
    KEY_RATE,
    KEY_PPS,
    KEY_PRICE
};

static const struct argp_option options[] = {
    {"sizes", KEY_SIZES, "LIST", 0, "Packets of these lengths: 40,576 or 20-1500", 1},
    {"imix", KEY_IMIX, NULL, 0, "7 packets of 40, 4 of 576, 1 of 1500 octets", 1},
    {"codec", KEY_CODEC, "LIST", 0, "Speech packets at their rate; all", 1},
    {"pcap", KEY_PCAP, "FILE", 0, "Packets of a capture, pcap or pcapng", 1},
    {"seal", KEY_SEAL, NULL, 0, "Seal every packet of the capture", 1},
    {"modes", KEY_MODES, "LIST", 0, "Modes, divided by commas; all", 2},
    {"rivals", KEY_RIVALS, "LIST", 0, "Other means (espsim list rival); all, none", 2},
    {"algorithms", KEY_ALGORITHMS, "LIST", 0, "Algorithms (aes-gcm-16-128); all", 2},
    {"framing", KEY_FRAMINGS, "LIST", 0, "Framings (p2p); all", 2},
    {"framings", 0, NULL, OPTION_ALIAS, NULL, 2},
    {"ip", KEY_IP, "LIST", 0, "Of the packets: 4 (default), 6 or 4,6", 3},
    {"outer-ip", KEY_OUTER_IP, "VERSION", 0, "Of tunnels; as the packet unless set", 3},
    {"udp", KEY_UDP, NULL, 0, "ESP in UDP (RFC 3948)", 3},
    {"mtu", KEY_MTU, "OCTETS", 0, "Longest IP packet on the link (1500)", 3},
    {"rate", KEY_RATE, "RATE", 0, "Of the link, for the delay that filling adds", 3},
    {"pps", KEY_PPS, "N", 0, "Packets per second, for savings per hour", 4},
    {"price", KEY_PRICE, "PRICE", 0, "Of volume, such as 5/MB", 4},
    FRAMING_OPTIONS(5),
    {"csv", KEY_CSV, NULL, 0, "As comma-separated values", 6},
    {"json", KEY_JSON, NULL, 0, "For programs", 6},
    {0}};

/* The MTU must leave room for ESP of every kind; sizes are a list that a person writes, or a range. */
enum { MTU_LEAST = 256, MTU_MOST = 65535, SIZES_CAP = 70000 };

static bool take_version(void *ctx, const char *arg, struct err *e)
{
    struct overhead_asked *w = ctx;
    if (strcmp(arg, "4") != 0 && strcmp(arg, "6") != 0)
        return err_set(e, "no IP version; expected 4 or 6, or 4,6");
    if (*arg == '4')
        w->ip4 = true;
    else
        w->ip6 = true;
    return true;
}

/* 40, or 20-1500. */
static bool take_size(void *ctx, const char *text, struct err *e)
{
    struct overhead_asked *w = ctx;
    char *copy = strdup(text), *dash = strchr(copy, '-');
    uint64_t first, last;
    if (dash)
        *dash = 0;
    bool good = units_parse_count(copy, &first, e) && units_parse_count(dash ? dash + 1 : copy, &last, e);
    free(copy);
    if (!good)
        return false;
    if (last < first || last > SIZES_CAP)
        return err_set(e, "expected octets, such as 40, or a range such as 20-1500");
    w->sizes = realloc(w->sizes, (w->n_sizes + (size_t)(last - first) + 1) * sizeof *w->sizes);
    assert(w->sizes);
    while (first <= last)
        w->sizes[w->n_sizes++] = first++;
    return true;
}

/* 5/MB: a number of whatever money, and octets that it buys. */
static bool take_price(struct overhead_asked *w, const char *arg, struct err *e)
{
    char *copy = strdup(arg), *slash = strchr(copy, '/');
    char unit[32] = "";
    uint64_t octets = 0;
    if (slash) {
        *slash = 0;
        snprintf(unit, sizeof unit, "1 %s", slash + 1);
    }
    bool good = slash && units_parse_octets(unit, &octets, e) && units_parse_number(copy, &w->price, e);
    free(copy);
    if (!good || w->price <= 0 || !octets)
        return err_set(e, "no price; expected a number and what it buys, such as 5/MB or 0.02/MiB");
    w->price_octets = (double)octets;
    return true;
}

static bool take_pps(struct overhead_asked *w, const char *arg, struct err *e)
{
    return units_parse_number(arg, &w->pps, e) &&
           (w->pps > 0 || err_set(e, "expected packets per second, more than 0"));
}

static bool take_rate(struct overhead_asked *w, const char *arg, struct err *e)
{
    return units_parse_rate(arg, &w->rate, e) && (w->rate > 0 || err_set(e, "expected a rate of more than 0"));
}

static bool take_option(struct overhead_asked *w, int key, char *arg, struct err *e)
{
    switch (key) {
    case KEY_SIZES:
        return list_each(arg, take_size, w, e);
    case KEY_CODEC:
        return chosen_add(&w->codecs, &codec_family, arg, e);
    case KEY_PCAP:
        w->pcap = arg;
        return true;
    case KEY_MODES:
        return chosen_add(&w->modes, &mode_family, arg, e);
    case KEY_RIVALS:
        w->no_rivals = !strcmp(arg, "none");
        return w->no_rivals || chosen_add(&w->rivals, &rival_family, arg, e);
    case KEY_ALGORITHMS:
        return suites_add(&w->suites, arg, e);
    case KEY_FRAMINGS:
        return chosen_add(&w->framings, &framing_family, arg, e);
    case KEY_IP:
        return list_each(arg, take_version, w, e);
    case KEY_OUTER_IP:
        return count_parse(arg, 4, 6, &w->outer_ip, e) && (w->outer_ip != 5 || err_set(e, "expected 4 or 6"));
    case KEY_MTU:
        return count_parse(arg, MTU_LEAST, MTU_MOST, &w->mtu, e);
    case KEY_RATE:
        return take_rate(w, arg, e);
    case KEY_PPS:
        return take_pps(w, arg, e);
    case KEY_PRICE:
        return take_price(w, arg, e);
    default:
        return framing_take(&w->set, key, arg, e);
    }
}

static void take_flag(struct overhead_asked *w, int key)
{
    switch (key) {
    case KEY_JSON:
        w->form = FORM_JSON;
        break;
    case KEY_CSV:
        w->form = FORM_CSV;
        break;
    case KEY_UDP:
        w->udp = true;
        break;
    case KEY_IMIX:
        w->imix = true;
        break;
    default:
        assert(key == KEY_SEAL);
        w->seal = true;
    }
}

/* What was not named, and what does not fit together. */
static bool settle(struct overhead_asked *w, struct err *e)
{
    if (w->pcap && (w->n_sizes || w->imix || w->codecs.n || w->ip4 || w->ip6))
        return err_set(e, "--pcap brings its own packets: leave out --sizes, --imix, --codec and --ip");
    if (w->seal && !w->pcap)
        return err_set(e, "--seal is for --pcap: packets of the other loads are all sealed");
    if (!w->pcap && !w->n_sizes && !w->imix && !w->codecs.n)
        w->imix = list_each("40,576,1500", take_size, w, e);
    if (!w->modes.n && !w->rivals.n && !w->no_rivals)
        chosen_add(&w->rivals, &rival_family, "all", e);
    if (!w->modes.n)
        chosen_add(&w->modes, &mode_family, "all", e);
    if (!w->suites.n)
        suites_add(&w->suites, "aes-gcm-16-128", e);
    if (!w->framings.n)
        chosen_add(&w->framings, &framing_family, "p2p", e);
    w->ip4 = w->ip4 || !w->ip6;
    return framings_check(&w->framings, &w->set, e);
}

static error_t parse_word(int key, char *arg, struct argp_state *state)
{
    struct overhead_asked *w = state->input;
    struct err e;
    if (key == ARGP_KEY_ARG)
        argp_error(state, "%s: no files or names are expected, options alone", arg);
    else if (key == ARGP_KEY_END && !settle(w, &e))
        argp_error(state, "%s", e.text);
    else if (key >= KEY_JSON && key < KEY_SIZES)
        take_flag(w, key);
    else if (key >= KEY_SIZES && key <= KEY_MODCOD && !take_option(w, key, arg, &e))
        argp_error(state, "--%s %s: %s", option_name(options, key), arg, e.text);
    else if (key != ARGP_KEY_END && (key < KEY_JSON || key > KEY_MODCOD))
        return ARGP_ERR_UNKNOWN;
    return 0;
}

void overhead_words_read(struct overhead_asked *a, int argc, char **argv)
{
    static const struct argp argp = {.options = options,
                                     .parser = parse_word,
                                     .doc = "Octets of each mode, algorithm and rival for packet sizes, IMIX, codecs "
                                            "or a capture, by sealing packets; and what is saved against tunnel mode."};
    *a = (struct overhead_asked){.mtu = 1500, .set = framing_defaults};
    argp_parse(&argp, argc, argv, 0, NULL, a);
}

void overhead_words_fini(struct overhead_asked *a)
{
    free(a->sizes);
}
