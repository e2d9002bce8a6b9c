/* cmd_overhead.c - `espsim overhead`: what each mode, algorithm and rival costs for sizes, IMIX, codecs or a capture.
 */
#include "analysis/overhead_print.h"
#include "analysis/overhead_study.h"
#include "analysis/rival.h"
#include "sim/cli/command.h"
#include "sim/cli/study_words.h"

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

struct words {
    enum form form;
    bool udp, imix, seal;
    const char *pcap;
    bool ip4, ip6;
    uint64_t outer_ip; /* 0: as the packet */
    uint64_t mtu;
    bit_rate rate;
    double pps, price, price_octets;
    struct framing_settings set;
    uint64_t *sizes;
    size_t n_sizes;
    struct chosen modes, rivals, framings, codecs;
    struct suites suites;
    bool no_rivals; /* asked for none */
};

static bool take_version(void *ctx, const char *arg, struct err *e)
{
    struct words *w = ctx;
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
    struct words *w = ctx;
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
static bool take_price(struct words *w, const char *arg, struct err *e)
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

static bool take_pps(struct words *w, const char *arg, struct err *e)
{
    return units_parse_number(arg, &w->pps, e) &&
           (w->pps > 0 || err_set(e, "expected packets per second, more than 0"));
}

static bool take_rate(struct words *w, const char *arg, struct err *e)
{
    return units_parse_rate(arg, &w->rate, e) && (w->rate > 0 || err_set(e, "expected a rate of more than 0"));
}

static bool take_option(struct words *w, int key, char *arg, struct err *e)
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

static void take_flag(struct words *w, int key)
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
static bool settle(struct words *w, struct err *e)
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
    struct words *w = state->input;
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

/* ---- loads and ways ---- */

struct study {
    struct overhead_load *loads;
    struct overhead_entry *entries;
    size_t n_loads, n_entries;
};

static bool add_loads(const struct words *w, struct study *s, uint8_t version, struct err *e)
{
    for (size_t i = 0; i < w->n_sizes; i++)
        if (!overhead_load_size(&s->loads[s->n_loads++], w->sizes[i], version, e))
            return false;
    if (w->imix)
        overhead_load_imix(&s->loads[s->n_loads++], version);
    for (size_t i = 0; i < w->codecs.n; i++)
        overhead_load_codec(&s->loads[s->n_loads++], (const struct codec *)w->codecs.at[i], version);
    return true;
}

static bool make_loads(const struct words *w, struct study *s, struct err *e)
{
    s->loads = calloc(2 * (w->n_sizes + w->codecs.n + 1), sizeof *s->loads);
    assert(s->loads);
    if ((w->ip4 && !add_loads(w, s, 4, e)) || (w->ip6 && !add_loads(w, s, 6, e)))
        return false;
    for (size_t i = 0; w->pps > 0 && i < s->n_loads; i++)
        s->loads[i].pps = w->pps;
    return true;
}

static void add_entry(const struct words *w, struct study *s, struct overhead_way *way, const struct suite *asked,
                      size_t group)
{
    way->outer_version = (uint8_t)w->outer_ip;
    way->set = &w->set;
    way->mtu = w->mtu;
    way->rate = w->rate;
    struct overhead_way tunnel = overhead_tunnel(way, asked);
    tunnel.udp = w->udp;
    s->entries[s->n_entries++] = (struct overhead_entry){*way, tunnel, group};
}

/* Every way with the n-th algorithm; what has no choice of algorithm comes with the first. */
static void add_ways(const struct words *w, struct study *s, const struct framing_kind *framing, size_t n, size_t group)
{
    const struct suite *asked = &w->suites.at[n];
    for (size_t m = 0; m < w->modes.n; m++) {
        struct overhead_way way = {.mode = (const struct mode *)w->modes.at[m], .framing = framing};
        if (n && !way.mode->esp)
            continue;
        way.udp = w->udp && way.mode->esp;
        if (way.mode->esp)
            way.suite = *asked;
        add_entry(w, s, &way, asked, group);
    }
    for (size_t r = 0; r < w->rivals.n; r++) {
        struct overhead_way way = {.rival = (const struct rival *)w->rivals.at[r], .framing = framing};
        if ((n && way.rival->fixed) || !rival_suite(way.rival, asked, &way.suite))
            continue;
        way.udp = w->udp && way.rival->form;
        add_entry(w, s, &way, asked, group);
    }
}

static void make_ways(const struct words *w, struct study *s)
{
    s->entries = calloc(w->framings.n * w->suites.n * (w->modes.n + w->rivals.n), sizeof *s->entries);
    assert(s->entries);
    size_t group = 0;
    for (size_t f = 0; f < w->framings.n; f++)
        for (size_t n = 0; n < w->suites.n; n++)
            add_ways(w, s, framing_at(&w->framings, f), n, group++);
}

static void print(enum form form, const struct overhead_answer *a)
{
    switch (form) {
    case FORM_TABLE:
        overhead_print_table(a, stdout);
        break;
    case FORM_JSON:
        overhead_print_json(a, stdout);
        break;
    case FORM_CSV:
        overhead_print_csv(a, stdout);
        break;
    }
}

static int study_loads(const struct words *w, struct study *s)
{
    struct err e;
    struct overhead_row *rows = NULL;
    if (!make_loads(w, s, &e)) {
        fprintf(stderr, "espsim overhead: --sizes: %s\n", e.text);
        return CMD_ASKED_WRONGLY;
    }
    bool good = overhead_study_loads(s->loads, s->n_loads, s->entries, s->n_entries, &rows, &e);
    struct overhead_answer a = {
        .rows = rows, .n_rows = s->n_loads * s->n_entries, .price = w->price, .price_octets = w->price_octets};
    if (good)
        print(w->form, &a);
    else
        fprintf(stderr, "espsim overhead: %s\n", e.text);
    free(rows);
    return good ? CMD_FINE : CMD_COULD_NOT;
}

static int study_capture(const struct words *w, const struct study *s)
{
    struct err e;
    struct overhead_row *rows = NULL;
    uint64_t *lengths = NULL;
    struct overhead_facts facts;
    bool good = overhead_study_capture(w->pcap, w->seal, s->entries, s->n_entries, &rows, &lengths, &facts, &e);
    for (size_t i = 0; good && w->pps > 0 && i < s->n_entries; i++)
        rows[i].pps = w->pps;
    struct overhead_answer a = {.rows = rows,
                                .n_rows = s->n_entries,
                                .facts = &facts,
                                .lengths = lengths,
                                .n_lengths = OVERHEAD_LENGTHS,
                                .sealed_all = w->seal,
                                .price = w->price,
                                .price_octets = w->price_octets};
    if (good)
        print(w->form, &a);
    else
        fprintf(stderr, "espsim overhead: %s\n", e.text);
    free(rows);
    free(lengths);
    return good ? CMD_FINE : CMD_COULD_NOT;
}

int cmd_overhead(int argc, char **argv)
{
    static const struct argp argp = {.options = options,
                                     .parser = parse_word,
                                     .doc = "Octets of each mode, algorithm and rival for packet sizes, IMIX, codecs "
                                            "or a capture, by sealing packets; and what is saved against tunnel mode."};
    struct words words = {.mtu = 1500, .set = framing_defaults};
    struct study study = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &words);
    make_ways(&words, &study);
    int code = words.pcap ? study_capture(&words, &study) : study_loads(&words, &study);
    free(study.loads);
    free(study.entries);
    free(words.sizes);
    return code;
}
