/* framing_ts.h - packing of ULE SNDUs and MPE sections into MPEG-TS packets (ISO/IEC 13818-1; RFC 4326 section 6). */
#ifndef ESPSIM_LINK_FRAMING_TS_H
#define ESPSIM_LINK_FRAMING_TS_H

#include "models/link/framing.h"

#define TS_HEAD_LEN    4
#define TS_PAYLOAD_LEN 184

/* Puts a unit of `len` packet octets and `head` octets of header and CRC into the stream. A TS packet in which a unit
 * starts carries one payload pointer. `min_start`: octets of the unit that must stand in the TS packet where it starts
 * (ULE's Length field may not be cut: RFC 4326 section 6.2 (ii), (iii)); a rest too small for them is padded. */
struct frame_cost ts_offer(struct framing *f, size_t len, uint32_t head, uint32_t min_start);

/* The same, and the last TS packet is filled up. */
struct frame_cost ts_offer_padded(struct framing *f, size_t len, uint32_t head, uint32_t min_start);

#endif
