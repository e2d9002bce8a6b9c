#include "models/base/err.h"

#include <stdarg.h>
#include <stdio.h>

bool err_set(struct err *e, const char *format, ...)
{
    if (!e)
        return false;
    va_list args;
    va_start(args, format);
    vsnprintf(e->text, sizeof e->text, format, args);
    va_end(args);
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
    return false;
}
