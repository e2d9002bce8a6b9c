#include "models/ipsec/mode.h"

extern const struct mode mode_plain, mode_tunnel, mode_beet, mode_wildcard, mode_transport;

static const struct member *const members[] = {&mode_plain.m, &mode_tunnel.m, &mode_beet.m, &mode_wildcard.m,
                                               &mode_transport.m};
const struct family mode_family = {"mode", "what stands in front of ESP and what ESP carries", members,
                                   sizeof members / sizeof *members};

/* The member is the first field of its descriptor. */
const struct mode *mode_get(const char *name)
{
    return (const struct mode *)family_get(&mode_family, name);
}

const struct mode *mode_find(const char *name, struct err *e)
{
    return (const struct mode *)family_find(&mode_family, name, e);
}
