/* export_ip_xfrm.c - manual SAs and policies by `ip xfrm`: tunnel, BEET and host-to-host transport mode. */
#include "analysis/export_part.h"
#include "analysis/exporters.h"

#include <openssl/crypto.h>
#include <stdlib.h>

/* A pair of inner ends and its two SAs. */
struct pair {
    struct prefix inner[2];
    struct addr outer[2];
    struct export_sa sa[2]; /* sa[i] is sent by side i */
};

static const struct mode *const modes[] = {&mode_tunnel, &mode_beet, &mode_transport, NULL};

static const char *refusal(const struct export_plan *p)
{
    bool pairs = p->mode != &mode_tunnel;
    if (p->mode == &mode_wildcard)
        return "ip xfrm alone does not do it on an unmodified Linux: the output lookup wants an SA whose destination "
               "is the "
               "packet's own (XfrmOutNoStates), and the peer forwards the ESP packet still encrypted (XfrmInNoStates); "
               "--to nft (an SA per destination host) and --to tc-bpf (one SA pair) do";
    if (p->udp_port)
        return "the kernel opens UDP-encapsulated ESP only on a socket that a program holds (UDP_ENCAP_ESPINUDP), and "
               "ip xfrm "
               "holds none; --to strongswan does, or leave UDP encapsulation out";
    if (pairs && 2 * p->side[0].n_hosts * p->side[1].n_hosts > EXPORT_SAS_MAX)
        return "BEET and transport SAs hold one pair of hosts each, and this scenario has too many pairs (4096 SAs at "
               "most); "
               "fewer hosts, or --mode tunnel, or --mode wildcard --to tc-bpf";
    if (p->mode == &mode_beet && p->side[0].wan.version != p->side[0].lan.addr.version)
        return "BEET over another IP version is not offered (the lab has not shown it to work); --mode tunnel";
    return NULL;
}

static bool pair_draw(const struct export_plan *p, size_t number, size_t n, struct pair *pair, struct err *e)
{
    for (size_t i = 0; i < 2; i++) {
        uint32_t spi;
        if (!export_spi(p, 1 - i, number, n, &spi, e))
            return false;
        pair->sa[i] = (struct export_sa){
            .spi = spi,
            .reqid = (unsigned)number + 1,
            .mode = p->mode,
            .src = pair->outer[i],
            .dst = pair->outer[1 - i],
            .from = pair->inner[i],
            .to = pair->inner[1 - i],
        };
        if (!export_sa_draw(p, &pair->sa[i], e))
            return false;
    }
    return true;
}

/* Tunnel: one pair for the LANs. BEET and transport: one for each pair of hosts; those of side 0's host i begin at
 * i * n_hosts of side 1. */
static bool pairs_draw(const struct export_plan *p, struct pair **pairs, size_t *n, struct err *e)
{
    const struct export_side *a = &p->side[0], *b = &p->side[1];
    bool is_tunnel = p->mode == &mode_tunnel, is_transport = p->mode == &mode_transport;
    *n = is_tunnel ? 1 : a->n_hosts * b->n_hosts;
    *pairs = calloc(*n, sizeof **pairs);
    if (!*pairs)
        return err_set(e, "out of memory");
    for (size_t i = 0; i < *n; i++) {
        struct pair *pair = *pairs + i;
        const struct addr *host_a = &a->hosts[i / b->n_hosts], *host_b = &b->hosts[i % b->n_hosts];
        pair->inner[0] = is_tunnel ? a->lan : export_host_prefix(host_a);
        pair->inner[1] = is_tunnel ? b->lan : export_host_prefix(host_b);
        pair->outer[0] = is_transport ? *host_a : a->wan;
        pair->outer[1] = is_transport ? *host_b : b->wan;
        if (!pair_draw(p, i, *n, pair, e))
            return false;
    }
    return true;
}

static void write_states(FILE *f, const struct export_plan *p, const struct pair *pairs, size_t n, size_t step)
{
    export_script_list(f, "states", "One SA each way for each pair of ends; the SPI is the receiver's.");
    for (size_t i = 0; i < n; i++)
        for (size_t way = 0; way < 2; way++)
            export_sa_write(f, p, &pairs[i * step].sa[way], "");
    export_script_list_end(f);
}

