/* export_tc_bpf.c - wildcard transport mode with one SA pair: BEET between the gateways, and three programs at tc that
 * put the LAN addresses back into the packets on the link.
 */
#include "analysis/export_part.h"
#include "analysis/exporters.h"

#include <openssl/crypto.h>

enum { HOST_BITS_MAX = 16 }; /* two host parts travel in the 32 bits of skb->mark */

static const struct mode *const modes[] = {&mode_wildcard, NULL};

static const char *refusal(const struct export_plan *p)
{
    if (p->mode != &mode_wildcard)
        return "tc-bpf is only needed for the wildcard mode; --to ip-xfrm and --to strongswan install this one";
    if (p->side[0].lan.addr.version != 4 || p->side[1].lan.addr.version != 4 || p->side[0].wan.version != 4)
        return "the programs carry host parts of 16 bits at most, so IPv4 only; for IPv6 --to nft";
    if (32 - p->side[0].lan.len > HOST_BITS_MAX || 32 - p->side[1].lan.len > HOST_BITS_MAX)
        return "the host part of each LAN must fit into 16 bits (a /16 or smaller); --to nft has no such limit";
    if (p->udp_port)
        return "the programs look for ESP, not for UDP; leave UDP encapsulation out, or --mode tunnel";
    return NULL;
}

static const char needs[] = "iproute2, and once clang and linux-libc-dev, to build the programs";

static const struct export_limit limits[] = {
    {"IPv4; host parts of 16 bits at most; Ethernet on both interfaces. skb->mark is used between LAN and link, so no\n"
     "other rule may set marks on these packets.\n"
     "Addresses of the gateways themselves inside the LANs can't be reached through it (their packets pass no LAN\n"
     "ingress).\n"
     "A LAN host's own ESP is nested in the gateways'. One that bypassed the gateway's SA and had its SPI would be "
     "lost.",
     0},
    {export_limit_beet, 4},
    {export_limit_df, 4},
    {"The kernel keeps 8 octets free for BEET's pseudo header, so the inner MTU is 8 less than real transport mode's.\n"
     "LAN addresses are not authenticated: who holds the link can redirect a captured packet to another host or forge\n"
     "its source, and it is accepted (TCP and UDP checksums can be kept right). Tunnel mode protects both addresses,\n"
     "--to nft the destination.\n"
     "The link must carry packets with LAN addresses: the gateways are neighbours, or what is between them routes "
     "both\n"
     "LANs.\n"
     "No IKE daemon negotiates this.",
     0},
    {export_limit_keys, 0},
    {"Where the gateway has no clang, build the programs elsewhere by the line at their top, and put them beside this\n"
     "script.",
     0},
    {NULL, 0},
};

/* ---- the programs --------------------------------------------------------------------------------------------- */

static uint32_t number(const struct addr *a)
{
    return (uint32_t)a->bytes[0] << 24 | (uint32_t)a->bytes[1] << 16 | (uint32_t)a->bytes[2] << 8 | a->bytes[3];
}

static uint32_t host_mask(const struct prefix *p)
{
    return (uint32_t)(((uint64_t)1 << (32 - p->len)) - 1);
}

static void write_define(FILE *f, const char *name, uint32_t value, const char *what)
{
    fprintf(f, "#define %-10s 0x%08xu /* %s */\n", name, (unsigned)value, what);
}

