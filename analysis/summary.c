#include "analysis/summary.h"

#include "analysis/summary_adversary.h"
#include "analysis/summary_hosts.h"
#include "analysis/summary_losses.h"
#include "analysis/summary_rain.h"
#include "models/base/text.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define YARDSTICK     "plain"  /* protects nothing */
#define REFERENCE     "tunnel" /* what savings are counted against */
#define WORTH_SAYING  0.005    /* of the link's octets: less is no difference between modes */
#define NO_DIFFERENCE 0.00005  /* less is not even to be seen in the figures */

/* ---- what the numbers of a run say ---- */

double summary_cost(const struct run_result *run)
{
    if (!run->link.inner_octets)
        return METRIC_NONE;
    return (double)run->link.wire_octets / (double)run->link.inner_octets;
}

/* Octets of a kind per packet of the hosts, beyond that packet itself. */
static double beyond(const struct run_result *run, uint64_t octets)
{
    if (!run->link.inner_packets)
        return METRIC_NONE;
    return ((double)octets - (double)run->link.inner_octets) / (double)run->link.inner_packets;
}

double summary_overhead(const struct run_result *run)
{
    return beyond(run, run->link.wire_octets);
}

static double ip_overhead(const struct run_result *run)
{
    return beyond(run, run->link.ip_octets);
}

/* What `run` would spare of the link's octets that `than` spends, on the packets of `than`, as a share. Not by the
 * octets of both: where TCP had better luck in one of them, its packets are longer on average. */
static double saving(const struct run_result *run, const struct run_result *than)
{
    double per_packet = summary_overhead(than) - summary_overhead(run);
    return per_packet * (double)than->link.inner_packets / (double)than->link.wire_octets;
}

static bool protects(const struct run_result *run)
{
    return strcmp(run->mode, YARDSTICK) != 0;
}

/* With or without reservations; those are said. */
static bool works(const struct run_result *run)
{
    return run->verdict[VERDICT_WORKS].value != ANSWER_NO && !isnan(summary_cost(run));
}

/* The first run of a mode that works, or else the first; NULL: none. */
static const struct run_result *run_of_mode(const struct result *r, const char *mode)
{
    const struct run_result *first = NULL;
    for (size_t i = 0; i < r->n_runs; i++) {
        const struct run_result *run = &r->runs[i];
        if (strcmp(run->mode, mode))
            continue;
        if (run->verdict[VERDICT_WORKS].value == ANSWER_YES)
            return run;
        first = first ? first : run;
    }
    return first;
}

/* The flows of a run that matter for a column, summed or at their worst. */
struct hosts_get {
    unsigned groups; /* of all flows */
    double tcp_bps, all_bps;
    double r_worst, mos_worst;
    double p50, p95, p99; /* of the VoIP flows where there are any; seconds */
};

static double greater(double a, double b)
{
    return isnan(a) || b > a ? b : a;
}

static double lesser(double a, double b)
{
    return isnan(a) || b < a ? b : a;
}

static struct hosts_get hosts_get(const struct run_result *run)
{
    struct hosts_get h = {0, 0, 0, METRIC_NONE, METRIC_NONE, METRIC_NONE, METRIC_NONE, METRIC_NONE};
    for (size_t i = 0; i < run->n_flows; i++)
        h.groups |= run->flows[i].groups;
    for (size_t i = 0; i < run->n_flows; i++) {
        const struct flow_result *f = &run->flows[i];
        h.all_bps += f->goodput_bps;
        if (f->groups & GROUP_TCP)
            h.tcp_bps += f->goodput_bps;
        if (f->groups & GROUP_VOIP) {
            h.r_worst = lesser(h.r_worst, f->r_factor_worst);
            h.mos_worst = lesser(h.mos_worst, f->mos);
        }
        if (h.groups & GROUP_VOIP && !(f->groups & GROUP_VOIP))
            continue;
        h.p50 = greater(h.p50, f->delay_p50_s);
        h.p95 = greater(h.p95, f->delay_p95_s);
        h.p99 = greater(h.p99, f->delay_p99_s);
    }
    return h;
}

