/* replay.h - the anti-replay window of an inbound SA (RFC 4303 3.4.3 and appendix A).
 *
 * Order of use: replay_infer gives the full number, replay_check refuses old and seen ones, then the ICV is verified
 * over that number, and only then replay_mark moves the window. A forged packet never moves it.
 */
#ifndef ESPSIM_IPSEC_REPLAY_H
#define ESPSIM_IPSEC_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#define REPLAY_WINDOW_MAX 4096 /* packets */

struct replay {
    uint64_t top;    /* highest number authenticated; at first the one before the next expected */
    uint32_t window; /* packets; 0: no check (with ESN, RFC 4303 2.2.1 advises against it) */
    bool esn;
    uint32_t n_words;                          /* a power of two */
    uint64_t seen[2 * REPLAY_WINDOW_MAX / 64]; /* ring of bits: number n at bit n mod (64 * n_words) */
};

/* `next`: the next number expected, 1 for a new SA. Numbers up to top that were not seen here are acceptable once. */
void replay_init(struct replay *r, uint32_t window, bool esn, uint64_t next);

/* The 64-bit number that the low half stands for (appendix A2.2); with the window off, the one nearest to the highest.
 * False: it would lie before the first subspace, or behind the last. */
bool replay_infer(const struct replay *r, uint32_t low, uint64_t *seq);

/* Whether the number may be accepted: right of the window, or inside it and not seen; never 0 (RFC 4303 2.2). With the
 * window off, always. */
bool replay_check(const struct replay *r, uint64_t seq);

/* Marks an authenticated number that replay_check accepted. */
void replay_mark(struct replay *r, uint64_t seq);

#endif
