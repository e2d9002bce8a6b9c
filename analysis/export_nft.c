/* export_nft.c - wildcard transport mode with an SA per destination host; nft brings ESP for LAN hosts to the gateway.
 *
 * The kernel finds an SA by the destination of the packet, so every host has one of its own, from any source. The
 * receiving gateway would forward such a packet, so nft marks it by its SPI, a rule routes the mark to a table in
 * which the whole LAN is local, and an xfrm interface makes the kernel route the opened packet again.
 */
#include "analysis/export_part.h"
#include "analysis/exporters.h"

#include <openssl/crypto.h>
#include <stdlib.h>

static const struct mode *const modes[] = {&mode_wildcard, NULL};

static const char *refusal(const struct export_plan *p)
{
    if (p->mode != &mode_wildcard)
        return "nft is only needed for the wildcard mode; --to ip-xfrm and --to strongswan install this one";
    if (p->udp_port)
        return "the kernel opens UDP-encapsulated ESP only on a socket of the gateway's own address, and a wildcard "
               "packet "
               "has none; leave UDP encapsulation out, or --mode tunnel";
    if (p->side[0].n_hosts + p->side[1].n_hosts > EXPORT_SAS_MAX)
        return "an SA per host, and this scenario has more than 4096 hosts; --to tc-bpf needs one SA pair";
    return NULL;
}

/* The SAs towards one LAN: sas[i] is that of host i. */
struct inbound {
    struct export_sa *sas;
    size_t n;
};

static bool draw(const struct export_plan *p, size_t side, struct inbound *in, struct err *e)
{
    in->n = p->side[side].n_hosts;
    in->sas = calloc(in->n, sizeof *in->sas);
    if (!in->sas)
        return err_set(e, "out of memory");
    for (size_t i = 0; i < in->n; i++) {
        uint32_t spi;
        if (!export_spi(p, side, i, p->side[0].n_hosts, &spi, e))
            return false;
        in->sas[i] = (struct export_sa){.spi = spi, .reqid = 1, .mode = &mode_transport, .dst = p->side[side].hosts[i]};
        if (!export_sa_draw(p, &in->sas[i], e))
            return false;
    }
    return true;
}

static void drop(struct inbound *in)
{
    if (in->sas)
        OPENSSL_cleanse(in->sas, in->n * sizeof *in->sas); /* keys */
    free(in->sas);
}

static const char needs[] =
    "iproute2, nftables, and a kernel with CONFIG_XFRM_INTERFACE, as the distributions' kernels are";

static const struct export_limit limits[] = {
    {"One SA and key for each destination host: a new host needs a new export on both gateways, and packets to hosts\n"
     "without one are dropped (XfrmOutNoStates). 508 SAs a gateway took 4 s to install and 3.1 MiB of kernel memory.\n"
     "The SPIs of this block must not be used by LAN hosts' own IPsec towards the other LAN: such a packet is taken "
     "for\n"
     "the gateway's and lost. strongSwan's hosts draw from 0xc0000000-0xcfffffff and never collide.\n"
     "LAN hosts' own ESP passes beside the gateways' (nested it would be lost: the input path opens ESP in ESP).",
     0},
    {"The nft rule with `ct` loads connection tracking: fragments are put together before anything else, since "
     "neither\n"
     "side could carry them otherwise; each flow costs an entry of nf_conntrack_max.",
     4},
    {export_limit_df, 4},
    {export_limit_big, 6},
    {"Source addresses of the LAN are not authenticated: who holds the link can change the source of a captured "
     "packet.\n"
     "The destination can't be changed, because each has its own key. Tunnel mode protects both.\n"
     "A firewall of the gateway's own must let through ESP from the link (input) and what comes out of espsim0\n"
     "(forward).\n"
     "The link must carry packets with LAN addresses: the gateways are neighbours, or what is between them routes "
     "both\n"
     "LANs.\n"
     "No IKE daemon negotiates this.",
     0},
    {export_limit_keys, 0},
    {NULL, 0},
};

