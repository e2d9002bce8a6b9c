/* list.h - a list that grows by one, its room by doubling; for the structs of results. */
#ifndef ESPSIM_MEASURE_LIST_H
#define ESPSIM_MEASURE_LIST_H

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Takes `list` of *n items and gives it back with one more at its end, zeroed; *n is counted up. */
static inline void *list_grow(void *list, size_t *n, size_t size)
{
    char *grown = list;
    if (!(*n & (*n - 1))) /* a power of two, or none: there is no more room */
        grown = realloc(list, (*n ? 2 * *n : 1) * size);
    assert(grown);
    memset(grown + *n * size, 0, size);
    ++*n;
    return grown;
}

#endif
