/* framing.h - what one IP packet costs on the link: family `framing`, one file framing_NAME.c and one line each.
 *
 * A framing is asked per packet, in the order in which the packets take the link. Cell framings (MPEG-TS, BBFRAMEs,
 * bursts) fill cells without regard to packet borders, so the state is how much of the open cell is left:
 *
 *     framing_offer   the octets that this packet itself takes: its own octets, its share of headers and CRC, the
 *                     headers of the cells that it opens, and octets that no rule lets anyone use.
 *     framing_flush   the link has nothing more to send: the open cell is filled up with padding. The padded framings
 *                     do that after every packet by themselves.
 *
 * So over any sequence of offers and flushes the sum of `octets` is exactly what was on the link, to the last cell, and
 *     octets = packet length + framing + padding      for each offer (packet length 0 for a flush)
 * holds per call. Every offer costs at least two octets more than the packet, so link_octets of
 * sim/engine/engine.h's link_send needs no correction: a packet that fits into a started cell still pays for its own
 * octets, and it is the padding of a cell, not the packet, that comes later and may never come.
 *
 * Time: a receiver has a packet only when the last cell that it touches is complete. `room` says how many octets of
 * that cell are still to come, so that packet is there room * 8 / rate later than its own last octet, whether the rest
 * becomes padding or the next packets.
 */
#ifndef ESPSIM_LINK_FRAMING_H
#define ESPSIM_LINK_FRAMING_H

#include "models/base/err.h"
#include "models/base/family.h"
#include "models/link/modcod.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct framing_settings {
    bool ethernet_gap;           /* ethernet: count preamble, SFD (8) and inter-packet gap (12) */
    bool npa;                    /* ULE: destination NPA address, 6 octets (D = 0) */
    bool llc_snap;               /* MPE: LLC/SNAP header, 8 octets */
    uint8_t label_len;           /* GSE, RLE: label, octets: 0, 3 or 6 */
    uint8_t ptype_len;           /* RLE: protocol type, octets: 0 (implicit), 1 (compressed) or 2 */
    bool rle_crc;                /* RLE fragments: CRC-32 (4 octets) instead of a sequence number (1) */
    uint32_t gse_packet_max;     /* GSE: longest GSE packet, octets; longer ones are fragmented; GSE_PACKET_MIN.. */
    uint32_t burst_octets;       /* RLE: payload of one burst, RLE_BURST_MIN.. */
    const struct modcod *modcod; /* DVB-S2; borrowed, one of modcods[] */
    bool pilots;                 /* DVB-S2 */
};

#define GSE_PACKET_MIN 64
#define GSE_PACKET_MAX 4097 /* 2 + the 12-bit GSE length */
#define RLE_BURST_MIN  14
#define RLE_BURST_MAX  2049 /* 2 + the 11-bit PPDU length */

/* A link with one receiver: no addresses or labels, everything optional left out; qpsk-1/2 without pilots, bursts of
 * 123 octets (waveform 13 of EN 301 545-2: QPSK 1/3, 1616 symbols); Ethernet with its gap, since that takes time. */
extern const struct framing_settings framing_defaults;

struct frame_cost {
    uint32_t octets;  /* on the link, all told */
    uint32_t framing; /* headers, CRCs, pointers, stuffing: ledger `framing` */
    uint32_t padding; /* fill-up: ledger `link_padding` */
    uint32_t cells;   /* frames, TS packets, BBFRAMEs or bursts opened */
    uint32_t symbols; /* DVB-S2: of the PLFRAMEs opened; otherwise 0 */
    uint32_t room;    /* octets left in the open cell afterwards; 0 where there are no cells */
};

struct framing; /* the state, below */

/* A member of the family. */
struct framing_kind {
    struct member m;
    bool reads_octets; /* the cost depends on what is in the packet (stuffing), not on its length alone */
    bool has_cells;
    bool is_ethernet; /* what it puts on the link is an Ethernet frame */
    /* NULL or: false and why where the settings make no sense. */
    bool (*check)(const struct framing_settings *s, struct err *e);
    uint32_t (*max_packet)(const struct framing_settings *s);
    struct frame_cost (*offer)(struct framing *f, const uint8_t *packet, size_t len);
};

/* The state of one direction of one link: a value, copied by assignment. Fields are the framings' own. */
struct framing {
    const struct framing_kind *kind;
    struct framing_settings set;
    uint32_t room; /* octets left in the open cell; 0: none is open */
    bool pointed;  /* MPEG-TS: the open cell has its payload pointer */
    uint32_t bits; /* HDLC: bits of an unfinished octet, 0..7 */
};

extern const struct family framing_family;

/* NULL and `e` where there is no such framing. */
const struct framing_kind *framing_find(const char *name, struct err *e);

/* False and why where a setting is out of its range or does not fit the framing. */
bool framing_check(const struct framing_kind *k, const struct framing_settings *s, struct err *e);

/* The longest IP packet that the framing can carry, octets: a bound on the MTU. */
uint32_t framing_max_packet(const struct framing_kind *k, const struct framing_settings *s);

/* An idle link. The settings must pass framing_check. */
void framing_init(struct framing *f, const struct framing_kind *k, const struct framing_settings *s);

/* The next packet; 1 <= len <= framing_max_packet. Borrows `packet`; it may be NULL where only the length is known, and
 * then stuffing is what random octets would cost on average, rounded up. */
struct frame_cost framing_offer(struct framing *f, const uint8_t *packet, size_t len);

/* The link has nothing to send: closes the open cell, if there is one. All of it is padding. */
struct frame_cost framing_flush(struct framing *f);

/* Adaptive coding: BBFRAMEs opened from now on have this MODCOD. */
void framing_set_modcod(struct framing *f, const struct modcod *m);

/* One packet on an idle link, its cells filled up. */
struct frame_cost framing_alone(const struct framing_kind *k, const struct framing_settings *s, const uint8_t *packet,
                                size_t len);

/* Mean link octets per packet when packets of this length (of random content) follow each other without a pause. */
double framing_saturated(const struct framing_kind *k, const struct framing_settings *s, size_t len);

/* The same in link symbols (DVB-S2; otherwise 0). */
double framing_saturated_symbols(const struct framing_kind *k, const struct framing_settings *s, size_t len);

#endif
