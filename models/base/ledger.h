/* ledger.h - where the octets of a packet on the link go. The sum of the fields is its length on the link. */
#ifndef ESPSIM_BASE_LEDGER_H
#define ESPSIM_BASE_LEDGER_H

#include <stdint.h>

/* Octets. For a packet that is not protected: ip is its header, payload the rest. */
#define LEDGER_FIELDS(X)                                                                                               \
    X(ip, "the IP header (with options or extension headers) in front of ESP, or the only one")                        \
    X(udp, "UDP encapsulation")                                                                                        \
    X(esp, "SPI and sequence number")                                                                                  \
    X(iv, "initialisation vector")                                                                                     \
    X(payload, "what ESP protects (tunnel mode's inner header counts here); without ESP, what follows the IP header")  \
    X(tfc, "traffic flow confidentiality padding")                                                                     \
    X(padding, "padding to the cipher's block or 4 octets")                                                            \
    X(trailer, "pad length and next header")                                                                           \
    X(icv, "integrity check value")                                                                                    \
    X(framing, "link headers and checksums")                                                                           \
    X(link_padding, "link cells, bursts or minimum frames filled up")

struct ledger {
#define X(field, what) uint64_t field;
    LEDGER_FIELDS(X)
#undef X
};

static inline uint64_t ledger_sum(const struct ledger *l)
{
    uint64_t sum = 0;
#define X(field, what) sum += l->field;
    LEDGER_FIELDS(X)
#undef X
    return sum;
}

static inline void ledger_add(struct ledger *to, const struct ledger *l)
{
#define X(field, what) to->field += l->field;
    LEDGER_FIELDS(X)
#undef X
}

/* Takes the first `len` octets behind the IP header out of `whole`, in the order in which they stand in the packet:
 * what a fragment of the packet carries. */
static inline struct ledger ledger_cut(struct ledger *whole, uint64_t len)
{
    struct ledger cut = {0};
    uint64_t *const from[] = {&whole->udp, &whole->esp,     &whole->iv,      &whole->payload,
                              &whole->tfc, &whole->padding, &whole->trailer, &whole->icv};
    uint64_t *const to[] = {&cut.udp, &cut.esp, &cut.iv, &cut.payload, &cut.tfc, &cut.padding, &cut.trailer, &cut.icv};
    for (unsigned i = 0; i < sizeof from / sizeof *from; i++) {
        uint64_t take = *from[i] < len ? *from[i] : len;
        *to[i] = take;
        *from[i] -= take;
        len -= take;
    }
    return cut;
}

#endif
