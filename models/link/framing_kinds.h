/* framing_kinds.h - the members of the family, for its list (framing.c) alone. */
#ifndef ESPSIM_LINK_FRAMING_KINDS_H
#define ESPSIM_LINK_FRAMING_KINDS_H

#include "models/link/framing.h"

extern const struct framing_kind framing_p2p, framing_ppp, framing_hdlc, framing_ethernet, framing_ule_padded,
    framing_ule_packed, framing_mpe_padded, framing_mpe_packed, framing_gse, framing_dvb_s2, framing_rle;

#endif
