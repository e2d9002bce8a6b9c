/* export.c - the exporters' table, and what can be exported. */
#include "analysis/export.h"
#include "analysis/export_part.h"
#include "analysis/exporters.h"

static const struct member *const members[] = {
    &exporter_ip_xfrm.m,
    &exporter_nft.m,
    &exporter_tc_bpf.m,
    &exporter_strongswan.m,
};

const struct family exporter_family = {"exporter", "ways to configure real Linux gateways (espsim export --to)",
                                       members, sizeof members / sizeof *members};

bool exporter_offers(const struct exporter *x, const struct mode *mode)
{
    for (size_t i = 0; x->modes[i]; i++)
        if (x->modes[i] == mode)
            return true;
    return false;
}

/* An algorithm that a real gateway has, or should have; else the nearest that it may have. */
static bool suite_is_real(const struct suite *s, struct err *why)
{
    struct suite near = *s;
    char name[SUITE_NAME_CAP];
    if (!suite_icv_len(s)) {
        near.integ = (const struct integ_alg *)family_get(&integ_family, "hmac-sha2-256-128");
        return err_set(why,
                       "an algorithm without integrity is for measuring, not for a real gateway (RFC 4303 section "
                       "3.2); with one behind it: --set ipsec.algorithm=%s",
                       suite_name(&near, name));
    }
    if (s->encr->kernel)
        return true;
    near.encr = s->encr->with_iv;
    if (!near.encr)
        return err_set(why, "neither Linux nor strongSwan has this algorithm; --set ipsec.algorithm=aes-gcm-16-128");
    return err_set(why,
                   "neither Linux nor strongSwan has this algorithm (the IV implied by the sequence number, RFC 8750); "
                   "with the IV in the packet: --set ipsec.algorithm=%s",
                   suite_name(&near, name));
}

/* What any exporter can install; else why not, and what can be. */
static bool can_be_exported(const struct export_plan *p, struct err *why)
{
    if (!p->mode->esp)
        return err_set(why, "there is nothing to install: plain packets need no SA; --mode tunnel, beet, transport or "
                            "wildcard");
    if (!suite_is_real(&p->suite, why))
        return false;
    if (p->replay_window > EXPORT_REPLAY_MAX)
        return err_set(why, "Linux keeps replay windows of %d packets at most; --set ipsec.replay_window=%d",
                       EXPORT_REPLAY_MAX, EXPORT_REPLAY_MAX);
    if (p->esn && p->replay_window == 0)
        return err_set(why, "Linux takes extended sequence numbers only with a replay window; "
                            "--set ipsec.replay_window=128");
    if (p->tfc)
        return err_set(why, "TFC padding of a fixed number of octets can't be set by ip xfrm or swanctl; "
                            "--set ipsec.tfc=0B");
    return true;
}

/* The same for one exporter. */
static bool can_export(const struct exporter *x, const struct export_plan *p, struct err *why)
{
    if (!can_be_exported(p, why))
        return false;
    const char *refusal = x->refusal(p);
    if (!refusal && !exporter_offers(x, p->mode))
        refusal = "no such thing can be installed; see `espsim list exporter`";
    return !refusal || err_set(why, "%s", refusal);
}

bool export_make(const struct exporter *x, const struct export_plan *p, struct file_set *set, struct err *e)
{
    *set = (struct file_set){0};
    if (!can_export(x, p, e))
        return err_at(e, "--to %s --mode %s", x->m.name, p->mode->m.name);
    if (x->write(p, set, e))
        return true;
    file_set_fini(set);
    return false;
}
