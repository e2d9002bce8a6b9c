#include "models/base/err.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is quoted in it may have lines of its own, which would read as further errors. */
static void join_lines(char *text)
{
    for (char *end; (end = strpbrk(text, "\r\n"));)
        *end = ' ';
}

bool err_set(struct err *e, const char *format, ...)
{
    if (!e)
        return false;
    va_list args;
    va_start(args, format);
    vsnprintf(e->text, sizeof e->text, format, args);
    va_end(args);
    join_lines(e->text);
    return false;
}

bool err_at(struct err *e, const char *format, ...)
{
    if (!e)
        return false;
    struct err whole;
    va_list args;
    va_start(args, format);
    int n = vsnprintf(whole.text, sizeof whole.text, format, args);
    va_end(args);
    if (n >= 0 && (size_t)n < sizeof whole.text)
        snprintf(whole.text + n, sizeof whole.text - (size_t)n, ": %s", e->text);
    *e = whole;
    join_lines(e->text);
    return false;
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), n = strlen(end);
    return len >= n && !strcmp(text + len - n, end);
}

bool err_option(struct err *e, const char *option)
{
    if (!e)
        return false;
    if (!ends_with(e->text, "choose another place") && !ends_with(e->text, "choose another name"))
        return err_at(e, "%s", option);
    size_t len = strlen(e->text);
    snprintf(e->text + len, sizeof e->text - len, " with %s", option);
    return false;
}

void err_list_add(struct err_list *list, const char *format, ...)
{
    list->errs = realloc(list->errs, (list->n_errs + 1) * sizeof *list->errs);
    assert(list->errs);
    va_list args;
    va_start(args, format);
    vsnprintf(list->errs[list->n_errs].text, sizeof list->errs[0].text, format, args);
    va_end(args);
    join_lines(list->errs[list->n_errs].text);
    list->n_errs++;
}

void err_list_fini(struct err_list *list)
{
    free(list->errs);
    *list = (struct err_list){0};
}
