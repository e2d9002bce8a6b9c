#include "sim/record/captures.h"

#include "sim/record/pcap_writer.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { LAN1, SAT, LAN2 };
const char *const captures_names[CAPTURES_N] = {"lan1.pcap", "sat.pcap", "lan2.pcap"};

struct captures {
    struct pcap_writer *writers[CAPTURES_N];
};

static void listen(void *ctx, const struct event *e)
{
    struct captures *c = ctx;
    if (e->kind == EVENT_HOST_SENT || e->kind == EVENT_TO_LAN)
        pcap_writer_put(c->writers[e->side ? LAN2 : LAN1], e->now, e->packet, e->len);
    else if (e->kind == EVENT_LINK_ARRIVED)
        pcap_writer_put(c->writers[SAT], e->now, e->packet, e->len);
}

struct captures *captures_new(struct event_bus *bus, const char *dir, struct err *e)
{
    struct captures *c = calloc(1, sizeof *c);
    assert(c);
    for (int i = 0; i < CAPTURES_N; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", dir, captures_names[i]);
        c->writers[i] = pcap_writer_new(path, e);
        if (!c->writers[i]) {
            captures_close(c, NULL);
            return NULL;
        }
    }
    event_listen(bus, listen, c);
    return c;
}

bool captures_close(struct captures *c, struct err *e)
{
    bool ok = true;
    if (!c)
        return true;
    for (int i = 0; i < CAPTURES_N; i++)
        if (c->writers[i] && !pcap_writer_close(c->writers[i], ok ? e : NULL))
            ok = false;
    free(c);
    return ok;
}
