#include "analysis/lookup_table.h"
#include "analysis/table.h"
#include "models/base/text.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

const char *lookup_outcome_name(enum lookup_outcome o)
{
    static const char *const names[] = {[LOOKUP_FOUND] = "found",
                                        [LOOKUP_NONE] = "none",
                                        [LOOKUP_NOT_MINE] = "not-mine",
                                        [LOOKUP_AMBIGUOUS] = "ambiguous"};
    return names[o];
}

const char *lookup_table_fate(const struct lookup_table *t, const struct lookup *policy, size_t i)
{
    const char *name;
    struct lookup_answer answer = lookup_table_ask(t, policy, i, &name);
    switch (answer.outcome) {
    case LOOKUP_FOUND:
        if (answer.sa->p.ah != t->packets[i].query.ah) /* no ICV of the other protocol is good */
            return policy->pass_on_bad_icv ? "forwarded" : "dropped";
        return policy->pass_on_bad_icv ? "opened or passed on" : "opened";
    case LOOKUP_NONE:
    case LOOKUP_AMBIGUOUS:
        return "dropped";
    case LOOKUP_NOT_MINE:
        return "forwarded";
    }
    return "";
}

static const char *any_addr(const struct addr *a, char text[ADDR_TEXT_CAP])
{
    return addr_is_set(a) ? addr_text(a, text) : strcpy(text, "any");
}

static void print_extras(bool ah, bool udp, FILE *to)
{
    fputs(ah ? ", AH" : "", to);
    fputs(udp ? ", in UDP" : "", to);
}

static void print_sa(const struct lookup_sa *s, FILE *to)
{
    char src[ADDR_TEXT_CAP], dst[ADDR_TEXT_CAP], sel_src[ADDR_TEXT_CAP] = "any", sel_dst[ADDR_TEXT_CAP] = "any";
    const struct sa_params *p = &s->sa->p;
    if (addr_is_set(&p->sel_src.addr))
        prefix_text(&p->sel_src, sel_src);
    if (addr_is_set(&p->sel_dst.addr))
        prefix_text(&p->sel_dst, sel_dst);
    fputs("SA ", to);
    text_terminal(to, s->name, TEXT_LINE);
    fprintf(to, ": SPI 0x%08" PRIx32 ", %s, %s > %s", p->spi, p->mode->m.name, any_addr(&p->src, src),
            any_addr(&p->dst, dst));
    if (addr_is_set(&p->sel_src.addr) || addr_is_set(&p->sel_dst.addr))
        fprintf(to, ", selectors %s > %s", sel_src, sel_dst);
    print_extras(p->ah, p->udp_dport, to);
    if (p->mark_mask)
        fprintf(to, ", mark 0x%" PRIx32 "/0x%" PRIx32, p->mark, p->mark_mask);
    fputc('\n', to);
}

static const struct lookup *policy_at(size_t i)
{
    return (const struct lookup *)lookup_family.members[i];
}

static void print_packet(const struct lookup_table *t, size_t i, FILE *to, bool colour)
{
    static const enum table_tone tones[] = {[LOOKUP_FOUND] = TONE_GOOD,
                                            [LOOKUP_NONE] = TONE_BAD,
                                            [LOOKUP_NOT_MINE] = TONE_DIM,
                                            [LOOKUP_AMBIGUOUS] = TONE_BAD};
    char src[ADDR_TEXT_CAP], dst[ADDR_TEXT_CAP];
    const struct lookup_packet *p = &t->packets[i];
    struct table table = {0};
    fputs("\nPacket ", to);
    text_terminal(to, p->name, TEXT_LINE);
    fprintf(to, ": SPI 0x%08" PRIx32 ", %s > %s, %s", p->query.spi, addr_text(&p->query.src, src),
            addr_text(&p->query.dst, dst), p->query.to_me ? "to the gateway" : "in transit");
    print_extras(p->query.ah, p->in_udp, to);
    if (p->query.mark)
        fprintf(to, ", mark 0x%" PRIx32, p->query.mark);
    fputc('\n', to);
    table_column(&table, TABLE_LEFT, "policy");
    table_column(&table, TABLE_LEFT, "SA");
    table_column(&table, TABLE_LEFT, "the packet is");
    table_column(&table, TABLE_TEXT, "because");
    for (size_t k = 0; k < lookup_family.n_members; k++) {
        const char *name;
        struct lookup_answer answer = lookup_table_ask(t, policy_at(k), i, &name);
        table_cell(&table, TONE_PLAIN, "%s", policy_at(k)->m.name);
        table_cell(&table, tones[answer.outcome], "%s", name ? name : lookup_outcome_name(answer.outcome));
        table_cell(&table, TONE_PLAIN, "%s", lookup_table_fate(t, policy_at(k), i));
        table_cell(&table, TONE_PLAIN, "%s", answer.why);
    }
    table_print(&table, to, 2, TABLE_WIDTH, colour);
    table_fini(&table);
}

void lookup_table_print(const struct lookup_table *t, FILE *to, bool colour)
{
    char text[ADDR_TEXT_CAP];
    fputs("Gateway:", to);
    for (size_t i = 0; i < t->n_addresses; i++)
        fprintf(to, "%s %s", i ? "," : "", addr_text(&t->addresses[i], text));
    fputs(t->n_addresses ? "\n" : " no address of its own\n", to);
    for (size_t i = 0; i < t->n_sas; i++)
        print_sa(&t->sas[i], to);
    for (size_t i = 0; i < t->n_packets; i++)
        print_packet(t, i, to, colour);
    fputs("\nopened: when the ICV fails, dropped (trial: passed on unchanged)    forwarded: still encrypted\n", to);
}

static json_t *json_answers(const struct lookup_table *t, size_t i)
{
    json_t *answers = json_array();
    for (size_t k = 0; k < lookup_family.n_members; k++) {
        const char *name;
        const struct lookup *policy = policy_at(k);
        struct lookup_answer answer = lookup_table_ask(t, policy, i, &name);
        json_array_append_new(answers, json_pack("{s:s, s:s, s:s?, s:s, s:s}", "policy", policy->m.name, "outcome",
                                                 lookup_outcome_name(answer.outcome), "sa", name, "why", answer.why,
                                                 "packet", lookup_table_fate(t, policy, i)));
    }
    return answers;
}

void lookup_table_print_json(const struct lookup_table *t, FILE *to)
{
    json_t *packets = json_array();
    for (size_t i = 0; i < t->n_packets; i++) {
        char src[ADDR_TEXT_CAP], dst[ADDR_TEXT_CAP];
        const struct lookup_query *q = &t->packets[i].query;
        json_array_append_new(packets, json_pack("{s:s, s:I, s:s, s:s, s:b, s:s, s:b, s:I, s:o}", "name",
                                                 t->packets[i].name, "spi", (json_int_t)q->spi, "src",
                                                 addr_text(&q->src, src), "dst", addr_text(&q->dst, dst), "to_gateway",
                                                 q->to_me, "proto", q->ah ? "ah" : "esp", "udp", t->packets[i].in_udp,
                                                 "mark", (json_int_t)q->mark, "answers", json_answers(t, i)));
    }
    json_t *all = json_pack("{s:o}", "packets", packets);
    json_dumpf(all, to, JSON_INDENT(2));
    fputc('\n', to);
    json_decref(all);
}
