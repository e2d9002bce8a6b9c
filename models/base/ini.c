#include "models/base/ini.h"

#include <assert.h>
#include <ctype.h>
#include <ini.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reading {
    struct ini *ini;
    struct err_list *bad;
    const char *file;
    const char *at, *end;
    int line;
    bool repeating;
    bool secret;                    /* messages show no values */
    char section[INI_LINE_MAX + 1]; /* of the current line; inih would cut long names */
    bool bad_line;                  /* the current line was refused already */
};

static void add_item(struct ini *ini, const char *section, const char *key, const char *value, int line)
{
    ini->items = realloc(ini->items, (ini->n_items + 1) * sizeof *ini->items);
    assert(ini->items);
    ini->items[ini->n_items++] =
        (struct ini_item){strdup(section), key ? strdup(key) : NULL, value ? strdup(value) : NULL, line};
}

static const struct ini_item *find(const struct reading *r, const char *section, const char *key)
{
    for (size_t i = r->ini->n_items; i-- > 0;) {
        const struct ini_item *item = &r->ini->items[i];
        if (r->repeating && !item->key)
            return NULL; /* what is above belongs to an earlier section */
        if (strcmp(item->section, section))
            continue;
        if (key ? item->key && !strcmp(item->key, key) : !item->key)
            return item;
    }
    return NULL;
}

const char *ini_hidden(const char *value, char text[INI_HIDDEN_CAP])
{
    text[0] = 0;
    if (*value)
        snprintf(text, INI_HIDDEN_CAP, "<%zu character%s>", strlen(value), value[1] ? "s" : "");
    return text;
}

/* What a message may show of a value or of a line. */
static const char *shown(const struct reading *r, const char *value, char text[INI_HIDDEN_CAP])
{
    return r->secret ? ini_hidden(value, text) : value;
}

/* inih does not tell of sections without keys or named twice, so section lines are taken here. One that is refused is
 * a section all the same: the keys below it are not those of the section above. */
static void take_section(struct reading *r, const char *line, size_t len)
{
    char hidden[INI_HIDDEN_CAP], behind[INI_LINE_MAX + 1];
    const char *close = memchr(line, ']', len);
    size_t name_len = close ? (size_t)(close - line) : len; /* without `]`: inih refuses it */
    while (!close && name_len > 1 && isspace((unsigned char)line[name_len - 1]))
        name_len--;
    snprintf(r->section, sizeof r->section, "%.*s", (int)name_len - 1, line + 1);
    for (const char *rest = close ? close + 1 : line + len; rest < line + len; rest++)
        if (!isspace((unsigned char)*rest)) {
            snprintf(behind, sizeof behind, "%.*s", (int)(line + len - rest), rest);
            err_list_add(r->bad, "%s:%d: [%s] is followed by `%s`; put it on a line of its own", r->file, r->line,
                         r->section, shown(r, behind, hidden));
            break;
        }
    const struct ini_item *first = find(r, r->section, NULL);
    if (first)
        err_list_add(r->bad, "%s:%d: [%s]: duplicate section, first in line %d; put its keys there", r->file, r->line,
                     r->section, first->line);
    else
        add_item(r->ini, r->section, NULL, NULL, r->line);
}

/* Hands inih one line at a time, each fit for its buffer, and counts them: its handler is not told the line. */
static char *next_line(char *to, int cap, void *stream)
{
    struct reading *r = stream;
    if (r->at == r->end)
        return NULL;
    const char *newline = memchr(r->at, '\n', (size_t)(r->end - r->at));
    size_t len = (size_t)((newline ? newline : r->end) - r->at);
    const char *line = r->at;
    r->at = newline ? newline + 1 : r->end;
    r->line++;
    r->bad_line = false;
    if (len && line[len - 1] == '\r')
        len--;
    size_t blank = 0;
    while (blank < len && isspace((unsigned char)line[blank]))
        blank++;
    bool comment = blank < len && (line[blank] == '#' || line[blank] == ';');
    if (!comment && len > INI_LINE_MAX) {
        err_list_add(r->bad, "%s:%d: the line has %zu characters; at most %d are read", r->file, r->line, len,
                     INI_LINE_MAX);
        r->bad_line = true;
    }
    for (size_t i = 0; i < len && !r->bad_line; i++)
        if (iscntrl((unsigned char)line[i]) && line[i] != '\t') {
            err_list_add(r->bad, "%s:%d: octet 0x%02x: this is not a text file; expected an INI file", r->file, r->line,
                         (unsigned char)line[i]);
            r->bad_line = true;
        }
    if (comment || r->bad_line)
        len = 0;
    line += blank < len ? blank : 0; /* no continuation lines: an indented key is a key */
    len -= blank < len ? blank : 0;
    if (len && line[0] == '[')
        take_section(r, line, len);
    assert(len + 2 <= (size_t)cap);
    memcpy(to, line, len);
    memcpy(to + len, "\n", 2);
    return to;
}