static void write_policy(FILE *f, const struct pair *pair, size_t from, const char *dir)
{
    const struct export_sa *sa = &pair->sa[from];
    char text[4][ADDR_TEXT_CAP];
    fprintf(f, "xfrm policy add src %s dst %s dir %s priority 100 tmpl src %s dst %s proto esp reqid %u mode %s\n",
            prefix_text(&sa->from, text[0]), prefix_text(&sa->to, text[1]), dir, addr_text(&sa->src, text[2]),
            addr_text(&sa->dst, text[3]), sa->reqid, sa->mode->m.name);
}

/* BEET: what is between the LANs and of no pair would pass in the clear. */
static void write_rest(FILE *f, const struct prefix *own, const struct prefix *peer)
{
    char text[2][ADDR_TEXT_CAP];
    const char *from = prefix_text(own, text[0]), *to = prefix_text(peer, text[1]);
    fprintf(f, "xfrm policy add src %s dst %s dir out action block priority 200\n", from, to);
    fprintf(f, "xfrm policy add src %s dst %s dir fwd action block priority 200\n", to, from);
}

static void write_policies(FILE *f, const struct export_plan *p, const struct pair *pairs, size_t n, size_t step,
                           size_t me, bool forwards)
{
    bool is_beet = p->mode == &mode_beet;
    export_script_list(
        f, "policies",
        is_beet ? "out: what must be protected. fwd and in: what comes from there must have been protected; plain\n"
                  "# packets are dropped (XfrmInTmplMismatch). The priority leaves room for exceptions before them.\n"
                  "# block: what is between the LANs and has no SA must not pass in the clear."
                : "out: what must be protected. fwd and in: what comes from there must have been protected; plain\n"
                  "# packets are dropped (XfrmInTmplMismatch). The priority leaves room for exceptions before them.");
    for (size_t i = 0; i < n; i++) {
        write_policy(f, &pairs[i * step], me, "out");
        if (forwards)
            write_policy(f, &pairs[i * step], 1 - me, "fwd");
        write_policy(f, &pairs[i * step], 1 - me, "in");
    }
    if (is_beet)
        write_rest(f, &p->side[me].lan, &p->side[1 - me].lan);
    export_script_list_end(f);
}

static const char check_body[] = "check() {\n"
                                 "    must_be_free states\n"
                                 "    must_be_free policies\n"
                                 "}\n\n";

static void write_gateway_body(FILE *f, const struct export_plan *p, const struct prefix *peer_lan)
{
    fputs("install() {\n", f);
    export_script_forward(f, p, peer_lan);
    fputs("    # SAs before policies: a policy whose SA is missing holds packets up.\n"
          "    add states\n"
          "    add policies\n"
          "    add routes\n"
          "}\n\n",
          f);
}

static const char host_body[] = "install() {\n"
                                "    add states\n"
                                "    add policies\n"
                                "}\n\n";

static const char show_body[] = "show() {\n"
                                "    ip -s xfrm state list nokeys\n"
                                "    ip xfrm policy list\n"
                                "    grep -v ' 0$' /proc/net/xfrm_stat || echo 'the kernel refused nothing'\n"
                                "}\n\n";

static const char needs[] = "iproute2", programs[] = "ip";

static const struct export_limit tunnel_limits[] = {
    {export_limit_df, 4},
    {export_limit_big, 6},
    {export_limit_keys, 0},
    {NULL, 0},
};

static const struct export_limit beet_limits[] = {
    {"One SA pair holds one pair of hosts; packets of the LANs' other hosts to each other are dropped at the gateways.",
     0},
    {export_limit_beet, 4},
    {export_limit_df, 4},
    {export_limit_big, 6},
    {export_limit_keys, 0},
    {NULL, 0},
};

