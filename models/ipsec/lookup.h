/* lookup.h - which SA an inbound ESP packet gets, by implementation or RFC: the lookup policies as a family.
 * One file lookup_NAME.c and one line in lookup.c each. */
#ifndef ESPSIM_IPSEC_LOOKUP_H
#define ESPSIM_IPSEC_LOOKUP_H

#include "models/ipsec/sad.h"

/* What a policy may ask of a packet. */
struct lookup_query {
    uint32_t spi;
    struct addr src, dst; /* of the packet as it arrived */
    bool to_me;           /* the destination is an address of this gateway */
    bool ah;              /* an AH packet: whether its SPI may be taken for an ESP SA's, and the other way round */
    uint32_t mark;        /* that a firewall wrote on it (Linux) */
};

/* What an implementation does with an SA that it has found where one of SA and packet is in UDP and the other not. */
enum lookup_udp {
    LOOKUP_UDP_BLIND, /* does not ask */
    LOOKUP_UDP_NEEDS, /* a packet in UDP wants an SA for it; a bare one is taken by any */
    LOOKUP_UDP_EQUAL  /* drops it */
};

enum lookup_outcome {
    LOOKUP_FOUND,
    LOOKUP_NONE,     /* ESP for us, but no SA: drop (RFC 4303 3.4.2) */
    LOOKUP_NOT_MINE, /* not for IPsec here: forwarded as it is, still encrypted */
    LOOKUP_AMBIGUOUS /* several SAs, and the policy has no rule to choose by */
};

struct lookup_answer {
    enum lookup_outcome outcome;
    struct sa *sa;   /* LOOKUP_FOUND */
    const char *why; /* one line for an engineer, never NULL */
};

struct lookup {
    struct member m;
    struct lookup_answer (*find)(const struct sad *d, const struct lookup_query *q);
    bool transit;         /* asked about packets in transit too; only then can a LAN host's SPI collide */
    bool pass_on_bad_icv; /* a packet whose ICV fails goes on unchanged instead of being dropped */
    enum lookup_udp udp;  /* asked by `espsim lookup`; the gateways here drop what differs, as drop reason `policy` */
};

extern const struct family lookup_family;
/* Members that others ask for: what an exported gateway does, and what comes to the same where each SPI is one SA's. */
extern const struct lookup lookup_linux, lookup_spi;

const struct lookup *lookup_get(const char *name);
const struct lookup *lookup_find(const char *name, struct err *e);

/* The answers that several policies give. */
struct lookup_answer lookup_found(struct sa *sa, const char *why);
struct lookup_answer lookup_none(const char *why);
struct lookup_answer lookup_not_mine(const char *why);
/* Of a policy that does not ask for the protocol: `why`, unless the SA is of the other one. */
struct lookup_answer lookup_found_any(struct sa *sa, const struct lookup_query *q, const char *why);
/* Nothing to be found for it: dropped where it was for us, else none of our business. */
struct lookup_answer lookup_nothing(const struct lookup_query *q, const char *why);

/* From `sa` on along key k the first SA of the packet's protocol; NULL: none. */
struct sa *lookup_of_protocol(struct sa *sa, enum sa_key k, const struct lookup_query *q);

#endif
