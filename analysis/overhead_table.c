/* overhead_table.c - the answers of `espsim overhead` for people. */
#include "analysis/overhead_print.h"

#include "analysis/rival.h"
#include "analysis/table.h"

#include <math.h>
#include <stdlib.h>

enum { TOP_LENGTHS = 10, TEXT_CAP = 64 };

static bool any_rate(const struct overhead_answer *a)
{
    for (size_t i = 0; i < a->n_rows; i++)
        if (a->rows[i].pps > 0)
            return true;
    return false;
}

/* Whole numbers as such, others with one decimal. */
static const char *number(double x, char text[TEXT_CAP])
{
    double tenths = round(x * 10) / 10;
    snprintf(text, TEXT_CAP, "%.*f", tenths == round(tenths) ? 0 : 1, tenths == 0 ? 0 : tenths);
    return text;
}

/* As number, with a sign of its own before what is lost. */
static const char *volume(double octets, char text[TEXT_CAP])
{
    text[0] = '-';
    units_octets_human(fabs(octets), text + (octets < 0), TEXT_CAP - 1);
    return text;
}

static void head_names(const struct overhead_answer *a, struct table *t)
{
    if (!a->facts)
        table_column(t, TABLE_LEFT, "packet");
    table_column(t, TABLE_LEFT, "mode");
    table_column(t, TABLE_LEFT, "algorithm");
}

static void cells_names(const struct overhead_answer *a, const struct overhead_row *r, struct table *t)
{
    char suite[SUITE_NAME_CAP];
    const char *name = overhead_suite_name(&r->way, suite);
    if (!a->facts)
        table_cell(t, TONE_PLAIN, r->ip_version == 6 ? "%s IPv6" : "%s", r->load);
    table_cell(t, TONE_PLAIN, "%s", overhead_name(&r->way));
    table_cell(t, TONE_PLAIN, "%s", name ? name : "-");
}

static void cell_saved(struct table *t, double saved)
{
    char text[TEXT_CAP];
    table_cell(t, saved > 0 ? TONE_GOOD : saved < 0 ? TONE_BAD : TONE_PLAIN, "%s", number(saved, text));
}

static void cell_count(struct table *t, enum table_tone tone, double n)
{
    char text[TEXT_CAP];
    table_cell(t, tone, "%s", table_count((unsigned long long)n, text, sizeof text));
}

static void head_octets(const struct overhead_answer *a, struct table *t)
{
    head_names(a, t);
    table_column(t, TABLE_RIGHT, "IP\noctets");
    if (!a->facts)
        table_column(t, TABLE_RIGHT, "added");
    table_column(t, TABLE_RIGHT, "%");
    table_column(t, TABLE_RIGHT, "saved /\npacket");
    table_column(t, TABLE_RIGHT, "link\noctets");
    table_column(t, TABLE_RIGHT, "saved /\npacket");
}

/* Per packet; of a capture, IP and link octets are sums. */
static void row_octets(const struct overhead_answer *a, const struct overhead_row *r, struct table *t)
{
    const struct overhead_total *total = &r->total;
    struct overhead_saved s = overhead_saved(a, r);
    char text[TEXT_CAP];
    double n = total->packets ? (double)total->packets : 1;
    cells_names(a, r, t);
    if (a->facts) {
        cell_count(t, TONE_PLAIN, total->ip);
    } else {
        table_cell(t, TONE_PLAIN, "%s", total->packets ? number(total->ip / n, text) : "-");
        table_cell(t, TONE_PLAIN, "%s", number((total->ip - (double)total->inner) / n, text));
    }
    table_cell(t, TONE_PLAIN, "%.2f", overhead_added_percent(total));
    cell_saved(t, s.ip);
    if (a->facts)
        cell_count(t, TONE_PLAIN, total->link);
    else
        table_cell(t, TONE_PLAIN, "%s", number(total->link / n, text));
    cell_saved(t, s.link);
}

static void head_worth(const struct overhead_answer *a, struct table *t)
{
    head_names(a, t);
    if (any_rate(a)) {
        table_column(t, TABLE_RIGHT, "saved /\nhour");
        table_column(t, TABLE_RIGHT, "saved /\nmonth");
    }
    if (a->price_octets > 0)
        table_column(t, TABLE_RIGHT, "worth /\nmonth");
    table_column(t, TABLE_RIGHT, "not carried:\nfragments");
    table_column(t, TABLE_RIGHT, "\ntoo long");
    table_column(t, TABLE_RIGHT, "over\nMTU");
}

