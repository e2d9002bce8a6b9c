/* export_part.c - SAs with fresh keys, and the frame of the scripts. */
#include "analysis/export_part.h"
#include "models/wire/ipv4.h"
#include "models/wire/ipv6.h"
#include "models/wire/tcp.h"

#include <assert.h>
#include <espsim_version.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ---- SAs ------------------------------------------------------------------------------------------------------ */

static bool draw_hex(char *hex, size_t cap, size_t n_octets)
{
    unsigned char octets[ENCR_KEY_CAP + ENCR_SALT_CAP + INTEG_KEY_CAP];
    if (RAND_priv_bytes(octets, (int)n_octets) != 1)
        return false;
    for (size_t i = 0; i < n_octets; i++)
        snprintf(hex + 2 * i, cap - 2 * i, "%02x", octets[i]);
    OPENSSL_cleanse(octets, sizeof octets);
    return true;
}

bool export_sa_draw(const struct export_plan *p, struct export_sa *sa, struct err *e)
{
    struct export_suite names;
    char ike[EXPORT_IKE_CAP];
    bool known = export_suite_find(&p->suite, &names, ike);
    assert(known); /* else refused before */
    const struct encr_alg *encr = p->suite.encr;
    const struct integ_alg *integ = p->suite.integ;
    char encr_key[2 * (ENCR_KEY_CAP + ENCR_SALT_CAP) + 1] = "", integ_key[2 * INTEG_KEY_CAP + 1] = "";
    bool drawn = draw_hex(encr_key, sizeof encr_key, p->suite.key_len + encr->salt_len) &&
                 draw_hex(integ_key, sizeof integ_key, integ->key_len);
    if (!drawn)
        return err_set(e, "no random octets for keys: OpenSSL's generator is not seeded; see RAND_priv_bytes(3)");
    if (encr->icv_len)
        snprintf(sa->keys, sizeof sa->keys, "aead %s 0x%s %u", names.encr, encr_key, 8u * encr->icv_len);
    else
        snprintf(sa->keys, sizeof sa->keys, "auth-trunc %s 0x%s %u enc %s %s%s", names.integ, integ_key,
                 8u * integ->icv_len, names.encr, *encr_key ? "0x" : "\"\"", encr_key);
    OPENSSL_cleanse(encr_key, sizeof encr_key);
    OPENSSL_cleanse(integ_key, sizeof integ_key);
    return true;
}

bool export_spi(const struct export_plan *p, size_t side, size_t i, size_t n_first, uint32_t *spi, struct err *e)
{
    const struct export_side *s = &p->side[side];
    if (s->n_spis && i >= s->n_spis)
        return err_set(
            e, "ipsec.spi_%s: %zu SPIs, and %s mode needs more; leave the key out, or name a range that is longer",
            s->name, s->n_spis, p->mode->m.name);
    *spi = s->n_spis ? s->spis[i] : EXPORT_SPI_FIRST + (uint32_t)((side ? n_first : 0) + i);
    return true;
}

void export_name(char *name, size_t cap, const char *kind, const struct addr *a)
{
    char text[ADDR_TEXT_CAP];
    snprintf(name, cap, "%s-%s", kind, addr_text(a, text));
    for (char *at = name; *at; at++)
        if (*at == '.' || *at == ':')
            *at = '-';
}

struct prefix export_host_prefix(const struct addr *a)
{
    return (struct prefix){*a, a->version == 6 ? 128 : 32};
}

