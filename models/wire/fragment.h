/* fragment.h - IP fragmentation and reassembly (RFC 791 3.2, RFC 8200 4.5).
 *
 * IPv4 packets are cut by whoever forwards them, IPv6 packets by their source alone (a tunnel's entrance is the source
 * of the outer packet). Reassembly ignores what comes twice, refuses what overlaps (RFC 5722; for IPv4 as
 * well) and forgets what stays incomplete.
 */
#ifndef ESPSIM_WIRE_FRAGMENT_H
#define ESPSIM_WIRE_FRAGMENT_H

#include "models/base/buf.h"
#include "models/base/units.h"
#include "models/wire/ip.h"

/* Walks the fragments of a packet: each call writes the next one, at most `mtu` octets, into `to` (cap octets) and
 * returns its length; 0 at the end, or where the packet cannot be cut to that MTU (a header longer than mtu - 8). */
struct cutter {
    const uint8_t *packet; /* borrowed */
    struct ip_view v;
    size_t mtu;
    uint32_t id; /* identification of fragments whose packet has none: IPv6, IPv4 with DF (RFC 6864) */
    size_t done; /* octets of the fragmentable part that were written */
};

/* `v` is the packet's view; it is longer than mtu and no IPv6 fragment itself. DF is not heeded. */
void cutter_init(struct cutter *c, const uint8_t *packet, const struct ip_view *v, size_t mtu, uint32_t id);
size_t cutter_next(struct cutter *c, uint8_t *to, size_t cap);

#define REASSEMBLY_TIME  (30 * NS_PER_S) /* Linux net.ipv4.ipfrag_time */
#define REASSEMBLY_SLOTS 256             /* datagrams at a time; the oldest gives way */

struct reassembly;

struct reassembly *reassembly_new(void);
void reassembly_free(struct reassembly *r);

enum reassembled {
    REASSEMBLY_WAITS, /* kept in the heap, or there already, octet for octet */
    REASSEMBLY_WHOLE, /* `packet` is now the whole datagram */
    REASSEMBLY_BAD    /* overlaps, is too long or has a wrong length: it and its datagram are gone */
};

/* Takes a fragment (view `v`, v->fragment). On REASSEMBLY_WHOLE the datagram was written into `packet`, whose buffer
 * has room for 65,575 octets behind its head room. `*n_gone` grows by the fragments that were given up by this call,
 * those of other datagrams that ended too late included, and the given one where it is bad or,
 * with REASSEMBLY_WAITS, came a second time. */
enum reassembled reassembly_take(struct reassembly *r, sim_time now, struct buf *packet, const struct ip_view *v,
                                 uint64_t *n_gone);

/* Fragments that wait, and how many went into datagrams that became whole. */
uint64_t reassembly_waiting(const struct reassembly *r);

#endif