static void row_worth(const struct overhead_answer *a, const struct overhead_row *r, struct table *t)
{
    struct overhead_saved s = overhead_saved(a, r);
    const struct overhead_total *total = &r->total;
    char text[TEXT_CAP];
    bool known = r->pps > 0;
    cells_names(a, r, t);
    if (any_rate(a)) {
        table_cell(t, TONE_PLAIN, "%s", known ? volume(s.ip_hour, text) : "-");
        table_cell(t, TONE_PLAIN, "%s", known ? volume(s.ip_hour * OVERHEAD_MONTH_HOURS, text) : "-");
    }
    if (a->price_octets > 0 && known)
        table_cell(t, TONE_PLAIN, "%.2f", s.money_month);
    else if (a->price_octets > 0)
        table_cell(t, TONE_PLAIN, "-");
    cell_count(t, total->fragments ? TONE_BAD : TONE_PLAIN, (double)total->fragments);
    cell_count(t, total->too_long ? TONE_BAD : TONE_PLAIN, (double)total->too_long);
    cell_count(t, total->over_mtu ? TONE_BAD : TONE_PLAIN, (double)total->over_mtu);
}

static void print_facts(const struct overhead_answer *a, FILE *to)
{
    const struct overhead_facts *f = a->facts;
    char n[TEXT_CAP], octets[TEXT_CAP], time[TEXT_CAP], line[512];
    int len = snprintf(line, sizeof line,
                       "%s IP packets, %s octets of IP, in %s (%s). Not IP: %llu; headers that lie or are cut: %llu.",
                       table_count(f->packets, n, sizeof n), table_count(f->octets, octets, sizeof octets),
                       units_time_human((double)(f->last - f->first), time, sizeof time), f->link_type,
                       (unsigned long long)f->not_ip, (unsigned long long)f->malformed);
    if (f->cut)
        snprintf(line + len, sizeof line - (size_t)len,
                 " Of %s packets the capture has only the beginning; their whole length is counted.",
                 table_count(f->cut, n, sizeof n));
    table_wrap(to, line, 0, TABLE_WIDTH);
    table_wrap(to,
               a->sealed_all ? "Sealed: every packet in every mode; each is as long as predicted."
                             : "Sealed: one packet of each kind (length, IP version, options, fragment) in every mode, "
                               "as long as predicted; the others are counted. --seal seals them all.",
               0, TABLE_WIDTH);
    fputc('\n', to);
}

static void print_top(const struct overhead_answer *a, FILE *to)
{
    struct table t = {0};
    bool *used = a->lengths ? calloc(a->n_lengths, sizeof *used) : NULL;
    if (!used)
        return;
    table_column(&t, TABLE_RIGHT, "octets");
    table_column(&t, TABLE_RIGHT, "packets");
    table_column(&t, TABLE_RIGHT, "% of packets");
    for (size_t row = 0; row < TOP_LENGTHS; row++) {
        size_t best = 0;
        for (size_t i = 1; i < a->n_lengths; i++)
            if (!used[i] && a->lengths[i] > (used[best] ? 0 : a->lengths[best]))
                best = i;
        if (used[best] || !a->lengths[best])
            break;
        used[best] = true;
        cell_count(&t, TONE_PLAIN, (double)best);
        cell_count(&t, TONE_PLAIN, (double)a->lengths[best]);
        table_cell(&t, TONE_PLAIN, "%.1f", 100 * (double)a->lengths[best] / (double)a->facts->packets);
    }
    fputs("\nMost frequent lengths\n\n", to);
    table_print(&t, to, 0, TABLE_WIDTH, table_wants_colour(to));
    table_fini(&t);
    free(used);
}

