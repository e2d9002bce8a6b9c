#include "analysis/summary_losses.h"

#include "analysis/table.h"
#include "models/ipsec/drop.h"
#include "models/ipsec/mode.h"
#include "models/wire/ipv6.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { REASONS_SAID = 3 };

static const char *setting_of(const struct result *r, const char *key)
{
    for (size_t i = 0; i < r->n_settings; i++)
        if (!strcmp(r->settings[i].key, key))
            return r->settings[i].value;
    return "";
}

static bool is_set(const struct result *r, const char *key, const char *value)
{
    return !strcmp(setting_of(r, key), value);
}

uint64_t summary_vanished(const struct result *r, const struct run_result *run)
{
    uint64_t n = 0;
    if (!is_set(r, "ipsec.icmp_filtered", "yes"))
        return 0;
    for (size_t i = 0; i < run->drops.n_lists; i++)
        for (size_t k = 0; k < run->drops.lists[i].n_tallies; k++)
            if (!strcmp(run->drops.lists[i].tallies[k].name, drop_name(DROP_TOO_BIG)))
                n += run->drops.lists[i].tallies[k].n;
    return n;
}

uint64_t summary_carried(const struct result *r, const struct run_result *run)
{
    const struct mode *mode = mode_find(run->mode, NULL);
    bool in_pieces = mode && mode->two_addresses && is_set(r, "scenario.ip", "6");
    return in_pieces && run->mtu < IPV6_MTU_MIN ? IPV6_MTU_MIN : run->mtu;
}

/* ---- runs that say the same share a sentence ---- */

/* What is to be said of a run; NULL: nothing. The caller frees it. */
typedef char *phrase(const struct result *r, const struct run_result *run);

/* "a, b and c" of the runs whose phrase is that of run `first`. */
static void name_alike(char *const *phrases, const struct result *r, size_t first, FILE *to)
{
    size_t n = 0, said = 0;
    for (size_t i = first; i < r->n_runs; i++)
        n += phrases[i] && !strcmp(phrases[i], phrases[first]);
    for (size_t i = first; i < r->n_runs; i++)
        if (phrases[i] && !strcmp(phrases[i], phrases[first])) {
            fprintf(to, "%s%s", !said ? "" : said + 1 < n ? ", " : " and ", run_result_name(&r->runs[i]));
            said++;
        }
}

/* `before`, then "a, b and c PHRASE; d PHRASE" and `after`; nothing where no run has a phrase. */
static void say_grouped(const struct result *r, phrase *of, const char *before, const char *after, FILE *to)
{
    char **phrases = calloc(r->n_runs + 1, sizeof *phrases);
    assert(phrases);
    for (size_t i = 0; i < r->n_runs; i++)
        phrases[i] = of(r, &r->runs[i]);
    bool any = false;
    for (size_t i = 0; i < r->n_runs; i++) {
        bool said = !phrases[i];
        for (size_t k = 0; k < i && !said; k++)
            said = phrases[k] && !strcmp(phrases[k], phrases[i]);
        if (said)
            continue;
        fputs(any ? "; " : before, to);
        name_alike(phrases, r, i, to);
        fprintf(to, " %s", phrases[i]);
        any = true;
    }
    fputs(any ? after : "", to);
    for (size_t i = 0; i < r->n_runs; i++)
        free(phrases[i]);
    free(phrases);
}

static char *vanishing(const struct result *r, const struct run_result *run)
{
    char *text = NULL;
    if (summary_vanished(r, run) &&
        asprintf(&text, "above %llu octets", (unsigned long long)summary_carried(r, run)) < 0)
        abort();
    return text;
}

static char *stalling(const struct result *r, const struct run_result *run)
{
    (void)r;
    char *text = NULL;
    size_t len = 0, n = 0;
    FILE *to = open_memstream(&text, &len);
    assert(to);
    for (size_t i = 0; i < run->n_flows; i++)
        if (run->flows[i].stalled && run->flows[i].packets_received)
            fprintf(to, "%s%s", n++ ? ", " : "(flow ", run->flows[i].name);
    fputs(")", to);
    fclose(to);
    if (n)
        return text;
    free(text);
    return NULL;
}

void summary_say_black_holes(const struct result *r, FILE *to)
{
    say_grouped(r, vanishing, " Packets with DF vanish untold: ", ".", to);
    say_grouped(r, stalling, " TCP stalls: ", ".", to);
}

