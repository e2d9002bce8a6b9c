/* export_part.h - what the exporters share: names of algorithms, SAs with fresh keys, and the frame of a script. */
#ifndef ESPSIM_ANALYSIS_EXPORT_PART_H
#define ESPSIM_ANALYSIS_EXPORT_PART_H

#include "analysis/export.h"
#include "models/ipsec/modes.h"

/* ---- names of algorithms -------------------------------------------------------------------------------------- */

/* What Linux and strongSwan call a suite. */
struct export_suite {
    const char *encr;  /* the kernel's name, as `ip xfrm` takes it */
    const char *integ; /* the same; NULL for combined modes */
    const char *ike;   /* first part of a strongSwan proposal, with key length: "aes128gcm16" */
    const char *ike_integ;
};

#define EXPORT_IKE_CAP 64

/* False where the kernel has no such suite (RFC 8750 implicit IV). `ike` is storage for the text. */
bool export_suite_find(const struct suite *s, struct export_suite *names, char ike[EXPORT_IKE_CAP]);

/* Largest inner packet that leaves the gateway in one piece, as kernel 6.1 reckons (esp4.c: header_len; xfrm_state.c:
 * __xfrm_state_mtu): with BEET 8 octets are kept free for its pseudo header. */
unsigned export_inner_mtu(const struct export_plan *p, const struct mode *kernel_mode);

/* ---- SAs ------------------------------------------------------------------------------------------------------ */

#define EXPORT_KEY_TEXT_CAP 256

/* One SA with its key, as both ends install it. */
struct export_sa {
    uint32_t spi;
    unsigned reqid;                 /* ties a policy's template to its SAs */
    const struct mode *mode;        /* the kernel's: tunnel, beet, transport */
    struct addr src, dst;           /* of the SA; src not set: 0.0.0.0 or :: */
    struct prefix from, to;         /* the inner addresses; len of `addr` 0: no selector */
    char keys[EXPORT_KEY_TEXT_CAP]; /* "aead rfc4106(gcm(aes)) 0x... 128" */
};

/* Draws the keys of `sa` from OpenSSL's RAND. */
bool export_sa_draw(const struct export_plan *p, struct export_sa *sa, struct err *e);

/* `xfrm state add ...`, one line for `ip -batch`; `more` follows the mode ("if_id 1 ") or is "". */
void export_sa_write(FILE *f, const struct export_plan *p, const struct export_sa *sa, const char *more);

/* SPI of SA i of those that `side` receives on: the scenario's, or consecutive ones, side 1 after side 0's n_first.
 * False where the scenario names some, but too few. */
bool export_spi(const struct export_plan *p, size_t side, size_t i, size_t n_first, uint32_t *spi, struct err *e);

struct prefix export_host_prefix(const struct addr *a); /* /32 or /128 */

/* "host-10-1-0-1": a machine's name from its address, of letters, digits and hyphens, for files and swanctl. */
void export_name(char *name, size_t cap, const char *kind, const struct addr *a);

/* ---- files and scripts ---------------------------------------------------------------------------------------- */

/* A file that is being written; give it to export_part_close. */
struct export_part {
    FILE *f;
    char *text;
    size_t len;
};

bool export_part_open(struct export_part *part, struct err *e);
/* Adds the text as a file called `format`... to the set. */
bool export_part_close(struct export_part *part, struct file_set *set, struct err *e, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* What a form can't do, or does otherwise than one might think: at the top of a script. */
struct export_limit {
    const char *text; /* a line or several; NULL: the end of the list */
    int version;      /* of IP for which it holds; 0: both */
};

extern const char export_limit_keys[]; /* of all that is keyed by hand */
extern const char export_limit_df[];   /* of IPv4 packets over the inner MTU */
extern const char export_limit_big[];  /* of IPv6 packets over the inner MTU */
extern const char export_limit_beet[]; /* of the kernel's BEET, IPv4 */

/* How a script is framed. */
struct export_script {
    const char *how;                /* "ip xfrm" */
    const char *needs;              /* programs and parts of the kernel, one line */
    const char *programs;           /* what `up` looks for before it begins: "ip nft" */
    const struct mode *kernel_mode; /* of the SAs, for the inner MTU */
    const struct export_limit *limits;
    bool is_gateway;      /* it forwards and has the interfaces WAN and LAN */
    bool outlives_reboot; /* what it installs is there again after one */
};

/* The top of the script of `self` (a gateway's or host's name) with the address `own`: purpose, commands, limits,
 * settings. `peer` is the other gateway's address, `peer_lan` the LAN behind it; both NULL for hosts. */
void export_script_head(FILE *f, const struct export_plan *p, const char *self, const struct addr *own,
                        const struct addr *peer, const struct prefix *peer_lan, const struct export_script *s);
/* Lines of `install` for a gateway: forwarding, of the LANs' IP version; no route to the other LAN but the one that the
 * script then adds; and TCP's MSS, where that is wished. */
void export_script_forward(FILE *f, const struct export_plan *p, const struct prefix *peer_lan);

/* The functions that every script has after its own: notes of what is done, so that `down` can undo it; the three
 * commands. The script must have defined check (stops where something of the kind is there already), install (adds
 * lists by `add`, and calls `note` before whatever else it changes) and show. */
void export_script_tail(FILE *f);

/* `states() { ... }`, `policies() { ... }`: shell functions that print lines for `ip -batch`; the lines stand between.
 */
void export_script_list(FILE *f, const char *name, const char *why);
void export_script_list_end(FILE *f);

#endif
