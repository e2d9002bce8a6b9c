#include "models/ipsec/lookup.h"

/* One line a policy, in the order in which lists and reports show them. */
#define LOOKUPS(X)                                                                                                     \
    X(lookup_linux)                                                                                                    \
    X(lookup_openbsd)                                                                                                  \
    X(lookup_freebsd)                                                                                                  \
    X(lookup_rfc4301)                                                                                                  \
    X(lookup_rfc4301_local)                                                                                            \
    X(lookup_spi)                                                                                                      \
    X(lookup_prefix)                                                                                                   \
    X(lookup_source_spi)                                                                                               \
    X(lookup_wildrecv)                                                                                                 \
    X(lookup_trial)

#define DECLARE(policy) extern const struct lookup policy;
#define LIST(policy)    &policy.m,

LOOKUPS(DECLARE)

static const struct member *const members[] = {LOOKUPS(LIST)};
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
