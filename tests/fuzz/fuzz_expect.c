/* Bounds (.expect) and tolerance files: any text is refused with reasons or taken, and what is taken can be asked. */
#include "analysis/compare_rules.h"
#include "analysis/expect.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void try_expect(const char *text, size_t len)
{
    struct expectations x;
    struct err_list bad = {0}, broken = {0};
    struct result none = {0};
    bool ok = expect_read(&x, "fuzz", text, len, &bad);
    must(ok == (bad.n_errs == 0));
    if (ok)
        expect_check(&x, &none, &broken);
    must(!ok || broken.n_errs >= x.n_rows); /* a result without runs has none of the metrics */
    expect_fini(&x);
    err_list_fini(&bad);
    err_list_fini(&broken);
}

static void try_rules(const char *text, size_t len)
{
    struct rules rules;
    struct err_list bad = {0};
    bool ok = rules_read(&rules, "fuzz", text, len, &bad);
    must(ok == (bad.n_errs == 0));
    if (ok)
        rules_find(&rules, "sat-link", "tunnel", "flows.bulk.delay_max_s");
    rules_fini(&rules);
    err_list_fini(&bad);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    try_expect((const char *)data, len);
    try_rules((const char *)data, len);
    return 0;
}
