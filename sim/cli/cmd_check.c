/* cmd_check.c - `espsim check FILE`: the scenario's effective settings, or all that is wrong with it. */
#include "models/base/text.h"
#include "sim/cli/command.h"
#include "sim/cli/words.h"
#include "sim/config/config.h"
#include "sim/config/schema.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_JSON = 256, KEY_SET, KEY_KEYS };

struct words {
    const char *file;
    struct sets sets;
    bool json;
    bool keys, keys_roff;
};

static error_t parse_word(int key, char *arg, struct argp_state *state)
{
    struct words *words = state->input;
    switch (key) {
    case KEY_JSON:
        words->json = true;
        return 0;
    case KEY_SET:
        sets_add(&words->sets, arg);
        return 0;
    case KEY_KEYS:
        words->keys = true;
        words->keys_roff = arg && !strcmp(arg, "man");
        if (arg && !words->keys_roff && strcmp(arg, "text"))
            argp_error(state, "--keys=%s: no such form; expected `text` or `man`", arg);
        return 0;
    case ARGP_KEY_ARG:
        if (words->file)
            argp_error(state, "%s: one scenario at a time", arg);
        words->file = arg;
        return 0;
    case ARGP_KEY_END:
        if (!words->file && !words->keys)
            argp_error(state, "no scenario; expected for example scenarios/sat-link.ini");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_json(json_t *all)
{
    json_dumpf(all, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(all);
}

static json_t *json_of(const struct config *c)
{
    char hash[CONFIG_HASH_CAP];
    config_hash(c, hash);
    return json_pack("{s:s, s:s, s:o}", "scenario", c->name, "settings_hash", hash, "settings", config_json(c));
}

static void print_text(const struct config *c)
{
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    if (!to)
        abort();
    config_print(c, to);
    fclose(to);
    text_terminal(stdout, text, TEXT_LINES);
    free(text);
}

int cmd_check(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"set", KEY_SET, "SECTION.KEY=VALUE", 0, "Override a setting; may be repeated", 0},
        {"keys", KEY_KEYS, "FORM", OPTION_ARG_OPTIONAL,
         "Print every key that a scenario may have, as text or man page (or with --json), and no more", 0},
        {"json", KEY_JSON, NULL, 0, "For programs", 0},
        {0}};
    static const struct argp argp = {.options = options,
                                     .parser = parse_word,
                                     .args_doc = "FILE",
                                     .doc =
                                         "Checks a scenario and prints its effective settings, each with where it came "
                                         "from, as a scenario file. All "
                                         "that is wrong is told at once on standard error; the exit status is then 2."};
    struct words words = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &words);

    if (words.keys) {
        if (words.json)
            print_json(schema_json());
        else
            schema_print(stdout, words.keys_roff);
        sets_fini(&words.sets);
        return CMD_FINE;
    }
    struct config config;
    struct err_list bad = {0};
    bool ok = config_read(&config, words.file, words.sets.at, words.sets.n, &bad);
    print_errs(&config.warnings);
    if (!ok)
        print_errs(&bad);
    else if (words.json)
        print_json(json_of(&config));
    else
        print_text(&config);
    config_fini(&config);
    err_list_fini(&bad);
    sets_fini(&words.sets);
    return ok ? CMD_FINE : CMD_ASKED_WRONGLY;
}
