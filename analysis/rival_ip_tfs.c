/* IP-TFS (RFC 9347 C.1.1): packets are put end to end into ESP packets of a fixed size, so that a packet pays for its
 * share of one: outer header, ESP and the 4 octets of the AGGFRAG header. Nothing is padded as long as there is
 * traffic; when there is none, this costs whole empty packets, which is not counted here. */
#include "analysis/rival.h"

enum { AGGFRAG_HEAD_LEN = 4 };

/* ESP carries the AGGFRAG header in the place where tunnel mode has the packet. Sealed as a transport-format packet of
 * the gateways' own: the same octets. */
static struct overhead_form form(const struct overhead_way *w, const struct overhead_kind *k)
{
    size_t room = rival_room(w, k) - AGGFRAG_HEAD_LEN;
    struct overhead_form f = rival_wrapped(w, k, "transport", AGGFRAG_HEAD_LEN);
    f.shape.inner_len = f.wrap_len + room;
    f.filled = true;
    f.n = (double)k->len / (double)room;
    return f;
}

/* The packet is at the other side when the rest of its outer packet is, as in figure 18 of RFC 9347. */
static void settle(const struct overhead_way *w, const struct overhead_kind *k, struct overhead_cost *cost)
{
    cost->over_mtu = false;
    if (w->rate && k->len < w->mtu)
        cost->delay = (double)(w->mtu - k->len) * 8e9 / (double)w->rate;
}

const struct rival rival_ip_tfs = {
    .m = {"ip-tfs", "AGGFRAG: packets share ESP packets of a fixed size and wait for them to fill", "RFC 9347 C.1.1"},
    .form = form,
    .settle = settle,
    .waits = true,
    .linux_can = {CLAIM_PARTLY, "since 6.14 aggregation and fragmentation, without the constant rate"},
    .strongswan = {CLAIM_PARTLY, "since 6.0.2, mode = iptfs, as far as the kernel has it"},
};