static unsigned all_groups(const struct result *r)
{
    unsigned groups = 0;
    for (size_t i = 0; i < r->n_runs; i++)
        groups |= hosts_get(&r->runs[i]).groups;
    return groups;
}

/* ---- tables ---- */

static const char *const short_headings[N_VERDICTS] = {
    [VERDICT_WORKS] = "routed traffic",
    [VERDICT_RFC4301] = "RFC 4301",
    [VERDICT_LINUX] = "stock Linux",
    [VERDICT_STRONGSWAN] = "strongSwan",
};

/* The same as verdict_kinds[].heading, on two lines. */
static const char *const broken_headings[N_VERDICTS] = {
    [VERDICT_WORKS] = "works for\nrouted traffic",
    [VERDICT_RFC4301] = "RFC 4301\nallows it",
    [VERDICT_LINUX] = "stock Linux\ncan do it",
    [VERDICT_STRONGSWAN] = "strongSwan\nnegotiates it",
};

/* A number, or `-` where there is none. */
static void number(struct table *t, int digits, double value)
{
    if (isnan(value))
        table_cell(t, TONE_DIM, "-");
    else
        table_cell(t, TONE_PLAIN, "%.*f", digits, value);
}

static void count(struct table *t, uint64_t n)
{
    char text[40];
    table_cell(t, TONE_PLAIN, "%s", table_count(n, text, sizeof text));
}

void summary_users(const struct result *r, struct table *t)
{
    unsigned groups = all_groups(r);
    table_column(t, TABLE_LEFT, "mode");
    table_column(t, TABLE_RIGHT, groups & GROUP_TCP ? "TCP\ngoodput\nMbit/s" : "goodput\nMbit/s");
    if (groups & GROUP_VOIP) {
        table_column(t, TABLE_RIGHT, "VoIP R,\nworst\ncall");
        table_column(t, TABLE_RIGHT, "VoIP\nMOS");
    }
    const char *const whose = groups & GROUP_VOIP ? "VoIP\ndelay" : "delay";
    static const char *const shares[] = {"p50", "p95", "p99"};
    for (int i = 0; i < 3; i++) {
        char heading[40];
        snprintf(heading, sizeof heading, "%s\n%s ms", whose, shares[i]);
        table_column(t, TABLE_RIGHT, heading);
    }
    table_column(t, TABLE_RIGHT, "inner\nMTU");
    table_column(t, TABLE_RIGHT, "delivered\n%");
    table_column(t, TABLE_RIGHT, "dropped\npackets");
    for (size_t i = 0; i < r->n_runs; i++) {
        const struct run_result *run = &r->runs[i];
        struct hosts_get h = hosts_get(run);
        table_cell(t, TONE_PLAIN, "%s", run_result_name(run));
        number(t, 3, (groups & GROUP_TCP ? h.tcp_bps : h.all_bps) / 1e6);
        if (groups & GROUP_VOIP) {
            number(t, 1, h.r_worst);
            number(t, 2, h.mos_worst);
        }
        number(t, 1, h.p50 * 1e3);
        number(t, 1, h.p95 * 1e3);
        number(t, 1, h.p99 * 1e3);
        number(t, 0, run->mtu ? (double)run->mtu : METRIC_NONE);
        double in = run->balance.in ? (double)run->balance.in : METRIC_NONE;
        number(t, 2, 100 * (double)run->balance.out / in);
        count(t, run->balance.dropped);
    }
}

/* Octets are exact up to the width of the table; files hold them exactly. */
struct unit {
    uint64_t octets;
    const char *name;
};

