/* Any octets are an IPv6 packet with a chain of extension headers, or none. */
#include "tests/fuzz/fuzz.h"

#include "models/wire/checksum.h"
#include "models/wire/icmp.h"
#include "models/wire/ipv6.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct ipv6 h;
    struct ip_view v;
    struct rd r = rd_over(data, len);
    uint8_t again[IPV6_HEAD_LEN];
    if (!ipv6_read(&h, &r))
        return 0;
    struct wr w = wr_over(again, sizeof again);
    ipv6_write(&h, &w);
    if (!w.ok || memcmp(again, data, sizeof again) || !ip_parse(data, len, &v))
        abort();
    if (v.upper_ok && (v.head_len > v.total_len || v.nh_at >= v.head_len || data[v.nh_at] != v.protocol))
        abort();
    struct icmp_error what;
    struct addr src, dst;
    if (v.upper_ok && !icmp_read_error(data, &v, &what, &src, &dst))
        checksum_l4_is_good(data, &v);
    return 0;
}
