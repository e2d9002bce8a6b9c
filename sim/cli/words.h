/* words.h - what several commands do with the words of a command line. */
#ifndef ESPSIM_CLI_WORDS_H
#define ESPSIM_CLI_WORDS_H

#include "models/base/family.h"
#include "models/base/ini.h"
#include "models/base/units.h"

#include <argp.h>
#include <stddef.h>
#include <stdint.h>

/* The values of --set, in order: for config_read. Owns its strings. */
struct sets {
    const char **at;
    const char **options; /* that each was typed behind: "--set", or one that is short for it; borrowed */
    size_t n;
};

void sets_add(struct sets *sets, const char *set);
/* For options that are short for a setting, such as `--modes a,b`: checked and shown as every setting is. */
void sets_add_value(struct sets *sets, const char *option, const char *key, const char *value);
/* What config_read says of "--set: KEY = ..." begins with the option that the user typed instead. */
void sets_name_options(const struct sets *sets, struct err_list *bad);
void sets_fini(struct sets *sets);

/* A number from `least` to `most`. False and `e` where it is none; as with units.h, the caller names option and text.
 */
bool count_parse(const char *text, uint64_t least, uint64_t most, uint64_t *n, struct err *e);

/* Members of a family that the user named, in that order. */
enum { CHOSEN_CAP = 64 };
struct chosen {
    const struct member *at[CHOSEN_CAP];
    size_t n;
};

/* Gives each word of a list divided by commas to `take`, until one is refused: false and `e`, which names the word
 * where it is not the whole list. */
bool list_each(const char *list, bool (*take)(void *ctx, const char *word, struct err *e), void *ctx, struct err *e);

/* Adds what `list` names: members divided by commas, or `all`. False and `e`: no such member, or too many. */
bool chosen_add(struct chosen *c, const struct family *f, const char *list, struct err *e);

/* The long name of the option that has `key`, for `--NAME VALUE: what is wrong`. */
const char *option_name(const struct argp_option *options, int key);

/* The value of --timeout; ends the program, as argp does, where it is no time. */
sim_time take_timeout(const struct argp_state *state, const char *text);

/* One error a line on standard error; after 50 only their number. */
void print_errs(const struct err_list *bad);

#endif