void export_sa_write(FILE *f, const struct export_plan *p, const struct export_sa *sa, const char *more)
{
    char src[ADDR_TEXT_CAP], dst[ADDR_TEXT_CAP];
    const char *any = sa->dst.version == 6 ? "::" : "0.0.0.0";
    fprintf(f, "xfrm state add src %s dst %s proto esp spi 0x%x reqid %u mode %s %s",
            addr_is_set(&sa->src) ? addr_text(&sa->src, src) : any, addr_text(&sa->dst, dst), (unsigned)sa->spi,
            sa->reqid, sa->mode->m.name, more);
    fprintf(f, "replay-window %u %s%s", (unsigned)p->replay_window, p->esn ? "flag esn " : "", sa->keys);
    if (p->udp_port)
        fprintf(f, " encap espinudp %u %u %s", p->udp_port, p->udp_port, any);
    if (addr_is_set(&sa->from.addr))
        fprintf(f, " sel src %s dst %s", prefix_text(&sa->from, src), prefix_text(&sa->to, dst));
    fputc('\n', f);
}

/* ---- files ---------------------------------------------------------------------------------------------------- */

bool export_part_open(struct export_part *part, struct err *e)
{
    *part = (struct export_part){0};
    part->f = open_memstream(&part->text, &part->len);
    return part->f || err_set(e, "out of memory");
}

bool export_part_close(struct export_part *part, struct file_set *set, struct err *e, const char *format, ...)
{
    bool whole = !ferror(part->f);
    if (fclose(part->f) != 0 || !whole) {
        free(part->text);
        return err_set(e, "out of memory");
    }
    char *name;
    va_list words;
    va_start(words, format);
    int len = vasprintf(&name, format, words);
    va_end(words);
    if (len < 0) {
        free(part->text);
        return err_set(e, "out of memory");
    }
    file_set_add(set, name, part->text, part->len);
    free(name);
    return true;
}

/* ---- scripts -------------------------------------------------------------------------------------------------- */

static bool is_v6(const struct export_plan *p)
{
    return p->side[0].lan.addr.version == 6;
}

/* What must be so before anything is changed. */
static void write_ready(FILE *f, const struct export_plan *p, const struct export_script *s)
{
    fprintf(f, "PROGRAMS='%s' # without which `up` does not begin\n\n", s->programs);
    fputs("stop() { # what is wrong, and what to do\n"
          "    echo \"$0: $1\" >&2\n"
          "    exit 1\n"
          "}\n"
          "\n"
          "ready() {\n"
          "    [ \"$(id -u)\" = 0 ] || stop 'only root can do this'\n",
          f);
    fputs("    for program in $PROGRAMS; do\n"
          "        command -v \"$program\" >/dev/null || stop \"no $program here; what is needed stands at the top\"\n"
          "    done\n",
          f);
    if (s->is_gateway)
        fprintf(f,
                "    for interface in \"$WAN\" \"$LAN\"; do\n"
                "        [ -e \"/sys/class/net/$interface\" ] ||\n"
                "            stop \"no interface $interface here; name yours: WAN=eth0 LAN=eth1 sh $0 up\"\n"
                "    done\n"
                "    mtu=$(cat \"/sys/class/net/$WAN/mtu\")\n"
                "    [ \"$mtu\" = %u ] ||\n"
                "        echo \"note: the MTU of $WAN is $mtu, but MTU and MSS at the top are those for %u\" >&2\n",
                p->link_mtu, p->link_mtu);
    fputs("    ip -oneline address show to \"$OWN\" | grep -q . ||\n"
          "        stop \"$OWN is not an address of this machine: another machine's script, or export again with "
          "yours\"\n",
          f);
    if (s->is_gateway)
        fputs("    [ -n \"$NEXT_HOP\" ] || NEXT_HOP=$(ip -oneline route get \"$PEER\" oif \"$WAN\" |\n"
              "        sed -n 's/.* via \\(\\(inet6 \\)*[^ ]*\\) .*/\\1/p')\n"
              "    NEXT_HOP=${NEXT_HOP:-$PEER}\n",
              f);
    fputs("}\n\n", f);
}

const char export_limit_keys[] =
    "Keys are manual: without IKE there is no rekeying. A GCM or ChaCha20 key must never meet a sequence number "
    "twice,\n"
    "and a new replay window takes old packets again: export again (new keys) before any further `up`, and after a\n"
    "reboot. Without ESN an SA stops after 2^32 - 1 packets.";

