/* The SAD against a list that is searched from the front, and laws of the lookup policies over random SADs. */
#include "models/base/rng.h"
#include "models/ipsec/lookup.h"
#include "tests/esp_fixture.h"

enum { N_SAS = 40, N_SPIS = 6, N_ADDRS = 5 };

/* Few SPIs and addresses, so that everything meets everything: unicast, a group, unset; both IP versions. */
static struct addr any_addr(struct rng *rng, bool may_be_unset)
{
    static const char *const texts[N_ADDRS] = {"192.0.2.1", "192.0.2.2", "10.2.0.20", "233.252.0.1", "2001:db8::2"};
    struct addr unset = {0};
    return may_be_unset && !rng_below(rng, 4) ? unset : fixture_addr(texts[rng_below(rng, N_ADDRS)]);
}

static uint32_t any_spi(struct rng *rng)
{
    return 0x1000 + (uint32_t)rng_below(rng, N_SPIS);
}

/* Without keys: nothing is opened here. */
static struct sa *any_sa(struct rng *rng)
{
    static const char *const modes[] = {"tunnel", "transport", "wildcard", "beet"};
    struct sa *sa = calloc(1, sizeof *sa);
    assert_non_null(sa);
    sa->p.spi = any_spi(rng);
    sa->p.mode = mode_get(modes[rng_below(rng, 4)]);
    sa->p.src = any_addr(rng, true);
    sa->p.dst = any_addr(rng, true);
    if (!rng_below(rng, 3))
        assert_true(prefix_parse("192.0.2.0/24", &sa->p.sel_src, NULL));
    if (!rng_below(rng, 3))
        assert_true(prefix_parse("10.2.0.0/16", &sa->p.sel_dst, NULL));
    sa->p.ah = !rng_below(rng, 4);
    if (!rng_below(rng, 2)) {
        sa->p.mark_mask = (uint32_t)rng_below(rng, 4);
        sa->p.mark = (uint32_t)rng_below(rng, 4) & sa->p.mark_mask;
    }
    if (!rng_below(rng, 3))
        sa->p.udp_sport = sa->p.udp_dport = (uint16_t)(4500 + rng_below(rng, 3));
    return sa;
}

static struct lookup_query any_query(struct rng *rng)
{
    struct lookup_query q = {.spi = any_spi(rng), .src = any_addr(rng, false), .dst = any_addr(rng, false)};
    q.to_me = rng_below(rng, 2);
    q.ah = !rng_below(rng, 4);
    q.mark = (uint32_t)rng_below(rng, 4);
    return q;
}

/* A SAD and the same as a list, oldest first. */
struct both {
    struct sad *sad;
    struct sa *sas[N_SAS];
    size_t n;
};

static void fill(struct rng *rng, struct both *b)
{
    *b = (struct both){.sad = sad_new()};
    for (size_t n = rng_below(rng, N_SAS); b->n < n; b->n++)
        sad_add(b->sad, b->sas[b->n] = any_sa(rng));
}

static void empty(struct both *b)
{
    sad_free(b->sad);
    for (size_t i = 0; i < b->n; i++)
        free(b->sas[i]);
}

static void remove_at(struct both *b, size_t i)
{
    sad_remove(b->sad, b->sas[i]);
    free(b->sas[i]);
    memmove(&b->sas[i], &b->sas[i + 1], (--b->n - i) * sizeof *b->sas);
}

/* ---- the SAD ---- */