static struct unit unit_for(const struct result *r)
{
    static const struct unit units[] = {{1, "octets"}, {1000, "kB"}, {1000000, "MB"}};
    uint64_t most = 0;
    for (size_t i = 0; i < r->n_runs; i++)
        most = r->runs[i].link.wire_octets > most ? r->runs[i].link.wire_octets : most;
    size_t u = 0;
    while (most / units[u].octets >= 1000000000 && u < 2)
        u++;
    return units[u];
}

static void octets_column(struct table *t, const char *what, struct unit unit)
{
    char heading[40];
    snprintf(heading, sizeof heading, "%s\n%s", what, unit.name);
    table_column(t, TABLE_RIGHT, heading);
}

/* DVB-S2 does; of the others an octet costs what it costs. */
static bool counts_symbols(const struct result *r)
{
    for (size_t i = 0; i < r->n_runs; i++)
        if (r->runs[i].link.symbols)
            return true;
    return false;
}

void summary_link(const struct result *r, struct table *t)
{
    struct unit unit = unit_for(r);
    table_column(t, TABLE_LEFT, "mode");
    table_column(t, TABLE_RIGHT, "packets");
    octets_column(t, "IP", unit);
    octets_column(t, "link", unit);
    octets_column(t, "overhead", unit);
    bool symbols = counts_symbols(r);
    if (symbols)
        table_column(t, TABLE_RIGHT, "million\nsymbols");
    table_column(t, TABLE_RIGHT, "over-\nhead\n%");
    table_column(t, TABLE_RIGHT, "over-\nhead/\npacket");
    table_column(t, TABLE_RIGHT, "saved/\npacket");
    table_column(t, TABLE_RIGHT, "saved\n% of\nlink");
    table_column(t, TABLE_RIGHT, "SAs");
    const struct run_result *reference = run_of_mode(r, REFERENCE);
    for (size_t i = 0; i < r->n_runs; i++) {
        const struct run_result *run = &r->runs[i];
        const struct link_result *link = &run->link;
        double saved = METRIC_NONE, share = METRIC_NONE;
        if (reference && run != reference) {
            saved = summary_overhead(reference) - summary_overhead(run);
            share = saving(run, reference);
        }
        table_cell(t, TONE_PLAIN, "%s", run_result_name(run));
        count(t, link->packets);
        count(t, link->ip_octets / unit.octets);
        count(t, link->wire_octets / unit.octets);
        if (link->wire_octets >= link->inner_octets)
            count(t, (link->wire_octets - link->inner_octets) / unit.octets);
        else
            number(t, 0, METRIC_NONE);
        if (symbols)
            number(t, 2, (double)link->symbols / 1e6);
        number(t, 2, 100 * (summary_cost(run) - 1));
        number(t, 2, summary_overhead(run));
        number(t, 2, saved);
        number(t, 2, 100 * share);
        count(t, run->sas);
    }
}

void summary_drops(const struct result *r, struct table *t)
{
    table_column(t, TABLE_LEFT, "mode");
    table_column(t, TABLE_LEFT, "place");
    table_column(t, TABLE_LEFT, "reason");
    table_column(t, TABLE_RIGHT, "packets");
    for (size_t i = 0; i < r->n_runs; i++)
        for (size_t p = 0; p < r->runs[i].drops.n_lists; p++) {
            const struct tally_list *list = &r->runs[i].drops.lists[p];
            for (size_t j = 0; j < list->n_tallies; j++) {
                if (!list->tallies[j].n)
                    continue;
                table_cell(t, TONE_PLAIN, "%s", run_result_name(&r->runs[i]));
                table_cell(t, TONE_PLAIN, "%s", list->place);
                table_cell(t, TONE_PLAIN, "%s", list->tallies[j].name);
                count(t, list->tallies[j].n);
            }
        }
}

static enum table_tone answer_tone(enum answer a)
{
    return a == ANSWER_YES ? TONE_GOOD : a == ANSWER_NO ? TONE_BAD : TONE_PLAIN;
}

