#include "models/base/family.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

const struct member *family_get(const struct family *f, const char *name)
{
    for (size_t i = 0; i < f->n_members; i++)
        if (!strcmp(f->members[i]->name, name))
            return f->members[i];
    return NULL;
}

/* Levenshtein distance without regard to case, given up above `limit`. */
static size_t distance(const char *a, const char *b, size_t limit)
{
    enum { CAP = 64 };
    size_t n = strlen(b), row[CAP];
    if (n >= CAP || strlen(a) >= CAP)
        return limit + 1;
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 1; *a; a++, i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            char pair[2][2] = {{*a, 0}, {b[j - 1], 0}};
            size_t best = diagonal + (strcasecmp(pair[0], pair[1]) != 0);
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[n];
}

/* The only one that begins with `word`, three letters or more of it. */
static const char *completed(const char *word, const char *const *candidates, size_t n)
{
    const char *only = NULL;
    size_t len = strlen(word), found = 0;
    for (size_t i = 0; i < n; i++)
        if (len >= 3 && !strncasecmp(word, candidates[i], len)) {
            only = candidates[i];
            found++;
        }
    return found == 1 ? only : NULL;
}

const char *family_suggest(const char *word, const char *const *candidates, size_t n)
{
    const char *best = NULL;
    size_t limit = strlen(word) / 3 + 1, nearest = limit + 1;
    for (size_t i = 0; i < n; i++) {
        size_t d = distance(word, candidates[i], limit);
        if (d < nearest) {
            nearest = d;
            best = candidates[i];
        }
    }
    return best ? best : completed(word, candidates, n);
}

const char *family_near(const struct family *f, const char *name)
{
    const char *names[64];
    assert(f->n_members <= 64);
    for (size_t i = 0; i < f->n_members; i++)
        names[i] = f->members[i]->name;
    return family_suggest(name, names, f->n_members);
}

const struct member *family_find(const struct family *f, const char *name, struct err *e)
{
    const struct member *m = family_get(f, name);
    if (m)
        return m;
    char all[512] = "";
    for (size_t i = 0; i < f->n_members; i++)
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i ? ", " : "", f->members[i]->name);
    const char *near = family_near(f, name);
    if (near)
        err_set(e, "no such %s; did you mean `%s`? (%s)", f->name, near, all);
    else
        err_set(e, "no such %s; expected one of %s", f->name, all);
    return NULL;
}
