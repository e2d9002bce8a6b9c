#include "sim/cli/command.h"

const struct command commands[] = {
    {"run", "simulate a scenario in every mode and compare", cmd_run},
    {"esp", "encapsulate or decapsulate the packets of a capture", cmd_esp},
    {"overhead", "what modes and rivals cost, for sizes, codecs or your capture", cmd_overhead},
    {"mtu", "the largest packet and MSS of each mode, algorithm and framing", cmd_mtu},
    {"report", "a page with figures from a result, with Markdown and CSV", cmd_report},
    {"compare", "compare results with a baseline, within stated tolerances", cmd_compare},
    {"verify", "whether the files of a result are those that were written", cmd_verify},
    {"check", "check a scenario and print its effective settings", cmd_check},
    {"export", "write files that make Linux gateways do what a scenario says", cmd_export},
    {"lookup", "which SA each lookup policy gives to a packet, and why", cmd_lookup},
    {"collide", "how often SPIs collide: formulas and simulation", cmd_collide},
    {"sweep", "run a scenario over lists of values and seeds", cmd_sweep},
    {"merge", "put the shards of a sweep together", cmd_merge},
    {"list", "name every mode, algorithm, lookup policy, ... and its source", cmd_list},
};

const size_t n_commands = sizeof commands / sizeof *commands;
