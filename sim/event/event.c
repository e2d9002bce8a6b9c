#include "sim/event/event.h"

#include <assert.h>

void event_listen(struct event_bus *bus, event_listener listen, void *ctx)
{
    assert(bus->n_listeners < EVENT_LISTENERS_CAP);
    bus->listeners[bus->n_listeners].listen = listen;
    bus->listeners[bus->n_listeners++].ctx = ctx;
}

void event_tell(const struct event_bus *bus, const struct event *e)
{
    for (size_t i = 0; i < bus->n_listeners; i++)
        bus->listeners[i].listen(bus->listeners[i].ctx, e);
}

const char *event_place_name(enum event_place place)
{
    static const char *const names[N_PLACES] = {"gw1", "gw2", "link", "hosts"};
    return names[place];
}
