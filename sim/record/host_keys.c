#include "sim/record/host_keys.h"

#include "models/ipsec/wireshark.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

struct host_keys {
    FILE *lines;
    char *text;
    size_t len;
};

static void listen(void *ctx, const struct event *e)
{
    struct host_keys *k = ctx;
    char lines[WIRESHARK_LINES_CAP];
    if (e->kind == EVENT_HOST_SA && wireshark_sa_lines(e->sa, lines, sizeof lines))
        fputs(lines, k->lines);
}

struct host_keys *host_keys_new(struct event_bus *bus)
{
    struct host_keys *k = calloc(1, sizeof *k);
    assert(k);
    k->lines = open_memstream(&k->text, &k->len);
    assert(k->lines);
    event_listen(bus, listen, k);
    return k;
}

const char *host_keys_text(struct host_keys *k)
{
    fflush(k->lines);
    return k->text;
}

void host_keys_free(struct host_keys *k)
{
    if (!k)
        return;
    fclose(k->lines);
    free(k->text);
    free(k);
}