const char export_limit_df[] =
    "DF packets over the inner MTU get ICMP \"fragmentation needed\"; others are encrypted whole and then fragmented.";

const char export_limit_big[] = "Packets over the inner MTU get ICMPv6 \"packet too big\".";

const char export_limit_beet[] =
    "A host's own fragments are dropped (XfrmOutStateModeError): hosts must not send datagrams over the MTU of their\n"
    "LAN.";

static void write_lines(FILE *f, const char *text)
{
    for (int len; *text; text += len + (text[len] == '\n')) {
        len = (int)strcspn(text, "\n");
        fprintf(f, "#   %.*s\n", len, text);
    }
}

/* What TCP may send, and what to do where ICMP does not come through. */
static unsigned mss_of(const struct export_plan *p, const struct export_script *s)
{
    return export_inner_mtu(p, s->kernel_mode) - (is_v6(p) ? IPV6_HEAD_LEN : IPV4_HEAD_LEN) - TCP_HEAD_LEN;
}

static void write_mtu(FILE *f, const struct export_plan *p, const char *self, const struct export_script *s)
{
    fprintf(f, "# Inner MTU on a link of %u octets: %u; TCP's MSS is then %u at most.\n", p->link_mtu,
            export_inner_mtu(p, s->kernel_mode), mss_of(p, s));
    if (s->is_gateway && p->mss_clamp)
        fprintf(f, "#   Gateways lower the MSS of new connections to it; CLAMP=no sh %s.sh up leaves it to ICMP.\n",
                self);
    else if (s->is_gateway)
        fprintf(f, "#   Hosts learn it by ICMP. Where that gets lost: CLAMP=yes sh %s.sh up (needs nft).\n", self);
}

/* The same for what comes and what goes: each end is told what the other may send. */
static void write_clamp(FILE *f, const struct export_plan *p, const struct export_script *s,
                        const struct prefix *peer_lan)
{
    char lan[ADDR_TEXT_CAP];
    const char *ip = is_v6(p) ? "ip6" : "ip";
    prefix_text(peer_lan, lan);
    fputs("clamp() {\n"
          "    [ \"$CLAMP\" = yes ] || return 0\n"
          "    command -v nft >/dev/null || stop 'CLAMP=yes needs nft'\n"
          "    note run nft delete table inet espsim_clamp\n"
          "    nft -f - <<END\n"
          "table inet espsim_clamp {\n"
          "    chain forward {\n"
          "        type filter hook forward priority 0; policy accept;\n",
          f);
    for (int way = 0; way < 2; way++)
        fprintf(f, "        %s %s %s tcp flags syn tcp option maxseg size set %u\n", ip, way ? "saddr" : "daddr", lan,
                mss_of(p, s));
    fputs("    }\n}\nEND\n}\n\n", f);
}

static void write_names(FILE *f, const struct export_plan *p, const struct addr *own, const struct addr *peer)
{
    char text[ADDR_TEXT_CAP];
    fprintf(f, "OWN=%s # this machine's address\n", addr_text(own, text));
    if (!peer)
        return;
    fprintf(f, "PEER=%s # the other gateway's\n", addr_text(peer, text));
    fputs("WAN=${WAN:-wan} # the interface towards the link\n"
          "LAN=${LAN:-lan} # the interface towards the LAN\n"
          "# On the way to the other gateway. Where it is not named: the router that this machine already uses to get\n"
          "# there, or the gateway itself.\n"
          "NEXT_HOP=${NEXT_HOP:-}\n",
          f);
    fprintf(f, "CLAMP=${CLAMP:-%s} # yes: lower the MSS of new TCP connections between the LANs to what fits\n\n",
            p->mss_clamp ? "yes" : "no");
}

