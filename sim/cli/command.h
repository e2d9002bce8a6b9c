/* command.h - the commands of espsim: one file cmd_NAME.c and one line in commands.c each.
 *
 * A command parses its own words with argp, writes results to stdout and reasons to stderr, and gives its exit code.
 */
#ifndef ESPSIM_CLI_COMMAND_H
#define ESPSIM_CLI_COMMAND_H

#include <stddef.h>

/* Exit codes; the same in every command. */
enum {
    CMD_FINE = 0,
    CMD_WORSE = 1,         /* it ran, and the answer is: worse, different, out of bounds */
    CMD_ASKED_WRONGLY = 2, /* command line, scenario or other input of the user; nothing was written */
    CMD_COULD_NOT = 3      /* missing file, package, disk space, engine: the question was right */
};

struct command {
    const char *name;
    const char *what; /* one line of the help, 66 characters at most, no full stop */
    /* argv[0] is "espsim NAME", for argp's messages; gives the exit code. */
    int (*run)(int argc, char **argv);
};

extern const struct command commands[];
extern const size_t n_commands;

int cmd_esp(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_compare(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_collide(int argc, char **argv);
int cmd_lookup(int argc, char **argv);
int cmd_sweep(int argc, char **argv);
int cmd_merge(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_mtu(int argc, char **argv);
int cmd_overhead(int argc, char **argv);

#endif
