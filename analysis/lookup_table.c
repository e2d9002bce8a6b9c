#include "analysis/lookup_table.h"

#include "models/base/units.h"
#include "models/wire/protocol.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

/* What the keys of a section fill; one of it at a time. */
struct draft {
    struct lookup_table *table;
    struct sa *sa;
    struct lookup_packet packet;
    char name[LOOKUP_NAME_CAP];
    bool has_spi;
};

typedef bool (*taker)(struct draft *d, const char *value, struct err *e);

static bool take_addresses(struct draft *d, const char *value, struct err *e)
{
    char *words = strdup(value), *rest = words;
    bool ok = true;
    assert(words);
    for (char *word; ok && (word = strsep(&rest, ", "));) {
        struct addr a;
        if (!*word)
            continue;
        ok = addr_parse(word, &a, e) || err_at(e, "%s", word);
        if (!ok)
            break;
        struct lookup_table *t = d->table;
        t->addresses = realloc(t->addresses, (t->n_addresses + 1) * sizeof *t->addresses);
        assert(t->addresses);
        t->addresses[t->n_addresses++] = a;
    }
    free(words);
    return ok;
}

static bool take_name(struct draft *d, const char *value, struct err *e)
{
    if (strlen(value) >= LOOKUP_NAME_CAP)
        return err_set(e, "is too long; expected at most %d characters", LOOKUP_NAME_CAP - 1);
    strcpy(d->name, value);
    return true;
}

static bool take_number(const char *value, uint32_t *number, struct err *e)
{
    uint64_t n;
    if (!units_parse_count(value, &n, e))
        return false;
    *number = (uint32_t)n;
    return n <= UINT32_MAX || err_set(e, "is out of range; expected 0 to 0xffffffff");
}

static bool take_sa_spi(struct draft *d, const char *value, struct err *e)
{
    return d->has_spi = take_number(value, &d->sa->p.spi, e);
}

static bool take_packet_spi(struct draft *d, const char *value, struct err *e)
{
    return d->has_spi = take_number(value, &d->packet.query.spi, e);
}

static bool take_mode(struct draft *d, const char *value, struct err *e)
{
    return (d->sa->p.mode = mode_find_esp(value, e)) != NULL;
}

/* As `ip xfrm state` has it, 0.0.0.0 and :: stand for any. */
static bool take_sa_addr(struct addr *a, const char *value, struct err *e)
{
    if (!addr_parse(value, a, e))
        return false;
    if (addr_is_any(a))
        *a = (struct addr){0};
    return true;
}

static bool take_sa_src(struct draft *d, const char *value, struct err *e)
{
    return take_sa_addr(&d->sa->p.src, value, e);
}

static bool take_sa_dst(struct draft *d, const char *value, struct err *e)
{
    return take_sa_addr(&d->sa->p.dst, value, e);
}

static bool take_sel_src(struct draft *d, const char *value, struct err *e)
{
    return prefix_parse(value, &d->sa->p.sel_src, e);
}

static bool take_sel_dst(struct draft *d, const char *value, struct err *e)
{
    return prefix_parse(value, &d->sa->p.sel_dst, e);
}

static bool take_src(struct draft *d, const char *value, struct err *e)
{
    return addr_parse(value, &d->packet.query.src, e);
}

static bool take_dst(struct draft *d, const char *value, struct err *e)
{
    return addr_parse(value, &d->packet.query.dst, e);
}

static bool take_one_of(const char *value, const char *no, const char *yes, bool *is_yes, struct err *e)
{
    *is_yes = !strcmp(value, yes);
    return *is_yes || !strcmp(value, no) || err_set(e, "is unknown; expected %s or %s", no, yes);
}

static bool take_sa_proto(struct draft *d, const char *value, struct err *e)
{
    return take_one_of(value, "esp", "ah", &d->sa->p.ah, e);
}

static bool take_proto(struct draft *d, const char *value, struct err *e)
{
    return take_one_of(value, "esp", "ah", &d->packet.query.ah, e);
}

static bool take_sa_udp(struct draft *d, const char *value, struct err *e)
{
    bool udp;
    if (!take_one_of(value, "no", "yes", &udp, e))
        return false;
    d->sa->p.udp_sport = d->sa->p.udp_dport = udp ? PORT_ESP_UDP : 0;
    return true;
}

static bool take_udp(struct draft *d, const char *value, struct err *e)
{
    return take_one_of(value, "no", "yes", &d->packet.in_udp, e);
}

static bool take_mark(struct draft *d, const char *value, struct err *e)
{
    return take_number(value, &d->packet.query.mark, e);
}