static int take_key(void *user, const char *inih_section, const char *key, const char *value)
{
    (void)inih_section;
    struct reading *r = user;
    char hidden[INI_HIDDEN_CAP];
    const char *section = r->section;
    const struct ini_item *first = find(r, section, key);
    if (!*section)
        err_list_add(r->bad, "%s:%d: %s = %s: stands before the first section; expected `[section]` above it", r->file,
                     r->line, key, shown(r, value, hidden));
    else if (!*key)
        err_list_add(r->bad, "%s:%d: `= %s`: has no key; expected `key = value`", r->file, r->line,
                     shown(r, value, hidden));
    else if (first)
        err_list_add(r->bad, "%s:%d: %s = %s: duplicate key of [%s], first in line %d; keep one of them", r->file,
                     r->line, key, shown(r, value, hidden), section, first->line);
    else
        add_item(r->ini, section, key, value, r->line);
    return 1;
}

static int by_line(const void *a, const void *b)
{
    const char *x = ((const struct err *)a)->text, *y = ((const struct err *)b)->text;
    const char *cx = strchr(x, ':'), *cy = strchr(y, ':');
    int nx = cx ? atoi(cx + 1) : 0, ny = cy ? atoi(cy + 1) : 0;
    return (nx > ny) - (nx < ny);
}

enum { REPEATING = 1, SECRET = 2 };

static bool read_all(struct ini *ini, const char *file, const char *text, size_t len, unsigned how,
                     struct err_list *bad)
{
    *ini = (struct ini){0};
    size_t before = bad->n_errs;
    struct reading r = {.ini = ini,
                        .bad = bad,
                        .file = file,
                        .at = text,
                        .end = text + len,
                        .repeating = how & REPEATING,
                        .secret = how & SECRET};
    if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
        r.at += 3;
    while (r.at < r.end) {
        /* inih stops counting for us at its first bad line, so give it the text line by line. */
        char line[INI_LINE_MAX + 3], hidden[INI_HIDDEN_CAP];
        if (!next_line(line, sizeof line, &r))
            break;
        if (line[0] == '[' && strchr(line, ']'))
            continue;
        if (!ini_parse_string(line, take_key, &r))
            continue;
        line[strcspn(line, "\n")] = 0;
        err_list_add(bad, "%s:%d: `%s`: neither [section] nor `key = value` nor a comment (#)", file, r.line,
                     shown(&r, line, hidden));
    }
    if (bad->n_errs > before)
        qsort(bad->errs + before, bad->n_errs - before, sizeof *bad->errs, by_line);
    return bad->n_errs == before;
}

bool ini_read_all(struct ini *ini, const char *file, const char *text, size_t len, struct err_list *bad)
{
    return read_all(ini, file, text, len, 0, bad);
}

static bool all_or_nothing(struct ini *ini, bool ok)
{
    if (!ok)
        ini_fini(ini);
    return ok;
}

bool ini_read(struct ini *ini, const char *file, const char *text, size_t len, struct err_list *bad)
{
    return all_or_nothing(ini, read_all(ini, file, text, len, 0, bad));
}

bool ini_read_repeating(struct ini *ini, const char *file, const char *text, size_t len, struct err_list *bad)
{
    return all_or_nothing(ini, read_all(ini, file, text, len, REPEATING, bad));
}

bool ini_read_secret(struct ini *ini, const char *file, const char *text, size_t len, struct err_list *bad)
{
    return all_or_nothing(ini, read_all(ini, file, text, len, REPEATING | SECRET, bad));
}

void ini_fini(struct ini *ini)
{
    for (size_t i = 0; i < ini->n_items; i++) {
        char *value = (char *)(uintptr_t)ini->items[i].value;
        if (value)
            explicit_bzero(value, strlen(value)); /* it may be a key of an SA */
        free(value);
        free((void *)(uintptr_t)ini->items[i].section);
        free((void *)(uintptr_t)ini->items[i].key);
    }
    free(ini->items);
    *ini = (struct ini){0};
}
