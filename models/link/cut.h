/* cut.h - how GSE and RLE cut a packet into pieces that fit what is left of a cell. */
#ifndef ESPSIM_LINK_CUT_H
#define ESPSIM_LINK_CUT_H

#include "models/link/framing.h"

/* Lengths in octets. */
struct cut {
    uint32_t whole;     /* header of a packet that is not cut */
    uint32_t start;     /* header of the first piece; >= whole */
    uint32_t next;      /* header of each further piece */
    uint32_t trailer;   /* CRC or sequence number behind the last piece; never cut, never alone */
    uint32_t piece_max; /* longest piece, with its header and trailer */
    uint32_t cell;      /* what a new cell has for pieces; 0: no cells, pieces stand by themselves */
    uint32_t cell_head; /* header of a cell */
    uint32_t symbols;   /* of a cell */
};

/* Takes `len` octets into f->room and the cells after it. A rest of a cell too small for a first piece with one octet
 * of the packet is padded. Fills all of the cost but octets and room. */
struct frame_cost cut_offer(struct framing *f, const struct cut *cut, uint32_t len);

#endif
