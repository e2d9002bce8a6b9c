/* words.h - what several commands do with the words of a command line. */
#ifndef ESPSIM_CLI_WORDS_H
#define ESPSIM_CLI_WORDS_H

#include "models/base/ini.h"

#include <stddef.h>

/* The values of --set, in order: for config_read. Borrows the strings of argv. */
struct sets {
    const char **at;
    size_t n;
};

void sets_add(struct sets *sets, const char *set);
void sets_fini(struct sets *sets);

/* One error a line on standard error; after 50 only their number. */
void print_errs(const struct err_list *bad);

#endif
