#include "sim/run/store.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool take_line(struct store *s, const char *path, size_t number, char *text, struct err *e)
{
    json_t *line = json_loads(text, 0, NULL);
    json_t *unit = json_object_get(line, "unit");
    bool ok = json_is_integer(unit) && json_integer_value(unit) >= 0;
    uint64_t n = ok ? (uint64_t)json_integer_value(unit) : 0;
    json_decref(line);
    if (!ok) {
        free(text);
        return err_set(e, "%s:%zu: is no line of a sweep's store; name another file", path, number);
    }
    return store_add(s, n, text, e) || err_at(e, "%s:%zu", path, number);
}

static bool take_head(struct store *s, const char *path, const char *text, struct err *e)
{
    json_t *head = json_loads(text, 0, NULL);
    bool ok = json_is_integer(json_object_get(head, "sweep"));
    json_decref(head);
    if (!ok)
        return err_set(e, "%s:1: is no head of a sweep's store; name another file", path);
    s->head = strdup(text);
    return true;
}

static bool read_lines(struct store *s, const char *path, FILE *f, struct err *e)
{
    char *line = NULL;
    size_t cap = 0, number = 0;
    bool ok = true;
    for (ssize_t len; ok && (len = getline(&line, &cap, f)) > 0;) {
        if (line[len - 1] != '\n')
            break; /* cut while it was written */
        line[len - 1] = 0;
        number++;
        if (number == 1)
            ok = take_head(s, path, line, e);
        else
            ok = take_line(s, path, number, strdup(line), e);
    }
    free(line);
    return ok;
}

bool store_read(struct store *s, const char *path, struct err *e)
{
    *s = (struct store){0};
    FILE *f = fopen(path, "r");
    if (!f)
        return errno == ENOENT || err_set(e, "%s: cannot be read: %s", path, strerror(errno));
    bool ok = read_lines(s, path, f, e);
    fclose(f);
    if (!ok)
        store_fini(s);
    return ok;
}

void store_fini(struct store *s)
{
    struct store_line *line, *next;
    HASH_ITER(hh, s->lines, line, next)
    {
        HASH_DEL(s->lines, line);
        free(line->text);
        free(line);
    }
    free(s->head);
    *s = (struct store){0};
}

static const struct store_line *find(const struct store *s, uint64_t unit)
{
    struct store_line *line;
    HASH_FIND(hh, s->lines, &unit, sizeof unit, line);
    return line;
}

bool store_has(const struct store *s, uint64_t unit)
{
    return find(s, unit) != NULL;
}

bool store_add(struct store *s, uint64_t unit, char *text, struct err *e)
{
    const struct store_line *there = find(s, unit);
    if (there) {
        bool same = !strcmp(there->text, text);
        free(text);
        return same || err_set(e,
                               "run %llu is there with another result; one of the two was made by another version: "
                               "make it again",
                               (unsigned long long)unit);
    }
    struct store_line *line = malloc(sizeof *line);
    assert(line);
    *line = (struct store_line){.unit = unit, .text = text};
    HASH_ADD(hh, s->lines, unit, sizeof line->unit, line);
    return true;
}

static int by_unit(const struct store_line *a, const struct store_line *b)
{
    return (a->unit > b->unit) - (a->unit < b->unit);
}

bool store_write(struct store *s, const char *path, struct err *e)
{
    char *temporary;
    if (asprintf(&temporary, "%s.new", path) < 0)
        abort();
    HASH_SORT(s->lines, by_unit);
    FILE *f = fopen(temporary, "w");
    bool ok = f && fprintf(f, "%s\n", s->head) > 0;
    for (const struct store_line *line = s->lines; ok && line; line = line->hh.next)
        ok = fprintf(f, "%s\n", line->text) > 0;
    if (f && fclose(f))
        ok = false;
    if (!ok || rename(temporary, path)) {
        err_set(e, "%s: cannot be written: %s", path, strerror(errno));
        unlink(temporary);
        ok = false;
    }
    free(temporary);
    return ok;
}
