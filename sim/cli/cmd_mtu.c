/* cmd_mtu.c - `espsim mtu`: the largest packet and MSS of each mode, algorithm and framing, and the sizes that vanish
 * when ICMP is filtered. */
#include "analysis/mtu.h"
#include "analysis/table.h"
#include "sim/cli/command.h"
#include "sim/cli/study_words.h"

#include <argp.h>
#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEY_JSON = 256,
    KEY_CSV,
    KEY_MTU,
    KEY_LAN_MTU,
    KEY_MODES,
    KEY_ALGORITHMS,
    KEY_FRAMINGS,
    KEY_IP,
    KEY_OUTER_IP,
    KEY_UDP
};

static const struct argp_option options[] = {
    {"mtu", KEY_MTU, "OCTETS", 0, "Longest IP packet on the link (1500)", 1},
    {"lan-mtu", KEY_LAN_MTU, "OCTETS", 0, "Longest IP packet that hosts send (1500)", 1},
    {"modes", KEY_MODES, "LIST", 0, "Modes, divided by commas (all)", 2},
    {"algorithms", KEY_ALGORITHMS, "LIST", 0, "Algorithms (aes-gcm-16-128); all", 2},
    {"framing", KEY_FRAMINGS, "LIST", 0, "Framings (p2p,ule-padded,ule-packed); all", 2},
    {"framings", 0, NULL, OPTION_ALIAS, NULL, 2},
    {"ip", KEY_IP, "VERSION", 0, "Of the hosts' packets: 4 (default) or 6", 3},
    {"outer-ip", KEY_OUTER_IP, "VERSION", 0, "Of tunnels; as --ip unless set", 3},
    {"udp", KEY_UDP, NULL, 0, "ESP in UDP (RFC 3948)", 3},
    FRAMING_OPTIONS(4),
    {"csv", KEY_CSV, NULL, 0, "As comma-separated values", 5},
    {"json", KEY_JSON, NULL, 0, "For programs", 5},
    {0}};

/* The shortest that IPv4 hosts must take (RFC 791) and the longest there is. */
enum { MTU_LEAST = 68, MTU_MOST = 65535 };

struct words {
    enum form form;
    uint64_t link_mtu, lan_mtu, ip, outer_ip; /* outer_ip 0: as ip */
    bool udp;
    struct framing_settings set;
    struct chosen modes, framings;
    struct suites suites;
};

static bool take_version(const char *arg, uint64_t *version, struct err *e)
{
    if (strcmp(arg, "4") != 0 && strcmp(arg, "6") != 0)
        return err_set(e, "no IP version; expected 4 or 6");
    *version = (uint64_t)(*arg - '0');
    return true;
}

static bool take_option(struct words *w, int key, const char *arg, struct err *e)
{
    switch (key) {
    case KEY_MTU:
        return count_parse(arg, MTU_LEAST, MTU_MOST, &w->link_mtu, e);
    case KEY_LAN_MTU:
        return count_parse(arg, MTU_LEAST, MTU_MOST, &w->lan_mtu, e);
    case KEY_MODES:
        return chosen_add(&w->modes, &mode_family, arg, e);
    case KEY_ALGORITHMS:
        return suites_add(&w->suites, arg, e);
    case KEY_FRAMINGS:
        return chosen_add(&w->framings, &framing_family, arg, e);
    case KEY_IP:
        return take_version(arg, &w->ip, e);
    case KEY_OUTER_IP:
        return take_version(arg, &w->outer_ip, e);
    default:
        return framing_take(&w->set, key, arg, e);
    }
}

/* The member is the first field of its descriptor. */
static const struct mode *mode_at(const struct words *w, size_t i)
{
    return (const struct mode *)w->modes.at[i];
}

/* What was not named, and what does not fit together. */
static bool settle(struct words *w, struct err *e)
{
    if (!w->modes.n)
        chosen_add(&w->modes, &mode_family, "all", e);
    if (!w->suites.n)
        suites_add(&w->suites, "aes-gcm-16-128", e);
    if (!w->framings.n)
        chosen_add(&w->framings, &framing_family, "p2p,ule-padded,ule-packed", e);
    if (!w->outer_ip)
        w->outer_ip = w->ip;
    return framings_check(&w->framings, &w->set, e);
}