static const char programs[] =
    "#include <linux/bpf.h>\n"
    "\n"
    "#define SECTION(name) __attribute__((section(name), used))\n"
    "#define SWAP(x) __builtin_bswap32(x) /* the machine is little-endian, as x86 and arm64 are */\n"
    "\n"
    "enum { ETH_LEN = 14, AT_FRAGMENT = ETH_LEN + 6, AT_PROTO = ETH_LEN + 9, AT_SUM = ETH_LEN + 10 };\n"
    "enum { AT_SRC = ETH_LEN + 12, AT_DST = ETH_LEN + 16, PROTO_ESP = 50, IPV4 = 0x0008 };\n"
    "enum { PASS = 0, DROP = 2 }; /* TC_ACT_OK, TC_ACT_SHOT */\n"
    "\n"
    "static long (*store)(struct __sk_buff *, __u32, const void *, __u32, __u64) = (void *)BPF_FUNC_skb_store_bytes;\n"
    "static long (*load)(const void *, __u32, void *, __u32) = (void *)BPF_FUNC_skb_load_bytes;\n"
    "static long (*resum)(struct __sk_buff *, __u32, __u64, __u64, __u64) = (void *)BPF_FUNC_l3_csum_replace;\n"
    "\n"
    "struct ip {\n"
    "    __u32 src, dst; /* host order */\n"
    "    __u8 proto;\n"
    "    __u8 is_later;  /* a fragment after the first: it has no SPI */\n"
    "    __u32 spi;\n"
    "};\n"
    "\n"
    "static __attribute__((always_inline)) int read_ip(struct __sk_buff *skb, struct ip *ip)\n"
    "{\n"
    "    __u32 addresses[2], spi = 0;\n"
    "    __u16 fragment;\n"
    "    __u8 first;\n"
    "    if (skb->protocol != IPV4 || load(skb, ETH_LEN, &first, 1) || load(skb, AT_FRAGMENT, &fragment, 2) ||\n"
    "        load(skb, AT_PROTO, &ip->proto, 1) || load(skb, AT_SRC, addresses, 8))\n"
    "        return 0;\n"
    "    ip->src = SWAP(addresses[0]);\n"
    "    ip->dst = SWAP(addresses[1]);\n"
    "    ip->is_later = (__builtin_bswap16(fragment) & 0x1fff) != 0;\n"
    "    if (ip->proto == PROTO_ESP && !ip->is_later)\n"
    "        load(skb, ETH_LEN + 4 * (first & 15), &spi, 4);\n"
    "    ip->spi = SWAP(spi);\n"
    "    return 1;\n"
    "}\n"
    "\n"
    "static __attribute__((always_inline)) void write_addresses(struct __sk_buff *skb, struct ip *ip, __u32 src, __u32 "
    "dst)\n"
    "{\n"
    "    __u32 new_src = SWAP(src), new_dst = SWAP(dst);\n"
    "    resum(skb, AT_SUM, SWAP(ip->src), new_src, 4);\n"
    "    resum(skb, AT_SUM, SWAP(ip->dst), new_dst, 4);\n"
    "    store(skb, AT_SRC, &new_src, 4, 0);\n"
    "    store(skb, AT_DST, &new_dst, 4, 0);\n"
    "}\n"
    "\n"
    "/* From the LAN: which hosts the packet is from and for; the SA will forget it. */\n"
    "SECTION(\"from_lan\") int lan_ingress(struct __sk_buff *skb)\n"
    "{\n"
    "    struct ip ip;\n"
    "    if (read_ip(skb, &ip) && (ip.src & ~OWN_MASK) == OWN_LAN && (ip.dst & ~PEER_MASK) == PEER_LAN)\n"
    "        skb->mark = (ip.src & OWN_MASK) << 16 | (ip.dst & PEER_MASK);\n"
    "    return PASS;\n"
    "}\n"
    "\n"
    "/* To the link: ESP of our SA gets the hosts' addresses in place of the gateways'. */\n"
    "SECTION(\"to_wan\") int wan_egress(struct __sk_buff *skb)\n"
    "{\n"
    "    struct ip ip;\n"
    "    if (read_ip(skb, &ip) && ip.proto == PROTO_ESP && ip.src == OWN_WAN && ip.dst == PEER_WAN &&\n"
    "        (ip.spi == OUT_SPI || ip.is_later))\n"
    "        write_addresses(skb, &ip, OWN_LAN | skb->mark >> 16, PEER_LAN | (skb->mark & 0xffff));\n"
    "    return PASS;\n"
    "}\n"
    "\n"
    "/* From the link, twice: ESP of our SA for a LAN host is turned to the gateway; opened, it gets its addresses "
    "back. */\n"
    "SECTION(\"from_wan\") int wan_ingress(struct __sk_buff *skb)\n"
    "{\n"
    "    struct ip ip;\n"
    "    if (!read_ip(skb, &ip) || (ip.src & ~PEER_MASK) != PEER_LAN || (ip.dst & ~OWN_MASK) != OWN_LAN)\n"
    "        return PASS;\n"
    "    if (ip.src == PEER_LAN && ip.dst == OWN_LAN && skb->mark) {\n"
    "        write_addresses(skb, &ip, PEER_LAN | skb->mark >> 16, OWN_LAN | (skb->mark & 0xffff));\n"
    "    } else if (ip.proto == PROTO_ESP && (ip.spi == IN_SPI || ip.is_later)) {\n"
    "        skb->mark = (ip.src & PEER_MASK) << 16 | (ip.dst & OWN_MASK);\n"
    "        write_addresses(skb, &ip, PEER_WAN, OWN_WAN);\n"
    "    }\n"
    "    return PASS;\n"
    "}\n"
    "\n"
    "char terms[] SECTION(\"license\") = \"GPL\"; /* the kernel lends its checksum helper to GPL programs */\n";