/* ---- drops ---- */

struct reason {
    const char *place, *name;
    uint64_t n;
};

static int by_number(const void *a, const void *b)
{
    const struct reason *x = a, *y = b;
    return (x->n < y->n) - (x->n > y->n);
}

/* "9.10 % (17,472 aqm at link, 12 replay at gw1)". */
static char *dropping(const struct result *r, const struct run_result *run)
{
    (void)r;
    struct reason reasons[64];
    size_t n = 0, len = 0;
    uint64_t all = 0;
    char *text = NULL, count[40];
    if (run->verdict[VERDICT_WORKS].value == ANSWER_NO || !run->balance.in)
        return NULL;
    for (size_t p = 0; p < run->drops.n_lists; p++)
        for (size_t k = 0; k < run->drops.lists[p].n_tallies && n < 64; k++) {
            const struct tally_list *list = &run->drops.lists[p];
            if (!list->tallies[k].n)
                continue;
            reasons[n++] = (struct reason){list->place, list->tallies[k].name, list->tallies[k].n};
            all += list->tallies[k].n;
        }
    FILE *to = open_memstream(&text, &len);
    assert(to);
    if (n) {
        qsort(reasons, n, sizeof *reasons, by_number);
        fprintf(to, "%.2f %% (", 100 * (double)all / (double)run->balance.in);
        for (size_t i = 0; i < n && i < REASONS_SAID; i++)
            fprintf(to, "%s%s %s at %s", i ? ", " : "", table_count(reasons[i].n, count, sizeof count), reasons[i].name,
                    reasons[i].place);
        fputs(n > REASONS_SAID ? ", and others)" : ")", to);
    } else {
        fputs("none", to);
    }
    fclose(to);
    return text;
}

/* ---- priority against the replay window ---- */

static uint64_t dropped_as_replayed(const struct run_result *run)
{
    uint64_t n = 0;
    for (size_t p = 0; p < run->drops.n_lists; p++)
        for (size_t k = 0; k < run->drops.lists[p].n_tallies; k++)
            if (!strcmp(run->drops.lists[p].tallies[k].name, drop_name(DROP_REPLAY)))
                n += run->drops.lists[p].tallies[k].n;
    return n;
}

static char *overtaken(const struct result *r, const struct run_result *run)
{
    (void)r;
    char *text = NULL, count[40];
    uint64_t n = dropped_as_replayed(run);
    if (n && asprintf(&text, "dropped %s", table_count(n, count, sizeof count)) < 0)
        abort();
    return text;
}

/* Whether others than the queue put packets out of order, or send them twice. */
static bool has_other_replays(const struct result *r)
{
    bool any = !is_set(r, "adversary.attack", "none");
    for (size_t i = 0; i < r->n_runs; i++)
        any |= r->runs[i].n_episodes > 0;
    return any;
}

void summary_say_overtaking(const struct result *r, FILE *to)
{
    uint64_t all = 0;
    bool esp = false;
    for (size_t i = 0; i < r->n_runs; i++) {
        all += dropped_as_replayed(&r->runs[i]);
        esp |= r->runs[i].n_sa_details > 0;
    }
    const char *window = setting_of(r, "ipsec.replay_window");
    if (!is_set(r, "link.queue_kind", "priority") || !esp || !strcmp(window, "0") || has_other_replays(r))
        return;
    if (!all)
        fprintf(to,
                "Priority lets packets pass others below ESP, and the replay window of %s bears it: none was "
                "dropped as replayed.\n",
                window);
    else
        fprintf(to, "Priority lets packets pass others below ESP, more of them than the replay window of %s bears: ",
                window);
    say_grouped(r, overtaken, "",
                " as replayed, though nobody sent any twice. Try a wider one "
                "(ipsec.replay_window).\n",
                to);
}

void summary_say_drops(const struct result *r, FILE *to)
{
    uint64_t all = 0;
    for (size_t i = 0; i < r->n_runs; i++)
        if (r->runs[i].verdict[VERDICT_WORKS].value != ANSWER_NO)
            all += places_total(&r->runs[i].drops);
    if (all)
        say_grouped(r, dropping, "Dropped of the hosts' packets: ", ".\n", to);
}