static error_t parse_word(int key, char *arg, struct argp_state *state)
{
    struct words *w = state->input;
    struct err e;
    switch (key) {
    case KEY_JSON:
        w->form = FORM_JSON;
        return 0;
    case KEY_CSV:
        w->form = FORM_CSV;
        return 0;
    case KEY_UDP:
        w->udp = true;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "%s: no files or names are expected, options alone", arg);
        return 0;
    case ARGP_KEY_END:
        if (!settle(w, &e))
            argp_error(state, "%s", e.text);
        return 0;
    default:
        if ((key < KEY_MTU || key >= KEY_UDP) && !framing_has_key(key))
            return ARGP_ERR_UNKNOWN;
        if (!take_option(w, key, arg, &e))
            argp_error(state, "--%s %s: %s", option_name(options, key), arg, e.text);
        return 0;
    }
}

/* One line of the answer. */
struct row {
    struct mtu_question q;
    struct mtu_answer a;
    char suite[SUITE_NAME_CAP]; /* empty without ESP */
};

static struct row row_of(const struct words *w, const struct mode *mode, const struct suite *suite,
                         const struct framing_kind *framing)
{
    struct row row = {.q = {.how = {.mode = mode, .suite = *suite, .udp = w->udp && mode->esp},
                            .framing = framing,
                            .set = &w->set,
                            .inner_version = (uint8_t)w->ip,
                            .outer_version = (uint8_t)(mode->two_versions ? w->outer_ip : w->ip),
                            .link_mtu = w->link_mtu,
                            .lan_mtu = w->lan_mtu},
                      .suite = ""};
    row.a = mtu_solve(&row.q);
    if (mode->esp)
        suite_name(suite, row.suite);
    return row;
}

/* Every row, in order of framing, algorithm, mode. Plain has no algorithm and comes once per framing. */
static void each_row(const struct words *w, void (*use)(void *to, const struct row *row), void *to)
{
    for (size_t f = 0; f < w->framings.n; f++)
        for (size_t s = 0; s < w->suites.n; s++)
            for (size_t m = 0; m < w->modes.n; m++) {
                if (s && !mode_at(w, m)->esp)
                    continue;
                struct row row = row_of(w, mode_at(w, m), &w->suites.at[s], framing_at(&w->framings, f));
                use(to, &row);
            }
}

static void use_table(void *to, const struct row *row)
{
    struct table *t = to;
    const struct mtu_answer *a = &row->a;
    table_cell(t, TONE_PLAIN, "%s", row->q.framing->m.name);
    table_cell(t, TONE_PLAIN, "%s", row->q.how.mode->m.name);
    table_cell(t, TONE_PLAIN, "%s", *row->suite ? row->suite : "-");
    table_cell(t, TONE_PLAIN, "%zu", a->max_inner);
    table_cell(t, TONE_PLAIN, "%zu", a->mss);
    table_cell(t, TONE_PLAIN, "%zu", a->link_octets);
    table_cell(t, TONE_PLAIN, "%.1f", a->saturated);
    table_cell(t, TONE_PLAIN, "%zu", a->best_inner);
    if (a->vanish_last)
        table_cell(t, TONE_BAD, "%zu-%zu", a->vanish_first, a->vanish_last);
    else
        table_cell(t, TONE_GOOD, "none");
}

