#include "models/wire/checksum.h"

#include "models/wire/protocol.h"

#include <string.h>

/* Sums 16-bit words in memory order: the ones-complement sum does not care about byte order (RFC 1071 section 2),
 * so the fold swaps once at the end. Four octets at a time into 64 bits cannot overflow below 16 GiB. */
static uint64_t add(uint64_t sum, const uint8_t *bytes, size_t len)
{
    size_t i = 0;
    for (; i + 4 <= len; i += 4) {
        uint32_t word;
        memcpy(&word, bytes + i, 4);
        sum += word;
    }
    uint8_t last[4] = {0};
    for (size_t n = 0; i < len; i++, n++) /* no memcpy: the call would cost more than the header's whole sum */
        last[n] = bytes[i];
    uint32_t word;
    memcpy(&word, last, 4);
    return sum + word;
}

static uint16_t fold(uint64_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    uint16_t memory_order = (uint16_t)~sum;
    uint8_t b[2];
    memcpy(b, &memory_order, 2);
    return (uint16_t)(b[0] << 8 | b[1]);
}

uint16_t checksum_of(const uint8_t *bytes, size_t len)
{
    return fold(add(0, bytes, len));
}

uint16_t checksum_l4(const struct addr *src, const struct addr *dst, uint8_t proto, const uint8_t *bytes, size_t len)
{
    const uint8_t rest[8] = {
        (uint8_t)(len >> 24), (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len, 0, 0, 0, proto};
    uint64_t sum = add(0, src->bytes, addr_len(src));
    sum = add(sum, dst->bytes, addr_len(dst));
    sum = add(sum, rest, sizeof rest);
    return fold(add(sum, bytes, len));
}

/* Offset of the checksum field and the least length of each protocol that has one. */
static bool field_of(uint8_t protocol, size_t *at, size_t *least)
{
    switch (protocol) {
    case PROTO_TCP:
        return *at = 16, *least = 20, true;
    case PROTO_UDP:
        return *at = 6, *least = 8, true;
    case PROTO_ICMP:
    case PROTO_ICMPV6:
        return *at = 2, *least = 4, true;
    default:
        return false;
    }
}

/* Octets that the checksum covers. A UDP datagram ends where its own length says, which may be before the packet does
 * (RFC 768). False: it lies about it, or is cut. */
static bool covered(const uint8_t *l4, const struct ip_view *v, size_t least, size_t *len)
{
    *len = v->total_len - v->head_len;
    if (*len < least)
        return false;
    if (v->protocol != PROTO_UDP)
        return true;
    size_t own = (size_t)(l4[4] << 8 | l4[5]);
    bool true_to_packet = own >= least && own <= *len;
    *len = own;
    return true_to_packet;
}

static uint16_t sum_of(const uint8_t *l4, const struct ip_view *v, size_t len)
{
    return v->protocol == PROTO_ICMP ? checksum_of(l4, len) : checksum_l4(&v->src, &v->dst, v->protocol, l4, len);
}

void checksum_fill_l4(uint8_t *packet, const struct ip_view *v)
{
    size_t at, least, len;
    uint8_t *l4 = packet + v->head_len;
    if (v->fragment || !field_of(v->protocol, &at, &least) || !covered(l4, v, least, &len))
        return;
    l4[at] = l4[at + 1] = 0;
    uint16_t sum = sum_of(l4, v, len);
    checksum_put(l4 + at, v->protocol == PROTO_UDP && sum == 0 ? 0xffff : sum);
}

bool checksum_l4_is_good(const uint8_t *packet, const struct ip_view *v)
{
    size_t at, least, len;
    const uint8_t *l4 = packet + v->head_len;
    if (v->fragment || !field_of(v->protocol, &at, &least))
        return true;
    if (!covered(l4, v, least, &len))
        return false;
    if (v->protocol == PROTO_UDP && v->version == 4 && !l4[at] && !l4[at + 1])
        return true;
    return sum_of(l4, v, len) == 0;
}
