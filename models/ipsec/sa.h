/* sa.h - a security association (RFC 4301 4.1): one direction, keyed, with its sequence numbers and window. */
#ifndef ESPSIM_IPSEC_SA_H
#define ESPSIM_IPSEC_SA_H

#include "models/base/addr.h"
#include "models/base/err.h"
#include "models/base/units.h"
#include "models/crypto/crypt.h"
#include "models/ipsec/mode.h"
#include "models/ipsec/replay.h"
#include "models/ipsec/tos.h"

/* What two gateways agree on. Unset addresses (version 0) and prefixes are wildcards. */
struct sa_params {
    uint32_t spi;
    const struct mode *mode;
    struct suite suite;
    uint8_t key[ENCR_KEY_CAP];
    uint8_t salt[ENCR_SALT_CAP];
    uint8_t integ_key[INTEG_KEY_CAP];
    bool esn;
    uint64_t seq;                     /* outbound: the first number; inbound: the next expected; 0 is taken as 1 */
    uint32_t replay_window;           /* packets, 0: off */
    struct addr src, dst;             /* addresses of the packets on the link; tunnel and BEET: the outer header's */
    struct addr inner_src, inner_dst; /* BEET: the inner header's */
    struct prefix sel_src, sel_dst;   /* selectors of the inner packet, checked on input (RFC 4301 5.2 step 4) */
    uint16_t udp_sport, udp_dport;    /* RFC 3948; 0: no UDP encapsulation */
    uint32_t tfc;                     /* octets of TFC padding, where the inner packet tells its own length */
    bool check_pad;                   /* inspect padding (RFC 4303 2.4: SHOULD) */
    uint8_t ttl;                      /* of a new outer header */
    uint16_t outer_id;                /* IPv4 ID of the first new outer header */
    const struct tos_rule *tos;
    bool has_iv; /* the first packet's IV is `iv`: to reproduce published packets */
    uint8_t iv[ENCR_IV_CAP];
    sim_time hard_expiry; /* no packet from then on; 0: never */
    bool ah;              /* an SA of the Authentication Header: known to lookups, which may mistake it; never sealed */
    uint32_t mark, mark_mask; /* Linux: only packets whose mark, as far as the mask goes, is this one; mask 0: any */
    /* Random octets for IVs: the system's generator where NULL, a named stream in a simulation. */
    void (*random)(void *ctx, uint8_t *bytes, size_t len);
    void *random_ctx;
};

/* What a SAD finds SAs by; those that share a key are linked. */
enum sa_key { SA_SPI, SA_SPI_DST, SA_SPI_SRC, SA_SPI_DST_SRC, SA_N_KEYS };

struct sa {
    struct sa_params p;
    struct crypt *crypt;
    uint64_t next_seq;        /* outbound */
    bool seq_used_up;         /* outbound: the last number was sent */
    struct replay replay;     /* inbound */
    uint16_t next_id;         /* of the outer IPv4 header */
    uint64_t iv_mask;         /* IV = sequence number XOR this (as Linux' seqiv), for counter-like IVs */
    uint64_t packets, octets; /* carried, octets of inner packets */
    void *user;               /* whatever the owner keeps here */
    /* Written by sad.c only. */
    struct sa *prev_same[SA_N_KEYS], *next_same[SA_N_KEYS];
    bool eexist; /* Linux would refuse it: the mark is one that an SA of its SPI, destination and protocol catches */
};

/* Whether a packet, or a new SA, with this mark is one for `sa`. */
static inline bool sa_catches(const struct sa *sa, uint32_t mark)
{
    return (mark & sa->p.mark_mask) == sa->p.mark;
}

/* Defaults of every field that has one: ttl 64, window 64, seq 1, tos linux, check_pad on. */
void sa_params_init(struct sa_params *p);

/* Whether the parameters make an SA: lengths, mode needs its addresses, versions agree. False and why. */
bool sa_params_check(const struct sa_params *p, struct err *e);

/* Whether the IVs of an outbound SA, or what they are counted from, are drawn at random; else they are given, or
 * implied by its sequence numbers (RFC 8750). */
bool sa_draws_ivs(const struct sa_params *p);

/* Whether two outbound SAs would use an IV twice under one key: they share it, and neither draws. */
bool sa_ivs_meet(const struct sa_params *a, const struct sa_params *b);

/* Gives an SA; sa_free frees it. */
bool sa_new(const struct sa_params *p, struct sa **sa, struct err *e);
void sa_free(struct sa *sa);

/* Octets for IVs from where the parameters say. */
void sa_random(const struct sa_params *p, uint8_t *bytes, size_t len);

/* IP version of the header in front of ESP for an inner packet of version `inner`. */
uint8_t sa_outer_version(const struct sa_params *p, uint8_t inner);

#endif