void export_script_head(FILE *f, const struct export_plan *p, const char *self, const struct addr *own,
                        const struct addr *peer, const struct prefix *peer_lan, const struct export_script *s)
{
    char suite[SUITE_NAME_CAP];
    fprintf(f, "#!/bin/sh\n# %s: %s mode, %s, by %s; from %s.\n", self, p->mode->m.name, suite_name(&p->suite, suite),
            s->how, p->scenario);
    fprintf(f, "# Made by espsim %s: %s\n#\n", ESPSIM_VERSION, p->command);
    fprintf(f, "#   sh %s.sh up      installs everything or nothing\n", self);
    fprintf(f, "#   sh %s.sh down    removes what `up` installed and puts back what it changed\n", self);
    fprintf(f, "#   sh %s.sh status  shows the SAs, the policies and what the kernel refused\n", self);
    if (s->is_gateway)
        fprintf(f, "# Interfaces with other names: WAN=eth0 LAN=eth1 sh %s.sh up; `down` remembers them.\n", self);
    fputs(
        "#\n# The keys are fresh from the system's generator and belong to this set of files alone: carry them to the\n"
        "# other machines over a safe way, and keep them readable for root only.\n",
        f);
    write_mtu(f, p, self, s);
    fputs("# Limits:\n", f);
    for (const struct export_limit *limit = s->limits; limit->text; limit++)
        if (!limit->version || limit->version == p->side[0].lan.addr.version)
            write_lines(f, limit->text);
    fprintf(f, "# Needs: %s.\n", s->needs);
    fputs("set -eu\nPATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH\n\n", f);
    write_names(f, p, own, peer);
    fprintf(f, "FAMILY=%s # of the LANs, where ip can't tell\n", is_v6(p) ? "-6" : "-4");
    fprintf(f,
            "# What `up` has done and how to undo it, a line each; the file is there while the script is up%s.\n"
            "KEPT=${KEPT:-/%s/espsim-%s}\n",
            s->outlives_reboot ? ", reboots\n# included" : "", s->outlives_reboot ? "var/lib" : "run", self);
    write_ready(f, p, s);
    if (s->is_gateway)
        write_clamp(f, p, s, peer_lan);
}

void export_script_list(FILE *f, const char *name, const char *why)
{
    fprintf(f, "# %s\n%s() {\n    cat <<END\n", why, name);
}

void export_script_list_end(FILE *f)
{
    fputs("END\n}\n\n", f);
}

void export_script_forward(FILE *f, const struct export_plan *p, const struct prefix *peer_lan)
{
    char lan[ADDR_TEXT_CAP];
    /* The other version's is left alone. */
    if (is_v6(p))
        fputs("    # A gateway forwards. A machine that does takes no default route from router advertisements any "
              "more,\n"
              "    # unless accept_ra of that interface is 2.\n"
              "    set_kept net/ipv6/conf/all/forwarding 1\n",
              f);
    else
        fputs("    # A gateway forwards.\n    set_kept net/ipv4/ip_forward 1\n", f);
    fprintf(f, "    make_way %s\n    clamp\n", prefix_text(peer_lan, lan));
}

