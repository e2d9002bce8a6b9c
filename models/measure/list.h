/* list.h - a list that grows by one; for the structs of results, where lists are short. */
#ifndef ESPSIM_MEASURE_LIST_H
#define ESPSIM_MEASURE_LIST_H

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Takes `list` of *n items and gives it back with one more at its end, zeroed; *n is counted up. */
static inline void *list_grow(void *list, size_t *n, size_t size)
{
    char *grown = realloc(list, (*n + 1) * size);
    assert(grown);
    memset(grown + *n * size, 0, size);
    ++*n;
    return grown;
}

#endif
