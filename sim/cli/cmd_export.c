/* cmd_export.c - `espsim export FILE --to EXPORTER`: a scenario's gateways as files for real Linux machines. */
#include "analysis/export.h"
#include "models/files/place.h"
#include "models/ipsec/lookup.h"
#include "models/ipsec/modes.h"
#include "models/ipsec/tos.h"
#include "models/base/text.h"
#include "sim/cli/command.h"
#include "sim/cli/words.h"
#include "sim/config/choices.h"
#include "sim/config/config.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_JSON = 256, KEY_SET, KEY_TO, KEY_MODE, KEY_OUT };
enum { UDP_ENCAP_PORT = 4500 }; /* RFC 3948 */

struct words {
    const char *file;
    struct sets sets;
    const struct exporter *to;
    const struct mode *mode; /* NULL: the scenario's first that the exporter offers */
    const char *out;         /* NULL: SCENARIO-EXPORTER-MODE in the current folder */
    bool json;
};

static error_t parse_word(int key, char *arg, struct argp_state *state)
{
    struct words *words = state->input;
    struct err e;
    switch (key) {
    case KEY_JSON:
        words->json = true;
        return 0;
    case KEY_SET:
        sets_add(&words->sets, arg);
        return 0;
    case KEY_TO:
        words->to = (const struct exporter *)family_find(&exporter_family, arg, &e);
        if (!words->to)
            argp_error(state, "--to %s", e.text);
        return 0;
    case KEY_MODE:
        words->mode = mode_find(arg, &e);
        if (!words->mode)
            argp_error(state, "--mode %s", e.text);
        return 0;
    case KEY_OUT:
        words->out = arg;
        return 0;
    case ARGP_KEY_ARG:
        if (words->file)
            argp_error(state, "%s: one scenario at a time", arg);
        words->file = arg;
        return 0;
    case ARGP_KEY_END:
        if (!words->file)
            argp_error(state, "no scenario; expected for example scenarios/sat-link.ini");
        if (!words->to)
            argp_error(state, "no --to; expected one of those that `espsim list exporter` names");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- the plan ------------------------------------------------------------------------------------------------- */

/* What the plan borrows. */
struct lists {
    struct addr *hosts[2];
    uint32_t *spis[2];
};

static void lists_fini(struct lists *lists)
{
    for (size_t i = 0; i < 2; i++) {
        free(lists->hosts[i]);
        free(lists->spis[i]);
    }
}

static void *list_of(size_t n, size_t size)
{
    void *list = calloc(n ? n : 1, size);
    if (!list)
        abort(); /* a scenario has at most some thousand hosts */
    return list;
}

static size_t count_spis(const struct config_spis *spis, size_t cap)
{
    size_t n = 0;
    uint32_t spi;
    while (n < cap && config_spi(spis, n, &spi))
        n++;
    return n;
}

/* Fills the side and its lists from the scenario. */
static struct export_side side_of(const struct config *c, size_t i, struct lists *lists)
{
    static const char *const names[] = {"gw1", "gw2"};
    size_t n_hosts = (size_t)c->lan[i].hosts, n_spis = count_spis(&c->ipsec.spi_by[i], EXPORT_SAS_MAX);
    lists->hosts[i] = list_of(n_hosts, sizeof *lists->hosts[i]);
    lists->spis[i] = list_of(n_spis, sizeof *lists->spis[i]);
    for (size_t n = 0; n < n_hosts; n++)
        lists->hosts[i][n] = prefix_host(&c->lan[i].prefix, n + 1);
    for (size_t n = 0; n < n_spis; n++)
        config_spi(&c->ipsec.spi_by[i], n, &lists->spis[i][n]);
    return (struct export_side){.name = names[i],
                                .wan = c->gw[i].address,
                                .lan = c->lan[i].prefix,
                                .hosts = lists->hosts[i],
                                .n_hosts = n_hosts,
                                .spis = lists->spis[i],
                                .n_spis = n_spis};
}

/* The mode of the command line, or the scenario's first that the exporter offers, or its first. */
static const struct mode *choose_mode(const struct words *words, const struct config *c)
{
    if (words->mode)
        return words->mode;
    for (size_t i = 0; i < c->modes.n; i++) {
        const struct mode *mode = (const struct mode *)c->modes.at[i];
        if (exporter_offers(words->to, mode))
            return mode;
    }
    return (const struct mode *)c->modes.at[0];
}

/* The words that make the same files again; the caller frees. */
static char *command_text(const struct words *words, const struct mode *mode)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);
    if (!f)
        abort();
    fputs("espsim export ", f);
    text_shell(f, words->file);
    fprintf(f, " --to %s --mode %s", words->to->m.name, mode->m.name);
    for (size_t i = 0; i < words->sets.n; i++) {
        fputs(" --set ", f);
        text_shell(f, words->sets.at[i]);
    }
    fclose(f);
    return text;
}

/* ---- results -------------------------------------------------------------------------------------------------- */

