/* cmd_overhead.c - `espsim overhead`: what each mode, algorithm and rival costs for sizes, IMIX, codecs or a capture.
 */
#include "analysis/overhead_print.h"
#include "analysis/overhead_study.h"
#include "analysis/rival.h"
#include "sim/cli/command.h"
#include "sim/cli/overhead_words.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

struct study {
    struct overhead_load *loads;
    struct overhead_entry *entries;
    size_t n_loads, n_entries;
};

static bool add_loads(const struct overhead_asked *w, struct study *s, uint8_t version, struct err *e)
{
    for (size_t i = 0; i < w->n_sizes; i++)
        if (!overhead_load_size(&s->loads[s->n_loads++], w->sizes[i], version, e))
            return false;
    if (w->imix)
        overhead_load_imix(&s->loads[s->n_loads++], version);
    for (size_t i = 0; i < w->codecs.n; i++)
        overhead_load_codec(&s->loads[s->n_loads++], (const struct codec *)w->codecs.at[i], version);
    return true;
}

static bool make_loads(const struct overhead_asked *w, struct study *s, struct err *e)
{
    s->loads = calloc(2 * (w->n_sizes + w->codecs.n + 1), sizeof *s->loads);
    assert(s->loads);
    if ((w->ip4 && !add_loads(w, s, 4, e)) || (w->ip6 && !add_loads(w, s, 6, e)))
        return false;
    for (size_t i = 0; w->pps > 0 && i < s->n_loads; i++)
        s->loads[i].pps = w->pps;
    return true;
}

static void add_entry(const struct overhead_asked *w, struct study *s, struct overhead_way *way,
                      const struct suite *asked, size_t group)
{
    way->outer_version = (uint8_t)w->outer_ip;
    way->set = &w->set;
    way->mtu = w->mtu;
    way->rate = w->rate;
    struct overhead_way tunnel = overhead_tunnel(way, asked);
    tunnel.udp = w->udp;
    s->entries[s->n_entries++] = (struct overhead_entry){*way, tunnel, group};
}

/* Every way with the n-th algorithm; what has no choice of algorithm comes with the first. */
static void add_ways(const struct overhead_asked *w, struct study *s, const struct framing_kind *framing, size_t n,
                     size_t group)
{
    const struct suite *asked = &w->suites.at[n];
    for (size_t m = 0; m < w->modes.n; m++) {
        struct overhead_way way = {.mode = (const struct mode *)w->modes.at[m], .framing = framing};
        if (n && !way.mode->esp)
            continue;
        way.udp = w->udp && way.mode->esp;
        if (way.mode->esp)
            way.suite = *asked;
        add_entry(w, s, &way, asked, group);
    }
    for (size_t r = 0; r < w->rivals.n; r++) {
        struct overhead_way way = {.rival = (const struct rival *)w->rivals.at[r], .framing = framing};
        if ((n && way.rival->fixed) || !rival_suite(way.rival, asked, &way.suite))
            continue;
        way.udp = w->udp && way.rival->form;
        add_entry(w, s, &way, asked, group);
    }
}

static void make_ways(const struct overhead_asked *w, struct study *s)
{
    s->entries = calloc(w->framings.n * w->suites.n * (w->modes.n + w->rivals.n), sizeof *s->entries);
    assert(s->entries);
    size_t group = 0;
    for (size_t f = 0; f < w->framings.n; f++)
        for (size_t n = 0; n < w->suites.n; n++)
            add_ways(w, s, framing_at(&w->framings, f), n, group++);
}

static void print(enum form form, const struct overhead_answer *a)
{
    switch (form) {
    case FORM_TABLE:
        overhead_print_table(a, stdout);
        break;
    case FORM_JSON:
        overhead_print_json(a, stdout);
        break;
    case FORM_CSV:
        overhead_print_csv(a, stdout);
        break;
    }
}

static int study_loads(const struct overhead_asked *w, struct study *s)
{
    struct err e;
    struct overhead_row *rows = NULL;
    if (!make_loads(w, s, &e)) {
        fprintf(stderr, "espsim overhead: --sizes: %s\n", e.text);
        return CMD_ASKED_WRONGLY;
    }
    bool good = overhead_study_loads(s->loads, s->n_loads, s->entries, s->n_entries, &rows, &e);
    struct overhead_answer a = {
        .rows = rows, .n_rows = s->n_loads * s->n_entries, .price = w->price, .price_octets = w->price_octets};
    if (good)
        print(w->form, &a);
    else
        fprintf(stderr, "espsim overhead: %s\n", e.text);
    free(rows);
    return good ? CMD_FINE : CMD_COULD_NOT;
}

static int study_capture(const struct overhead_asked *w, const struct study *s)
{
    struct err e;
    struct overhead_row *rows = NULL;
    uint64_t *lengths = NULL;
    struct overhead_facts facts;
    bool good = overhead_study_capture(w->pcap, w->seal, s->entries, s->n_entries, &rows, &lengths, &facts, &e);
    for (size_t i = 0; good && w->pps > 0 && i < s->n_entries; i++)
        rows[i].pps = w->pps;
    struct overhead_answer a = {.rows = rows,
                                .n_rows = s->n_entries,
                                .facts = &facts,
                                .lengths = lengths,
                                .n_lengths = OVERHEAD_LENGTHS,
                                .sealed_all = w->seal,
                                .price = w->price,
                                .price_octets = w->price_octets};
    if (good)
        print(w->form, &a);
    else
        fprintf(stderr, "espsim overhead: %s\n", e.text);
    if (good && *facts.cut_off.text)
        fprintf(stderr, "espsim overhead: warning: %s\n", facts.cut_off.text);
    free(rows);
    free(lengths);
    return good ? CMD_FINE : CMD_COULD_NOT;
}

int cmd_overhead(int argc, char **argv)
{
    struct overhead_asked asked;
    struct study study = {0};
    overhead_words_read(&asked, argc, argv);
    make_ways(&asked, &study);
    int code = asked.pcap ? study_capture(&asked, &study) : study_loads(&asked, &study);
    free(study.loads);
    free(study.entries);
    overhead_words_fini(&asked);
    return code;
}
