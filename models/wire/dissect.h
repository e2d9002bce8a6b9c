/* dissect.h - a packet as a list of its fields: IP, extension headers, UDP, TCP, ICMP, ESP, and what ESP protects where
 * the caller has decrypted it.
 *
 * The fields come in order, without gaps and without overlaps, and together they are the packet, whatever it holds:
 * what lies about its length is shown as it stands, and what is cut is said to be cut.
 */
#ifndef ESPSIM_WIRE_DISSECT_H
#define ESPSIM_WIRE_DISSECT_H

#include "models/base/ledger.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where in the ledger the octets of a field count. */
enum ledger_part {
#define X(name, what) LEDGER_##name,
    LEDGER_FIELDS(X)
#undef X
};

#define FIELD_VALUE_CAP 120

struct field {
    size_t off, len;   /* octets, from the start of the packet */
    const char *layer; /* "IPv4", "UDP", "ESP", ... */
    const char *name;  /* "total length"; fields that share an octet are named together */
    unsigned depth;    /* 0; 1 for what ESP protects, 2 for ESP in ESP, ... */
    bool begins;       /* the first field of its layer */
    enum ledger_part part;
    char value[FIELD_VALUE_CAP]; /* for people; "" where hexadecimal says it best */
};

/* What is known of the outermost ESP header, from its SA. */
struct dissect_esp {
    size_t iv_len, icv_len; /* octets */
    bool esn;
    uint32_t seq_hi;     /* esn: the half of the sequence number that is not sent */
    const uint8_t *text; /* payload, padding and trailer, decrypted; borrowed; NULL: not decrypted */
    size_t text_len;
    uint16_t udp_port; /* of UDP encapsulation; 0: 4500 */
};

typedef void (*dissect_visit)(void *ctx, const struct field *f);

/* Calls `visit` for every field. `esp` NULL: what follows a sequence number is one field. */
void dissect(const uint8_t *packet, size_t len, const struct dissect_esp *esp, dissect_visit visit, void *ctx);

/* The field that the octet at `off` belongs to; false where the packet has no such octet. */
bool dissect_field_at(const uint8_t *packet, size_t len, const struct dissect_esp *esp, size_t off, struct field *f);

#endif
