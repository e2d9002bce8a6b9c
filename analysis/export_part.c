/* export_part.c - SAs with fresh keys, and the frame of the scripts. */
#include "analysis/export_part.h"

#include <assert.h>
#include <espsim_version.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdarg.h>
#include <stdlib.h>

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

bool export_part_close(struct export_part *part, struct export_set *set, struct err *e, const char *format, ...)
{
    bool whole = !ferror(part->f);
    if (fclose(part->f) != 0 || !whole) {
        free(part->text);
        return err_set(e, "out of memory");
    }
    struct export_file file = {.text = part->text};
    va_list words;
    va_start(words, format);
    int len = vasprintf(&file.name, format, words);
    va_end(words);
    struct export_file *files = len < 0 ? NULL : realloc(set->files, (set->n_files + 1) * sizeof *files);
    if (!files) {
        free(len < 0 ? NULL : file.name);
        free(file.text);
        return err_set(e, "out of memory");
    }
    set->files = files;
    set->files[set->n_files++] = file;
    return true;
}

/* ---- scripts -------------------------------------------------------------------------------------------------- */

static bool is_v6(const struct export_plan *p)
{
    return p->side[0].lan.addr.version == 6;
}

void export_script_head(FILE *f, const struct export_plan *p, const char *self, const struct addr *peer,
                        const struct export_script *s)
{
    char suite[SUITE_NAME_CAP], address[ADDR_TEXT_CAP];
    fprintf(f, "#!/bin/sh\n# %s: %s mode, %s, by %s; from %s.\n", self, p->mode->m.name, suite_name(&p->suite, suite),
            s->how, p->scenario);
    fprintf(f, "# Made by espsim %s: %s\n#\n", ESPSIM_VERSION, p->command);
    fprintf(f, "#   sh %s.sh up      installs everything or nothing\n", self);
    fprintf(f, "#   sh %s.sh down    removes what `up` installed and puts back what it changed\n", self);
    fprintf(f, "#   sh %s.sh status  shows the SAs, the policies and what the kernel refused\n#\n", self);
    fputs("# The keys are fresh from the system's generator and belong to this set of files alone: carry them to the\n"
          "# other machines over a safe way, and keep them readable for root only.\n",
          f);
    fprintf(f, "# Inner MTU on a link of %u octets: %u.\n", p->link_mtu, export_inner_mtu(p, s->kernel_mode));
    for (size_t i = 0; s->limits[i]; i++)
        fprintf(f, "%s%s\n", i ? "#   " : "# Limits:\n#   ", s->limits[i]);
    fprintf(f, "# Needs: %s.\n", s->needs);
    fputs("set -eu\nPATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH\n\n", f);
    fprintf(f, "FAMILY=%s # of the LANs, where ip can't tell\n", is_v6(p) ? "-6" : "-4");
    if (!s->is_gateway)
        return;
    fputs("WAN=${WAN:-wan} # the interface towards the link\n", f);
    fputs("LAN=${LAN:-lan} # the interface towards the LAN\n", f);
    fprintf(f, "NEXT_HOP=${NEXT_HOP:-%s} # on the way to the other gateway: itself, where it is on the link\n\n",
            addr_text(peer, address));
}

void export_script_list(FILE *f, const char *name, const char *why)
{
    fprintf(f, "# %s\n%s() {\n    cat <<END\n", why, name);
}

void export_script_list_end(FILE *f)
{
    fputs("END\n}\n\n", f);
}

void export_script_forward(FILE *f, const struct export_plan *p)
{
    /* The other version's is left alone: a machine that forwards IPv6 no longer takes its default route from routers.
     */
    fprintf(f, "    # A gateway forwards.\n    set_kept %s 1\n",
            is_v6(p) ? "net/ipv6/conf/all/forwarding" : "net/ipv4/ip_forward");
}

void export_script_make_way(FILE *f, const struct prefix *peer_lan)
{
    char lan[ADDR_TEXT_CAP];
    fprintf(f, "    make_way %s\n", prefix_text(peer_lan, lan));
}

static const char keep_functions[] =
    "# What was changed, to be put back by `down`: a setting under /proc/sys and its old value, or a route, a line.\n"
    "# The file is there while the script is up.\n"
    "KEPT=${KEPT:-/run/espsim-$(basename \"$0\" .sh)}\n"
    "\n"
    "set_kept() { # a file under /proc/sys, and its value\n"
    "    old=$(cat \"/proc/sys/$1\")\n"
    "    [ \"$old\" != \"$2\" ] || return 0\n"
    "    echo \"$1 $old\" >>\"$KEPT\"\n"
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
    "put_back() {\n"
    "    [ -f \"$KEPT\" ] || return 0\n"
    "    while read -r what old; do\n"
    "        case $what in\n"
    "        route) echo \"route add $old\" | ip \"$FAMILY\" -batch - ;;\n"
    "        *) echo \"$old\" >\"/proc/sys/$what\" ;;\n"
    "        esac || echo \"$0: can't put back: $what $old\" >&2\n"
    "    done <\"$KEPT\"\n"
    "    rm -f \"$KEPT\"\n"
    "}\n"
    "\n";

static const char list_functions[] =
    "# `ip -batch` takes the lines from a pipe, so that keys never show in the list of processes.\n"
    "add() { # list\n"
    "    \"$1\" | ip \"$FAMILY\" -batch -\n"
    "}\n"
    "\n"
    "turned() { # list, get or delete: the lines of SAs and policies, about the same ones\n"
    "    \"$1\" | sed -e \"s/^\\(xfrm state\\) add \\(.* spi [^ ]*\\) .*/\\1 $2 \\2/\" \\\n"
    "        -e \"s/^\\(xfrm policy\\) add \\(.* dir [a-z]*\\( if_id [0-9]*\\)*\\).*/\\1 $2 \\2/\"\n"
    "}\n"
    "\n"
    "# Removes a list; what is not there is passed over.\n"
    "remove() { # list\n"
    "    turned \"$1\" delete | sed 's/^\\([a-z0-9 -]*\\) add /\\1 del /' | ip \"$FAMILY\" -force -batch - 2>/dev/null "
    "||\n"
    "        true\n"
    "}\n"
    "\n"
    "# Somebody else's are not touched: `down` could not tell them from ours.\n"
    "must_be_free() { # list of SAs or policies\n"
    "    if turned \"$1\" get | ip -force -batch - 2>/dev/null | grep -q .; then\n"
    "        echo \"$0: one of these $1 is there already (ip xfrm state; ip xfrm policy); remove it first\" >&2\n"
    "        exit 1\n"
    "    fi\n"
    "}\n"
    "\n";

static const char commands[] =
    "case ${1:-} in\n"
    "up)\n"
    "    [ ! -e \"$KEPT\" ] || { echo \"$0: is up already; sh $0 down first\" >&2; exit 1; }\n"
    "    check\n"
    "    : >\"$KEPT\"\n"
    "    trap 'uninstall; put_back; echo \"$0: failed; everything is removed again\" >&2' EXIT\n"
    "    install\n"
    "    trap - EXIT\n"
    "    ;;\n"
    "down)\n"
    "    uninstall\n"
    "    put_back\n"
    "    ;;\n"
    "status)\n"
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
