/* espsim lookup: who gets what. */
#include "analysis/lookup_table.h"
#include "analysis/table.h"
#include "sim/cli/command.h"
#include "models/files/file.h"
#include "sim/cli/words.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>

enum { KEY_JSON = 256 };

struct asked {
    const char *file;
    bool json;
};

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    struct asked *a = state->input;
    switch (key) {
    case KEY_JSON:
        a->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (a->file)
            argp_error(state, "`%s`: one file at a time", arg);
        a->file = arg;
        return 0;
    case ARGP_KEY_END:
        if (!a->file)
            argp_error(state, "needs a FILE of SAs and packets, see espsim-lookup(1)");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int answer(const struct asked *a, const char *text, size_t len)
{
    struct lookup_table t;
    struct err_list bad = {0};
    bool ok = lookup_table_read(&t, a->file, text, len, &bad);
    print_errs(&bad);
    err_list_fini(&bad);
    if (!ok)
        return CMD_ASKED_WRONGLY;
    if (a->json)
        lookup_table_print_json(&t, stdout);
    else
        lookup_table_print(&t, stdout, table_wants_colour(stdout));
    lookup_table_fini(&t);
    return CMD_FINE;
}

int cmd_lookup(int argc, char **argv)
{
    static const struct argp_option options[] = {{"json", KEY_JSON, NULL, 0, "for programs", 0}, {0}};
    static const struct argp argp = {
        options, take_option, "FILE", "Which SA every lookup policy gives to the ESP packets of a file, and why.",
        NULL,    NULL,        NULL};
    struct asked asked = {0};
    struct err e;
    char *text;
    size_t len;
    argp_parse(&argp, argc, argv, 0, NULL, &asked);
    if (!file_read(asked.file, FILE_ASKED, &text, &len, &e)) {
        fprintf(stderr, "espsim: %s\n", e.text);
        return CMD_COULD_NOT;
    }
    int code = answer(&asked, text, len);
    free(text);
    return code;
}