static void check_chains(const struct both *b)
{
    for (uint32_t spi = 0x1000; spi < 0x1000 + N_SPIS; spi++) {
        struct sa *sa = sad_by_spi(b->sad, spi);
        for (size_t i = 0; i < b->n; i++)
            if (b->sas[i]->p.spi == spi) {
                assert_ptr_equal(sa, b->sas[i]);
                sa = sa->next_same[SA_SPI];
            }
        assert_null(sa);
    }
    for (size_t k = 0; k < b->n; k++) {
        const struct sa *like = b->sas[k];
        struct sa *dst = sad_by_spi_dst(b->sad, like->p.spi, &like->p.dst);
        struct sa *src = sad_by_spi_src(b->sad, like->p.spi, &like->p.src);
        struct sa *both = sad_by_spi_dst_src(b->sad, like->p.spi, &like->p.dst, &like->p.src);
        for (size_t i = 0; i < b->n; i++) {
            if (b->sas[i]->p.spi == like->p.spi && addr_equal(&b->sas[i]->p.dst, &like->p.dst)) {
                assert_ptr_equal(dst, b->sas[i]);
                dst = dst->next_same[SA_SPI_DST];
            }
            if (b->sas[i]->p.spi == like->p.spi && addr_equal(&b->sas[i]->p.src, &like->p.src)) {
                assert_ptr_equal(src, b->sas[i]);
                src = src->next_same[SA_SPI_SRC];
            }
            if (b->sas[i]->p.spi == like->p.spi && addr_equal(&b->sas[i]->p.dst, &like->p.dst) &&
                addr_equal(&b->sas[i]->p.src, &like->p.src)) {
                assert_ptr_equal(both, b->sas[i]);
                both = both->next_same[SA_SPI_DST_SRC];
            }
        }
        assert_null(dst);
        assert_null(src);
        assert_null(both);
    }
    for (uint16_t port = 4499; port < 4504; port++) {
        bool has = false;
        for (size_t i = 0; i < b->n; i++)
            has |= b->sas[i]->p.udp_dport == port;
        assert_int_equal(sad_has_udp(b->sad, 1, port), has);
    }
    assert_int_equal(sad_count(b->sad), b->n);
}

static void sad_is_a_list_with_an_index(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 1, "sad");
    for (int i = 0; i < 300; i++) {
        struct both b;
        fill(&rng, &b);
        for (int k = 0; k < 20; k++) {
            check_chains(&b);
            if (b.n && rng_below(&rng, 2))
                remove_at(&b, rng_below(&rng, b.n));
            else if (b.n < N_SAS)
                sad_add(b.sad, b.sas[b.n++] = any_sa(&rng));
        }
        while (b.n)
            remove_at(&b, rng_below(&rng, b.n));
        check_chains(&b);
        empty(&b);
    }
}

/* ---- policies ---- */

static struct lookup_answer ask(const char *policy, const struct both *b, const struct lookup_query *q)
{
    return lookup_get(policy)->find(b->sad, q);
}

static bool is_group(const struct addr *a)
{
    return a->version == 4 ? a->bytes[0] >> 4 == 14 : a->version == 6 && a->bytes[0] == 0xff;
}

/* RFC 4301 4.1 as it is written: three searches of a list. */
static struct lookup_answer three_searches(const struct both *b, const struct lookup_query *q)
{
    for (int search = 1; search <= 3; search++) {
        struct lookup_answer a = {.outcome = LOOKUP_NONE};
        for (size_t i = 0; i < b->n; i++) {
            struct sa *sa = b->sas[i];
            bool src = addr_equal(&sa->p.src, &q->src), dst = addr_equal(&sa->p.dst, &q->dst);
            bool needs_src = is_group(&sa->p.dst) && addr_is_set(&sa->p.src);
            if (sa->p.spi != q->spi || sa->p.ah != q->ah || (search == 1 && !(src && dst)) ||
                (search == 2 && (!dst || needs_src)) || (search == 3 && is_group(&sa->p.dst)))
                continue;
            a = (struct lookup_answer){a.sa ? LOOKUP_AMBIGUOUS : LOOKUP_FOUND, a.sa ? a.sa : sa, ""};
        }
        if (a.outcome != LOOKUP_NONE)
            return a;
    }
    return (struct lookup_answer){.outcome = q->to_me ? LOOKUP_NONE : LOOKUP_NOT_MINE};
}

