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
};

extern const struct family lookup_family;

const struct lookup *lookup_get(const char *name);
const struct lookup *lookup_find(const char *name, struct err *e);

/* The answers that several policies give. */
struct lookup_answer lookup_found(struct sa *sa, const char *why);
struct lookup_answer lookup_none(const char *why);
struct lookup_answer lookup_not_mine(const char *why);

#endif
