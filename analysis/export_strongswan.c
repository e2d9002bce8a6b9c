/* export_strongswan.c - IKEv2 by strongSwan: swanctl.conf for tunnel, BEET and host-to-host transport mode.
 *
 * What strongSwan 5.9.8 does with the other wishes was tried: transport mode with subnets as selectors ends in
 * TS_UNACCEPTABLE and plain packets, with transport_proxy in XfrmOutNoStates; BEET with a subnet installs a tunnel.
 */
#include "analysis/export_part.h"
#include "analysis/exporters.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>

enum { CHILDREN_MAX = 1024, PSK_LEN = 32, IKE_NAT_PORT = 4500 };

static const struct mode *const modes[] = {&mode_tunnel, &mode_beet, &mode_transport, NULL};

static const char *refusal(const struct export_plan *p)
{
    if (p->mode == &mode_wildcard)
        return "strongSwan 5.9 can't negotiate it: transport mode with subnet selectors ends with \"TS_UNACCEPTABLE\" "
               "and no "
               "CHILD_SA (plain packets leave the gateway), with transport_proxy the SA is never found "
               "(XfrmOutNoStates), and "
               "BEET with subnets gives \"not using BEET mode, not host-to-host\" and a tunnel; --to nft or --to "
               "tc-bpf with "
               "manual keys, or --mode tunnel";
    if (p->mode != &mode_tunnel && p->side[0].n_hosts * p->side[1].n_hosts > CHILDREN_MAX)
        return "strongSwan takes BEET and transport mode for a pair of single hosts only (else \"not using BEET mode, "
               "not "
               "host-to-host\", \"not using transport mode, not host-to-host\"), a CHILD_SA each, and this scenario "
               "has more "
               "than 1024 pairs; --mode tunnel";
    if (p->mode == &mode_beet && p->side[0].wan.version != p->side[0].lan.addr.version)
        return "BEET over another IP version is not offered (the lab has not shown it to work); --mode tunnel";
    if (p->udp_port && p->udp_port != IKE_NAT_PORT)
        return "strongSwan encapsulates in UDP port 4500 (encap = yes); set the scenario's UDP port to 4500 or leave "
               "it out";
    return NULL;
}

static const char needs[] =
    "iproute2, and strongSwan 5.9 or newer with swanctl (Debian: charon-systemd, strongswan-swanctl)";

static const struct export_limit limits[] = {
    {export_limit_df, 4},
    {export_limit_big, 6},
    {"IKE authenticates by a fresh pre-shared key of 256 bits; certificates are better where there are more machines.\n"
     "The first packet to the other LAN starts the negotiation (start_action = trap); it may be lost.\n"
     "After a reboot: `down`, then `up`. strongSwan reads its file again by itself, but route and forwarding are not\n"
     "kept.",
     0},
    {NULL, 0},
};

static const struct export_limit beet_limits[] = {
    {"strongSwan takes BEET for single hosts only, one CHILD_SA a pair: with subnets it says \"not using BEET mode, "
     "not\n"
     "host-to-host\" and silently installs a tunnel. Both ends must send their vendor ID, else the same happens.",
     0},
    {export_limit_beet, 4},
    {export_limit_df, 4},
    {export_limit_big, 6},
    {"IKE authenticates by a fresh pre-shared key of 256 bits; certificates are better where there are more machines.\n"
     "The first packet of a pair starts the negotiation (start_action = trap); it may be lost.\n"
     "After a reboot: `down`, then `up`. strongSwan reads its file again by itself, but route and forwarding are not\n"
     "kept.",
     0},
    {NULL, 0},
};

static const struct export_limit transport_limits[] = {
    {"Transport mode is for the two hosts themselves; with subnets strongSwan says TS_UNACCEPTABLE and packets leave\n"
     "plain. The gateways only forward what they see: ESP and IKE.\n"
     "IKE authenticates by a fresh pre-shared key of 256 bits; certificates are better where there are more machines.\n"
     "The first packet of a pair starts the negotiation (start_action = trap); it may be lost.",
     0},
    {NULL, 0},
};

/* ---- swanctl.conf --------------------------------------------------------------------------------------------- */

/* One IKE SA: the two ends that run strongSwan, seen from `own`. */
struct peer {
    const struct addr *own, *other;
    char name[ADDR_TEXT_CAP + 16];
    const char *psk; /* hexadecimal */
};

