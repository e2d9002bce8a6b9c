/* modes.h - the members of the family mode_family, one file and one line here each. For whom a mode is a thing of its
 * own (what a kernel or a daemon calls it, and can do); the data path asks a mode's fields, or its functions. */
#ifndef ESPSIM_IPSEC_MODES_H
#define ESPSIM_IPSEC_MODES_H

#include "models/ipsec/mode.h"

/* One line a mode, in the order in which lists and reports show them. */
#define MODES(X)                                                                                                       \
    X(mode_plain)                                                                                                      \
    X(mode_tunnel)                                                                                                     \
    X(mode_beet)                                                                                                       \
    X(mode_wildcard)                                                                                                   \
    X(mode_transport)

#define DECLARE(name) extern const struct mode name;
MODES(DECLARE)
#undef DECLARE

#endif
