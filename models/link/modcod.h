/* modcod.h - the 28 modulation and coding pairs of DVB-S2, normal FECFRAMEs (EN 302 307-1): family `modcod`.
 *
 * A BBFRAME of Kbch bits (80 of them are the BBHEADER) becomes one PLFRAME of S slots of 90 symbols, a header slot and,
 * where pilots are on, 36 pilot symbols after every 16 slots. Only Kbch, the modulation and the Es/N0 threshold are
 * data; slots, symbols, efficiency and rate are derived. Rates here are BBFRAME bits per second, BBHEADER included:
 * the unit in which framing `dvb-s2` counts link octets.
 */
#ifndef ESPSIM_LINK_MODCOD_H
#define ESPSIM_LINK_MODCOD_H

#include "models/base/err.h"
#include "models/base/family.h"
#include "models/base/units.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODCOD_N             28
#define MODCOD_FECFRAME_BITS 64800 /* normal frame */
#define MODCOD_BBHEADER_LEN  10    /* octets */

struct modcod {
    struct member m; /* "qpsk-1/4" */
    uint8_t number;  /* 1..28, as signalled in the PLHEADER (table 12) */
    uint8_t bits;    /* per symbol: 2, 3, 4, 5 */
    uint16_t kbch;   /* bits of the BBFRAME (table 5a) */
    double es_n0;    /* dB at which the frame is quasi error free, ideal demodulator, no pilots (table 13) */
};

extern const struct modcod modcods[MODCOD_N]; /* in order of number, which is not quite that of efficiency */
extern const struct family modcod_family;

/* NULL and `e` (with what was expected) where there is no such name. */
const struct modcod *modcod_find(const char *name, struct err *e);

static inline uint32_t modcod_slots(const struct modcod *m)
{
    return MODCOD_FECFRAME_BITS / m->bits / 90;
}

/* Symbols of one PLFRAME. */
uint32_t modcod_symbols(const struct modcod *m, bool pilots);

/* Octets of a BBFRAME that carry packets, and with the BBHEADER. */
static inline uint32_t modcod_field_len(const struct modcod *m)
{
    return m->kbch / 8u - MODCOD_BBHEADER_LEN;
}

static inline uint32_t modcod_frame_len(const struct modcod *m)
{
    return m->kbch / 8u;
}

/* Data field bits per symbol; without pilots the figure of table 13. */
double modcod_efficiency(const struct modcod *m, bool pilots);

/* BBFRAME bits per second at `symbol_rate` symbols per second, rounded down; never 0 for symbol_rate >= 1000. */
bit_rate modcod_rate(const struct modcod *m, uint64_t symbol_rate, bool pilots);

/* Symbols per second of a carrier: bandwidth / (1 + roll_off), rounded down. */
uint64_t modcod_symbol_rate(double bandwidth_hz, double roll_off);

/* Adaptive coding and modulation: what the sender chooses at a reported Es/N0. */
struct acm {
    double margin;     /* dB that must stay above the threshold of the pair chosen */
    double hysteresis; /* dB more than that before a faster pair is taken up again */
};

/* The pair of highest efficiency whose threshold + margin is at most es_n0. From `current` (NULL: none yet) it moves
 * down as soon as the margin is lost, but up only when margin + hysteresis are there. NULL: not even the most robust
 * pair closes the link (outage); a pair left that way counts as `current` NULL, so coming back needs no hysteresis. */
const struct modcod *acm_choose(const struct acm *acm, const struct modcod *current, double es_n0);

#endif
