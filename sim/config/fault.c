/* fault.c - what is wrong with a scenario: gathered as it is found, told in order of lines. */
#include "sim/config/reader.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct err *fault_add(struct reader *r, int order)
{
    r->faults = realloc(r->faults, (r->n_faults + 1) * sizeof *r->faults);
    assert(r->faults);
    struct fault *f = &r->faults[r->n_faults++];
    *f = (struct fault){.order = order};
    return &f->err;
}

__attribute__((format(printf, 2, 0))) static void put(struct err *e, const char *format, va_list args)
{
    vsnprintf(e->text, sizeof e->text, format, args);
}

void fault_setting(struct reader *r, const struct setting *s, const char *format, ...)
{
    bool from_set = s->text && s->state == SETTING_SET, from_file = s->text && !from_set;
    struct err *e = fault_add(r, from_file ? s->line : from_set ? ORDER_SET + s->line : ORDER_LAST);
    va_list args;
    va_start(args, format);
    put(e, format, args);
    va_end(args);
    char value[256];
    if (from_file)
        err_at(e, "%s:%d: %s = %s", r->file, s->line, s->key->name, s->text);
    else if (from_set)
        err_at(e, "--set: %s.%s = %s", s->section_name, s->key->name, s->text);
    else
        err_at(e, "%s: %s.%s = %s (default)", r->file, s->section_name, s->key->name,
               s->key->type->print(s->key, s->value, value, sizeof value));
}

static int line_of_section(const struct ini *ini, const char *section)
{
    for (size_t i = 0; i < ini->n_items; i++)
        if (!ini->items[i].key && !strcmp(ini->items[i].section, section))
            return ini->items[i].line;
    return 0;
}

void fault_section(struct reader *r, const char *section, const char *format, ...)
{
    int line = line_of_section(r->ini, section);
    struct err *e = fault_add(r, line ? line : ORDER_LAST);
    va_list args;
    va_start(args, format);
    put(e, format, args);
    va_end(args);
    if (line)
        err_at(e, "%s:%d: [%s]", r->file, line, section);
    else
        err_at(e, "%s: [%s]", r->file, section);
}

void fault_word(struct reader *r, const struct word *w, const char *format, ...)
{
    struct err *e = fault_add(r, w->from_set ? ORDER_SET + w->line : w->line);
    va_list args;
    va_start(args, format);
    put(e, format, args);
    va_end(args);
    if (w->from_set)
        err_at(e, "--set: %s.%s = %s", w->section, w->key, w->value);
    else
        err_at(e, "%s:%d: %s = %s", r->file, w->line, w->key, w->value);
}

void fault_sort(struct reader *r)
{
    for (size_t i = 1; i < r->n_faults; i++) { /* insertion sort: stable, and nearly sorted already */
        struct fault f = r->faults[i];
        size_t at = i;
        for (; at > 0 && r->faults[at - 1].order > f.order; at--)
            r->faults[at] = r->faults[at - 1];
        r->faults[at] = f;
    }
}
