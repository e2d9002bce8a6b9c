#include "analysis/rival.h"

#include <assert.h>

extern const struct rival rival_implicit_iv, rival_short_icv, rival_ip_tfs, rival_esp_pad, rival_gre_transport,
    rival_gre_tunnel, rival_ipip_transport, rival_wireguard, rival_macsec, rival_macsec_sci;

static const struct member *const members[] = {
    &rival_implicit_iv.m, &rival_short_icv.m,      &rival_ip_tfs.m,    &rival_esp_pad.m, &rival_gre_transport.m,
    &rival_gre_tunnel.m,  &rival_ipip_transport.m, &rival_wireguard.m, &rival_macsec.m,  &rival_macsec_sci.m,
};

const struct family rival_family = {"rival", "other means of sparing octets, for espsim overhead", members,
                                    sizeof members / sizeof *members};

const struct rival *rival_find(const char *name, struct err *e)
{
    return (const struct rival *)family_find(&rival_family, name, e);
}

bool rival_suite(const struct rival *r, const struct suite *asked, struct suite *has)
{
    if (r->fixed)
        return suite_parse(r->fixed, has, NULL);
    if (r->suite)
        return r->suite(asked, has);
    *has = *asked;
    return true;
}

uint8_t rival_outer_version(const struct overhead_way *w, const struct overhead_kind *k)
{
    return w->outer_version ? w->outer_version : k->version;
}

size_t rival_outer_len(const struct overhead_way *w, const struct overhead_kind *k)
{
    return rival_outer_version(w, k) == 4 ? IPV4_HEAD_LEN : IPV6_HEAD_LEN;
}

struct overhead_form rival_tunnel(const struct overhead_way *w, const struct overhead_kind *k)
{
    return (struct overhead_form){.how = {.mode = mode_get("tunnel"), .suite = w->suite, .udp = w->udp},
                                  .shape = {.inner_version = k->version,
                                            .outer_version = rival_outer_version(w, k),
                                            .inner_len = k->len,
                                            .opts_len = k->opts_len,
                                            .ext_len = k->ext_len,
                                            .ext_inside = k->ext_inside},
                                  .fragment = k->fragment,
                                  .n = 1};
}

struct overhead_form rival_wrapped(const struct overhead_way *w, const struct overhead_kind *k, const char *mode,
                                   size_t encapsulation_len)
{
    uint8_t version = rival_outer_version(w, k);
    size_t wrap_len = rival_outer_len(w, k) + encapsulation_len;
    return (struct overhead_form){
        .how = {.mode = mode_get(mode), .suite = w->suite, .udp = w->udp},
        .shape = {.inner_version = version, .outer_version = version, .inner_len = wrap_len + k->len},
        .wrap_len = wrap_len,
        .n = 1};
}

size_t rival_room(const struct overhead_way *w, const struct overhead_kind *k)
{
    struct overhead_form f = rival_tunnel(w, k);
    struct shape any = {.inner_version = 4, .outer_version = f.shape.outer_version};
    size_t room = size_max_inner(&f.how, &any, w->mtu);
    assert(room); /* the command takes no MTU that is too small for ESP */
    return room;
}