static void write_child(FILE *f, const struct export_plan *p, const char *name, const struct prefix *own,
                        const struct prefix *other)
{
    struct export_suite names;
    char ike[EXPORT_IKE_CAP], text[ADDR_TEXT_CAP];
    bool known = export_suite_find(&p->suite, &names, ike);
    assert(known); /* else refused before */
    fprintf(f, "            %s {\n                mode = %s\n", name, p->mode->m.name);
    if (own) { /* else the default, dynamic: the two ends themselves */
        fprintf(f, "                local_ts = %s\n", prefix_text(own, text));
        fprintf(f, "                remote_ts = %s\n", prefix_text(other, text));
    }
    fputs("                # A new Diffie-Hellman exchange at each rekeying: old traffic stays secret when a key "
          "leaks.\n",
          f);
    fprintf(f, "                esp_proposals = %s%s%s-x25519%s\n", ike, names.ike_integ ? "-" : "",
            names.ike_integ ? names.ike_integ : "", p->esn ? "-esn" : "-noesn");
    fprintf(f, "                replay_window = %u\n", (unsigned)p->replay_window);
    if (p->rekey_s)
        fprintf(f, "                rekey_time = %llus\n", (unsigned long long)p->rekey_s);
    fputs(
        "                start_action = trap\n                close_action = trap\n                dpd_action = trap\n"
        "            }\n",
        f);
}

/* BEET: what is between the LANs and of no pair would pass in the clear. */
static void write_rest(FILE *f, const struct prefix *own, const struct prefix *other)
{
    char text[ADDR_TEXT_CAP];
    fputs("            # Packets between the LANs that belong to no pair must not pass in the clear.\n"
          "            rest {\n                mode = drop\n",
          f);
    fprintf(f, "                local_ts = %s\n", prefix_text(own, text));
    fprintf(f, "                remote_ts = %s\n", prefix_text(other, text));
    fputs("                start_action = trap\n            }\n", f);
}

static void write_connection_head(FILE *f, const struct export_plan *p, const struct peer *peer)
{
    char text[ADDR_TEXT_CAP];
    fprintf(f, "    %s {\n        version = 2\n", peer->name);
    fprintf(f, "        local_addrs = %s\n", addr_text(peer->own, text));
    fprintf(f, "        remote_addrs = %s\n", addr_text(peer->other, text));
    fputs("        # IKE's own protection; what the packets get stands in esp_proposals.\n"
          "        proposals = aes256gcm16-prfsha256-x25519\n"
          "        # A satellite path answers late and sometimes not at all.\n"
          "        dpd_delay = 60s\n",
          f);
    if (p->udp_port)
        fputs("        # UDP encapsulation, though there is no NAT.\n        encap = yes\n", f);
    else
        fputs("        # No address of ours changes, and none is translated.\n        mobike = no\n", f);
    fprintf(f, "        local {\n            auth = psk\n            id = %s\n        }\n", addr_text(peer->own, text));
    fprintf(f, "        remote {\n            auth = psk\n            id = %s\n        }\n",
            addr_text(peer->other, text));
    fputs("        children {\n", f);
}

static void write_connection_tail(FILE *f)
{
    fputs("        }\n    }\n", f);
}

static void write_secret(FILE *f, const struct peer *peer)
{
    char text[ADDR_TEXT_CAP];
    fprintf(f, "    ike-%s {\n        id-1 = %s\n", peer->name, addr_text(peer->own, text));
    fprintf(f, "        id-2 = %s\n        secret = 0x%s\n    }\n", addr_text(peer->other, text), peer->psk);
}

static void write_conf_head(FILE *f, const struct export_plan *p, const char *self)
{
    char suite[SUITE_NAME_CAP];
    fprintf(f, "# %s.swanctl.conf: %s mode, %s, by strongSwan 5.9 or newer; from %s.\n", self, p->mode->m.name,
            suite_name(&p->suite, suite), p->scenario);
    fprintf(f, "# Made by: %s\n# %s.sh puts it into swanctl's conf.d; it holds a secret, so it is for root only.\n",
            p->command, self);
}

/* ---- scripts -------------------------------------------------------------------------------------------------- */