void summary_verdicts(const struct result *r, struct table *t)
{
    table_column(t, TABLE_LEFT, "mode");
    for (size_t v = 0; v < N_VERDICTS; v++)
        table_column(t, TABLE_LEFT, broken_headings[v]);
    for (size_t i = 0; i < r->n_runs; i++) {
        table_cell(t, TONE_PLAIN, "%s", run_result_name(&r->runs[i]));
        for (size_t v = 0; v < N_VERDICTS; v++) {
            enum answer a = r->runs[i].verdict[v].value;
            table_cell(t, answer_tone(a), "%s", answer_name(a));
        }
    }
}

static void add_black_hole(const struct result *r, const struct run_result *run, struct table *t)
{
    uint64_t n = summary_vanished(r, run);
    if (!n)
        return;
    table_cell(t, TONE_PLAIN, "%s", "");
    table_cell(t, TONE_PLAIN, "all sizes pass");
    table_cell(t, TONE_BAD, "no");
    table_cell(t, TONE_PLAIN,
               "packets with DF of %llu octets and more vanish (%llu did): the link takes %llu in one piece, and a "
               "filter eats the ICMP that would say so; small ones pass, connections open, transfers hang: let ICMP "
               "pass, clamp the MSS, or lower the MTU of the hosts (espsim mtu)",
               (unsigned long long)summary_carried(r, run) + 1, (unsigned long long)n, (unsigned long long)run->mtu);
}

/* Whether a run of the same mode has said so before. */
static bool is_repeated(const struct result *r, size_t i, size_t v)
{
    for (size_t k = 0; k < i; k++)
        if (!strcmp(r->runs[k].mode, r->runs[i].mode) && !strcmp(r->runs[k].verdict[v].why, r->runs[i].verdict[v].why))
            return true;
    return false;
}

void summary_reasons(const struct result *r, struct table *t)
{
    table_column(t, TABLE_LEFT, "mode");
    table_column(t, TABLE_LEFT, "question");
    table_column(t, TABLE_LEFT, "answer");
    table_column(t, TABLE_TEXT, "why");
    for (size_t i = 0; i < r->n_runs; i++) {
        for (size_t v = 0; v < N_VERDICTS; v++) {
            const struct verdict_result *verdict = &r->runs[i].verdict[v];
            if (v != VERDICT_WORKS && is_repeated(r, i, v))
                continue;
            table_cell(t, TONE_PLAIN, "%s", v ? "" : run_result_name(&r->runs[i]));
            table_cell(t, TONE_PLAIN, "%s", short_headings[v]);
            table_cell(t, answer_tone(verdict->value), "%s", answer_name(verdict->value));
            table_cell(t, TONE_PLAIN, "%s", verdict->why);
        }
        add_black_hole(r, &r->runs[i], t);
        summary_add_adversary(r, &r->runs[i], t);
    }
}

/* ---- conclusion ---- */

static int n_yes(const struct run_result *run)
{
    int n = 0;
    for (size_t v = 0; v < N_VERDICTS; v++)
        n += 2 * (run->verdict[v].value == ANSWER_YES) + (run->verdict[v].value == ANSWER_PARTLY);
    return n;
}

static bool cheaper(const struct run_result *a, const struct run_result *b)
{
    return summary_overhead(a) < summary_overhead(b);
}

/* Fewer octets on the link for a packet, or about as many and fewer packets dropped. */
static bool better(const struct run_result *a, const struct run_result *b)
{
    if (fabs(saving(a, b)) >= NO_DIFFERENCE)
        return cheaper(a, b);
    return a->balance.dropped < b->balance.dropped;
}

/* The mode with the fewest reservations; among equals the cheapest. NULL where none works. */
static const struct run_result *safest(const struct result *r)
{
    const struct run_result *best = NULL;
    for (size_t i = 0; i < r->n_runs; i++) {
        const struct run_result *run = &r->runs[i];
        if (!protects(run) || !works(run))
            continue;
        if (!best || n_yes(run) > n_yes(best) || (n_yes(run) == n_yes(best) && better(run, best)))
            best = run;
    }
    return best;
}

