/* Tunnel mode with every packet padded to the longest (RFC 9347 C.1.2), which hides sizes as IP-TFS does. A packet
 * that does not fit is cut into equal rooms, as there without counting the fragments' own headers. */
#include "analysis/rival.h"

static struct overhead_form form(const struct overhead_way *w, const struct overhead_kind *k)
{
    size_t room = rival_room(w, k), n = (k->len + room - 1) / room;
    struct overhead_form f = rival_tunnel(w, k);
    f.n = (double)n;
    f.filled = n > 1;
    if (n > 1) {
        f.shape =
            (struct shape){.inner_version = k->version, .outer_version = f.shape.outer_version, .inner_len = room};
        f.fragment = true;
    }
    f.how.tfc = n > 1 ? 0 : room - k->len;
    return f;
}

/* The last of several pieces is not full: that part of the payload is padding. */
static void settle(const struct overhead_way *w, const struct overhead_kind *k, struct overhead_cost *cost)
{
    (void)w;
    double padding = cost->octets.payload - (double)k->len;
    cost->octets.payload -= padding;
    cost->octets.tfc += padding;
}

const struct rival rival_esp_pad = {
    .m = {"esp-pad", "tunnel mode, every packet padded to fill the MTU (TFC padding)", "RFC 4303 2.7, RFC 9347 C.1.2"},
    .form = form,
    .settle = settle,
    .linux_can = {CLAIM_YES, "XFRMA_TFCPAD, as strongSwan sets it"},
    .strongswan = {CLAIM_YES, "tfc_padding = mtu"},
};