static void write_states(FILE *f, const struct export_plan *p, const struct inbound *out, const struct inbound *in)
{
    export_script_list(
        f, "states",
        "An SA from anywhere to each host of the other LAN, and to each host of our own. if_id 1: what they\n"
        "# open appears on the xfrm interface.");
    for (size_t i = 0; i < out->n; i++)
        export_sa_write(f, p, &out->sas[i], "");
    for (size_t i = 0; i < in->n; i++)
        export_sa_write(f, p, &in->sas[i], "if_id 1 ");
    export_script_list_end(f);
}

static void write_policies(FILE *f, const char *own, const char *peer)
{
    export_script_list(
        f, "policies",
        "LAN hosts' own ESP stays as it is; everything else between the LANs is protected. Packets from the\n"
        "# other LAN come through the xfrm interface (if_id 1) or are dropped, unless they are hosts' own ESP.");
    fprintf(f, "xfrm policy add src %s dst %s proto 50 dir out priority 10\n", own, peer);
    fprintf(f, "xfrm policy add src %s dst %s dir out priority 20 tmpl proto esp reqid 1 mode transport\n", own, peer);
    static const char *const dirs[] = {"fwd", "in"};
    for (size_t i = 0; i < 2; i++) {
        fprintf(f, "xfrm policy add src %s dst %s dir %s if_id 1 priority 20 tmpl proto esp reqid 1 mode transport\n",
                peer, own, dirs[i]);
        fprintf(f, "xfrm policy add src %s dst %s proto 50 dir %s priority 10\n", peer, own, dirs[i]);
        fprintf(f, "xfrm policy add src %s dst %s dir %s action block priority 30\n", peer, own, dirs[i]);
    }
    export_script_list_end(f);
}

/* IPv6 needs none: its fragments are encrypted one by one (the fragment header goes inside), and routers make none. */
static const char reassemble[] = "    # Any rule with ct makes the kernel put fragments together first.\n"
                                 "    chain reassemble {\n"
                                 "        type filter hook prerouting priority -300; policy accept;\n"
                                 "        ct state invalid counter\n"
                                 "    }\n";

/* The SPIs of our inbound SAs, neighbours joined to ranges. */
static void write_spis(FILE *f, const struct inbound *in)
{
    fputs("SPIS='", f);
    for (size_t first = 0, last; first < in->n; first = last + 1) {
        for (last = first; last + 1 < in->n && in->sas[last + 1].spi == in->sas[last].spi + 1; last++)
            ;
        fprintf(f, "%s0x%x", first ? ", " : "", (unsigned)in->sas[first].spi);
        if (last > first)
            fprintf(f, "-0x%x", (unsigned)in->sas[last].spi);
    }
    fputs("' # of our SAs on their way in\n", f);
}

static void write_steering(FILE *f, const char *own, const char *peer, const struct inbound *in, bool v6)
{
    const char *ip = v6 ? "ip6" : "ip";
    write_spis(f, in);
    fprintf(f, "MARK=${MARK:-0x45}   # packets of our SAs on their way in; any mark that is free\n"
               "TABLE=${TABLE:-4500} # routing table in which the LAN is local; any number that is free\n\n");
    fprintf(f,
            "# Brings ESP for LAN hosts, with an SPI of ours, to the gateway instead of the host.\n"
            "steering() {\n"
            "    cat <<END\n"
            "table inet espsim {\n"
            "%s"
            "    chain steer {\n"
            "        type filter hook prerouting priority -150; policy accept;\n"
            "        iifname \"$WAN\" %s saddr %s %s daddr %s esp spi { $SPIS } meta mark set $MARK\n"
            "    }\n"
            "}\n"
            "END\n"
            "}\n\n",
            v6 ? "" : reassemble, ip, peer, ip, own);
    export_script_list(f, "rules", "What is marked looks up its route in a table of its own ...");
    fputs("rule add pref 100 fwmark $MARK iif $WAN lookup $TABLE\n", f);
    export_script_list_end(f);
    export_script_list(
        f, "routes",
        v6 ? "... in which the whole LAN is the gateway itself, whatever host a packet names. What is bound for\n"
             "# the other LAN leaves by the link. `lock`: else a forwarding kernel looks at the interface's MTU,\n"
             "# not at what ESP leaves of it, and its \"packet too big\" names an MTU that helps nobody."
           : "... in which the whole LAN is the gateway itself, whatever host a packet names. What is bound for\n"
             "# the other LAN leaves by the link.");
    fprintf(f, "route add local %s dev lo table $TABLE\n", own);
    fprintf(f, "route add %s via $NEXT_HOP dev $WAN%s\n", peer,
            v6 ? " mtu lock $(cat \"/sys/class/net/$WAN/mtu\")" : "");
    export_script_list_end(f);
}

