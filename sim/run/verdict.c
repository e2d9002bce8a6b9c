#include "sim/run/verdict.h"

#include "sim/config/choices.h"

#include <stdio.h>
#include <string.h>

/* A PEP behind ESP has nothing to work on. */
static void say_pep(const struct topo *t, const struct config *c, char *why, size_t cap)
{
    struct topo_pep p = topo_pep(t, 0);
    size_t at = strlen(why);
    if (c->pep.place == &pep_none || at >= cap)
        return;
    if (p.split)
        snprintf(why + at, cap - at, "; the PEPs split %llu TCP connections", (unsigned long long)p.split);
    else
        snprintf(why + at, cap - at, "; the PEPs are blind: %llu packets of ESP passed the first, %llu of TCP",
                 (unsigned long long)p.saw_esp, (unsigned long long)p.saw_tcp);
}

/* What of a capture could not be sent. */
static void say_replay(const struct topo *t, char *why, size_t cap)
{
    struct topo_skipped s = topo_skipped(t);
    size_t at = strlen(why);
    if (at < cap && s.not_ip + s.malformed + s.cut + s.elsewhere)
        snprintf(
            why + at, cap - at,
            "; not replayed of the capture: %llu packets not IP, %llu malformed, %llu not captured whole, %llu not "
            "between the LANs",
            (unsigned long long)s.not_ip, (unsigned long long)s.malformed, (unsigned long long)s.cut,
            (unsigned long long)s.elsewhere);
}

static enum answer answer_of(enum claim_value v)
{
    return v == CLAIM_YES ? ANSWER_YES : v == CLAIM_PARTLY ? ANSWER_PARTLY : ANSWER_NO;
}

/* The place and reason that most packets ended by, and how many: 0 where none was dropped. */
static uint64_t most_dropped(const struct run_result *r, const char **place, enum drop *why)
{
    uint64_t most = 0;
    for (size_t i = 0; i < r->drops.n_lists; i++)
        for (size_t k = 0; k < r->drops.lists[i].n_tallies; k++) {
            const struct tally *t = &r->drops.lists[i].tallies[k];
            if (t->n <= most)
                continue;
            most = t->n;
            *place = r->drops.lists[i].place;
            for (*why = DROP_NONE; strcmp(drop_name(*why), t->name); ++*why)
                ;
        }
    return most;
}

/* ESP that reached a LAN host which has no SA for it: the gateways' own, that they should have opened. */
static uint64_t unreadable(const struct run_result *r)
{
    uint64_t n = 0;
    for (size_t i = 0; i < r->drops.n_lists; i++)
        for (size_t k = 0; k < r->drops.lists[i].n_tallies; k++)
            if (!strcmp(r->drops.lists[i].tallies[k].name, drop_name(DROP_NOT_FOR_HOST)))
                n += r->drops.lists[i].tallies[k].n;
    return n;
}

/* Packets of LAN hosts' own ESP that the gateways took for theirs. */
static uint64_t lost_in_collisions(const struct run_result *r)
{
    uint64_t n = 0;
    for (size_t i = 0; i < r->n_episodes; i++)
        n += strcmp(r->episodes[i].kind, "collision") ? 0 : r->episodes[i].lost;
    return n;
}

/* A mode that could have done better: what stood in its way. */
static void explain_failure(const struct run_result *r, char *text, size_t cap)
{
    const char *place = "";
    enum drop why = DROP_NONE;
    uint64_t collided = lost_in_collisions(r), unopened = unreadable(r), most = most_dropped(r, &place, &why);
    if (collided && most > collided)
        snprintf(text, cap, "most packets ended at %s: %s; SPI collisions: %llu of LAN hosts' own ESP dropped", place,
                 drop_what(why), (unsigned long long)collided);
    else if (collided)
        snprintf(text, cap,
                 "SPI collisions: with lookup %s the gateways dropped %llu packets of LAN hosts' own ESP as theirs",
                 r->lookup, (unsigned long long)collided);
    else if (unopened)
        snprintf(text, cap,
                 "with lookup %s the gateways forwarded %llu ESP packets of their own unopened, which no host can read",
                 r->lookup, (unsigned long long)unopened);
    else if (most)
        snprintf(text, cap, "most packets ended at %s: %s", place, drop_what(why));
    else
        snprintf(text, cap, "what is missing had not been sent, or not arrived, when the run ended");
}

/* How many flows delivered anything, and whether some did that the gateways were to protect, if there are any: what
 * bypasses them arrives whatever the mode. */
struct delivered {
    size_t n, n_protected, protected;
};

static struct delivered delivered_of(const struct topo *t, const struct summary *s)
{
    struct delivered d = {0};
    for (size_t i = 0; i < topo_n_flows(t); i++) {
        bool arrived = summary_received(s, i) > 0, bypass = topo_flow(t, i)->config->host_ipsec == &host_ipsec_bypass;
        d.n += arrived;
        d.n_protected += !bypass;
        d.protected += !bypass && arrived;
    }
    return d;
}

static enum answer answer_measured(const struct delivered *d, size_t n_flows, const struct mode *mode, bool collided)
{
    if (d->n == 0 || (d->n_protected && !d->protected))
        return ANSWER_NO;
    return d->n < n_flows || collided ? ANSWER_PARTLY : answer_of(mode->routed.value);
}

/* Whether it works is measured: did every flow deliver, and did no gateway stop what is not its own? Why is the mode's
 * own word. */
void verdict_add(const struct topo *t, const struct summary *s, const struct config *c, const struct mode *mode,
                 struct run_result *r)
{
    size_t n = topo_n_flows(t);
    struct delivered d = delivered_of(t, s);
    char why[RESULT_TEXT_MAX], failure[RESULT_TEXT_MAX / 2 + 64];
    enum answer works = answer_measured(&d, n, mode, lost_in_collisions(r));
    bool only_bypassed = d.n && d.n_protected && !d.protected;
    bool as_claimed = works == answer_of(mode->routed.value) && !lost_in_collisions(r);
    explain_failure(r, failure, sizeof failure);
    snprintf(why, sizeof why, "%zu of %zu flows delivered%s; %s", d.n, n,
             only_bypassed ? ", none that the gateways protect" : "", as_claimed ? mode->routed.why : failure);
    say_pep(t, c, why, sizeof why);
    say_replay(t, why, sizeof why);
    run_result_verdict(r, VERDICT_WORKS, works, why);
    run_result_verdict(r, VERDICT_RFC4301, answer_of(mode->rfc4301.value), mode->rfc4301.why);
    run_result_verdict(r, VERDICT_LINUX, answer_of(mode->linux_can.value), mode->linux_can.why);
    run_result_verdict(r, VERDICT_STRONGSWAN, answer_of(mode->strongswan.value), mode->strongswan.why);
}