static void print_files(const struct words *words, const struct mode *mode, const char *folder,
                        const struct file_set *set)
{
    if (!words->json) {
        for (size_t i = 0; i < set->n_files; i++)
            text_line(stdout, "%s/%s", folder, set->files[i].name);
        text_line(stdout, "%s/" OWN_MANIFEST, folder);
        return;
    }
    json_t *files = json_array();
    for (size_t i = 0; i < set->n_files; i++)
        json_array_append_new(files, json_string(set->files[i].name));
    json_t *all = json_pack("{s:s, s:s, s:s, s:o}", "exporter", words->to->m.name, "mode", mode->m.name, "folder",
                            folder, "files", files);
    json_dumpf(all, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(all);
}

static bool has_lookup(const struct config *c, const struct lookup *lookup)
{
    for (size_t i = 0; i < c->ipsec.lookups.n; i++)
        if (c->ipsec.lookups.at[i] == &lookup->m)
            return true;
    return false;
}

/* Settings of the scenario that real gateways do not follow. */
static void print_notes(const struct config *c, const struct exporter *to, const struct mode *mode)
{
    bool joins = to->joins_ipv4_fragments && c->ip == 4;
    const struct {
        bool differs;
        const char *what;
    } notes[] = {
        {!has_lookup(c, &lookup_linux) && !has_lookup(c, &lookup_spi),
         "ipsec.lookup: the exported gateways find an SA as Linux does, by destination, protocol and SPI"},
        {c->ipsec.cut != &cut_after, "ipsec.cut: Linux encrypts first and cuts after"},
        {c->ipsec.reassemble_lan != joins, joins
                                               ? "ipsec.reassemble_lan: the exported gateways do put fragments together"
                                               : "ipsec.reassemble_lan: the exported gateways do not"},
        {c->ipsec.rekey && !to->rekeys, "ipsec.rekey: manual keys stay; --to strongswan rekeys"},
        {c->ipsec.mss_clamp && mode == &mode_transport,
         "ipsec.mss_clamp: not exported; where the hosts encrypt, the gateways see no TCP"},
        {c->ipsec.on_collision != &on_collision_none,
         "ipsec.on_collision: no implementation does it; the SPIs stay as they are"},
        {c->ipsec.ecn != &tos_linux.m, "ipsec.ecn: Linux has its own rule"},
    };
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++)
        if (notes[i].differs)
            fprintf(stderr, "note: %s\n", notes[i].what);
}

static const struct place_kind export_place = {.name = "export", .option = "--out", .secret = true};

static int export_config(const struct words *words, const struct config *c)
{
    struct lists lists = {0};
    const struct mode *mode = choose_mode(words, c);
    char *command = command_text(words, mode), *scenario = text_terminal_copy(words->file, TEXT_LINE);
    const struct export_plan plan = {
        .scenario = scenario,
        .command = command,
        .mode = mode,
        .side = {side_of(c, 0, &lists), side_of(c, 1, &lists)},
        .suite = c->ipsec.suite,
        .esn = c->ipsec.esn,
        .replay_window = (uint32_t)c->ipsec.replay_window,
        .udp_port = c->ipsec.udp_encap ? UDP_ENCAP_PORT : 0,
        .link_mtu = (unsigned)c->link.mtu,
        .mss_clamp = c->ipsec.mss_clamp,
        .tfc = c->ipsec.tfc,
        .rekey_s = ((uint64_t)c->ipsec.rekey + NS_PER_S - 1) / NS_PER_S,
    };
    char *folder = NULL;
    if ((words->out ? asprintf(&folder, "%s", words->out)
                    : asprintf(&folder, "%s-%s-%s", c->name, words->to->m.name, mode->m.name)) < 0)
        abort();

    struct file_set set;
    struct err e;
    int code = CMD_FINE;
    if (!export_make(words->to, &plan, &set, &e))
        code = CMD_ASKED_WRONGLY;
    else if (!place_save(
                 folder, &export_place, &set,
                 json_pack("{s:s, s:s, s:s}", "scenario", c->name, "exporter", words->to->m.name, "mode", mode->m.name),
                 &e))
        code = CMD_COULD_NOT;
    if (code == CMD_FINE) {
        print_notes(c, words->to, mode);
        print_files(words, mode, folder, &set);
    } else
        fprintf(stderr, "%s: %s\n", words->file, e.text);
    file_set_fini(&set);
    free(folder);
    free(scenario);
    free(command);
    lists_fini(&lists);
    return code;
}

int cmd_export(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"to", KEY_TO, "EXPORTER", 0, "ip-xfrm, nft, tc-bpf or strongswan; see `espsim list exporter`", 0},
        {"mode", KEY_MODE, "MODE", 0, "Instead of the scenario's first mode that the exporter offers", 0},
        {"out", KEY_OUT, "DIR", 0, "Folder for the files; default SCENARIO-EXPORTER-MODE", 0},
        {"set", KEY_SET, "SECTION.KEY=VALUE", 0, "Override a setting; may be repeated", 0},
        {"json", KEY_JSON, NULL, 0, "For programs", 0},
        {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse_word,
        .args_doc = "FILE --to EXPORTER",
        .doc = "Writes scripts and files that make two real Linux gateways do what the scenario says, and names them. "
               "Each script knows up, down and status. Keys are fresh from the system's generator in every export. "
               "Where a mode can't be installed in that way, says why and what can."};
    struct words words = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &words);

    struct config config;
    struct err_list bad = {0};
    bool ok = config_read(&config, words.file, words.sets.at, words.sets.n, &bad);
    if (!ok)
        print_errs(&bad);
    int code = ok ? export_config(&words, &config) : CMD_ASKED_WRONGLY;
    config_fini(&config);
    err_list_fini(&bad);
    sets_fini(&words.sets);
    return code;
}
