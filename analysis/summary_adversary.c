#include "analysis/summary_adversary.h"

#include "models/ipsec/mode.h"

#include <inttypes.h>
#include <string.h>

/* ESP behind the packet's own header: RFC 4303 section 3.1.1, the ICV begins at the SPI. */
static bool leaves_addresses_open(const struct run_result *run)
{
    const struct mode *mode = mode_get(run->mode);
    return mode && mode->esp && !mode->two_addresses;
}

void summary_say_addresses(const struct run_result *run, FILE *to)
{
    if (leaves_addresses_open(run))
        fputs(" The price: no ICV covers the LAN addresses; who holds the link can send a packet on to another host or "
              "under another source.",
              to);
}

static uint64_t counter(const struct run_result *run, const char *name)
{
    for (size_t i = 0; i < run->counters.n_lists; i++)
        for (size_t k = 0; k < run->counters.lists[i].n_tallies; k++)
            if (!strcmp(run->counters.lists[i].place, "adversary") &&
                !strcmp(run->counters.lists[i].tallies[k].name, name))
                return run->counters.lists[i].tallies[k].n;
    return 0;
}

static const char *attack_of(const struct result *r)
{
    for (size_t i = 0; i < r->n_settings; i++)
        if (!strcmp(r->settings[i].key, "adversary.attack"))
            return r->settings[i].value;
    return "none";
}

void summary_add_adversary(const struct result *r, const struct run_result *run, struct table *t)
{
    uint64_t attacked = counter(run, "attacked"), misled = counter(run, "misled");
    if (!attacked)
        return;
    table_cell(t, TONE_PLAIN, "%s", "");
    table_cell(t, TONE_PLAIN, "hosts misled");
    table_cell(t, misled ? TONE_BAD : TONE_GOOD, "%s", misled ? "yes" : "no");
    table_cell(t, TONE_PLAIN,
               "of %" PRIu64 " packets that the adversary took (%s), hosts accepted %" PRIu64
               " under addresses that they were not sent with",
               attacked, attack_of(r), misled);
}
