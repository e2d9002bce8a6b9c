#include "analysis/summary_hosts.h"

#include "models/ipsec/drop.h"

#include <inttypes.h>
#include <string.h>

enum { STORIES_MAX = 2 }; /* of a run; the others are in the result */

/* One run seen by its hosts with IPsec, and by the others. */
struct seen {
    uint64_t sent, lost;             /* packets of flows that their hosts protect */
    uint64_t others_lost;            /* packets of the other flows */
    uint64_t collisions, met, taken; /* met a gateway in a collision; lost there */
    double collided_s, longest_blackhole_s;
    uint64_t outages;
    double longest_s;
};

static bool is_collision(const struct episode *e)
{
    return !strcmp(e->kind, "collision");
}

static struct seen see(const struct run_result *run)
{
    struct seen s = {0};
    for (size_t i = 0; i < run->n_flows; i++) {
        const struct flow_result *f = &run->flows[i];
        uint64_t lost = f->packets_sent > f->packets_received ? f->packets_sent - f->packets_received : 0;
        if (!(f->groups & GROUP_HOST_ESP)) {
            s.others_lost += lost;
            continue;
        }
        s.sent += f->packets_sent;
        s.lost += lost;
        s.outages += f->outages;
        s.longest_s = f->outage_longest_s > s.longest_s ? f->outage_longest_s : s.longest_s;
    }
    for (size_t i = 0; i < run->n_episodes; i++) {
        const struct episode *e = &run->episodes[i];
        double length_s = e->to_s - e->from_s;
        if (!is_collision(e))
            continue;
        s.collisions++;
        s.met += e->packets;
        s.taken += e->lost;
        s.collided_s += length_s;
        if (e->lost && length_s > s.longest_blackhole_s)
            s.longest_blackhole_s = length_s;
    }
    return s;
}

bool summary_has_hosts(const struct result *r)
{
    for (size_t i = 0; i < r->n_runs; i++)
        for (size_t k = 0; k < r->runs[i].n_flows; k++)
            if (r->runs[i].flows[k].groups & GROUP_HOST_ESP)
                return true;
    return false;
}

static void count(struct table *t, uint64_t n, bool bad)
{
    char text[40];
    table_cell(t, bad && n ? TONE_BAD : TONE_PLAIN, "%s", table_count(n, text, sizeof text));
}

void summary_hosts(const struct result *r, struct table *t)
{
    static const char *const headings[] = {"packets\nsent", "packets\nlost", "SPI col-\nlisions", "packets\nin them",
                                           "s in\nthem",    "outages",       "longest\ns",        "others'\nlost"};
    table_column(t, TABLE_LEFT, "mode");
    for (size_t i = 0; i < sizeof headings / sizeof *headings; i++)
        table_column(t, TABLE_RIGHT, headings[i]);
    for (size_t i = 0; i < r->n_runs && summary_has_hosts(r); i++) {
        struct seen s = see(&r->runs[i]);
        table_cell(t, TONE_PLAIN, "%s", run_result_name(&r->runs[i]));
        count(t, s.sent, false);
        count(t, s.lost, true);
        count(t, s.collisions, true);
        count(t, s.met, false);
        table_cell(t, TONE_PLAIN, "%.1f", s.collided_s);
        count(t, s.outages, true);
        table_cell(t, TONE_PLAIN, "%.1f", s.longest_s);
        count(t, s.others_lost, false);
    }
}

/* ---- in words ---- */

static const char *end_in_words(const struct episode *e)
{
    if (!strcmp(e->ended_by, "gateway"))
        return "it ended when the gateway had rekeyed and its SA was no more";
    if (!strcmp(e->ended_by, "on-collision"))
        return "it ended when the gateway, warned by packets under its SPI that it could not open, had rekeyed before "
               "its time and its SA was no more";
    if (!strcmp(e->ended_by, "hosts"))
        return "it ended when the hosts rekeyed";
    return "it lasted to the end of the run";
}

