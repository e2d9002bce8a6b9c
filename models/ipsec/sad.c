#include "models/ipsec/sad.h"

#include <stdlib.h>

#define HASH_FUNCTION         HASH_JEN
#define uthash_fatal(message) abort()
#include <uthash.h>

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

struct port_pair {
    uint32_t ports; /* source << 16 | destination */
    size_t n_sas;
    UT_hash_handle hh;
};

struct sad {
    struct spi_group *by_spi;
    struct dst_group *by_dst;
    struct port_pair *ports;
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
    FREE_ALL(port_pair, d->ports);
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

static void append(struct sa **first, struct sa *sa, struct sa **(*next)(struct sa *))
{
    while (*first)
        first = next(*first);
    *first = sa;
}

static void take_out(struct sa **first, struct sa *sa, struct sa **(*next)(struct sa *))
{
    while (*first && *first != sa)
        first = next(*first);
    if (*first)
        *first = *next(sa);
    *next(sa) = NULL;
}

static struct sa **next_spi(struct sa *sa)
{
    return &sa->next_same_spi;
}

static struct sa **next_dst(struct sa *sa)
{
    return &sa->next_same_dst;
}

static uint32_t ports_of(uint16_t sport, uint16_t dport)
{
    return (uint32_t)sport << 16 | dport;
}

static struct port_pair *find_ports(const struct sad *d, uint16_t sport, uint16_t dport)
{
    uint32_t key = ports_of(sport, dport);
    struct port_pair *p;
    HASH_FIND(hh, d->ports, &key, sizeof key, p);
    return p;
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
    append(&s->first, sa, next_spi);
    struct dst_group *g = find_dst(d, sa->p.spi, &sa->p.dst);
    if (!g) {
        g = zeroed(sizeof *g);
        g->key = dst_key(sa->p.spi, &sa->p.dst);
        HASH_ADD(hh, d->by_dst, key, sizeof g->key, g);
    }
    append(&g->first, sa, next_dst);
    if (sa->p.udp_dport) {
        struct port_pair *p = find_ports(d, sa->p.udp_sport, sa->p.udp_dport);
        if (!p) {
            p = zeroed(sizeof *p);
            p->ports = ports_of(sa->p.udp_sport, sa->p.udp_dport);
            HASH_ADD(hh, d->ports, ports, sizeof p->ports, p);
        }
        p->n_sas++;
    }
    d->n_sas++;
}

void sad_remove(struct sad *d, struct sa *sa)
{
    struct spi_group *s = find_spi(d, sa->p.spi);
    struct dst_group *g = find_dst(d, sa->p.spi, &sa->p.dst);
    assert(s && g);
    take_out(&s->first, sa, next_spi);
    take_out(&g->first, sa, next_dst);
    if (!s->first) {
        HASH_DEL(d->by_spi, s);
        free(s);
    }
    if (!g->first) {
        HASH_DEL(d->by_dst, g);
        free(g);
    }
    if (sa->p.udp_dport) {
        struct port_pair *p = find_ports(d, sa->p.udp_sport, sa->p.udp_dport);
        assert(p);
        if (--p->n_sas == 0) {
            HASH_DEL(d->ports, p);
            free(p);
        }
    }
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

/* The ports are those of the sender's SA as written in ours: its source or destination port suffices, since a NAT may
 * have changed the other. */
bool sad_has_udp(const void *ctx, uint16_t sport, uint16_t dport)
{
    const struct sad *d = ctx;
    if (find_ports(d, sport, dport))
        return true;
    for (const struct port_pair *p = d->ports; p; p = p->hh.next)
        if (p->ports >> 16 == sport || (p->ports & 0xffff) == dport)
            return true;
    return false;
}
