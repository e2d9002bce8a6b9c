/* path_kinds.h - the members of the family, for its list (path.c) alone. */
#ifndef ESPSIM_LINK_PATH_KINDS_H
#define ESPSIM_LINK_PATH_KINDS_H

#include "models/link/path.h"

extern const struct path_kind path_geo, path_meo, path_leo, path_leo_slots, path_rain_fade, path_trace;

#endif