static bool write_programs(const struct export_plan *p, size_t me, const struct export_sa sa[2], struct file_set *set,
                           struct err *e)
{
    const struct export_side *own = &p->side[me], *peer = &p->side[1 - me];
    struct export_part part;
    if (!export_part_open(&part, e))
        return false;
    FILE *f = part.f;
    fprintf(f, "/* %s.bpf.c - LAN addresses in the ESP packets of one BEET SA; loaded by %s.sh.\n", own->name,
            own->name);
    fprintf(f, " * clang -O2 -target bpf -I/usr/include/$(uname -m)-linux-gnu -c %s.bpf.c -o %s.bpf.o */\n", own->name,
            own->name);
    write_define(f, "OWN_LAN", number(&own->lan.addr), "our LAN's network address");
    write_define(f, "OWN_MASK", host_mask(&own->lan), "its host part");
    write_define(f, "PEER_LAN", number(&peer->lan.addr), "the other LAN's");
    write_define(f, "PEER_MASK", host_mask(&peer->lan), "");
    write_define(f, "OWN_WAN", number(&own->wan), "our address on the link");
    write_define(f, "PEER_WAN", number(&peer->wan), "the other gateway's");
    write_define(f, "OUT_SPI", sa[me].spi, "of the SA towards the other gateway");
    write_define(f, "IN_SPI", sa[1 - me].spi, "of the SA towards us");
    fputs(programs, f);
    return export_part_close(&part, set, e, "%s.bpf.c", own->name);
}

/* ---- the script ----------------------------------------------------------------------------------------------- */

static void write_policy(FILE *f, const struct export_sa *sa, const char *dir)
{
    char text[4][ADDR_TEXT_CAP];
    fprintf(f, "xfrm policy add src %s dst %s dir %s priority 100 tmpl src %s dst %s proto esp reqid 1 mode beet\n",
            prefix_text(&sa->from, text[0]), prefix_text(&sa->to, text[1]), dir, addr_text(&sa->src, text[2]),
            addr_text(&sa->dst, text[3]));
}

static const char before[] =
    "build() {\n"
    "    dir=$(cd \"$(dirname \"$0\")\" && pwd)\n"
    "    source=$dir/$SELF.bpf.c\n"
    "    object=$dir/$SELF.bpf.o\n"
    "    if [ ! -e \"$object\" ] || [ -n \"$(find \"$source\" -newer \"$object\")\" ]; then\n"
    "        clang -O2 -target bpf -I\"/usr/include/$(uname -m)-linux-gnu\" -c \"$source\" -o \"$object\"\n"
    "    fi\n"
    "}\n"
    "\n"
    "PREF=${PREF:-45} # of our filters at tc; any that is free\n"
    "\n"
    "attach() { # interface, direction, section of the object\n"
    "    tc qdisc show dev \"$1\" | grep -q clsact || tc qdisc add dev \"$1\" clsact\n"
    "    note run tc filter del dev \"$1\" \"$2\" pref \"$PREF\" # an empty clsact does nothing and may stay for "
    "others\n"
    "    tc filter add dev \"$1\" \"$2\" pref \"$PREF\" bpf direct-action object-file \"$object\" section \"$3\"\n"
    "}\n"
    "\n"
    "check() {\n"
    "    must_be_free states\n"
    "    must_be_free policies\n"
    "    build\n"
    "}\n\n";

