#include "models/base/addr.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool addr_equal(const struct addr *a, const struct addr *b)
{
    return a->version == b->version && !memcmp(a->bytes, b->bytes, 16);
}

bool addr_is_set(const struct addr *a)
{
    return a->version != 0;
}

bool addr_is_any(const struct addr *a)
{
    static const uint8_t zero[16];
    return !memcmp(a->bytes, zero, 16);
}

bool addr_is_host(const struct addr *a)
{
    static const uint8_t zero[15];
    if (a->version == 4)
        return a->bytes[0] != 0 && a->bytes[0] != 127 && a->bytes[0] < 224;
    return a->bytes[0] != 0xff && (memcmp(a->bytes, zero, 15) || a->bytes[15] > 1);
}

bool addr_parse(const char *text, struct addr *a, struct err *e)
{
    memset(a, 0, sizeof *a);
    if (inet_pton(AF_INET, text, a->bytes) == 1)
        a->version = 4;
    else if (inet_pton(AF_INET6, text, a->bytes) == 1)
        a->version = 6;
    else
        return err_set(e, "not an IPv4 or IPv6 address; expected for example `10.1.0.1` or `fd00:1::1`");
    return true;
}

const char *addr_text(const struct addr *a, char text[ADDR_TEXT_CAP])
{
    if (!addr_is_set(a))
        return strcpy(text, "-");
    inet_ntop(a->version == 4 ? AF_INET : AF_INET6, a->bytes, text, ADDR_TEXT_CAP);
    return text;
}

static struct addr masked(const struct addr *a, unsigned len)
{
    struct addr out = *a;
    for (unsigned i = 0; i < 8 * addr_len(a); i++)
        if (i >= len)
            out.bytes[i / 8] &= (uint8_t) ~(0x80u >> i % 8);
    return out;
}

bool prefix_parse(const char *text, struct prefix *p, struct err *e)
{
    char buf[ADDR_TEXT_CAP];
    const char *slash = strchr(text, '/');
    size_t n = slash ? (size_t)(slash - text) : strlen(text);
    if (n >= sizeof buf)
        return err_set(e, "not a prefix; expected for example `10.1.0.0/24`");
    memcpy(buf, text, n);
    buf[n] = 0;
    struct addr a;
    if (!addr_parse(buf, &a, NULL))
        return err_set(e, "not a prefix; expected for example `10.1.0.0/24` or `fd00:1::/64`");
    unsigned long bits = 8 * addr_len(&a), len = bits;
    if (slash) {
        char *end;
        len = strtoul(slash + 1, &end, 10);
        if (end == slash + 1 || *end || slash[1] == '+' || slash[1] == '-' || len > bits)
            return err_set(e, "has the prefix length `%s`; expected 0 to %lu", slash + 1, bits);
    }
    *p = (struct prefix){masked(&a, (unsigned)len), (uint8_t)len};
    if (!addr_equal(&p->addr, &a)) {
        char right[ADDR_TEXT_CAP];
        return err_set(e, "has host bits set; did you mean `%s`?", prefix_text(p, right));
    }
    return true;
}

const char *prefix_text(const struct prefix *p, char text[ADDR_TEXT_CAP])
{
    addr_text(&p->addr, text);
    snprintf(text + strlen(text), ADDR_TEXT_CAP - strlen(text), "/%u", p->len);
    return text;
}

bool prefix_has(const struct prefix *p, const struct addr *a)
{
    if (a->version != p->addr.version)
        return false;
    unsigned whole = p->len / 8, rest = p->len % 8;
    if (memcmp(p->addr.bytes, a->bytes, whole))
        return false;
    return !rest || !((p->addr.bytes[whole] ^ a->bytes[whole]) & (0xff00u >> rest & 0xffu));
}

bool prefix_admits(const struct prefix *p, const struct addr *a)
{
    return !addr_is_set(&p->addr) || prefix_has(p, a);
}

struct addr prefix_host(const struct prefix *p, uint64_t n)
{
    struct addr a = p->addr;
    size_t last = addr_len(&a);
    for (size_t i = last; i-- > 0 && n; n >>= 8)
        a.bytes[i] = (uint8_t)(a.bytes[i] + (n & 0xff)); /* host bits are 0: no carry */
    assert(n == 0 && prefix_has(p, &a));
    return a;
}

uint64_t prefix_number(const struct prefix *p, const struct addr *a)
{
    size_t len = addr_len(a), low = len - 4;
    uint64_t n = 0;
    if (!prefix_has(p, a) || memcmp(a->bytes + (p->len + 7) / 8, p->addr.bytes + (p->len + 7) / 8,
                                    low > (p->len + 7u) / 8 ? low - (p->len + 7u) / 8 : 0))
        return 0;
    for (size_t i = low; i < len; i++)
        n = n << 8 | (uint8_t)(a->bytes[i] - p->addr.bytes[i]); /* host bits of the prefix are 0: no borrow */
    return n;
}

uint64_t prefix_hosts(const struct prefix *p)
{
    unsigned host_bits = (unsigned)(8 * addr_len(&p->addr)) - p->len;
    if (host_bits >= 32)
        return UINT64_C(1) << 32;
    uint64_t all = UINT64_C(1) << host_bits;
    uint64_t taken = p->addr.version == 4 ? 2 : 1;
    return all > taken ? all - taken : 0;
}
