/* words.h - what several commands do with the words of a command line. */
#ifndef ESPSIM_CLI_WORDS_H
#define ESPSIM_CLI_WORDS_H

#include "models/base/family.h"
#include "models/base/ini.h"

#include <stddef.h>

/* The values of --set, in order: for config_read. Borrows the strings of argv. */
struct sets {
    const char **at;
    size_t n;
};

void sets_add(struct sets *sets, const char *set);
void sets_fini(struct sets *sets);

/* Members of a family that the user named, in that order. */
enum { CHOSEN_CAP = 64 };
struct chosen {
    const struct member *at[CHOSEN_CAP];
    size_t n;
};

/* Adds what `list` names: members divided by commas, or `all`. False and `e`: no such member, or too many. */
bool chosen_add(struct chosen *c, const struct family *f, const char *list, struct err *e);

/* One error a line on standard error; after 50 only their number. */
void print_errs(const struct err_list *bad);

#endif
