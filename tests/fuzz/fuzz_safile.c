/* Any text is taken or refused with a reason; what is taken makes SAs, or says why not. */
#include "tests/fuzz/fuzz.h"

#include "models/ipsec/safile.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct safile f;
    struct err_list bad = {0};
    if (safile_read(&f, "fuzz", (const char *)data, len, &bad)) {
        for (size_t i = 0; i < f.n_sas; i++) {
            struct sa *sa;
            struct err e;
            if (sa_new(&f.sas[i], &sa, &e))
                sa_free(sa);
        }
        safile_fini(&f);
    } else if (!bad.n_errs) {
        abort();
    }
    err_list_fini(&bad);
    return 0;
}