/* "a, b and c" of the runs that answer yes; how many. */
static size_t name_runs(FILE *to, const struct result *r, bool (*answer)(const struct run_result *))
{
    size_t n = 0, n_left = 0;
    for (size_t i = 0; i < r->n_runs; i++)
        n_left += answer(&r->runs[i]);
    for (size_t i = 0; i < r->n_runs; i++) {
        if (!answer(&r->runs[i]))
            continue;
        n_left--;
        fprintf(to, "%s%s", !n++ ? "" : n_left ? ", " : " and ", run_result_name(&r->runs[i]));
    }
    return n;
}

static bool is_same(const struct episode *a, const struct episode *b)
{
    return !strcmp(a->flow, b->flow) && a->spi == b->spi && a->from_s == b->from_s && a->to_s == b->to_s &&
           !strcmp(a->why, b->why) && !strcmp(a->ended_by, b->ended_by);
}

static bool has(const struct run_result *run, const struct episode *e)
{
    for (size_t i = 0; i < run->n_episodes; i++)
        if (is_same(&run->episodes[i], e))
            return true;
    return false;
}

/* From when to when, whose flow, what happened to how many packets, what ended it; of all runs that saw the same.
 * False: a run before run `r->runs[i]` has told it. */
static bool say_story(FILE *to, const struct result *r, size_t i, const struct episode *e)
{
    size_t n = 0;
    for (size_t k = 0; k < i; k++)
        if (has(&r->runs[k], e))
            return false;
    for (size_t k = i; k < r->n_runs; k++)
        if (has(&r->runs[k], e))
            fprintf(to, "%s%s", n++ ? ", " : "", run_result_name(&r->runs[k]));
    fprintf(to, ": from %.1f s to %.1f s the hosts of flow %s and %s had SPI 0x%08" PRIx64 " in common: %s; %s.\n",
            e->from_s, e->to_s, e->flow, e->place, e->spi, e->why, end_in_words(e));
    return true;
}

static void say_stories(FILE *to, const struct result *r, size_t i)
{
    const struct run_result *run = &r->runs[i];
    size_t n_told = 0, n_left = 0;
    for (size_t k = 0; k < run->n_episodes; k++) {
        if (!is_collision(&run->episodes[k]))
            continue;
        if (n_told == STORIES_MAX)
            n_left++;
        else
            n_told += say_story(to, r, i, &run->episodes[k]);
    }
    if (n_left)
        fprintf(to, "%s: %zu more are in the result.\n", run_result_name(run), n_left);
}

static bool was_hurt(const struct run_result *run)
{
    return see(run).taken;
}

static bool others_were_hurt(const struct run_result *run)
{
    return was_hurt(run) && see(run).others_lost;
}

static bool was_met_unhurt(const struct run_result *run)
{
    return see(run).collisions && !see(run).taken;
}

static bool was_spared(const struct run_result *run)
{
    return !see(run).collisions;
}

static bool lost_otherwise(const struct run_result *run)
{
    return see(run).lost > see(run).taken;
}

static bool dropped(const struct run_result *run, enum drop why)
{
    for (size_t i = 0; i < run->drops.n_lists; i++)
        for (size_t k = 0; k < run->drops.lists[i].n_tallies; k++)
            if (!strcmp(run->drops.lists[i].tallies[k].name, drop_name(why)) && run->drops.lists[i].tallies[k].n)
                return true;
    return false;
}

static bool hurt_by_window(const struct run_result *run)
{
    return was_hurt(run) && dropped(run, DROP_REPLAY);
}

static bool any(const struct result *r, bool (*answer)(const struct run_result *))
{
    for (size_t i = 0; i < r->n_runs; i++)
        if (answer(&r->runs[i]))
            return true;
    return false;
}

