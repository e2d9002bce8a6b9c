#include "models/ipsec/lookup.h"

extern const struct lookup lookup_linux, lookup_openbsd, lookup_freebsd, lookup_rfc4301, lookup_rfc4301_local,
    lookup_spi, lookup_prefix, lookup_source_spi, lookup_wildrecv, lookup_trial;

static const struct member *const members[] = {
    &lookup_linux.m, &lookup_openbsd.m, &lookup_freebsd.m,    &lookup_rfc4301.m,  &lookup_rfc4301_local.m,
    &lookup_spi.m,   &lookup_prefix.m,  &lookup_source_spi.m, &lookup_wildrecv.m, &lookup_trial.m};
const struct family lookup_family = {"lookup", "which SA an inbound ESP packet gets", members,
                                     sizeof members / sizeof *members};

const struct lookup *lookup_get(const char *name)
{
    return (const struct lookup *)family_get(&lookup_family, name);
}

const struct lookup *lookup_find(const char *name, struct err *e)
{
    return (const struct lookup *)family_find(&lookup_family, name, e);
}

struct lookup_answer lookup_found(struct sa *sa, const char *why)
{
    return (struct lookup_answer){LOOKUP_FOUND, sa, why};
}

struct lookup_answer lookup_none(const char *why)
{
    return (struct lookup_answer){LOOKUP_NONE, NULL, why};
}

struct lookup_answer lookup_not_mine(const char *why)
{
    return (struct lookup_answer){LOOKUP_NOT_MINE, NULL, why};
}
