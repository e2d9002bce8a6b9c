/* pcapng_writer.h - captures of raw IP packets with the keys that decrypt them, in pcapng (draft-ietf-opsawg-pcapng):
 * section header, Decryption Secrets Block, one interface (LINKTYPE_RAW, nanoseconds), packets. libpcap reads pcapng
 * but does not write it. */
#ifndef ESPSIM_RECORD_PCAPNG_WRITER_H
#define ESPSIM_RECORD_PCAPNG_WRITER_H

#include "models/base/err.h"
#include "models/base/units.h"

#include <stddef.h>
#include <stdint.h>

/* Whether a file that begins with these octets is such a capture, and so may be one of ours. */
bool pcapng_writer_wrote(const char *head, size_t len);

struct pcapng_writer;

/* NULL and `e` where the file cannot be made. `secrets` (borrowed) of the type go in front of all packets; length 0: no
 * such block. */
struct pcapng_writer *pcapng_writer_new(const char *path, uint32_t secrets_type, const char *secrets,
                                        size_t secrets_len, struct err *e);
void pcapng_writer_put(struct pcapng_writer *w, sim_time time, const uint8_t *packet, size_t len);
/* Flushes and frees. False where not everything could be written (disk full). */
bool pcapng_writer_close(struct pcapng_writer *w, struct err *e);

#endif