static const char body[] =
    "CONF=${CONF:-/etc/swanctl/conf.d/espsim.conf} # swanctl reads every *.conf of this folder\n"
    "DAEMON=${DAEMON:-/etc/strongswan.d/zz-espsim.conf} # settings of the daemon itself\n"
    "\n"
    "check() {\n"
    "    if [ -e \"$CONF\" ]; then\n"
    "        stop \"$CONF is there already; remove it first\"\n"
    "    fi\n"
    "}\n"
    "\n"
    "install() {\n"
    "    dir=$(cd \"$(dirname \"$0\")\" && pwd)\n"
    "    umask 077\n"
    "    prepare\n"
    "    # Without the file, loading drops its connections; what is up is then ended one by one.\n"
    "    for connection in $CONNECTIONS; do\n"
    "        note run swanctl --terminate --ike \"$connection\" --force\n"
    "    done\n"
    "    note run swanctl --load-all --noprompt\n"
    "    note run rm -f \"$CONF\"\n"
    "    cp \"$dir/$SELF.swanctl.conf\" \"$CONF\"\n"
    "    swanctl --load-all --noprompt\n"
    "}\n"
    "\n"
    "show() {\n"
    "    swanctl --list-conns\n"
    "    swanctl --list-sas\n"
    "    grep -v ' 0$' /proc/net/xfrm_stat || echo 'the kernel refused nothing'\n"
    "}\n\n";

static const char beet_daemon[] = "    # strongSwan offers BEET only to a peer that is strongSwan too.\n"
                                  "    note run swanctl --reload-settings\n"
                                  "    note run rm -f \"$DAEMON\"\n"
                                  "    echo 'charon { send_vendor_id = yes }' >\"$DAEMON\"\n"
                                  "    swanctl --reload-settings\n";

static bool write_script(const struct export_plan *p, const char *self, const struct addr *own, const struct addr *peer,
                         const char *connections, const struct prefix *peer_lan, struct file_set *set, struct err *e)
{
    bool is_beet = p->mode == &mode_beet, is_gateway = peer != NULL;
    struct export_script script = {
        .how = "strongSwan",
        .needs = needs,
        .programs = "ip swanctl",
        .kernel_mode = p->mode,
        .limits = is_beet      ? beet_limits
                  : is_gateway ? limits
                               : transport_limits,
        .is_gateway = is_gateway,
        .outlives_reboot = true,
    };
    char lan[ADDR_TEXT_CAP];
    struct export_part part;
    if (!export_part_open(&part, e))
        return false;
    FILE *f = part.f;
    export_script_head(f, p, self, own, peer, peer_lan, &script);
    fprintf(f, "SELF=%s # beside this script stands $SELF.swanctl.conf\nCONNECTIONS=\"%s\"\n", self, connections);
    if (is_gateway) {
        export_script_list(f, "routes", "What is bound for the other LAN leaves by the link.");
        fprintf(f, "route add %s via $NEXT_HOP dev $WAN\n", prefix_text(peer_lan, lan));
        export_script_list_end(f);
    }
    fputs("prepare() {\n", f);
    if (is_gateway) {
        export_script_forward(f, p, peer_lan);
        fputs("    add routes\n", f);
    }
    fputs(is_beet ? beet_daemon : is_gateway ? "" : "    :\n", f);
    fputs("}\n\n", f);
    fputs(body, f);
    export_script_tail(f);
    return export_part_close(&part, set, e, "%s.sh", self);
}

/* ---- gateways ------------------------------------------------------------------------------------------------- */

static bool write_gateway(const struct export_plan *p, size_t me, const char *psk, struct file_set *set, struct err *e)
{
    const struct export_side *own = &p->side[me], *other = &p->side[1 - me];
    struct peer peer = {.own = &own->wan, .other = &other->wan, .name = "espsim", .psk = psk};
    struct export_part part;
    if (!export_part_open(&part, e))
        return false;
    write_conf_head(part.f, p, own->name);
    fputs("connections {\n", part.f);
    write_connection_head(part.f, p, &peer);
    if (p->mode == &mode_tunnel)
        write_child(part.f, p, "lans", &own->lan, &other->lan);
    else {
        write_rest(part.f, &own->lan, &other->lan);
        for (size_t i = 0; i < own->n_hosts * other->n_hosts; i++) {
            const struct prefix from = export_host_prefix(&own->hosts[i / other->n_hosts]);
            const struct prefix to = export_host_prefix(&other->hosts[i % other->n_hosts]);
            char name[32];
            snprintf(name, sizeof name, "pair-%zu", i + 1);
            write_child(part.f, p, name, &from, &to);
        }
    }
    write_connection_tail(part.f);
    fputs("}\nsecrets {\n", part.f);
    write_secret(part.f, &peer);
    fputs("}\n", part.f);
    return export_part_close(&part, set, e, "%s.swanctl.conf", own->name) &&
           write_script(p, own->name, &own->wan, &other->wan, peer.name, &other->lan, set, e);
}

