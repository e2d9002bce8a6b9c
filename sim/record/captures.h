/* captures.h - the recorder that writes lan1.pcap, sat.pcap and lan2.pcap.
 *
 * LAN captures: what passes the gateway's LAN port, both ways. sat.pcap: what comes out of the satellite link, both
 * ways, before the receiving gateway looks at it; what the link lost is not in it. Times are simulated, from 0.
 */
#ifndef ESPSIM_RECORD_CAPTURES_H
#define ESPSIM_RECORD_CAPTURES_H

#include "sim/event/event.h"

#define CAPTURES_N 3
extern const char *const captures_names[CAPTURES_N]; /* "lan1.pcap", ... */

struct captures;

/* Writes into the folder `dir`. NULL and `e` where a file cannot be made. */
struct captures *captures_new(struct event_bus *bus, const char *dir, struct err *e);
/* Closes and frees. False where not everything could be written. */
bool captures_close(struct captures *c, struct err *e);

#endif
