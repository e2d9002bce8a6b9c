#include "sim/config/config.h"

#include "models/files/file.h"
#include "models/wire/ipv4.h"
#include "models/wire/ipv6.h"
#include "models/wire/udp.h"
#include "sim/config/schema.h"
#include "sim/config/types.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SCENARIO_MAX (1 << 20) /* octets; a scenario is a page of text */

bool config_read(struct config *c, const char *path, const char *const *sets, size_t n_sets, struct err_list *bad)
{
    *c = (struct config){0};
    size_t len = 0;
    struct err e;
    char *text;
    if (!file_read_up_to(path, FILE_ASKED, SCENARIO_MAX, &text, &len, &e)) {
        err_list_add(bad, "%s; expected a scenario file such as scenarios/sat-link.ini", e.text);
        return false;
    }
    if (!len)
        err_list_add(bad, "%s: is empty; expected a scenario, for example a copy of scenarios/sat-link.ini", path);
    bool ok = len && config_parse(c, path, text, len, sets, n_sets, bad);
    free(text);
    return ok;
}

void config_fini(struct config *c)
{
    for (size_t i = 0; i < c->n_settings; i++) {
        struct setting *s = &c->settings[i];
        if (s->key->type == &type_text || s->key->type == &type_name)
            free(*(char **)s->value);
        free(s->section_name);
        free(s->text);
    }
    for (size_t i = 0; i < c->n_flows; i++) {
        free(c->flows[i].name);
        free(c->flows[i].capture);
    }
    for (int d = 0; d < 2; d++)
        trace_fini(&c->link.trace[d]);
    free(c->flows);
    free(c->settings);
    err_list_fini(&c->warnings);
    *c = (struct config){0};
}

size_t config_flow_pairs(const struct config_flow *f)
{
    size_t from = f->from.last - f->from.first + (size_t)1, to = f->to.last - f->to.first + (size_t)1;
    return from > to ? from : to;
}

void config_flow_pair(const struct config_flow *f, size_t i, uint32_t *from, uint32_t *to)
{
    assert(i < config_flow_pairs(f));
    *from = f->from.first == f->from.last ? f->from.first : f->from.first + (uint32_t)i;
    *to = f->to.first == f->to.last ? f->to.first : f->to.first + (uint32_t)i;
}

struct traffic_settings config_flow_traffic(const struct config *c, const struct config_flow *f)
{
    struct traffic_settings set = traffic_defaults;
    set.head_len = (c->ip == 6 ? IPV6_HEAD_LEN : IPV4_HEAD_LEN) + UDP_HEAD_LEN;
    if (((const struct traffic_kind *)f->kind)->speech)
        set.codec = (const struct codec *)f->codec;
    set.frames = (uint32_t)f->frames;
    set.vad = f->vad;
    set.talk = f->talk;
    set.silence = f->silence;
    set.rate = f->rate;
    set.size = (uint32_t)f->size;
    set.on = f->on;
    set.off = f->off;
    set.interval = f->interval;
    set.jitter = f->jitter;
    set.burst = (uint32_t)f->burst;
    set.burst_gap = f->burst_gap;
    set.request = (uint32_t)f->request;
    set.objects = f->objects == UINT64_MAX ? WEB_OBJECTS_DRAWN : (uint32_t)f->objects;
    set.object_size = (uint32_t)f->object_size;
    set.think = f->think;
    return set;
}

size_t config_spis_count(const struct config_spis *spis)
{
    size_t n = 0;
    for (size_t i = 0; i < spis->n; i++)
        n += spis->range[i].last - spis->range[i].first + (size_t)1;
    return n;
}

bool config_spi(const struct config_spis *spis, size_t i, uint32_t *spi)
{
    for (size_t k = 0; k < spis->n; k++) {
        size_t n = spis->range[k].last - spis->range[k].first + (size_t)1;
        if (i < n) {
            *spi = spis->range[k].first + (uint32_t)i;
            return true;
        }
        i -= n;
    }
    return false;
}