static const char check_body[] =
    "check() {\n"
    "    must_be_free states\n"
    "    must_be_free policies\n"
    "    if ip link show espsim0 >/dev/null 2>&1 || nft list table inet espsim >/dev/null 2>&1; then\n"
    "        stop 'an interface espsim0 or an nft table espsim is there already; remove it first'\n"
    "    fi\n"
    "}\n\n";

static void write_install(FILE *f, const struct export_plan *p, const struct prefix *peer_lan)
{
    fputs("install() {\n", f);
    export_script_forward(f, p, peer_lan);
    fputs("    # After the SA has opened a packet it comes in again on this interface and is routed to its host.\n"
          "    note ip link del espsim0\n"
          "    ip link add espsim0 type xfrm dev \"$WAN\" if_id 1\n"
          "    ip link set espsim0 up\n"
          "    add states\n"
          "    add policies\n"
          "    add rules\n"
          "    add routes\n"
          "    note run nft delete table inet espsim\n"
          "    steering | nft -f -\n"
          "}\n\n",
          f);
}

static const char rest[] = "show() {\n"
                           "    ip -s xfrm state list nokeys\n"
                           "    ip xfrm policy list\n"
                           "    nft list table inet espsim\n"
                           "    grep -v ' 0$' /proc/net/xfrm_stat || echo 'the kernel refused nothing'\n"
                           "}\n\n";

static bool write_gateway(const struct export_plan *p, size_t me, const struct inbound in[2], struct file_set *set,
                          struct err *e)
{
    static const struct export_script script = {
        .how = "ip xfrm and nft, an SA per destination host",
        .needs = needs,
        .programs = "ip nft",
        .kernel_mode = &mode_transport,
        .limits = limits,
        .is_gateway = true,
    };
    const struct export_side *own = &p->side[me], *peer = &p->side[1 - me];
    char own_lan[ADDR_TEXT_CAP], peer_lan[ADDR_TEXT_CAP];
    prefix_text(&own->lan, own_lan);
    prefix_text(&peer->lan, peer_lan);
    struct export_part part;
    if (!export_part_open(&part, e))
        return false;
    export_script_head(part.f, p, own->name, &own->wan, &peer->wan, &peer->lan, &script);
    write_states(part.f, p, &in[1 - me], &in[me]);
    write_policies(part.f, own_lan, peer_lan);
    write_steering(part.f, own_lan, peer_lan, &in[me], own->lan.addr.version == 6);
    fputs(check_body, part.f);
    write_install(part.f, p, &peer->lan);
    fputs(rest, part.f);
    export_script_tail(part.f);
    return export_part_close(&part, set, e, "%s.sh", own->name);
}

static bool write_files(const struct export_plan *p, struct file_set *set, struct err *e)
{
    struct inbound in[2] = {{0}};
    bool written = draw(p, 0, &in[0], e) && draw(p, 1, &in[1], e) && write_gateway(p, 0, in, set, e) &&
                   write_gateway(p, 1, in, set, e);
    drop(&in[0]);
    drop(&in[1]);
    return written;
}

const struct exporter exporter_nft = {
    .m = {"nft", "wildcard transport: an SA per destination host, ESP steered by nft to the gateway",
          "nft(8), ip-link(8) type xfrm; measured on Linux 6.1"},
    .modes = modes,
    .joins_ipv4_fragments = true,
    .refusal = refusal,
    .write = write_files,
};
