/* loss_kinds.h - the members of the family, for its list (loss.c), and what they share. */
#ifndef ESPSIM_LINK_LOSS_KINDS_H
#define ESPSIM_LINK_LOSS_KINDS_H

#include "models/link/loss.h"

extern const struct loss_kind loss_none, loss_bernoulli, loss_gilbert_elliott, loss_pattern, loss_trace;

static inline bool loss_is_ratio(double x)
{
    return x >= 0 && x <= 1;
}

#endif
