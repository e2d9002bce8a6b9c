/* overhead_capture.h - a capture as kinds of packets and their counts: one pass, bounded memory. */
#ifndef ESPSIM_ANALYSIS_OVERHEAD_CAPTURE_H
#define ESPSIM_ANALYSIS_OVERHEAD_CAPTURE_H

#include "analysis/overhead.h"

/* What a capture is like, besides its kinds. */
struct overhead_facts {
    uint64_t frames, packets; /* packets: IP packets of known kind */
    uint64_t octets;          /* of those packets */
    uint64_t not_ip;          /* ARP and the like */
    uint64_t malformed;       /* IP packets whose headers lie, or are cut */
    uint64_t cut;             /* IP packets of which the capture has only the beginning; their lengths are known */
    sim_time first, last;     /* earliest and latest packet */
    struct err cut_off;       /* a warning that the file ends within a record; "": it does not */
    const char *link_type;    /* the capture's own name for it; borrowed from libpcap */
};

/* What is done with the kinds: once for each kind, or more often where there are more kinds than memory for them. */
struct overhead_user {
    void *ctx;
    bool (*use)(void *ctx, const struct overhead_kind *k, uint64_t count, struct err *e);
    /* NULL, or for each packet in order: k->len octets, zeros where the capture cut them. */
    bool (*packet)(void *ctx, const struct overhead_kind *k, const uint8_t *packet, struct err *e);
};

/* Reads `path` ("-": standard input) to its end. False and `e`: unreadable, damaged, or the user said false. */
bool overhead_capture_read(const char *path, const struct overhead_user *user, struct overhead_facts *facts,
                           struct err *e);

/* The kind of the packet at `data`, of whose octets `len` are there and `cut` more were. False: its headers lie or are
 * cut. Header checksums are not looked at: network cards fill them in behind the capture's back. */
bool overhead_kind_of(const uint8_t *data, size_t len, size_t cut, struct overhead_kind *k);

#endif