static const struct run_result *cheapest(const struct result *r)
{
    const struct run_result *best = NULL;
    for (size_t i = 0; i < r->n_runs; i++)
        if (protects(&r->runs[i]) && works(&r->runs[i]) && (!best || cheaper(&r->runs[i], best)))
            best = &r->runs[i];
    return best;
}

/* "before" and "a, b and c" of those questions that have the answer `a`; nothing where there is none. */
static void say_answers(FILE *to, const char *before, const struct run_result *run, enum answer a)
{
    const char *said[N_VERDICTS];
    size_t n = 0;
    for (size_t v = 0; v < N_VERDICTS; v++)
        if (run->verdict[v].value == a)
            said[n++] = verdict_kinds[v].heading;
    for (size_t i = 0; i < n; i++)
        fprintf(to, "%s%s", !i ? before : i + 1 < n ? ", " : " and ", said[i]);
}

static void say_reservations(FILE *to, const struct run_result *run)
{
    const char *before = "";
    for (size_t v = 0; v < N_VERDICTS; v++)
        if (run->verdict[v].value != ANSWER_YES) {
            fprintf(to, "%s%s: %s", *before ? before : " But ", short_headings[v], answer_name(run->verdict[v].value));
            before = ", ";
        }
    fputs(*before ? "." : "", to);
}

/* "a (3.3 %), b (3.2 %)": the modes that work and spend so much less than `safe` that it is worth saying. */
static size_t say_cheaper(FILE *to, const struct result *r, const struct run_result *safe)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n_runs; i++) {
        const struct run_result *run = &r->runs[i];
        if (protects(run) && works(run) && saving(run, safe) >= WORTH_SAYING)
            fprintf(to, "%s%s (%.1f %%, %.1f octets a packet)", n++ ? ", " : "", run_result_name(run),
                    100 * saving(run, safe), summary_overhead(safe) - summary_overhead(run));
    }
    return n;
}

/* Runs beside `safe` that have its answers, spend its octets and drop more packets: policies of one mode. */
static size_t n_alike(const struct result *r, const struct run_result *safe)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n_runs; i++) {
        const struct run_result *run = &r->runs[i];
        n += run != safe && works(run) && n_yes(run) == n_yes(safe) && fabs(saving(run, safe)) < WORTH_SAYING &&
             run->balance.dropped > safe->balance.dropped;
    }
    return n;
}

/* Runs that protect, in other modes than `than`. */
static size_t n_others(const struct result *r, const struct run_result *than)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n_runs; i++)
        n += protects(&r->runs[i]) && strcmp(r->runs[i].mode, than->mode) != 0;
    return n;
}

static void say_octets(FILE *to, const struct result *r, const struct run_result *safe, const struct run_result *cheap)
{
    if (r->n_runs == 1) {
        fputs(" Nothing was run beside it to compare its octets with: name other modes in scenario.modes.", to);
    } else if (!n_others(r, safe)) {
        return; /* policies of one mode */
    } else if (saving(cheap, safe) < NO_DIFFERENCE) {
        fputs(" No other mode that works here spends fewer octets on the link.", to);
    } else if (saving(cheap, safe) < WORTH_SAYING) {
        fprintf(to, " No other mode that works here saves more than %.2f %% of the link's octets.",
                100 * saving(cheap, safe));
    } else {
        fputs(" Fewer octets on the link for the same packets: ", to);
        size_t n = say_cheaper(to, r, safe);
        fprintf(to, ". Choose %s only if both gateways are yours to change and its reservations are acceptable.",
                n > 1 ? "one of them" : "it");
    }
}

