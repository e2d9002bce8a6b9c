/* Any octets are an IPv4 header or none; what is one is written back to the same octets. */
#include "tests/fuzz/fuzz.h"

#include "models/wire/checksum.h"
#include "models/wire/ipv4.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct ipv4 h;
    struct rd r = rd_over(data, len);
    uint8_t again[IPV4_HEAD_LEN + IPV4_OPTS_CAP];
    if (!ipv4_read(&h, &r))
        return 0;
    struct wr w = wr_over(again, sizeof again);
    ipv4_write(&h, &w);
    size_t head_len = IPV4_HEAD_LEN + h.opts_len;
    /* bit 15 of the flags must be 0 (RFC 791) and is not kept; a checksum of 0xffff stands for 0 */
    if (!w.ok || (!(data[6] & 0x80) && memcmp(again, data, 10)) || memcmp(again + 12, data + 12, head_len - 12))
        abort();
    struct ip_view v;
    if (ip_parse(data, len, &v))
        checksum_l4_is_good(data, &v);
    return 0;
}