static const char keep_functions[] =
    "# Written down before it is done: whatever ends `up`, `down` finds what to undo.\n"
    "note() { # run COMMAND; ip LINE FOR ip -batch; route ONE THAT WAS THERE; set FILE UNDER /proc/sys AND OLD VALUE\n"
    "    echo \"$*\" >>\"$KEPT\"\n"
    "}\n"
    "\n"
    "set_kept() { # a file under /proc/sys, and its value\n"
    "    old=$(cat \"/proc/sys/$1\")\n"
    "    [ \"$old\" != \"$2\" ] || return 0\n"
    "    note set \"$1\" \"$old\"\n"
    "    echo \"$2\" >\"/proc/sys/$1\"\n"
    "}\n"
    "\n"
    "# Routes to the other LAN that are there already would stand beside ours or in its place.\n"
    "make_way() { # prefix\n"
    "    ip \"$FAMILY\" -oneline route show exact \"$1\" | sed -e 's/\\\\//g' -e 's/ dead//' -e 's/ linkdown//' \\\n"
    "        -e 's/^/route /' >>\"$KEPT\"\n"
    "    ip \"$FAMILY\" route flush exact \"$1\"\n"
    "}\n"
    "\n"
    "# The lines of one kind, the last first.\n"
    "notes() { # run or ip\n"
    "    sed -n \"s/^$1 //p\" \"$KEPT\" | sed '1!G;h;$!d'\n"
    "}\n"
    "\n"
    "# What is not there, or no longer, is passed over.\n"
    "undo() {\n"
    "    notes run | while read -r command; do\n"
    "        $command >/dev/null 2>&1 || true\n"
    "    done\n"
    "    # ip ends a batch at the first SA that is not there, so after half an `up` each line goes by itself.\n"
    "    notes ip | ip \"$FAMILY\" -batch - >/dev/null 2>&1 || notes ip | while read -r line; do\n"
    "        echo \"$line\" | ip \"$FAMILY\" -batch - >/dev/null 2>&1 || true\n"
    "    done\n"
    "    while read -r what old; do\n"
    "        case $what in\n"
    "        route) echo \"route add $old\" | ip \"$FAMILY\" -batch - ;;\n"
    "        set) echo \"${old#* }\" >\"/proc/sys/${old%% *}\" ;;\n"
    "        esac || echo \"$0: can't put back: $what $old\" >&2\n"
    "    done <\"$KEPT\"\n"
    "    rm -f \"$KEPT\"\n"
    "}\n"
    "\n";

static const char list_functions[] =
    "turned() { # list, get or delete: the lines of SAs and policies, about the same ones\n"
    "    \"$1\" | sed -e \"s/^\\(xfrm state\\) add \\(.* spi [^ ]*\\) .*/\\1 $2 \\2/\" \\\n"
    "        -e \"s/^\\(xfrm policy\\) add \\(.* dir [a-z]*\\( if_id [0-9]*\\)*\\).*/\\1 $2 \\2/\"\n"
    "}\n"
    "\n"
    "# `ip -batch` takes the lines from a pipe, so that keys never show in the list of processes.\n"
    "add() { # list\n"
    "    turned \"$1\" delete | sed -e 's/^\\([a-z0-9 -]*\\) add /\\1 del /' -e 's/^/ip /' >>\"$KEPT\"\n"
    "    \"$1\" | ip \"$FAMILY\" -batch - || stop \"one of these $1 was refused, for the reason above\"\n"
    "}\n"
    "\n"
    "# Somebody else's are not touched: `down` could not tell them from ours.\n"
    "must_be_free() { # list of SAs or policies\n"
    "    if turned \"$1\" get | ip -force -batch - 2>/dev/null | grep -q .; then\n"
    "        stop \"one of these $1 is there already (ip xfrm state; ip xfrm policy); remove it first\"\n"
    "    fi\n"
    "}\n"
    "\n";

static const char commands[] = "case ${1:-} in\n"
                               "up)\n"
                               "    [ ! -e \"$KEPT\" ] || stop \"is up already; sh $0 down first\"\n"
                               "    ready\n"
                               "    check\n"
                               "    : >\"$KEPT\"\n"
                               "    trap 'undo; echo \"$0: failed; everything is removed again\" >&2' EXIT\n"
                               "    trap 'exit 1' HUP INT TERM\n"
                               "    install\n"
                               "    trap - EXIT\n"
                               "    ;;\n"
                               "down)\n"
                               "    [ -e \"$KEPT\" ] || { echo \"$0: is not up; nothing to undo\" >&2; exit 0; }\n"
                               "    undo\n"
                               "    ;;\n"
                               "status)\n"
                               "    [ -e \"$KEPT\" ] || stop 'is not up'\n"
                               "    show\n"
                               "    ;;\n"
                               "*)\n"
                               "    echo \"usage: sh $0 up|down|status\" >&2\n"
                               "    exit 2\n"
                               "    ;;\n"
                               "esac\n";

void export_script_tail(FILE *f)
{
    fputs(keep_functions, f);
    fputs(list_functions, f);
    fputs(commands, f);
}
