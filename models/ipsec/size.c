#include "models/ipsec/size.h"

#include "models/wire/esp.h"
#include "models/wire/ipv4.h"
#include "models/wire/ipv6.h"
#include "models/wire/udp.h"

struct ledger size_ledger(const struct size_of *how, const struct shape *shape)
{
    size_t front, payload;
    how->mode->sizes(shape, &front, &payload);
    if (!how->mode->esp)
        return (struct ledger){.ip = front, .payload = payload};
    size_t align = suite_align(&how->suite);
    size_t filled = (payload + how->tfc + ESP_TRAILER_LEN + align - 1) / align * align;
    return (struct ledger){.ip = front,
                           .udp = how->udp ? UDP_HEAD_LEN : 0,
                           .esp = ESP_HEAD_LEN,
                           .iv = suite_iv_len(&how->suite),
                           .payload = payload,
                           .tfc = how->tfc,
                           .padding = filled - payload - how->tfc - ESP_TRAILER_LEN,
                           .trailer = ESP_TRAILER_LEN,
                           .icv = suite_icv_len(&how->suite)};
}

size_t size_wire(const struct size_of *how, const struct shape *shape)
{
    struct ledger l = size_ledger(how, shape);
    return ledger_sum(&l);
}

/* The size grows with the inner length in steps of the alignment, so the answer is near mtu - (wire - inner). */
size_t size_max_inner(const struct size_of *how, const struct shape *shape, size_t mtu)
{
    struct shape s = *shape;
    size_t least = s.inner_version == 4 ? IPV4_HEAD_LEN + s.opts_len : IPV6_HEAD_LEN + s.ext_len;
    for (s.inner_len = mtu; s.inner_len >= least; s.inner_len--)
        if (size_wire(how, &s) <= mtu)
            return s.inner_len;
    return 0;
}

size_t size_announced(const struct size_of *how, const struct shape *shape, size_t mtu)
{
    size_t allowance = shape->inner_version == 4 ? how->mode->ipv4_allowance : 0;
    if (!how->mode->esp)
        return mtu;
    return size_max_inner(how, shape, mtu - allowance);
}

size_t size_carried(const struct size_of *how, const struct shape *shape, size_t mtu)
{
    size_t announced = size_announced(how, shape, mtu);
    bool own = how->mode->two_addresses && shape->inner_version == 6;
    return own && announced && announced < IPV6_MTU_MIN ? IPV6_MTU_MIN : announced;
}

struct shape size_shape(const struct ip_view *v, uint8_t outer_version)
{
    return (struct shape){.inner_version = v->version,
                          .outer_version = outer_version,
                          .inner_len = v->total_len,
                          .opts_len = v->opts_len,
                          .ext_len = v->version == 6 ? v->head_len - IPV6_HEAD_LEN : 0,
                          .ext_inside = v->head_len - v->front_len};
}
