/* addr.h - IPv4 and IPv6 addresses and prefixes. Octets are in network order. */
#ifndef ESPSIM_BASE_ADDR_H
#define ESPSIM_BASE_ADDR_H

#include "models/base/err.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ADDR_TEXT_CAP 64 /* enough for any address or prefix, with the final zero */

struct addr {
    uint8_t version;   /* 4, 6, or 0: not set */
    uint8_t bytes[16]; /* IPv4: the first 4; the rest is 0 */
};

struct prefix {
    struct addr addr; /* host bits are 0 */
    uint8_t len;      /* bits */
};

static inline size_t addr_len(const struct addr *a)
{
    return a->version == 4 ? 4 : a->version == 6 ? 16 : 0;
}

/* Takes the 4 or 16 octets of an address of that version. Inline and in place, since it stands on the path of every
 * packet: an address made elsewhere and copied would be read before its octets have left the processor's store buffer.
 */
static inline void addr_take(struct addr *a, uint8_t version, const uint8_t *bytes)
{
    memset(a, 0, sizeof *a);
    a->version = version;
    memcpy(a->bytes, bytes, addr_len(a));
}

bool addr_equal(const struct addr *a, const struct addr *b);
bool addr_is_set(const struct addr *a);
bool addr_is_any(const struct addr *a); /* not set, 0.0.0.0 or :: */
/* Whether a host on a network may have it: not this network's (0/8, ::), loopback, multicast, reserved, broadcast. */
bool addr_is_host(const struct addr *a);
bool addr_parse(const char *text, struct addr *a, struct err *e);
const char *addr_text(const struct addr *a, char text[ADDR_TEXT_CAP]); /* borrows `text`; "-" when not set */

/* `10.1.0.0/24`; a bare address is a /32 or /128. Host bits that are set are refused, with the right prefix named. */
bool prefix_parse(const char *text, struct prefix *p, struct err *e);
const char *prefix_text(const struct prefix *p, char text[ADDR_TEXT_CAP]);
bool prefix_has(const struct prefix *p, const struct addr *a);
bool prefix_admits(const struct prefix *p, const struct addr *a); /* as prefix_has; one that is not set has all */

/* The address number n of the prefix (n = 1 is 10.1.0.1 of 10.1.0.0/24); n must fit into the host bits. */
struct addr prefix_host(const struct prefix *p, uint64_t n);
/* The number that prefix_host gives the address for; 0: it is none of the prefix's, or beyond 2^32. */
uint64_t prefix_number(const struct prefix *p, const struct addr *a);
/* How many addresses `prefix_host` can name besides the network's (and IPv4 broadcast) address; capped at 2^32. */
uint64_t prefix_hosts(const struct prefix *p);

#endif
