#include "analysis/overhead.h"

#include "analysis/rival.h"
#include "models/wire/ip.h"

#include <assert.h>

const char *overhead_name(const struct overhead_way *w)
{
    return w->rival ? w->rival->m.name : w->mode->m.name;
}

static struct overhead_form form_of_mode(const struct overhead_way *w, const struct overhead_kind *k)
{
    uint8_t outer = w->mode->two_versions && w->outer_version ? w->outer_version : k->version;
    return (struct overhead_form){.how = {.mode = w->mode, .suite = w->suite, .udp = w->udp && w->mode->esp},
                                  .shape = {.inner_version = k->version,
                                            .outer_version = outer,
                                            .inner_len = k->len,
                                            .opts_len = k->opts_len,
                                            .ext_len = k->ext_len,
                                            .ext_inside = k->ext_inside},
                                  .fragment = k->fragment,
                                  .n = 1};
}

/* As seal.h refuses. */
static enum drop refusal(const struct overhead_form *f, const struct ledger *l)
{
    if (f->how.mode->esp && f->fragment && f->how.mode->whole_datagrams)
        return DROP_FRAGMENT;
    uint8_t version = f->how.mode->two_versions ? f->shape.outer_version : f->shape.inner_version;
    return ip_len_fits(version, ledger_sum(l)) ? DROP_NONE : DROP_TOO_LONG;
}

static void scale(struct overhead_octets *to, const struct ledger *l, double n)
{
#define X(field, what) to->field += n * (double)l->field;
    LEDGER_FIELDS(X)
#undef X
}

/* Frames one packet of ledger `l`; cost->octets and the rest become those of `n` such packets. */
static void frame(const struct overhead_way *w, struct ledger *l, double n, struct overhead_cost *cost)
{
    uint64_t bridged = l->framing, ip = ledger_sum(l) - bridged;
    if (ip + bridged > framing_max_packet(w->framing, w->set)) {
        cost->drop = DROP_TOO_LONG;
        return;
    }
    struct frame_cost fc = framing_alone(w->framing, w->set, NULL, ip + bridged);
    l->framing += fc.framing;
    l->link_padding += fc.padding;
    scale(&cost->octets, l, n);
    cost->ip = n * (double)ip;
    cost->link = n * (double)fc.octets;
    cost->saturated = n * (w->framing->has_cells ? framing_saturated(w->framing, w->set, ip + bridged) : fc.octets);
}

struct overhead_cost overhead_cost(const struct overhead_way *w, const struct overhead_kind *k)
{
    struct overhead_cost cost = {.drop = DROP_NONE};
    struct ledger l;
    if (!w->rival || w->rival->form) {
        cost.form = w->rival ? w->rival->form(w, k) : form_of_mode(w, k);
        cost.formed = true;
        l = size_ledger(&cost.form.how, &cost.form.shape);
        cost.drop = refusal(&cost.form, &l);
    } else {
        l = w->rival->ledger(w, k);
    }
    if (!cost.drop)
        frame(w, &l, cost.formed ? cost.form.n : 1, &cost);
    if (cost.drop)
        return (struct overhead_cost){.drop = cost.drop};
    cost.over_mtu = k->len <= w->mtu && ledger_sum(&l) - l.framing - l.link_padding > w->mtu;
    if (w->rival && w->rival->settle)
        w->rival->settle(w, k, &cost);
    return cost;
}

struct overhead_way overhead_tunnel(const struct overhead_way *w, const struct suite *suite)
{
    struct overhead_way tunnel = *w;
    tunnel.mode = mode_get("tunnel");
    tunnel.rival = NULL;
    tunnel.suite = *suite;
    assert(tunnel.mode && suite->encr);
    return tunnel;
}

static void refuse(struct overhead_total *t, enum drop why, uint64_t count)
{
    if (why == DROP_FRAGMENT)
        t->fragments += count;
    else
        t->too_long += count;
}

void overhead_add(struct overhead_total *t, const struct overhead_kind *k, const struct overhead_cost *cost,
                  const struct overhead_cost *tunnel, uint64_t count)
{
    double n = (double)count;
    if (cost->drop) {
        refuse(t, cost->drop, count);
        return;
    }
    t->packets += count;
    t->over_mtu += cost->over_mtu ? count : 0;
    t->inner += count * k->len;
#define X(field, what) t->octets.field += n * cost->octets.field;
    LEDGER_FIELDS(X)
#undef X
    t->ip += n * cost->ip;
    t->link += n * cost->link;
    t->saturated += n * cost->saturated;
    t->delay += n * cost->delay;
    /* What even tunnel mode cannot carry saves nothing against it. */
    t->tunnel_ip += n * (tunnel->drop ? cost->ip : tunnel->ip);
    t->tunnel_link += n * (tunnel->drop ? cost->link : tunnel->link);
}

void overhead_add_stuffing(struct overhead_total *t, const struct overhead_cost *cost,
                           const struct overhead_cost *tunnel, double beyond, double tunnel_beyond)
{
    if (cost->drop)
        return;
    t->octets.framing += beyond;
    t->link += beyond;
    t->saturated += beyond;
    t->tunnel_link += tunnel->drop ? beyond : tunnel_beyond;
}
