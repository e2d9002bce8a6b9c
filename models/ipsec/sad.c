#include "models/ipsec/sad.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

/* A slot holds the oldest of the SAs that share a key; the others hang on it. The hash stands beside it, so that a
 * miss seldom looks at an SA. */
struct slot {
    struct sa *first; /* NULL: empty */
    uint64_t hash;
};

/* Open addressing with linear probing (Knuth 6.4), at most half full. */
struct index {
    struct slot *slots;
    size_t n_slots; /* a power of two */
    size_t n_used;
};

struct sad {
    struct index by[SA_N_KEYS];
    uint32_t *n_by_dport; /* how many SAs have each UDP destination port; NULL while there is none */
    size_t n_sas;
};

enum { N_SLOTS_AT_FIRST = 16 };

static void *zeroed(size_t n, size_t size)
{
    void *made = calloc(n, size);
    assert(made);
    return made;
}

struct sad *sad_new(void)
{
    struct sad *d = zeroed(1, sizeof *d);
    for (int k = 0; k < SA_N_KEYS; k++)
        d->by[k] = (struct index){zeroed(N_SLOTS_AT_FIRST, sizeof *d->by[k].slots), N_SLOTS_AT_FIRST, 0};
    return d;
}

void sad_free(struct sad *d)
{
    if (!d)
        return;
    for (int k = 0; k < SA_N_KEYS; k++)
        free(d->by[k].slots);
    free(d->n_by_dport);
    free(d);
}

/* ---- keys ---- */

/* NULL: an address that does not belong to the key. */
struct key {
    uint32_t spi;
    const struct addr *dst, *src;
};

static struct key key_of(const struct sa *sa, enum sa_key k)
{
    bool has_dst = k == SA_SPI_DST || k == SA_SPI_DST_SRC, has_src = k == SA_SPI_SRC || k == SA_SPI_DST_SRC;
    return (struct key){sa->p.spi, has_dst ? &sa->p.dst : NULL, has_src ? &sa->p.src : NULL};
}

static bool has_key(const struct sa *sa, const struct key *key)
{
    return sa->p.spi == key->spi && (!key->dst || addr_equal(&sa->p.dst, key->dst)) &&
           (!key->src || addr_equal(&sa->p.src, key->src));
}

/* The finalizer of MurmurHash3: every bit of x reaches every bit. */
static uint64_t mixed(uint64_t x)
{
    x = (x ^ x >> 33) * 0xff51afd7ed558ccdu;
    x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53u;
    return x ^ x >> 33;
}

static uint64_t mixed_with(uint64_t hash, const struct addr *a)
{
    uint64_t half[2];
    memcpy(half, a->bytes, sizeof half);
    return mixed(mixed(mixed(hash ^ (uint64_t)a->version << 32) ^ half[0]) ^ half[1]);
}

static uint64_t hash_of(const struct key *key)
{
    uint64_t hash = key->dst || key->src ? key->spi : mixed(key->spi);
    hash = key->dst ? mixed_with(hash, key->dst) : hash;
    return key->src ? mixed_with(hash, key->src) : hash;
}

/* The slot of the key, or the empty one where it would stand. */
static struct slot *find(const struct index *x, const struct key *key)
{
    uint64_t hash = hash_of(key);
    for (size_t i = hash & (x->n_slots - 1);; i = (i + 1) & (x->n_slots - 1)) {
        struct slot *s = &x->slots[i];
        if (!s->first || (s->hash == hash && has_key(s->first, key)))
            return s;
    }
}

static struct slot *find_like(const struct index *x, enum sa_key k, const struct sa *sa)
{
    struct key key = key_of(sa, k);
    return find(x, &key);
}

/* ---- slots come and go ---- */