static void write_install(FILE *f, const struct export_plan *p, const struct prefix *peer_lan)
{
    fputs("install() {\n", f);
    export_script_forward(f, p, peer_lan);
    fputs("    # The programs before the SAs: without them BEET would carry every host's packets under one address.\n"
          "    attach \"$LAN\" ingress from_lan\n"
          "    attach \"$WAN\" egress to_wan\n"
          "    attach \"$WAN\" ingress from_wan\n"
          "    add states\n"
          "    add policies\n"
          "    add routes\n"
          "}\n\n",
          f);
}

static const char rest[] = "show() {\n"
                           "    ip -s xfrm state list nokeys\n"
                           "    ip xfrm policy list\n"
                           "    notes run | while read -r program _ _ dev interface way _; do\n"
                           "        [ \"$program\" != tc ] || tc filter show \"$dev\" \"$interface\" \"$way\"\n"
                           "    done\n"
                           "    grep -v ' 0$' /proc/net/xfrm_stat || echo 'the kernel refused nothing'\n"
                           "}\n\n";

static bool write_script(const struct export_plan *p, size_t me, const struct export_sa sa[2], struct file_set *set,
                         struct err *e)
{
    static const struct export_script script = {
        .how = "ip xfrm (one BEET SA pair) and programs at tc",
        .needs = needs,
        .programs = "ip tc",
        .kernel_mode = &mode_beet,
        .limits = limits,
        .is_gateway = true,
    };
    const struct export_side *own = &p->side[me], *peer = &p->side[1 - me];
    char lan[ADDR_TEXT_CAP];
    struct export_part part;
    if (!export_part_open(&part, e))
        return false;
    FILE *f = part.f;
    export_script_head(f, p, own->name, &own->wan, &peer->wan, &peer->lan, &script);
    fprintf(f, "SELF=%s # beside this script stand its programs, $SELF.bpf.c\n", own->name);
    export_script_list(f, "states",
                       "One SA each way. `sel` holds the addresses that BEET puts into an opened packet: the "
                       "LANs'\n# network addresses; the program at the link's ingress adds the host parts.");
    export_sa_write(f, p, &sa[0], "");
    export_sa_write(f, p, &sa[1], "");
    export_script_list_end(f);
    export_script_list(f, "policies",
                       "out: what must be protected. fwd and in: what comes from there must have been "
                       "protected; plain\n# packets are dropped (XfrmInTmplMismatch).");
    write_policy(f, &sa[me], "out");
    write_policy(f, &sa[1 - me], "fwd");
    write_policy(f, &sa[1 - me], "in");
    export_script_list_end(f);
    export_script_list(f, "routes", "What is bound for the other LAN leaves by the link.");
    fprintf(f, "route add %s via $NEXT_HOP dev $WAN\n", prefix_text(&peer->lan, lan));
    export_script_list_end(f);
    fputs(before, f);
    write_install(f, p, &peer->lan);
    fputs(rest, f);
    export_script_tail(f);
    return export_part_close(&part, set, e, "%s.sh", own->name);
}

static bool write_files(const struct export_plan *p, struct file_set *set, struct err *e)
{
    struct export_sa sa[2]; /* sa[i] is sent by side i */
    bool written = true;
    for (size_t i = 0; written && i < 2; i++) {
        const struct export_side *from = &p->side[i], *to = &p->side[1 - i];
        uint32_t spi = 0;
        written = export_spi(p, 1 - i, 0, 1, &spi, e);
        sa[i] = (struct export_sa){.spi = spi,
                                   .reqid = 1,
                                   .mode = &mode_beet,
                                   .src = from->wan,
                                   .dst = to->wan,
                                   .from = from->lan,
                                   .to = to->lan};
        written = written && export_sa_draw(p, &sa[i], e);
    }
    for (size_t me = 0; written && me < 2; me++)
        written = write_script(p, me, sa, set, e) && write_programs(p, me, sa, set, e);
    OPENSSL_cleanse(sa, sizeof sa); /* keys */
    return written;
}

const struct exporter exporter_tc_bpf = {
    .m = {"tc-bpf", "wildcard transport: one BEET SA pair, LAN addresses put back by programs at tc",
          "tc-bpf(8), ip-xfrm(8); measured on Linux 6.1"},
    .modes = modes,
    .refusal = refusal,
    .write = write_files,
};
