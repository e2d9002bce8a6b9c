#include "models/link/path_kinds.h"

/* What path_at has filled in already. */
static void constant_at(struct path *p, sim_time now, struct path_now *n)
{
    (void)p, (void)now, (void)n;
}

const struct path_kind path_geo = {
    .m = {"geo", "geostationary satellite, 270 ms one way unless set",
          "35,786 km: 239 to 280 ms by slant range and coding"},
    .usual_delay = 270 * NS_PER_MS,
    .at = constant_at,
};

const struct path_kind path_meo = {
    .m = {"meo", "medium Earth orbit, 70 ms one way unless set", "O3b, 8,062 km"},
    .usual_delay = 70 * NS_PER_MS,
    .at = constant_at,
};

const struct path_kind path_leo = {
    .m = {"leo", "low Earth orbit without handover, 25 ms one way unless set",
          "Starlink, 550 km, with its ground segment"},
    .usual_delay = 25 * NS_PER_MS,
    .at = constant_at,
};