/* What the rivals in the table are, each once. */
static void print_rivals(const struct overhead_answer *a, FILE *to)
{
    struct table t = {0};
    table_column(&t, TABLE_LEFT, "rival");
    table_column(&t, TABLE_LEFT, "Linux");
    table_column(&t, TABLE_LEFT, "strongSwan");
    table_column(&t, TABLE_TEXT, "what, and source");
    for (size_t m = 0; m < rival_family.n_members; m++) {
        const struct rival *r = (const struct rival *)rival_family.members[m];
        bool there = false;
        for (size_t i = 0; i < a->n_rows; i++)
            there = there || a->rows[i].way.rival == r;
        if (!there)
            continue;
        table_cell(&t, TONE_PLAIN, "%s", r->m.name);
        table_cell(&t, TONE_PLAIN, "%s", claim_name(r->linux_can.value));
        table_cell(&t, TONE_PLAIN, "%s", claim_name(r->strongswan.value));
        char how[256] = "";
        if (r->linux_can.value == CLAIM_PARTLY || r->strongswan.value == CLAIM_PARTLY)
            snprintf(how, sizeof how, "; Linux: %s; strongSwan: %s", r->linux_can.why, r->strongswan.why);
        table_cell(&t, TONE_PLAIN, "%s%s [%s]", r->m.what, how, r->m.source);
    }
    if (t.n_cells) {
        fputc('\n', to);
        table_print(&t, to, 0, TABLE_WIDTH, table_wants_colour(to));
    }
    table_fini(&t);
}

static void print_legend(const struct overhead_answer *a, FILE *to)
{
    const struct overhead_row *r = a->rows;
    char text[TEXT_CAP];
    fputc('\n', to);
    table_wrap(
        to,
        "saved: against tunnel mode with the algorithm asked for; per hour and month (730.5 hours) in IP octets. "
        "link octets: framed, each packet alone; where a framing fills up cells, modes may tie. over MTU: "
        "packets that the link takes as they are, but no longer when protected.",
        0, TABLE_WIDTH);
    for (size_t i = 0; i < a->n_rows; i++)
        if (a->rows[i].way.framing->reads_octets) {
            fprintf(to, "stuffing of %s: %s\n", a->rows[i].way.framing->m.name,
                    a->sealed_all ? "counted on the sealed packets; of rivals that are no ESP, what random octets have."
                                  : "the average of random octets, which sealed ones resemble (plain ones need not).");
            break;
        }
    for (size_t i = 0; i < a->n_rows; i++)
        if (a->rows[i].way.rival && a->rows[i].way.rival->waits && !a->rows[i].way.rate) {
            fprintf(to, "%s delays packets until an outer one is full: --rate RATE of the link says by how much.\n",
                    overhead_name(&a->rows[i].way));
            break;
        }
    for (size_t i = 0; i < a->n_rows; i++, r++)
        if (r->total.delay > 0) {
            fprintf(to, "%s, %s: adds %s per packet, waiting for its outer packet to fill.\n", r->load,
                    overhead_name(&r->way),
                    units_time_human(r->total.delay / (double)r->total.packets, text, sizeof text));
        }
}

static void print_rows(const struct overhead_answer *a, size_t from, size_t end,
                       void (*head)(const struct overhead_answer *, struct table *),
                       void (*row)(const struct overhead_answer *, const struct overhead_row *, struct table *),
                       FILE *to)
{
    struct table t = {0};
    head(a, &t);
    for (size_t i = from; i < end; i++)
        row(a, &a->rows[i], &t);
    table_print(&t, to, 0, TABLE_WIDTH, table_wants_colour(to));
    table_fini(&t);
}

/* Octets for each framing, since rows come in that order; what they are worth is the same for all. */
static void print_part(const struct overhead_answer *a, size_t from, size_t end, FILE *to)
{
    const struct overhead_way *w = &a->rows[from].way;
    fprintf(to, "%sOctets; link framing %s\n\n", from ? "\n" : "", w->framing->m.name);
    print_rows(a, from, end, head_octets, row_octets, to);
    if (end < a->n_rows || (!a->facts && !any_rate(a)))
        return;
    fputs(a->facts ? "\nOf IP octets, at the rate of the capture\n\n" : "\nOf IP octets\n\n", to);
    print_rows(a, from, end, head_worth, row_worth, to);
}

void overhead_print_table(const struct overhead_answer *a, FILE *to)
{
    if (a->facts)
        print_facts(a, to);
    for (size_t from = 0, i = 1; i <= a->n_rows; i++)
        if (i == a->n_rows || a->rows[i].way.framing != a->rows[from].way.framing) {
            print_part(a, from, i, to);
            from = i;
        }
    print_rivals(a, to);
    if (a->facts)
        print_top(a, to);
    if (a->n_rows)
        print_legend(a, to);
}
