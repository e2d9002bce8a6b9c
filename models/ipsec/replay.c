#include "models/ipsec/replay.h"

#include <assert.h>
#include <string.h>

void replay_init(struct replay *r, uint32_t window, bool esn, uint64_t next)
{
    assert(window <= REPLAY_WINDOW_MAX);
    *r = (struct replay){.top = next ? next - 1 : 0, .window = window, .esn = esn, .n_words = 1};
    /* One word more than the window, so that clearing whole words ahead of top never clears a live bit. */
    while (64 * r->n_words < window + 64)
        r->n_words *= 2;
}

bool replay_infer(const struct replay *r, uint32_t low, uint64_t *seq)
{
    if (!r->esn) {
        *seq = low;
        return true;
    }
    uint32_t window = r->window ? r->window : UINT32_C(1) << 31; /* half a subspace on either side: the nearest */
    uint32_t top_low = (uint32_t)r->top, top_high = (uint32_t)(r->top >> 32);
    uint32_t bottom = top_low - window + 1; /* may wrap: case B of A2.2 */
    uint64_t high = top_high;
    if (top_low >= window - 1) {
        if (low < bottom)
            high++;
    } else if (low >= bottom) {
        if (top_high == 0)
            return false;
        high--;
    }
    if (high > UINT32_MAX)
        return false; /* the numbers of this SA are used up */
    *seq = high << 32 | low;
    return true;
}

static uint64_t *word_of(struct replay *r, uint64_t seq)
{
    return &r->seen[seq / 64 & (r->n_words - 1)];
}

bool replay_check(const struct replay *r, uint64_t seq)
{
    if (!r->window)
        return true;
    if (seq == 0)
        return false;
    if (seq > r->top)
        return true;
    if (r->top - seq >= r->window)
        return false;
    return !(r->seen[seq / 64 & (r->n_words - 1)] >> seq % 64 & 1);
}

void replay_mark(struct replay *r, uint64_t seq)
{
    if (seq > r->top) {
        uint64_t words = seq / 64 - r->top / 64;
        if (words > r->n_words)
            words = r->n_words;
        for (uint64_t i = 0; i < words; i++)
            *word_of(r, seq - 64 * i) = 0;
        r->top = seq;
    }
    *word_of(r, seq) |= UINT64_C(1) << seq % 64;
}
