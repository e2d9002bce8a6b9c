#include "models/ipsec/outbound.h"

#include <stdlib.h>
#include <uthash.h>

struct host_pair {
    struct {
        struct addr src, dst;
    } key;
    struct sa *sa;
    UT_hash_handle hh;
};

struct outbound {
    struct sa *for_all;
    struct host_pair *pairs;
};

struct outbound *outbound_new(void)
{
    struct outbound *o = calloc(1, sizeof *o);
    assert(o);
    return o;
}

void outbound_free(struct outbound *o)
{
    if (!o)
        return;
    struct host_pair *at, *next;
    HASH_ITER(hh, o->pairs, at, next)
    {
        HASH_DEL(o->pairs, at);
        free(at);
    }
    free(o);
}

static struct host_pair *find_pair(const struct outbound *o, const struct addr *src, const struct addr *dst)
{
    struct host_pair key = {.key = {*src, *dst}}, *found;
    HASH_FIND(hh, o->pairs, &key.key, sizeof key.key, found);
    return found;
}

void outbound_set(struct outbound *o, struct sa *sa)
{
    if (sa->p.mode->scope != SCOPE_HOST_PAIR) {
        o->for_all = sa;
        return;
    }
    struct host_pair *pair = find_pair(o, &sa->p.inner_src, &sa->p.inner_dst);
    if (!pair) {
        pair = calloc(1, sizeof *pair);
        assert(pair);
        pair->key.src = sa->p.inner_src;
        pair->key.dst = sa->p.inner_dst;
        HASH_ADD(hh, o->pairs, key, sizeof pair->key, pair);
    }
    pair->sa = sa;
}

struct sa *outbound_find(const struct outbound *o, const struct mode *mode, const struct addr *src,
                         const struct addr *dst)
{
    if (mode->scope != SCOPE_HOST_PAIR)
        return o->for_all;
    struct host_pair *pair = find_pair(o, src, dst);
    return pair ? pair->sa : NULL;
}