static void print_table(const struct words *w)
{
    struct table t = {0};
    table_column(&t, TABLE_LEFT, "framing");
    table_column(&t, TABLE_LEFT, "mode");
    table_column(&t, TABLE_LEFT, "algorithm");
    table_column(&t, TABLE_RIGHT, "largest\ninner");
    table_column(&t, TABLE_RIGHT, "MSS");
    table_column(&t, TABLE_RIGHT, "link\noctets");
    table_column(&t, TABLE_RIGHT, "in a\nstream");
    table_column(&t, TABLE_RIGHT, "best\ninner");
    table_column(&t, TABLE_LEFT, "vanish\nw/o ICMP");
    each_row(w, use_table, &t);
    printf("Octets; IPv%llu, link MTU %llu, LAN MTU %llu, DF set%s\n\n", (unsigned long long)w->ip,
           (unsigned long long)w->link_mtu, (unsigned long long)w->lan_mtu, w->udp ? ", ESP in UDP" : "");
    table_print(&t, stdout, 0, TABLE_WIDTH, table_wants_colour(stdout));
    table_fini(&t);
    putchar('\n');
    table_wrap(stdout,
               "largest inner: the longest packet of a host that crosses the link whole. MSS: TCP payload, without "
               "options, of the longest that LAN and link both take; clamp to it. link octets: what that packet costs "
               "framed and alone, and on average in a stream of its like. best inner: the length that costs the "
               "fewest link octets per octet of its own. vanish: packets that hosts send with DF because their LAN "
               "lets them; the gateway drops them, and where the ICMP message that says so is filtered, nobody learns "
               "why.",
               0, TABLE_WIDTH);
}

static void use_csv(void *to, const struct row *row)
{
    const struct mtu_answer *a = &row->a;
    fprintf(to, "%s,%s,%s,%u,%d,%zu,%zu,%zu,%zu,%zu,%.3f,%zu,%zu,%zu\n", row->q.framing->m.name,
            row->q.how.mode->m.name, row->suite, row->q.inner_version, row->q.how.udp, a->mtu, a->max_inner, a->mss,
            a->ip_octets, a->link_octets, a->saturated, a->best_inner, a->vanish_first, a->vanish_last);
}

static void print_csv(const struct words *w)
{
    puts("framing,mode,algorithm,ip_version,udp,mtu_octets,max_inner_octets,mss_octets,ip_octets,link_octets,"
         "link_octets_saturated,best_inner_octets,vanish_first_octets,vanish_last_octets");
    each_row(w, use_csv, stdout);
}

static void use_json(void *to, const struct row *row)
{
    const struct mtu_answer *a = &row->a;
    json_t *vanish = a->vanish_last ? json_pack("{s:I, s:I}", "first", (json_int_t)a->vanish_first, "last",
                                                (json_int_t)a->vanish_last)
                                    : json_null();
    json_array_append_new(
        to, json_pack("{s:s, s:s, s:s?, s:i, s:b, s:I, s:I, s:I, s:I, s:I, s:f, s:I, s:o}", "framing",
                      row->q.framing->m.name, "mode", row->q.how.mode->m.name, "algorithm",
                      *row->suite ? row->suite : NULL, "ip_version", row->q.inner_version, "udp", row->q.how.udp, "mtu",
                      (json_int_t)a->mtu, "max_inner", (json_int_t)a->max_inner, "mss", (json_int_t)a->mss, "ip_octets",
                      (json_int_t)a->ip_octets, "link_octets", (json_int_t)a->link_octets, "link_octets_saturated",
                      a->saturated, "best_inner", (json_int_t)a->best_inner, "vanish", vanish));
}

static void print_json(const struct words *w)
{
    json_t *rows = json_array();
    each_row(w, use_json, rows);
    json_t *all = json_pack("{s:I, s:I, s:o}", "link_mtu", (json_int_t)w->link_mtu, "lan_mtu", (json_int_t)w->lan_mtu,
                            "rows", rows);
    json_dumpf(all, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    putchar('\n');
    json_decref(all);
}

int cmd_mtu(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse_word,
        .doc = "Solves packet sizes backwards: the largest inner packet and MSS of each mode, algorithm and framing, "
               "and which sizes vanish when ICMP is filtered."};
    struct words words = {.link_mtu = 1500, .lan_mtu = 1500, .ip = 4, .set = framing_defaults};
    argp_parse(&argp, argc, argv, 0, NULL, &words);
    if (words.form == FORM_JSON)
        print_json(&words);
    else if (words.form == FORM_CSV)
        print_csv(&words);
    else
        print_table(&words);
    return CMD_FINE;
}