/* A kernel to which the SAs were given one by one: a table with the newest in front. */
static const struct sa *linux_finds(const struct both *b, const struct lookup_query *q)
{
    const struct sa *table[N_SAS];
    size_t n = 0;
    for (size_t i = 0; i < b->n; i++) {
        const struct sa *sa = b->sas[i];
        bool exists = false;
        for (size_t k = 0; k < n; k++)
            exists |= table[k]->p.spi == sa->p.spi && table[k]->p.ah == sa->p.ah &&
                      addr_equal(&table[k]->p.dst, &sa->p.dst) &&
                      (sa->p.mark & table[k]->p.mark_mask) == table[k]->p.mark;
        if (exists)
            continue;
        memmove(table + 1, table, n++ * sizeof *table);
        table[0] = sa;
    }
    for (size_t k = 0; k < n; k++)
        if (table[k]->p.spi == q->spi && table[k]->p.ah == q->ah && addr_equal(&table[k]->p.dst, &q->dst) &&
            (q->mark & table[k]->p.mark_mask) == table[k]->p.mark)
            return table[k];
    return NULL;
}

/* Keys by the addresses that an SA has; a later SA takes the place of an earlier one. */
static const struct sa *dpdk_finds(const struct both *b, const struct lookup_query *q)
{
    const struct sa *found[3] = {NULL};
    for (size_t i = 0; i < b->n; i++) {
        const struct sa_params *p = &b->sas[i]->p;
        int n_addrs = addr_is_set(&p->dst) + addr_is_set(&p->src);
        bool dst = !addr_is_set(&p->dst) || addr_equal(&p->dst, &q->dst);
        bool src = !addr_is_set(&p->src) || addr_equal(&p->src, &q->src);
        if (p->spi == q->spi && dst && src && (n_addrs != 1 || addr_is_set(&p->dst)))
            found[n_addrs] = b->sas[i];
    }
    return q->ah ? NULL : found[2] ? found[2] : found[1] ? found[1] : found[0];
}

static void check_query(const struct both *b, const struct lookup_query *q)
{
    for (size_t i = 0; i < lookup_family.n_members; i++) {
        const struct lookup *policy = (const struct lookup *)lookup_family.members[i];
        struct lookup_answer a = policy->find(b->sad, q);
        assert_non_null(a.why);
        assert_true(a.why[0]);
        assert_int_equal(a.outcome == LOOKUP_FOUND, a.sa != NULL);
        assert_true(!a.sa || a.sa->p.spi == q->spi);
        assert_true(policy->transit || q->to_me || a.outcome == LOOKUP_NOT_MINE); /* transit: never asked */
        assert_true(!q->to_me || a.outcome != LOOKUP_NOT_MINE);
    }
    struct lookup_answer wide = ask("rfc4301", b, q), local = ask("rfc4301-local", b, q), model = three_searches(b, q);
    assert_int_equal(wide.outcome, model.outcome);
    assert_true(wide.outcome != LOOKUP_FOUND || wide.sa == model.sa);
    assert_int_equal(local.outcome, q->to_me ? wide.outcome : LOOKUP_NOT_MINE);
    assert_true(!q->to_me || local.sa == wide.sa);

    /* the BSDs, when they are asked at all: OpenBSD gives the first with destination and protocol, FreeBSD has none
     * behind the first with the SPI */
    const struct sa *first = NULL, *first_dst = NULL, *last_src = NULL;
    for (size_t i = b->n; i-- > 0;)
        if (b->sas[i]->p.spi == q->spi) {
            first = b->sas[i];
            first_dst = first->p.ah == q->ah && addr_equal(&first->p.dst, &q->dst) ? first : first_dst;
            last_src = !last_src && addr_equal(&first->p.src, &q->src) ? first : last_src;
        }
    assert_ptr_equal(ask("linux", b, q).sa, q->to_me ? linux_finds(b, q) : NULL);
    assert_ptr_equal(ask("dpdk-sad", b, q).sa, dpdk_finds(b, q));
    assert_ptr_equal(ask("openbsd", b, q).sa, q->to_me ? first_dst : NULL);
    assert_ptr_equal(ask("freebsd", b, q).sa, q->to_me && first == first_dst ? first : NULL);
    assert_ptr_equal(ask("source-spi", b, q).sa, q->ah ? NULL : last_src);

    struct lookup_answer spi = ask("spi", b, q), trial = ask("trial", b, q);
    assert_int_equal(spi.outcome, trial.outcome);
    assert_ptr_equal(spi.sa, trial.sa);
    /* an SPI of one unicast SA alone: whoever claims by SPI agrees with RFC 4301, but for the protocol */
    assert_true(!spi.sa || is_group(&spi.sa->p.dst) || spi.sa->p.ah != q->ah || wide.sa == spi.sa);
    assert_null(ask("wildrecv", b, q).sa);
}