static void say_hurt(FILE *to, const struct result *r)
{
    uint64_t most = 0;
    double longest = 0;
    for (size_t i = 0; i < r->n_runs; i++) {
        struct seen s = see(&r->runs[i]);
        most = s.taken > most ? s.taken : most;
        longest = s.longest_blackhole_s > longest ? s.longest_blackhole_s : longest;
    }
    fputs("IPsec of the hosts' own, not safe here: ", to);
    name_runs(to, r, was_hurt);
    fprintf(to,
            ". The gateway took ESP of LAN hosts for its own, and the hosts concerned got nothing for as long as the "
            "SPIs were equal: up to %" PRIu64 " packets in one run, up to %.1f s at a stretch. ",
            most, longest);
    if (any(r, hurt_by_window))
        fputs("Those dropped as replay have sequence numbers below the window of the gateway's SA, which is asked "
              "before the ICV. ",
              to);
    if (!any(r, others_were_hurt)) {
        fputs("Nobody else lost a packet.\n", to);
        return;
    }
    fputs("Others lost packets, too, in ", to);
    name_runs(to, r, others_were_hurt);
    fputs(": see the dropped packets.\n", to);
}

static bool dropped_unknown(const struct run_result *run)
{
    return lost_otherwise(run) && dropped(run, DROP_NO_SA);
}

static bool dropped_fragments(const struct run_result *run)
{
    return lost_otherwise(run) && dropped(run, DROP_FRAGMENT);
}

/* What the hosts' ESP suffered that no equal SPI explains. */
static void say_otherwise(FILE *to, const struct result *r)
{
    uint64_t most = 0;
    for (size_t i = 0; i < r->n_runs; i++) {
        struct seen s = see(&r->runs[i]);
        most = lost_otherwise(&r->runs[i]) && s.lost - s.taken > most ? s.lost - s.taken : most;
    }
    fputs("Packets of the hosts' own ESP were lost without an equal SPI in ", to);
    name_runs(to, r, lost_otherwise);
    fprintf(to, ", up to %" PRIu64 " in one run: see the dropped packets.", most);
    if (any(r, dropped_unknown))
        fputs(" A gateway that claims all ESP, not only that of SPIs it knows (ipsec.spi_filter = no, ipsec.reinput = "
              "yes), drops what it has no SA for.",
              to);
    if (any(r, dropped_fragments))
        fputs(" A gateway that looks at ESP in transit cannot see the SPI of a later fragment, and drops all fragments "
              "unless it puts them together first (ipsec.reassemble_link = yes).",
              to);
    fputc('\n', to);
}

static void say_answers(FILE *to, const struct result *r)
{
    if (any(r, was_hurt))
        say_hurt(to, r);
    if (any(r, was_met_unhurt)) {
        fputs("An equal SPI did no harm in ", to);
        name_runs(to, r, was_met_unhurt);
        fputs(": the gateway found that the packets were not its own, and passed them on, or none came.\n", to);
    }
    if (any(r, lost_otherwise))
        say_otherwise(to, r);
    if (any(r, was_spared)) {
        fputs("The hosts' ESP met no SA of a gateway in ", to);
        name_runs(to, r, was_spared);
        fputs(
            ": the lookup asks for addresses that the packets do not have, the gateways' own ESP hides them, or no SPI "
            "was equal in the time simulated; `espsim collide` says how rare that is.\n",
            to);
    }
}

void summary_say_hosts(const struct result *r, FILE *to)
{
    if (!summary_has_hosts(r))
        return;
    say_answers(to, r);
    for (size_t i = 0; i < r->n_runs; i++)
        say_stories(to, r, i);
    fputs("Wildcard transport is safe from collisions where nobody else can draw the gateways' SPIs (a block below 256 "
          "by hand, which no IKE daemon draws from; allocators whose ranges do not meet), where the hosts' ESP is "
          "nested in the gateways' and not decapsulated any further, or where a packet with a wrong ICV is passed on "
          "(lookup trial, which nobody ships). It is not safe where hosts' ESP bypasses the gateways and both draw "
          "from one range: a collision then blackholes those hosts until one of the two SAs ends. What makes that "
          "rarer or shorter: a gateway that takes no SPI it saw pass by (on_collision = avoid) is met only by SPIs "
          "that hosts choose later; one that also rekeys (rekey) ends even those: after three packets within a second "
          "that it cannot open, a round trip and the overlap; selectors (lookup prefix) help against outside peers, "
          "not against hosts of the LANs. An SPI filter does not help against an equal SPI.\n",
          to);
}
