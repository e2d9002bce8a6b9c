/* allocations.h - counts the allocations of a test program: glibc lets a program put its own functions in front.
 * Sanitizers do that themselves; there nothing is counted. One source file of a program includes it. */
#ifndef ESPSIM_TESTS_ALLOCATIONS_H
#define ESPSIM_TESTS_ALLOCATIONS_H

#include <stddef.h>
#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#endif

static size_t n_allocations;

#ifndef SANITIZED
extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);

void *malloc(size_t n)
{
    n_allocations++;
    return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    n_allocations++;
    return __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    n_allocations++;
    return __libc_realloc(p, n);
}
#endif

/* Skips the test where they are not. */
static inline void allocations_are_counted(void)
{
#ifdef SANITIZED
    skip();
#else
    size_t before = n_allocations;
    void *volatile seen = malloc(1);
    free(seen);
    assert_int_equal(n_allocations, before + 1);
#endif
}

#endif
