/* main.c - finds the command in the table of commands.c and runs it. */
#include "models/base/family.h"
#include "models/base/text.h"
#include "sim/cli/command.h"

#include <argp.h>
#include <assert.h>
#include <espsim_version.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void print_version(FILE *to, struct argp_state *state)
{
    (void)state;
    fprintf(to, "espsim %s (commit %s)\n%s\n%s\njansson %s\n", ESPSIM_VERSION, ESPSIM_COMMIT,
            OpenSSL_version(OPENSSL_VERSION), pcap_lib_version(), jansson_version_str());
}

void (*argp_program_version_hook)(FILE *, struct argp_state *) = print_version;

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < n_commands; i++)
        if (!strcmp(commands[i].name, name))
            return &commands[i];
    return NULL;
}

static const char *suggest_command(const char *name)
{
    const char *names[32];
    assert(n_commands <= 32);
    for (size_t i = 0; i < n_commands; i++)
        names[i] = commands[i].name;
    return family_suggest(name, names, n_commands);
}

/* Adds the table of commands to `espsim --help`. */
static char *help_filter(int key, const char *text, void *input)
{
    (void)input;
    if (key != ARGP_KEY_HELP_POST_DOC)
        return (char *)(size_t)text;
    char *all = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&all, &len);
    fputs("Commands:\n", out);
    for (size_t i = 0; i < n_commands; i++)
        fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].what);
    fputs("\n`espsim COMMAND --help` tells more of one.\n"
          "Exit status: 0 fine, 1 worse or out of bounds, 2 asked wrongly, 3 could not run.",
          out);
    fclose(out);
    return all;
}

struct top {
    const struct command *command;
    int first; /* index of the command's own words */
};

static error_t parse_top(int key, char *arg, struct argp_state *state)
{
    struct top *top = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        top->command = find_command(arg);
        if (!top->command) {
            const char *near = suggest_command(arg);
            argp_error(state, "%s: no such command%s%s%s", arg, near ? "; did you mean `" : "", near ? near : "",
                       near ? "`?" : "");
        }
        top->first = state->next;
        state->next = state->argc; /* the rest is the command's */
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_usage(state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int run_command(const struct command *command, int argc, char **argv)
{
    char name[64];
    snprintf(name, sizeof name, "espsim %s", command->name);
    argv[0] = name;
    int code = command->run(argc, argv);
    if (fflush(stdout) || ferror(stdout)) {
        fprintf(stderr, "%s: standard output: cannot be written; is the disk full?\n", name);
        return CMD_COULD_NOT;
    }
    return code;
}

/* ---- standard error ---- */

/* What was printed to standard error, as a terminal may have it. */
static ssize_t write_shown(void *to, const char *octets, size_t len)
{
    FILE *out = to;
    char *text = strndup(octets, len);
    assert(text);
    text_terminal(out, text, TEXT_LINES);
    free(text);
    return fflush(out) ? 0 : (ssize_t)len;
}

/* Errors quote files and options, argp's too: from here on no control character of theirs reaches a terminal. What has
 * its own (progress.c) writes to the descriptor. */
static void show_errors_as_text(void)
{
    static const cookie_io_functions_t functions = {.write = write_shown};
    FILE *plain = fdopen(STDERR_FILENO, "w"), *shown = plain ? fopencookie(plain, "w", functions) : NULL;
    if (!shown)
        return; /* standard error is closed */
    setvbuf(shown, NULL, _IOLBF, BUFSIZ);
    stderr = shown;
}

int main(int argc, char **argv)
{
    static const struct argp argp = {
        .parser = parse_top,
        .args_doc = "COMMAND [WORD...]",
        .doc = "ESP modes between two gateways over a satellite link: overhead, throughput and "
               "SPI collisions of plain, tunnel, BEET, wildcard and transport mode.\v ",
        .help_filter = help_filter};
    struct top top = {0};
    show_errors_as_text();
    argp_err_exit_status = CMD_ASKED_WRONGLY;
    argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &top);
    return run_command(top.command, argc - top.first + 1, argv + top.first - 1);
}
