/* Any text is taken or refused by every trace format; what is taken can be looked up at any time. */
#include "models/link/trace.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < trace_format_family.n_members; i++) {
        const struct trace_format *f = (const struct trace_format *)trace_format_family.members[i];
        struct trace_source s = {"fuzz", (const char *)data, len, TRACE_BIN};
        struct trace t;
        struct err_list bad = {0};
        if (trace_parse(&t, f, &s, &bad)) {
            sim_time next = 0;
            for (int k = 0; k < 100 && next < TRACE_NEVER / 2; k++) {
                sim_time now = next;
                trace_at(&t, now, &next);
                assert(next > now);
            }
        } else {
            assert(bad.n_errs);
        }
        trace_fini(&t);
        err_list_fini(&bad);
    }
    return 0;
}