static const struct export_limit transport_limits[] = {
    {"Transport mode (RFC 4301 4.1) is for the two hosts themselves; the gateways only forward what they see: ESP.\n"
     "Every pair of hosts has its own SA pair, on both hosts.",
     0},
    {export_limit_keys, 0},
    {NULL, 0},
};

static bool write_gateway(const struct export_plan *p, const struct pair *pairs, size_t n, size_t me,
                          struct file_set *set, struct err *e)
{
    const struct export_side *own = &p->side[me], *peer = &p->side[1 - me];
    bool is_tunnel = p->mode == &mode_tunnel;
    const struct export_script script = {
        .how = "ip xfrm",
        .needs = needs,
        .programs = programs,
        .kernel_mode = p->mode,
        .limits = is_tunnel ? tunnel_limits : beet_limits,
        .is_gateway = true,
    };
    struct export_part part;
    if (!export_part_open(&part, e))
        return false;
    export_script_head(part.f, p, own->name, &own->wan, &peer->wan, &peer->lan, &script);
    write_states(part.f, p, pairs, n, 1);
    write_policies(part.f, p, pairs, n, 1, me, true);
    export_script_list(part.f, "routes", "What is bound for the other LAN leaves by the link.");
    char lan[ADDR_TEXT_CAP];
    fprintf(part.f, "route add %s via $NEXT_HOP dev $WAN\n", prefix_text(&peer->lan, lan));
    export_script_list_end(part.f);
    fputs(check_body, part.f);
    write_gateway_body(part.f, p, &peer->lan);
    fputs(show_body, part.f);
    export_script_tail(part.f);
    return export_part_close(&part, set, e, "%s.sh", own->name);
}

/* The script of one LAN host: its pairs begin at `pairs` and stand `step` apart. */
static bool write_host(const struct export_plan *p, const struct pair *pairs, size_t n, size_t step, size_t me,
                       const struct addr *host, struct file_set *set, struct err *e)
{
    const struct export_script script = {
        .how = "ip xfrm",
        .needs = needs,
        .programs = programs,
        .kernel_mode = p->mode,
        .limits = transport_limits,
    };
    char name[ADDR_TEXT_CAP + 8];
    export_name(name, sizeof name, "host", host);
    struct export_part part;
    if (!export_part_open(&part, e))
        return false;
    export_script_head(part.f, p, name, host, NULL, NULL, &script);
    write_states(part.f, p, pairs, n, step);
    write_policies(part.f, p, pairs, n, step, me, false);
    fputs(check_body, part.f);
    fputs(host_body, part.f);
    fputs(show_body, part.f);
    export_script_tail(part.f);
    return export_part_close(&part, set, e, "%s.sh", name);
}

static bool write_hosts(const struct export_plan *p, const struct pair *pairs, struct file_set *set, struct err *e)
{
    const struct export_side *a = &p->side[0], *b = &p->side[1];
    for (size_t i = 0; i < a->n_hosts; i++)
        if (!write_host(p, pairs + i * b->n_hosts, b->n_hosts, 1, 0, &a->hosts[i], set, e))
            return false;
    for (size_t i = 0; i < b->n_hosts; i++)
        if (!write_host(p, pairs + i, a->n_hosts, b->n_hosts, 1, &b->hosts[i], set, e))
            return false;
    return true;
}

static bool write_files(const struct export_plan *p, struct file_set *set, struct err *e)
{
    struct pair *pairs = NULL;
    size_t n;
    bool written = pairs_draw(p, &pairs, &n, e);
    if (written && p->mode == &mode_transport)
        written = write_hosts(p, pairs, set, e);
    else
        for (size_t me = 0; written && me < 2; me++)
            written = write_gateway(p, pairs, n, me, set, e);
    if (pairs)
        OPENSSL_cleanse(pairs, n * sizeof *pairs); /* keys */
    free(pairs);
    return written;
}

const struct exporter exporter_ip_xfrm = {
    .m = {"ip-xfrm", "manual SAs and policies by ip xfrm", "ip-xfrm(8), kernel net/xfrm"},
    .modes = modes,
    .refusal = refusal,
    .write = write_files,
};