/* VALUE or VALUE/MASK. */
static bool take_sa_mark(struct draft *d, const char *value, struct err *e)
{
    char *words = strdup(value), *mask = words;
    struct sa_params *p = &d->sa->p;
    assert(words);
    strsep(&mask, "/");
    p->mark_mask = UINT32_MAX;
    bool ok = take_number(words, &p->mark, e) && (!mask || take_number(mask, &p->mark_mask, e));
    free(words);
    if (ok && p->mark & ~p->mark_mask)
        return err_set(
            e, "has bits outside of its mask, so that no packet's mark ever fits; expected for example 0x1/0xf");
    return ok;
}

enum section { GATEWAY, SA, PACKET, N_SECTIONS };
enum { KEYS_CAP = 10 };

static const struct {
    const char *name;
    struct {
        const char *key;
        taker take;
    } keys[KEYS_CAP];
} sections[N_SECTIONS] = {
    [GATEWAY] = {"gateway", {{"addresses", take_addresses}, {"name", take_name}}},
    [SA] = {"sa",
            {{"name", take_name},
             {"spi", take_sa_spi},
             {"mode", take_mode},
             {"src", take_sa_src},
             {"dst", take_sa_dst},
             {"sel_src", take_sel_src},
             {"sel_dst", take_sel_dst},
             {"proto", take_sa_proto},
             {"udp", take_sa_udp},
             {"mark", take_sa_mark}}},
    [PACKET] = {"packet",
                {{"name", take_name},
                 {"spi", take_packet_spi},
                 {"src", take_src},
                 {"dst", take_dst},
                 {"proto", take_proto},
                 {"udp", take_udp},
                 {"mark", take_mark}}},
};

static void take_item(enum section s, struct draft *d, const char *file, const struct ini_item *item,
                      struct err_list *bad)
{
    const char *names[KEYS_CAP];
    struct err e;
    size_t n = 0;
    for (; n < KEYS_CAP && sections[s].keys[n].key; n++) {
        names[n] = sections[s].keys[n].key;
        if (strcmp(names[n], item->key))
            continue;
        if (*item->value && !sections[s].keys[n].take(d, item->value, &e))
            err_list_add(bad, "%s:%d: %s = %s: %s", file, item->line, item->key, item->value, e.text);
        return;
    }
    const char *near = family_suggest(item->key, names, n);
    err_list_add(bad, "%s:%d: %s = %s: unknown key of [%s]%s%s%s", file, item->line, item->key, item->value,
                 sections[s].name, near ? "; did you mean `" : "; see espsim-lookup(1)", near ? near : "",
                 near ? "`?" : "");
}

static void add_sa(struct lookup_table *t, const struct draft *d)
{
    t->sas = realloc(t->sas, (t->n_sas + 1) * sizeof *t->sas);
    assert(t->sas);
    struct lookup_sa *made = &t->sas[t->n_sas++];
    made->sa = d->sa;
    if (d->name[0])
        strcpy(made->name, d->name);
    else
        snprintf(made->name, sizeof made->name, "SA %zu", t->n_sas);
}

static void add_packet(struct lookup_table *t, const struct draft *d)
{
    t->packets = realloc(t->packets, (t->n_packets + 1) * sizeof *t->packets);
    assert(t->packets);
    struct lookup_packet *made = &t->packets[t->n_packets++];
    *made = d->packet;
    if (d->name[0])
        strcpy(made->name, d->name);
    else
        snprintf(made->name, sizeof made->name, "packet %zu", t->n_packets);
}

static bool of_one_version(const struct addr *a, const struct addr *b)
{
    return !addr_is_set(a) || !addr_is_set(b) || a->version == b->version;
}

static bool check_sa(const struct draft *d, struct err *e)
{
    char names[MODE_NAMES_CAP];
    const struct sa_params *p = &d->sa->p;
    if (!p->mode)
        return err_set(e, "mode: is not set; expected %s", mode_esp_names(names));
    if (!of_one_version(&p->src, &p->dst))
        return err_set(e, "src and dst: one is IPv4, the other IPv6; give both of one version");
    if (!of_one_version(&p->sel_src.addr, &p->sel_dst.addr))
        return err_set(e, "sel_src and sel_dst: one is IPv4, the other IPv6; give both of one version");
    if (p->ah && p->udp_dport)
        return err_set(e, "udp: UDP encapsulates ESP, not AH (RFC 3948); leave it out");
    for (size_t i = 0; i < d->table->n_sas && d->name[0]; i++)
        if (!strcmp(d->table->sas[i].name, d->name))
            return err_set(e, "name: another SA is called `%s`, too; give each a name of its own", d->name);
    return true;
}

static bool check_packet(const struct draft *d, struct err *e)
{
    const struct lookup_query *q = &d->packet.query;
    if (!addr_is_set(&q->src) || !addr_is_set(&q->dst))
        return err_set(e, "%s: is not set; a packet has src and dst", addr_is_set(&q->src) ? "dst" : "src");
    if (q->ah && d->packet.in_udp)
        return err_set(e, "udp: UDP encapsulates ESP, not AH (RFC 3948); leave it out");
    return of_one_version(&q->src, &q->dst) ||
           err_set(e, "src and dst: one is IPv4, the other IPv6; give both of one version");
}

