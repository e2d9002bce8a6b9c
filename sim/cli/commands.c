#include "sim/cli/command.h"

const struct command commands[] = {
    {"list", "name every mode, algorithm, lookup policy, ... and its source", cmd_list},
};

const size_t n_commands = sizeof commands / sizeof *commands;
