/* open.h - an inbound packet back through its SA, in the order of RFC 4303 3.4:
 * fragment -> SA lookup -> replay check -> ICV -> only now move the window -> padding -> next header -> inner packet.
 *
 * Finding the ESP header (locate), finding the SA (lookup.h) and opening (open) are three calls, because the lookup is
 * an axis of its own, and a gateway that claims a packet by SPI must be able to look before it opens.
 */
#ifndef ESPSIM_IPSEC_OPEN_H
#define ESPSIM_IPSEC_OPEN_H

#include "models/base/buf.h"
#include "models/ipsec/drop.h"
#include "models/ipsec/sa.h"
#include "models/wire/udp.h"

/* Where ESP stands in a packet. */
struct located {
    struct ip_view outer;
    size_t esp_off; /* octets from the start of the packet */
    size_t esp_len; /* from SPI to the end of the ICV */
    uint32_t spi;
    uint32_t seq_lo;
    bool in_udp;
    uint16_t sport, dport; /* in_udp */
};

/* Which UDP packets are ESP. NULL: none. */
typedef bool (*udp_ports_test)(const void *ctx, uint16_t sport, uint16_t dport);

/* Finds ESP in the packet. DROP_NOT_ESP: it is none. DROP_IKE, DROP_KEEPALIVE: in UDP, but not ESP. *at is filled on
 * DROP_NONE; its `outer` also on every other answer but DROP_MALFORMED. */
enum drop locate(const struct buf *packet, udp_ports_test ports, const void *ports_ctx, struct located *at);

/* Opens the packet in place with the SA that the lookup found. On DROP_NONE `packet` is the inner packet and *seq (may
 * be NULL) the full number. On a drop reason *seq is as much of it as could be told; `packet` is still whole after the
 * reasons that come before the ICV is looked at, and spoilt from DROP_ICV on. `now` is for the SA's lifetime. */
enum drop open_esp(struct sa *sa, struct buf *packet, const struct located *at, sim_time now, uint64_t *seq);

/* Whether the ICV is the SA's; asks no window and moves none. Spoils the packet. */
bool open_icv_is_good(const struct sa *sa, struct buf *packet, const struct located *at);

#endif
