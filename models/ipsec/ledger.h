/* ledger.h - where the octets of a packet on the link go. The sum of the fields is its length on the link. */
#ifndef ESPSIM_IPSEC_LEDGER_H
#define ESPSIM_IPSEC_LEDGER_H

#include <stdint.h>

/* Octets. For a packet that is not protected: ip is its header, payload the rest. */
#define LEDGER_FIELDS(X)                                                                                               \
    X(ip)           /* the IP header (with options or extension headers) in front of ESP */                            \
    X(udp)          /* UDP encapsulation */                                                                            \
    X(esp)          /* SPI and sequence number */                                                                      \
    X(iv)           /* initialisation vector */                                                                        \
    X(payload)      /* what ESP protects: tunnel mode's inner header counts here */                                    \
    X(tfc)          /* traffic flow confidentiality padding */                                                         \
    X(padding)      /* padding to the cipher's block or 4 octets */                                                    \
    X(trailer)      /* pad length and next header */                                                                   \
    X(icv)          /* integrity check value */                                                                        \
    X(framing)      /* link headers and checksums */                                                                   \
    X(link_padding) /* link cells, bursts or minimum frames filled up */

struct ledger {
#define X(field) uint64_t field;
    LEDGER_FIELDS(X)
#undef X
};

static inline uint64_t ledger_sum(const struct ledger *l)
{
    uint64_t sum = 0;
#define X(field) sum += l->field;
    LEDGER_FIELDS(X)
#undef X
    return sum;
}

static inline void ledger_add(struct ledger *to, const struct ledger *l)
{
#define X(field) to->field += l->field;
    LEDGER_FIELDS(X)
#undef X
}

#endif