static void laws_of_the_policies(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 2, "lookup");
    for (int i = 0; i < 3000; i++) {
        struct both b;
        fill(&rng, &b);
        for (int k = 0; k < 20; k++) {
            struct lookup_query q = any_query(&rng);
            check_query(&b, &q);
        }
        empty(&b);
    }
}

/* SAs with other SPIs are nobody's business. */
static void other_spis_change_nothing(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 3, "others");
    for (int i = 0; i < 1000; i++) {
        struct both b;
        fill(&rng, &b);
        struct lookup_query q = any_query(&rng);
        struct lookup_answer before[16];
        struct sa *other = any_sa(&rng);
        other->p.spi = 0x2000;
        assert_true(lookup_family.n_members <= 16);
        for (size_t k = 0; k < lookup_family.n_members; k++)
            before[k] = ((const struct lookup *)lookup_family.members[k])->find(b.sad, &q);
        sad_add(b.sad, other);
        for (size_t k = 0; k < lookup_family.n_members; k++) {
            struct lookup_answer now = ((const struct lookup *)lookup_family.members[k])->find(b.sad, &q);
            assert_int_equal(now.outcome, before[k].outcome);
            assert_ptr_equal(now.sa, before[k].sa);
        }
        sad_remove(b.sad, other);
        free(other);
        empty(&b);
    }
}

/* Pairs of SAs of which the first refuses the second, which would refuse all that follow. */
static void refused_sas_refuse_nobody(void **state)
{
    (void)state;
    enum { N_PAIRS = 30 };
    struct sa sas[2 * N_PAIRS] = {0};
    struct sad *sad = sad_new();
    for (uint32_t i = 0; i < N_PAIRS; i++) {
        uint32_t below = (UINT32_C(2) << i) - 1;
        for (int k = 0; k < 2; k++)
            sas[2 * i + k].p = (struct sa_params){.spi = 0x1000, .mark = below, .mark_mask = below};
        sas[2 * i].p.mark_mask |= UINT32_C(2) << i;
        sad_add(sad, &sas[2 * i]);
        sad_add(sad, &sas[2 * i + 1]);
    }
    const struct lookup *lookup = lookup_get("linux");
    for (uint32_t i = 0; i < N_PAIRS; i++)
        assert_ptr_equal(
            lookup->find(sad, &(struct lookup_query){.spi = 0x1000, .to_me = true, .mark = sas[2 * i].p.mark}).sa,
            &sas[2 * i]);
    assert_null(lookup->find(sad, &(struct lookup_query){.spi = 0x1000, .to_me = true, .mark = UINT32_MAX}).sa);
    sad_free(sad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sad_is_a_list_with_an_index),
        cmocka_unit_test(laws_of_the_policies),
        cmocka_unit_test(other_spis_change_nothing),
        cmocka_unit_test(refused_sas_refuse_nobody),
    };
    return cmocka_run_group_tests_name("lookup", tests, NULL, NULL);
}