static void grow(struct index *x, enum sa_key k)
{
    struct index larger = {zeroed(2 * x->n_slots, sizeof *x->slots), 2 * x->n_slots, x->n_used};
    for (size_t i = 0; i < x->n_slots; i++)
        if (x->slots[i].first)
            *find_like(&larger, k, x->slots[i].first) = x->slots[i];
    free(x->slots);
    *x = larger;
}

/* What stands behind the emptied slot moves up, so that no probing ends too early (algorithm R). */
static void empty(struct index *x, struct slot *slot)
{
    size_t mask = x->n_slots - 1, hole = (size_t)(slot - x->slots);
    for (size_t i = (hole + 1) & mask; x->slots[i].first; i = (i + 1) & mask)
        if (((i - x->slots[i].hash) & mask) >= ((i - hole) & mask)) {
            x->slots[hole] = x->slots[i];
            hole = i;
        }
    x->slots[hole] = (struct slot){0};
    x->n_used--;
}

static void index_add(struct index *x, enum sa_key k, struct sa *sa)
{
    struct key key = key_of(sa, k);
    struct slot *s = find(x, &key);
    if (!s->first && 2 * ++x->n_used > x->n_slots) {
        grow(x, k);
        s = find(x, &key);
    }
    if (!s->first)
        s->hash = hash_of(&key);
    DL_APPEND2(s->first, sa, prev_same[k], next_same[k]);
}

static void index_remove(struct index *x, enum sa_key k, struct sa *sa)
{
    struct slot *s = find_like(x, k, sa);
    assert(s->first);
    DL_DELETE2(s->first, sa, prev_same[k], next_same[k]);
    sa->prev_same[k] = sa->next_same[k] = NULL;
    if (!s->first)
        empty(x, s);
}

/* Linux looks for a new SA's mark as for a packet's among the SAs that it has let in (__xfrm_state_insert's caller). */
static bool is_refused(const struct sad *d, const struct sa *sa)
{
    for (const struct sa *there = sad_by_spi_dst(d, sa->p.spi, &sa->p.dst); there != sa;
         there = there->next_same[SA_SPI_DST])
        if (!there->eexist && there->p.ah == sa->p.ah && sa_catches(there, sa->p.mark))
            return true;
    return false;
}

void sad_add(struct sad *d, struct sa *sa)
{
    for (int k = 0; k < SA_N_KEYS; k++)
        index_add(&d->by[k], (enum sa_key)k, sa);
    sa->eexist = is_refused(d, sa);
    if (sa->p.udp_dport && !d->n_by_dport)
        d->n_by_dport = zeroed(UINT16_MAX + 1, sizeof *d->n_by_dport);
    if (sa->p.udp_dport)
        d->n_by_dport[sa->p.udp_dport]++;
    d->n_sas++;
}

void sad_remove(struct sad *d, struct sa *sa)
{
    for (int k = 0; k < SA_N_KEYS; k++)
        index_remove(&d->by[k], (enum sa_key)k, sa);
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
    return find(&d->by[SA_SPI], &(struct key){spi, NULL, NULL})->first;
}

struct sa *sad_by_spi_dst(const struct sad *d, uint32_t spi, const struct addr *dst)
{
    return find(&d->by[SA_SPI_DST], &(struct key){spi, dst, NULL})->first;
}

struct sa *sad_by_spi_src(const struct sad *d, uint32_t spi, const struct addr *src)
{
    return find(&d->by[SA_SPI_SRC], &(struct key){spi, NULL, src})->first;
}

struct sa *sad_by_spi_dst_src(const struct sad *d, uint32_t spi, const struct addr *dst, const struct addr *src)
{
    return find(&d->by[SA_SPI_DST_SRC], &(struct key){spi, dst, src})->first;
}

/* The receiver listens at its own port; a NAT may have changed the sender's. */
bool sad_has_udp(const void *ctx, uint16_t sport, uint16_t dport)
{
    const struct sad *d = ctx;
    (void)sport;
    return d->n_by_dport && d->n_by_dport[dport];
}
