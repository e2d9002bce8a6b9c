#include "models/link/modcod.h"

#include <assert.h>

/* One source for all: modulation and rate table 12, Kbch table 5a, Es/N0 table 13. */
#define ROW(number, name, what, bits, kbch, es_n0)                                                                     \
    {                                                                                                                  \
        {name, what, "ETSI EN 302 307-1 tables 5a, 12, 13"}, number, bits, kbch, es_n0                                 \
    }

const struct modcod modcods[MODCOD_N] = {
    ROW(1, "qpsk-1/4", "QPSK, code rate 1/4", 2, 16008, -2.35),
    ROW(2, "qpsk-1/3", "QPSK, code rate 1/3", 2, 21408, -1.24),
    ROW(3, "qpsk-2/5", "QPSK, code rate 2/5", 2, 25728, -0.30),
    ROW(4, "qpsk-1/2", "QPSK, code rate 1/2", 2, 32208, 1.00),
    ROW(5, "qpsk-3/5", "QPSK, code rate 3/5", 2, 38688, 2.23),
    ROW(6, "qpsk-2/3", "QPSK, code rate 2/3", 2, 43040, 3.10),
    ROW(7, "qpsk-3/4", "QPSK, code rate 3/4", 2, 48408, 4.03),
    ROW(8, "qpsk-4/5", "QPSK, code rate 4/5", 2, 51648, 4.68),
    ROW(9, "qpsk-5/6", "QPSK, code rate 5/6", 2, 53840, 5.18),
    ROW(10, "qpsk-8/9", "QPSK, code rate 8/9", 2, 57472, 6.20),
    ROW(11, "qpsk-9/10", "QPSK, code rate 9/10", 2, 58192, 6.42),
    ROW(12, "8psk-3/5", "8PSK, code rate 3/5", 3, 38688, 5.50),
    ROW(13, "8psk-2/3", "8PSK, code rate 2/3", 3, 43040, 6.62),
    ROW(14, "8psk-3/4", "8PSK, code rate 3/4", 3, 48408, 7.91),
    ROW(15, "8psk-5/6", "8PSK, code rate 5/6", 3, 53840, 9.35),
    ROW(16, "8psk-8/9", "8PSK, code rate 8/9", 3, 57472, 10.69),
    ROW(17, "8psk-9/10", "8PSK, code rate 9/10", 3, 58192, 10.98),
    ROW(18, "16apsk-2/3", "16APSK, code rate 2/3", 4, 43040, 8.97),
    ROW(19, "16apsk-3/4", "16APSK, code rate 3/4", 4, 48408, 10.21),
    ROW(20, "16apsk-4/5", "16APSK, code rate 4/5", 4, 51648, 11.03),
    ROW(21, "16apsk-5/6", "16APSK, code rate 5/6", 4, 53840, 11.61),
    ROW(22, "16apsk-8/9", "16APSK, code rate 8/9", 4, 57472, 12.89),
    ROW(23, "16apsk-9/10", "16APSK, code rate 9/10", 4, 58192, 13.13),
    ROW(24, "32apsk-3/4", "32APSK, code rate 3/4", 5, 48408, 12.73),
    ROW(25, "32apsk-4/5", "32APSK, code rate 4/5", 5, 51648, 13.64),
    ROW(26, "32apsk-5/6", "32APSK, code rate 5/6", 5, 53840, 14.28),
    ROW(27, "32apsk-8/9", "32APSK, code rate 8/9", 5, 57472, 15.69),
    ROW(28, "32apsk-9/10", "32APSK, code rate 9/10", 5, 58192, 16.05),
};

static const struct member *const members[MODCOD_N] = {
    &modcods[0].m,  &modcods[1].m,  &modcods[2].m,  &modcods[3].m,  &modcods[4].m,  &modcods[5].m,  &modcods[6].m,
    &modcods[7].m,  &modcods[8].m,  &modcods[9].m,  &modcods[10].m, &modcods[11].m, &modcods[12].m, &modcods[13].m,
    &modcods[14].m, &modcods[15].m, &modcods[16].m, &modcods[17].m, &modcods[18].m, &modcods[19].m, &modcods[20].m,
    &modcods[21].m, &modcods[22].m, &modcods[23].m, &modcods[24].m, &modcods[25].m, &modcods[26].m, &modcods[27].m,
};

const struct family modcod_family = {"modcod", "modulation and coding of DVB-S2, normal frames", members, MODCOD_N};

const struct modcod *modcod_find(const char *name, struct err *e)
{
    return (const struct modcod *)family_find(&modcod_family, name, e);
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