/* The answer: a paragraph. */
static void say_choice(FILE *to, const struct result *r, const struct run_result *safe, const struct run_result *cheap)
{
    bool alone = r->n_runs == 1;
    fprintf(to, "%s %s", alone ? "Only" : "Choose", run_result_name(safe));
    fputs(alone ? " was run" : "", to);
    say_answers(to, safe->verdict[VERDICT_WORKS].value == ANSWER_YES ? ": it " : ": ", safe, ANSWER_YES);
    fputs(".", to);
    say_reservations(to, safe);
    size_t alike = n_alike(r, safe);
    if (alike)
        fprintf(to, " It drops fewer packets than the %zu other%s with the same answers.", alike, alike > 1 ? "s" : "");
    say_octets(to, r, safe, cheap);
    summary_say_black_holes(r, to);
    fputc('\n', to);
}

/* Share of a VoIP packet on the link, in `than`, that `octets` are; by the average overhead. 0 without VoIP. */
static double share_of_call(const struct run_result *than, double octets)
{
    uint64_t packets = 0, sent = 0;
    for (size_t i = 0; i < than->n_flows; i++)
        if (than->flows[i].groups & GROUP_VOIP) {
            packets += than->flows[i].packets_sent;
            sent += than->flows[i].octets_sent;
        }
    if (!packets)
        return 0;
    return octets / ((double)sent / (double)packets + summary_overhead(than));
}

/* What a mode would bring that is not the one chosen. */
static void say_alternative(FILE *to, const struct run_result *run, const struct run_result *safe)
{
    struct hosts_get here = hosts_get(run), there = hosts_get(safe);
    double ip = ip_overhead(safe) - ip_overhead(run), link = summary_overhead(safe) - summary_overhead(run);
    fprintf(to, "%s against %s: ", run_result_name(run), run_result_name(safe));
    if (fabs(saving(run, safe)) < NO_DIFFERENCE)
        fputs("as many octets on the link", to);
    else
        fprintf(to, "%.1f octets %s a packet on the link, %.1f %% of its octets", fabs(link),
                link < 0 ? "more" : "less", 100 * fabs(saving(run, safe)));
    if (ip - link > 0.5 && ip > 4)
        fprintf(to, " (%.1f less in IP, but %s framing fills up the rest)", ip, run->framing);
    double call = share_of_call(safe, link);
    if (fabs(call) > WORTH_SAYING)
        fprintf(to, " and about %.0f %% of a VoIP packet", 100 * fabs(call));
    if (here.groups & GROUP_TCP && there.tcp_bps > 0)
        fprintf(to, "; TCP goodput %+.1f %%", 100 * (here.tcp_bps / there.tcp_bps - 1));
    if (!isnan(here.r_worst) && !isnan(there.r_worst))
        fprintf(to, "; worst call R %.1f (%s: %.1f)", here.r_worst, run_result_name(safe), there.r_worst);
    fputs(".", to);
    summary_say_addresses(run, to);
    say_reservations(to, run);
    if (run->sas > safe->sas)
        fprintf(to, " It takes %llu SAs where %s takes %llu.", (unsigned long long)run->sas, run_result_name(safe),
                (unsigned long long)safe->sas);
    fputs("\n", to);
}

/* `run` speaks for the runs behind it of the same mode that do not work either: policies of lookup. */
static void say_others(FILE *to, const struct result *r, const struct run_result *run)
{
    size_t n = 0;
    for (const struct run_result *other = run + 1; other < r->runs + r->n_runs; other++)
        if (!strcmp(other->mode, run->mode) && !works(other))
            fprintf(to, "%s%s", n++ ? ", " : " Nor do: ", run_result_name(other));
    fputs(n ? "." : "", to);
}

static void say_failure(FILE *to, const struct result *r, const struct run_result *run)
{
    fprintf(to, "%s does not work for routed traffic here: %s.", run_result_name(run), run->verdict[VERDICT_WORKS].why);
    if (run->balance.in)
        fprintf(to, " %.1f %% of the hosts' packets arrived.",
                100 * (double)run->balance.out / (double)run->balance.in);
    say_others(to, r, run);
    fputs("\n", to);
}

