/* rival.h - other means of sparing or spending octets, beside the modes: family `rival`, one file rival_NAME.c (or
 * one line there) and one line in rival.c each. They are sized, and where they are ESP really sealed; they are never
 * simulated. */
#ifndef ESPSIM_ANALYSIS_RIVAL_H
#define ESPSIM_ANALYSIS_RIVAL_H

#include "analysis/overhead.h"
#include "models/base/family.h"

struct rival {
    struct member m;
    const char *fixed; /* the suite of a rival that has no choice of its own, or NULL */
    /* The suite that it has in place of `asked`; false where it has none. NULL: the one asked for. */
    bool (*suite)(const struct suite *asked, struct suite *has);
    /* ESP: what is sealed for a packet of kind `k`. NULL: no ESP, and `ledger` says where the octets go; what it says
     * of framing is octets of a frame that the link's framing carries. */
    struct overhead_form (*form)(const struct overhead_way *w, const struct overhead_kind *k);
    struct ledger (*ledger)(const struct overhead_way *w, const struct overhead_kind *k);
    /* NULL or: puts right what sealing does not tell (delay; padding in the place of payload). */
    void (*settle)(const struct overhead_way *w, const struct overhead_kind *k, struct overhead_cost *cost);
    bool waits;                         /* it delays packets: `settle` tells by how much where the rate is known */
    struct claim linux_can, strongswan; /* as they are today */
};

extern const struct family rival_family;

const struct rival *rival_find(const char *name, struct err *e);

/* The suite of the rival where `asked` is asked for; false: the rival does not exist with it. */
bool rival_suite(const struct rival *r, const struct suite *asked, struct suite *has);

/* Parts that rivals share: a tunnel-mode form of the packet as it is; the form of a packet behind `wrap_len` octets of
 * IP header and encapsulation in the gateways' own transport (or tunnel) mode; the IP version and header length of the
 * packets between the gateways; the longest packet that tunnel mode takes without passing the MTU. */
struct overhead_form rival_tunnel(const struct overhead_way *w, const struct overhead_kind *k);
struct overhead_form rival_wrapped(const struct overhead_way *w, const struct overhead_kind *k, const char *mode,
                                   size_t encapsulation_len);
uint8_t rival_outer_version(const struct overhead_way *w, const struct overhead_kind *k);
size_t rival_outer_len(const struct overhead_way *w, const struct overhead_kind *k);
size_t rival_room(const struct overhead_way *w, const struct overhead_kind *k);

#endif
