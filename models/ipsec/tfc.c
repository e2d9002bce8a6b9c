#include "models/ipsec/tfc.h"

#include "models/wire/ip.h"
#include "models/wire/protocol.h"
#include "models/wire/udp.h"

size_t tfc_own_len(uint8_t next_header, const uint8_t *payload, size_t len)
{
    struct ip_view v;
    struct udp udp;
    struct rd r = rd_over(payload, len);
    switch (next_header) {
    case PROTO_IPV4:
    case PROTO_IPV6:
        return ip_parse(payload, len, &v) ? v.total_len : 0;
    case PROTO_UDP:
        return udp_read(&udp, &r) ? udp.len : 0;
    default:
        return 0;
    }
}
