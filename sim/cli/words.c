#include "sim/cli/words.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { ERRS_SHOWN = 50 };

void sets_add(struct sets *sets, const char *set)
{
    sets->at = realloc(sets->at, (sets->n + 1) * sizeof *sets->at);
    assert(sets->at);
    sets->at[sets->n++] = set;
}

void sets_fini(struct sets *sets)
{
    free(sets->at);
    *sets = (struct sets){0};
}

void print_errs(const struct err_list *bad)
{
    for (size_t i = 0; i < bad->n_errs && i < ERRS_SHOWN; i++)
        fprintf(stderr, "%s\n", bad->errs[i].text);
    if (bad->n_errs > ERRS_SHOWN)
        fprintf(stderr, "... and %zu more\n", bad->n_errs - ERRS_SHOWN);
}
