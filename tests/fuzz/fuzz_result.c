/* fuzz_result.c - result.json and series.json: any text is refused with a reason or read, and what is read is written
 * and read again the same. */
#include "models/measure/curves.h"
#include "models/measure/result.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void try_result(const char *text, size_t len)
{
    struct result r = {0}, again = {0};
    struct err e = {""};
    if (!result_read(&r, "result.json", text, len, &e)) {
        must(!strncmp(e.text, "result.json:", 12));
        return;
    }
    char *first = result_text(&r);
    must(result_read(&again, "again.json", first, strlen(first), &e));
    char *second = result_text(&again);
    must(!strcmp(first, second));
    free(first);
    free(second);
    result_fini(&r);
    result_fini(&again);
}

static void try_curves(const char *text, size_t len)
{
    struct curves c = {0}, again = {0};
    struct err e = {""};
    if (!curves_read(&c, "series.json", text, len, &e)) {
        must(!strncmp(e.text, "series.json:", 12));
        return;
    }
    char *first = curves_text(&c);
    must(curves_read(&again, "again.json", first, strlen(first), &e));
    free(first);
    curves_fini(&c);
    curves_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    try_result((const char *)data, len);
    try_curves((const char *)data, len);
    return 0;
}
