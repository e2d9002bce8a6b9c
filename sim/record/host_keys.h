/* host_keys.h - the recorder of the SAs that LAN hosts have of their own, as Wireshark takes them (the file esp_sa). */
#ifndef ESPSIM_RECORD_HOST_KEYS_H
#define ESPSIM_RECORD_HOST_KEYS_H

#include "sim/event/event.h"

struct host_keys;

/* Listens to `bus`, which must outlive it. */
struct host_keys *host_keys_new(struct event_bus *bus);
void host_keys_free(struct host_keys *k);

/* The lines so far, in the order in which the SAs came into use; kept by `k`. */
const char *host_keys_text(struct host_keys *k);

#endif
