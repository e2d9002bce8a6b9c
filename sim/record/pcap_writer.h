/* pcap_writer.h - captures of raw IP packets (LINKTYPE_RAW) with nanosecond stamps, through libpcap. */
#ifndef ESPSIM_RECORD_PCAP_WRITER_H
#define ESPSIM_RECORD_PCAP_WRITER_H

#include "models/base/err.h"
#include "models/base/units.h"

#include <stddef.h>
#include <stdint.h>

/* Whether a file that begins with these octets is such a capture, and so may be one of ours. */
bool pcap_writer_wrote(const char *head, size_t len);

struct pcap_writer;

/* NULL and `e` where the file cannot be made. */
struct pcap_writer *pcap_writer_new(const char *path, struct err *e);
void pcap_writer_put(struct pcap_writer *w, sim_time time, const uint8_t *packet, size_t len);
/* Flushes and frees. False where not everything could be written (disk full). */
bool pcap_writer_close(struct pcap_writer *w, struct err *e);

#endif
