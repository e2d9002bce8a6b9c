#include "models/link/modcod.h"
#include "models/base/family.h"

#include <assert.h>
#include <string.h>

const struct modcod modcods[MODCOD_N] = {
    {1, "qpsk-1/4", 2, 16008, -2.35},     {2, "qpsk-1/3", 2, 21408, -1.24},     {3, "qpsk-2/5", 2, 25728, -0.30},
    {4, "qpsk-1/2", 2, 32208, 1.00},      {5, "qpsk-3/5", 2, 38688, 2.23},      {6, "qpsk-2/3", 2, 43040, 3.10},
    {7, "qpsk-3/4", 2, 48408, 4.03},      {8, "qpsk-4/5", 2, 51648, 4.68},      {9, "qpsk-5/6", 2, 53840, 5.18},
    {10, "qpsk-8/9", 2, 57472, 6.20},     {11, "qpsk-9/10", 2, 58192, 6.42},    {12, "8psk-3/5", 3, 38688, 5.50},
    {13, "8psk-2/3", 3, 43040, 6.62},     {14, "8psk-3/4", 3, 48408, 7.91},     {15, "8psk-5/6", 3, 53840, 9.35},
    {16, "8psk-8/9", 3, 57472, 10.69},    {17, "8psk-9/10", 3, 58192, 10.98},   {18, "16apsk-2/3", 4, 43040, 8.97},
    {19, "16apsk-3/4", 4, 48408, 10.21},  {20, "16apsk-4/5", 4, 51648, 11.03},  {21, "16apsk-5/6", 4, 53840, 11.61},
    {22, "16apsk-8/9", 4, 57472, 12.89},  {23, "16apsk-9/10", 4, 58192, 13.13}, {24, "32apsk-3/4", 5, 48408, 12.73},
    {25, "32apsk-4/5", 5, 51648, 13.64},  {26, "32apsk-5/6", 5, 53840, 14.28},  {27, "32apsk-8/9", 5, 57472, 15.69},
    {28, "32apsk-9/10", 5, 58192, 16.05},
};

const struct modcod *modcod_find(const char *name, struct err *e)
{
    const char *names[MODCOD_N];
    for (size_t i = 0; i < MODCOD_N; i++) {
        if (!strcmp(modcods[i].name, name))
            return &modcods[i];
        names[i] = modcods[i].name;
    }
    const char *near = family_suggest(name, names, MODCOD_N);
    err_set(e, "no such DVB-S2 MODCOD; expected modulation-rate such as `%s`; `espsim list modcod` has all 28",
            near ? near : "qpsk-1/2");
    return NULL;
}

uint32_t modcod_symbols(const struct modcod *m, bool pilots)
{
    uint32_t slots = modcod_slots(m);
    return 90 * (slots + 1) + (pilots ? 36 * ((slots - 1) / 16) : 0);
}

double modcod_efficiency(const struct modcod *m, bool pilots)
{
    return 8.0 * modcod_field_len(m) / modcod_symbols(m, pilots);
}

bit_rate modcod_rate(const struct modcod *m, uint64_t symbol_rate, bool pilots)
{
    assert(symbol_rate <= UINT64_MAX / UINT16_MAX);
    return symbol_rate * m->kbch / modcod_symbols(m, pilots);
}

uint64_t modcod_symbol_rate(double bandwidth_hz, double roll_off)
{
    return (uint64_t)(bandwidth_hz / (1 + roll_off));
}

const struct modcod *acm_choose(const struct acm *acm, const struct modcod *current, double es_n0)
{
    const struct modcod *best = NULL;
    double now = current && current->es_n0 + acm->margin <= es_n0 ? modcod_efficiency(current, false) : 0;
    if (now > 0)
        best = current;
    for (size_t i = 0; i < MODCOD_N; i++) {
        const struct modcod *m = &modcods[i];
        double efficiency = modcod_efficiency(m, false);
        /* Moving down, the margin is enough; only a pair faster than the one in use needs the hysteresis. */
        double needed = m->es_n0 + acm->margin + (now > 0 && efficiency > now ? acm->hysteresis : 0);
        if (es_n0 >= needed && (!best || efficiency > modcod_efficiency(best, false)))
            best = m;
    }
    return best;
}