/* What a section must say of itself. */
static bool check(enum section s, const struct draft *d, struct err *e)
{
    if (s == GATEWAY)
        return true;
    if (!d->has_spi)
        return err_set(e, "spi: is not set; expected for example 0x1000");
    return s == SA ? check_sa(d, e) : check_packet(d, e);
}

static enum section section_of(const char *name)
{
    enum section s = GATEWAY;
    while (s < N_SECTIONS && strcmp(sections[s].name, name))
        s++;
    return s;
}

/* Reads the section that begins at item i; gives the item behind it. */
static size_t read_section(struct lookup_table *t, const char *file, const struct ini *ini, size_t i,
                           struct err_list *bad)
{
    const struct ini_item *head = &ini->items[i];
    enum section s = section_of(head->section);
    struct draft d = {.table = t, .sa = s == SA ? calloc(1, sizeof *d.sa) : NULL};
    size_t bad_before = bad->n_errs;
    struct err e;
    assert(s != SA || d.sa);
    if (s == N_SECTIONS)
        err_list_add(bad, "%s:%d: [%s]: unknown section; expected [gateway], [sa] or [packet]", file, head->line,
                     head->section);
    for (i++; i < ini->n_items && ini->items[i].key; i++)
        if (s != N_SECTIONS)
            take_item(s, &d, file, &ini->items[i], bad);
    if (s != N_SECTIONS && bad->n_errs == bad_before && !check(s, &d, &e))
        err_list_add(bad, "%s:%d: [%s]: %s", file, head->line, head->section, e.text);
    if (bad->n_errs != bad_before)
        free(d.sa);
    else if (s == SA)
        add_sa(t, &d);
    else if (s == PACKET)
        add_packet(t, &d);
    return i;
}

static bool is_own(const struct lookup_table *t, const struct addr *a)
{
    for (size_t i = 0; i < t->n_addresses; i++)
        if (addr_equal(&t->addresses[i], a))
            return true;
    return false;
}

static void settle(struct lookup_table *t)
{
    t->sad = sad_new();
    for (size_t i = 0; i < t->n_sas; i++) {
        t->sas[i].sa->user = &t->sas[i];
        sad_add(t->sad, t->sas[i].sa);
    }
    for (size_t i = 0; i < t->n_packets; i++)
        t->packets[i].query.to_me = is_own(t, &t->packets[i].query.dst);
}

bool lookup_table_read(struct lookup_table *t, const char *file, const char *text, size_t len, struct err_list *bad)
{
    struct ini ini;
    size_t before = bad->n_errs;
    *t = (struct lookup_table){0};
    if (!ini_read_repeating(&ini, file, text, len, bad))
        return false;
    for (size_t i = 0; i < ini.n_items;)
        i = read_section(t, file, &ini, i, bad);
    ini_fini(&ini);
    if (bad->n_errs == before && !t->n_packets)
        err_list_add(bad, "%s: asks about no packet; expected a section [packet]", file);
    settle(t);
    if (bad->n_errs > before)
        lookup_table_fini(t);
    return bad->n_errs == before;
}

void lookup_table_fini(struct lookup_table *t)
{
    sad_free(t->sad);
    for (size_t i = 0; i < t->n_sas; i++)
        free(t->sas[i].sa);
    free(t->sas);
    free(t->packets);
    free(t->addresses);
    *t = (struct lookup_table){0};
}

/* ---- asking ---- */

/* The encapsulation, of which an implementation asks when it has found the SA; NULL: it takes the packet. */
static const char *why_refused(enum lookup_udp asks, bool sa_in_udp, bool packet_in_udp)
{
    if (asks == LOOKUP_UDP_BLIND || sa_in_udp == packet_in_udp)
        return NULL;
    if (packet_in_udp)
        return "an SA is found, but it is not for ESP in UDP";
    return asks == LOOKUP_UDP_EQUAL ? "an SA is found, but it is for ESP in UDP, and the packet is not" : NULL;
}

struct lookup_answer lookup_table_ask(const struct lookup_table *t, const struct lookup *policy, size_t i,
                                      const char **sa_name)
{
    const struct lookup_packet *packet = &t->packets[i];
    struct lookup_answer answer = policy->find(t->sad, &packet->query);
    const char *why = answer.sa ? why_refused(policy->udp, answer.sa->p.udp_dport, packet->in_udp) : NULL;
    if (why)
        answer = lookup_none(why);
    const struct lookup_sa *sa = answer.sa ? answer.sa->user : NULL;
    *sa_name = sa ? sa->name : NULL;
    return answer;
}
