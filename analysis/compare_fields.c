#include "analysis/compare_fields.h"

#include "models/base/cursor.h"
#include "models/crypto/suite.h"
#include "models/wire/esp.h"
#include "models/wire/protocol.h"

#include <stdbool.h>

/* A field begins at `at` and goes up to the next one of its table. */
struct field {
    size_t at;
    const char *name;
};

/* RFC 791 */
static const struct field ipv4_fields[] = {{0, "IPv4 version and header length"},
                                           {1, "IPv4 DSCP and ECN"},
                                           {2, "IPv4 total length"},
                                           {4, "IPv4 identification"},
                                           {6, "IPv4 flags and fragment offset"},
                                           {8, "IPv4 TTL"},
                                           {9, "IPv4 protocol"},
                                           {10, "IPv4 header checksum"},
                                           {12, "IPv4 source"},
                                           {16, "IPv4 destination"},
                                           {20, "IPv4 options"},
                                           {0, NULL}};

/* RFC 8200 */
static const struct field ipv6_fields[] = {{0, "IPv6 version, traffic class and flow label"},
                                           {4, "IPv6 payload length"},
                                           {6, "IPv6 next header"},
                                           {7, "IPv6 hop limit"},
                                           {8, "IPv6 source"},
                                           {24, "IPv6 destination"},
                                           {0, NULL}};

/* RFC 4303 2; where IV, payload and ICV part depends on the SA's algorithm */
static const struct field esp_fields[] = {
    {0, "ESP SPI"}, {4, "ESP sequence number"}, {8, "ESP IV, payload, trailer or ICV"}, {0, NULL}};

/* RFC 768 */
static const struct field udp_fields[] = {{0, "UDP source port"}, {2, "UDP destination port"}, {4, "UDP length"},
                                          {6, "UDP checksum"},    {8, "UDP payload"},          {0, NULL}};

/* RFC 9293 3.1 */
static const struct field tcp_fields[] = {{0, "TCP source port"},
                                          {2, "TCP destination port"},
                                          {4, "TCP sequence number"},
                                          {8, "TCP acknowledgment number"},
                                          {12, "TCP data offset and flags"},
                                          {14, "TCP window"},
                                          {16, "TCP checksum"},
                                          {18, "TCP urgent pointer"},
                                          {20, "TCP options or payload"},
                                          {0, NULL}};

/* RFC 792, RFC 4443 */
static const struct field icmp_fields[] = {
    {0, "ICMP type"}, {1, "ICMP code"}, {2, "ICMP checksum"}, {4, "ICMP message"}, {0, NULL}};

static const struct {
    uint8_t protocol;
    const struct field *fields;
} uppers[] = {
    {PROTO_UDP, udp_fields},     {PROTO_TCP, tcp_fields},   {PROTO_ICMP, icmp_fields},
    {PROTO_ICMPV6, icmp_fields}, {PROTO_IPV4, ipv4_fields}, {PROTO_IPV6, ipv6_fields},
};

static const char *find(const struct field *fields, size_t at)
{
    while (fields[1].name && fields[1].at <= at)
        fields++;
    return fields->name;
}

/* The suite of the SA that has this SPI. */
static bool suite_of(const struct run_result *run, uint32_t spi, struct suite *suite)
{
    for (size_t i = 0; run && i < run->n_sa_details; i++)
        if (run->sa_details[i].spi == spi)
            return suite_parse(run->sa_details[i].algorithm, suite, NULL);
    return false;
}

static const char *esp_name(const uint8_t *esp, size_t len, size_t at, const struct run_result *run)
{
    struct suite suite;
    struct rd r = rd_over(esp, len);
    if (at < ESP_HEAD_LEN || !suite_of(run, rd_u32(&r), &suite) ||
        len < ESP_HEAD_LEN + suite_iv_len(&suite) + suite_icv_len(&suite))
        return find(esp_fields, at);
    if (at < ESP_HEAD_LEN + suite_iv_len(&suite))
        return "ESP IV";
    return at < len - suite_icv_len(&suite) ? "ESP payload, padding or trailer" : "ESP ICV";
}

static const char *upper_name(uint8_t protocol, const uint8_t *upper, size_t len, size_t at,
                              const struct run_result *run)
{
    if (protocol == PROTO_ESP)
        return esp_name(upper, len, at, run);
    for (size_t i = 0; i < sizeof uppers / sizeof *uppers; i++)
        if (uppers[i].protocol == protocol)
            return find(uppers[i].fields, at);
    return "payload or extension headers";
}

const char *field_name(const uint8_t *packet, size_t len, size_t at, const struct run_result *run)
{
    uint8_t version = packet[0] >> 4;
    bool v4 = version == 4 && len >= 20, v6 = version == 6 && len >= 40;
    if (!v4 && !v6)
        return "octets";
    size_t head = v4 ? (packet[0] & 15) * 4u : 40;
    if (at < head)
        return find(v4 ? ipv4_fields : ipv6_fields, at);
    bool later_fragment = v4 && ((packet[6] & 31) || packet[7]);
    return later_fragment ? "payload of a fragment"
                          : upper_name(packet[v4 ? 9 : 6], packet + head, len - head, at - head, run);
}