/* ---- hosts (transport mode) ----------------------------------------------------------------------------------- */

static const char *pair_psk(char (*psks)[2 * PSK_LEN + 1], const struct export_plan *p, size_t side, size_t own,
                            size_t other)
{
    return side == 0 ? psks[own * p->side[1].n_hosts + other] : psks[other * p->side[1].n_hosts + own];
}

static bool write_host(const struct export_plan *p, size_t side, size_t n, char (*psks)[2 * PSK_LEN + 1],
                       struct file_set *set, struct err *e)
{
    const struct export_side *own = &p->side[side], *others = &p->side[1 - side];
    char self[ADDR_TEXT_CAP + 16];
    export_name(self, sizeof self, "host", &own->hosts[n]);
    struct export_part part, names;
    if (!export_part_open(&names, e))
        return false;
    if (!export_part_open(&part, e)) {
        fclose(names.f);
        free(names.text);
        return false;
    }
    write_conf_head(part.f, p, self);
    for (int secrets = 0; secrets < 2; secrets++) {
        fputs(secrets ? "secrets {\n" : "connections {\n", part.f);
        for (size_t i = 0; i < others->n_hosts; i++) {
            struct peer peer = {
                .own = &own->hosts[n], .other = &others->hosts[i], .psk = pair_psk(psks, p, side, n, i)};
            export_name(peer.name, sizeof peer.name, "to", peer.other);
            if (secrets) {
                write_secret(part.f, &peer);
                continue;
            }
            write_connection_head(part.f, p, &peer);
            write_child(part.f, p, "hosts", NULL, NULL);
            write_connection_tail(part.f);
            fprintf(names.f, "%s%s", i ? " " : "", peer.name);
        }
        fputs("}\n", part.f);
    }
    fclose(names.f);
    bool written = export_part_close(&part, set, e, "%s.swanctl.conf", self) &&
                   write_script(p, self, &own->hosts[n], NULL, names.text, NULL, set, e);
    free(names.text);
    return written;
}

static bool draw_psks(char (*psks)[2 * PSK_LEN + 1], size_t n, struct err *e)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char octets[PSK_LEN];
        if (RAND_priv_bytes(octets, sizeof octets) != 1)
            return err_set(e, "no random octets for keys: OpenSSL's generator is not seeded; see RAND_priv_bytes(3)");
        for (size_t at = 0; at < sizeof octets; at++)
            snprintf(psks[i] + 2 * at, 3, "%02x", octets[at]);
        OPENSSL_cleanse(octets, sizeof octets);
    }
    return true;
}

static bool write_files(const struct export_plan *p, struct file_set *set, struct err *e)
{
    bool is_transport = p->mode == &mode_transport;
    size_t n = is_transport ? p->side[0].n_hosts * p->side[1].n_hosts : 1;
    char(*psks)[2 * PSK_LEN + 1] = calloc(n, sizeof *psks);
    if (!psks)
        return err_set(e, "out of memory");
    bool written = draw_psks(psks, n, e);
    for (size_t side = 0; written && side < 2; side++) {
        if (!is_transport)
            written = write_gateway(p, side, psks[0], set, e);
        for (size_t i = 0; is_transport && written && i < p->side[side].n_hosts; i++)
            written = write_host(p, side, i, psks, set, e);
    }
    OPENSSL_cleanse(psks, n * sizeof *psks);
    free(psks);
    return written;
}

const struct exporter exporter_strongswan = {
    .m = {"strongswan", "IKEv2 by strongSwan: swanctl.conf and the script that loads it",
          "swanctl.conf(5); tried with 5.9.8"},
    .modes = modes,
    .rekeys = true,
    .refusal = refusal,
    .write = write_files,
};
