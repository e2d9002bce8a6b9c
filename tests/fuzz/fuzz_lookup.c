/* The file of `espsim lookup`: any text is refused with reasons or taken, and what is taken every policy answers. */
#include "analysis/lookup_table.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

static void must(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct lookup_table t;
    struct err_list bad = {0};
    bool ok = lookup_table_read(&t, "fuzz", (const char *)data, len, &bad);
    must(ok == (bad.n_errs == 0));
    for (size_t i = 0; ok && i < t.n_packets; i++)
        for (size_t k = 0; k < lookup_family.n_members; k++) {
            const char *name;
            struct lookup_answer a = lookup_table_ask(&t, (const struct lookup *)lookup_family.members[k], i, &name);
            must((a.outcome == LOOKUP_FOUND) == (name != NULL));
        }
    lookup_table_fini(&t);
    err_list_fini(&bad);
    return 0;
}