/* ITU-T G.107 annex B, table B.1 */
static const char *satisfaction(double r)
{
    static const struct {
        double least;
        const char *users;
    } rows[] = {{90, "users very satisfied"},    {80, "users satisfied"},
                {70, "some users dissatisfied"}, {60, "many users dissatisfied"},
                {50, "nearly all dissatisfied"}, {-1000, "below what G.107 recommends"}};
    size_t i = 0;
    while (r < rows[i].least)
        i++;
    return rows[i].users;
}

/* The worst calls of the modes that protect and work as well as `how` says. */
struct calls {
    size_t n_runs;
    double low, high;
};

static struct calls calls_of(const struct result *r, enum answer how)
{
    struct calls c = {0, METRIC_NONE, METRIC_NONE};
    for (size_t i = 0; i < r->n_runs; i++) {
        const struct run_result *run = &r->runs[i];
        if (!works(run) || !protects(run) || run->verdict[VERDICT_WORKS].value != how)
            continue;
        c.n_runs++;
        c.low = lesser(c.low, hosts_get(run).r_worst);
        c.high = greater(c.high, hosts_get(run).r_worst);
    }
    return c;
}

static void say_calls(FILE *to, const struct result *r, const struct run_result *safe)
{
    enum answer how = safe->verdict[VERDICT_WORKS].value;
    struct calls alike = calls_of(r, how), partly = calls_of(r, ANSWER_PARTLY);
    double here = hosts_get(safe).r_worst;
    if (isnan(here))
        return;
    fprintf(to, "Calls: R %.1f in %s (%s).", here, run_result_name(safe), satisfaction(here));
    const char *which = how == ANSWER_YES ? "that work" : "that work in part";
    if (alike.high - alike.low >= 1)
        fprintf(to, " The modes %s lie between R %.1f and %.1f.", which, alike.low, alike.high);
    else if (alike.n_runs > 1)
        fprintf(to, " No caller will hear which mode is in use: those %s differ by less than one point of R.", which);
    if (how == ANSWER_YES && partly.n_runs && partly.high - partly.low < 1)
        fprintf(to, " Where a mode works only in part, the worst call has R %.1f.", partly.low);
    else if (how == ANSWER_YES && partly.n_runs)
        fprintf(to, " Where a mode works only in part, the worst call has R %.1f to %.1f.", partly.low, partly.high);
    fputs("\n", to);
}

static void say_price(FILE *to, const struct result *r, const struct run_result *safe)
{
    const struct run_result *plain = run_of_mode(r, YARDSTICK);
    if (!plain || isnan(summary_cost(plain)))
        return;
    fprintf(to, "Protection itself: %s spends ", run_result_name(safe));
    if (fabs(saving(safe, plain)) < NO_DIFFERENCE)
        fprintf(to, "as many link octets as no protection at all (%s): %s framing has room for it.\n",
                run_result_name(plain), safe->framing);
    else
        fprintf(to, "%.1f %% more link octets than no protection at all (%s).\n", -100 * saving(safe, plain),
                run_result_name(plain));
}

static bool lost_on_the_way(const struct run_result *run)
{
    for (size_t i = 0; i < run->n_directions; i++)
        if (run->directions[i].lost || run->directions[i].queue_dropped)
            return true;
    return false;
}

/* Which packet is lost hangs on where it stands among the others, and so on the mode: TCP's luck is not its merit. */
static void say_chance(FILE *to, const struct result *r)
{
    for (size_t i = 0; i < r->n_runs; i++) {
        const struct run_result *run = &r->runs[i];
        if (!protects(run) || !works(run) || !lost_on_the_way(run))
            continue;
        fputs("The link lost packets, not the same ones in every mode: goodput and calls differ by luck, too. "
              "`espsim sweep --seeds 10` tells luck from mode; the octets of a packet do not depend on it.\n",
              to);
        return;
    }
}

