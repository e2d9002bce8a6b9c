/* Any octets are a TCP header or none; its options end, whatever they say. */
#include "tests/fuzz/fuzz.h"

#include "models/wire/tcp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct tcp h;
    struct rd r = rd_over(data, len);
    uint8_t again[60];
    if (!tcp_read(&h, &r))
        return 0;
    struct wr w = wr_over(again, sizeof again);
    tcp_write(&h, &w);
    size_t head_len = TCP_HEAD_LEN + h.opts_len;
    /* the reserved bits are not kept */
    if (!w.ok || head_len > len || memcmp(again, data, 12) || memcmp(again + 13, data + 13, head_len - 13))
        abort();
    tcp_mss_option(&h);
    return 0;
}
