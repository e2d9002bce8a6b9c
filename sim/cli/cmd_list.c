/* cmd_list.c - `espsim list [FAMILY]`: what can be written in a scenario or on a command line, and where it comes from.
 */
#include "sim/cli/command.h"
#include "sim/cli/families.h"

#include <argp.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { KEY_JSON = 256 };

struct words {
    const struct family *only; /* NULL: all families */
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
    case ARGP_KEY_ARG:
        if (words->only)
            argp_error(state, "%s: one family at most", arg);
        words->only = families_find(arg, &e);
        if (!words->only)
            argp_error(state, "%s", e.text);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int widest(const struct family *f)
{
    size_t width = 0;
    for (size_t i = 0; i < f->n_members; i++)
        if (strlen(f->members[i]->name) > width)
            width = strlen(f->members[i]->name);
    return (int)width;
}

static void print_family(const struct family *f)
{
    int width = widest(f);
    printf("%s: %s\n", f->name, f->what);
    for (size_t i = 0; i < f->n_members; i++) {
        const struct member *m = f->members[i];
        printf("  %-*s  %s", width, m->name, m->what);
        if (m->source && *m->source)
            printf("  [%s]", m->source);
        putchar('\n');
    }
}

static json_t *family_json(const struct family *f)
{
    json_t *members = json_array();
    for (size_t i = 0; i < f->n_members; i++) {
        const struct member *m = f->members[i];
        json_array_append_new(members, json_pack("{s:s, s:s, s:s}", "name", m->name, "what", m->what, "source",
                                                 m->source ? m->source : ""));
    }
    return json_pack("{s:s, s:s, s:o}", "family", f->name, "what", f->what, "members", members);
}

int cmd_list(int argc, char **argv)
{
    static const struct argp_option options[] = {{"json", KEY_JSON, NULL, 0, "For programs", 0}, {0}};
    static const struct argp argp = {.options = options,
                                     .parser = parse_word,
                                     .args_doc = "[FAMILY]",
                                     .doc = "Names the members of every family, or of one, with their sources."};
    struct words words = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &words);

    json_t *all = json_array();
    for (size_t i = 0; families[i]; i++) {
        if (words.only && families[i] != words.only)
            continue;
        if (words.json)
            json_array_append_new(all, family_json(families[i]));
        else
            print_family(families[i]);
        if (!words.json && !words.only && families[i + 1])
            putchar('\n');
    }
    if (words.json) {
        json_dumpf(all, stdout, JSON_INDENT(2));
        putchar('\n');
    }
    json_decref(all);
    return CMD_FINE;
}