/* Nothing was compared that could be chosen. */
static void say_none(FILE *to, const struct result *r)
{
    bool any = false;
    for (size_t i = 0; i < r->n_runs; i++)
        any = any || protects(&r->runs[i]);
    fputs(any ? "No mode that protects carries the hosts' traffic on this link; the reasons are in the table.\n"
              : "No mode that protects was run: there is nothing to choose from; name some in scenario.modes.\n",
          to);
}

/* Whether a run before run `i` says the same: policies differ by who finds which SA, not by octets. */
static bool is_said(const struct result *r, size_t i, const struct run_result *safe)
{
    const struct run_result *run = &r->runs[i];
    if (works(run) && !strcmp(run->mode, safe->mode))
        return true;
    for (size_t k = 0; k < i; k++)
        if (!strcmp(r->runs[k].mode, run->mode) && works(&r->runs[k]) == works(run))
            return true;
    return false;
}

char *summary_conclusion(const struct result *r)
{
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    assert(to);
    const struct run_result *safe = safest(r);
    if (safe)
        say_choice(to, r, safe, cheapest(r));
    else
        say_none(to, r);
    summary_say_rain(r, to);
    summary_say_drops(r, to);
    summary_say_overtaking(r, to);
    for (size_t i = 0; i < r->n_runs; i++) {
        const struct run_result *run = &r->runs[i];
        if (run == safe || !protects(run) || is_said(r, i, safe))
            continue;
        if (!works(run))
            say_failure(to, r, run);
        else
            say_alternative(to, run, safe);
    }
    if (safe) {
        say_calls(to, r, safe);
        say_chance(to, r);
        say_price(to, r, safe);
    }
    summary_say_hosts(r, to);
    fclose(to);
    return text;
}

/* ---- all of it ---- */

static void heading(FILE *to, bool colour, const char *text)
{
    fprintf(to, "\n%s%s%s\n", colour ? "\033[1m" : "", text, colour ? "\033[0m" : "");
}

static void print_part(const struct result *r, FILE *to, size_t width, bool colour, const char *title,
                       void (*fill)(const struct result *, struct table *))
{
    struct table t = {0};
    fill(r, &t);
    heading(to, colour, title);
    if (t.n_cells)
        table_print(&t, to, 0, width, colour);
    else
        fputs("none\n", to);
    table_fini(&t);
}

/* The answer stands at the margin, what supports it is indented. */
static void print_conclusion(const struct result *r, FILE *to, size_t width, bool colour)
{
    char *text = summary_conclusion(r);
    heading(to, colour, "Which mode to choose");
    for (char *at = text; *at;) {
        char *end = strchr(at, '\n');
        *end = 0;
        table_wrap(to, at, at == text ? 0 : 2, width);
        at = end + 1;
    }
    free(text);
}

static void print_unexplained(const struct result *r, FILE *to)
{
    for (size_t i = 0; i < r->n_runs; i++)
        for (size_t j = 0; j < r->runs[i].n_unexplained; j++)
            text_line(to, "UNEXPLAINED in %s: %s", run_result_name(&r->runs[i]), r->runs[i].unexplained[j].text);
}

void summary_print(const struct result *r, FILE *to, size_t width, bool colour)
{
    text_line(to, "%s, seed %llu", r->scenario, (unsigned long long)r->seed);
    table_wrap(to, r->question, 0, width);
    print_part(r, to, width, colour, "What the hosts get", summary_users);
    print_part(r, to, width, colour,
               "What the satellite link carries, both directions (octets; saved: against " REFERENCE ")", summary_link);
    print_part(r, to, width, colour, "Dropped packets", summary_drops);
    if (summary_has_hosts(r))
        print_part(r, to, width, colour, "IPsec of the hosts' own", summary_hosts);
    print_part(r, to, width, colour, "Verdict", summary_verdicts);
    print_part(r, to, width, colour, "Why", summary_reasons);
    print_unexplained(r, to);
    print_conclusion(r, to, width, colour);
}
