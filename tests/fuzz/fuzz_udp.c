/* Any octets are a UDP header or none; what is one is written back to the same octets. */
#include "tests/fuzz/fuzz.h"

#include "models/wire/udp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct udp h;
    struct rd r = rd_over(data, len);
    uint8_t again[UDP_HEAD_LEN];
    if (!udp_read(&h, &r))
        return 0;
    struct wr w = wr_over(again, sizeof again);
    udp_write(&h, &w);
    if (!w.ok || h.len > len || memcmp(again, data, sizeof again))
        abort();
    return 0;
}
