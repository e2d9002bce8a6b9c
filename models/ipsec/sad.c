#include "models/ipsec/sad.h"

#include <stdlib.h>

#define HASH_FUNCTION         HASH_JEN
#define uthash_fatal(message) abort()
#include <uthash.h>
#include <utlist.h>

/* Key of the second hash; no padding, so that it can be compared as octets. */
struct spi_dst {
    uint32_t spi;
    uint8_t version;
    uint8_t dst[16];
    uint8_t zero[3];
};

/* SAs that share a key, oldest first. */
struct spi_group {
    uint32_t spi;
    struct sa *first;
    UT_hash_handle hh;
};

struct dst_group {
    struct spi_dst key;
    struct sa *first;
    UT_hash_handle hh;
};

struct sad {
    struct spi_group *by_spi;
    struct dst_group *by_dst;
    uint32_t *n_by_dport; /* how many SAs have each UDP destination port; NULL while there is none */
    size_t n_sas;
};

struct sad *sad_new(void)
{
    struct sad *d = calloc(1, sizeof *d);
    assert(d);
    return d;
}

#define FREE_ALL(type, head)                                                                                           \
    do {                                                                                                               \
        struct type *at, *next;                                                                                        \
        HASH_ITER(hh, head, at, next)                                                                                  \
        {                                                                                                              \
            HASH_DEL(head, at);                                                                                        \
            free(at);                                                                                                  \
        }                                                                                                              \
    } while (0)

void sad_free(struct sad *d)
{
    if (!d)
        return;
    FREE_ALL(spi_group, d->by_spi);
    FREE_ALL(dst_group, d->by_dst);
    free(d->n_by_dport);
    free(d);
}

static struct spi_dst dst_key(uint32_t spi, const struct addr *dst)
{
    struct spi_dst key = {.spi = spi, .version = dst->version};
    memcpy(key.dst, dst->bytes, sizeof key.dst);
    return key;
}

static struct spi_group *find_spi(const struct sad *d, uint32_t spi)
{
    struct spi_group *g;
    HASH_FIND(hh, d->by_spi, &spi, sizeof spi, g);
    return g;
}

static struct dst_group *find_dst(const struct sad *d, uint32_t spi, const struct addr *dst)
{
    struct spi_dst key = dst_key(spi, dst);
    struct dst_group *g;
    HASH_FIND(hh, d->by_dst, &key, sizeof key, g);
    return g;
}

static void *zeroed(size_t size)
{
    void *made = calloc(1, size);
    assert(made);
    return made;
}

void sad_add(struct sad *d, struct sa *sa)
{
    struct spi_group *s = find_spi(d, sa->p.spi);
    if (!s) {
        s = zeroed(sizeof *s);
        s->spi = sa->p.spi;
        HASH_ADD(hh, d->by_spi, spi, sizeof s->spi, s);
    }
    DL_APPEND2(s->first, sa, prev_same_spi, next_same_spi);
    struct dst_group *g = find_dst(d, sa->p.spi, &sa->p.dst);
    if (!g) {
        g = zeroed(sizeof *g);
        g->key = dst_key(sa->p.spi, &sa->p.dst);
        HASH_ADD(hh, d->by_dst, key, sizeof g->key, g);
    }
    DL_APPEND2(g->first, sa, prev_same_dst, next_same_dst);
    if (sa->p.udp_dport && !d->n_by_dport)
        d->n_by_dport = zeroed((UINT16_MAX + 1) * sizeof *d->n_by_dport);
    if (sa->p.udp_dport)
        d->n_by_dport[sa->p.udp_dport]++;
    d->n_sas++;
}

void sad_remove(struct sad *d, struct sa *sa)
{
    struct spi_group *s = find_spi(d, sa->p.spi);
    struct dst_group *g = find_dst(d, sa->p.spi, &sa->p.dst);
    assert(s && g);
    DL_DELETE2(s->first, sa, prev_same_spi, next_same_spi);
    DL_DELETE2(g->first, sa, prev_same_dst, next_same_dst);
    sa->prev_same_spi = sa->next_same_spi = sa->prev_same_dst = sa->next_same_dst = NULL;
    if (!s->first) {
        HASH_DEL(d->by_spi, s);
        free(s);
    }
    if (!g->first) {
        HASH_DEL(d->by_dst, g);
        free(g);
    }
    if (sa->p.udp_dport)
        d->n_by_dport[sa->p.udp_dport]--;
    d->n_sas--;
}

size_t sad_count(const struct sad *d)
{
    return d->n_sas;
}

struct sa *sad_by_spi(const struct sad *d, uint32_t spi)
{
    struct spi_group *g = find_spi(d, spi);
    return g ? g->first : NULL;
}

struct sa *sad_by_spi_dst(const struct sad *d, uint32_t spi, const struct addr *dst)
{
    struct dst_group *g = find_dst(d, spi, dst);
    return g ? g->first : NULL;
}

/* The receiver listens at its own port; a NAT may have changed the sender's. */
bool sad_has_udp(const void *ctx, uint16_t sport, uint16_t dport)
{
    const struct sad *d = ctx;
    (void)sport;
    return d->n_by_dport && d->n_by_dport[dport];
}
