#include "analysis/mtu.h"
#include "models/wire/ipv4.h"
#include "models/wire/ipv6.h"
#include "models/wire/tcp.h"

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static struct shape shape_of(const struct mtu_question *q, size_t inner_len)
{
    return (struct shape){.inner_version = q->inner_version, .outer_version = q->outer_version, .inner_len = inner_len};
}

static size_t wire_of(const struct mtu_question *q, size_t inner_len)
{
    struct shape shape = shape_of(q, inner_len);
    return size_wire(&q->how, &shape);
}

static size_t head_len(const struct mtu_question *q)
{
    return q->inner_version == 4 ? IPV4_HEAD_LEN : IPV6_HEAD_LEN;
}

/* Compares a / b with c / d without dividing: is an inner length of `a` at `b` link octets better than `c` at `d`? */
static bool is_better(size_t a, size_t b, size_t c, size_t d)
{
    return (uint64_t)a * d >= (uint64_t)c * b;
}

static size_t best_inner(const struct mtu_question *q, size_t longest)
{
    size_t best = head_len(q), best_cost = SIZE_MAX;
    for (size_t inner = head_len(q); inner <= longest; inner++) {
        size_t cost = framing_alone(q->framing, q->set, NULL, wire_of(q, inner)).octets;
        if (best_cost == SIZE_MAX || is_better(inner, cost, best, best_cost)) {
            best = inner;
            best_cost = cost;
        }
    }
    return best;
}

struct mtu_answer mtu_solve(const struct mtu_question *q)
{
    struct mtu_answer a = {.mtu = least(q->link_mtu, framing_max_packet(q->framing, q->set))};
    struct shape shape = shape_of(q, 0);
    a.max_inner = size_announced(&q->how, &shape, a.mtu);
    size_t carried = size_carried(&q->how, &shape, a.mtu);
    if (carried < q->lan_mtu) {
        a.vanish_first = carried ? carried + 1 : head_len(q);
        a.vanish_last = q->lan_mtu;
    }
    size_t longest = least(a.max_inner, q->lan_mtu);
    if (longest <= head_len(q) + TCP_HEAD_LEN)
        return a;
    a.mss = longest - head_len(q) - TCP_HEAD_LEN;
    a.ip_octets = wire_of(q, longest);
    a.link_octets = framing_alone(q->framing, q->set, NULL, a.ip_octets).octets;
    a.saturated = framing_saturated(q->framing, q->set, a.ip_octets);
    a.best_inner = best_inner(q, longest);
    return a;
}
