#include "models/ipsec/lookup.h"

/* One line a policy, in the order in which lists and reports show them. */
#define LOOKUPS(X)                                                                                                     \
    X(lookup_linux)                                                                                                    \
    X(lookup_openbsd)                                                                                                  \
    X(lookup_freebsd)                                                                                                  \
    X(lookup_rfc4301)                                                                                                  \
    X(lookup_rfc4301_local)                                                                                            \
    X(lookup_dpdk_sad)                                                                                                 \
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

struct lookup_answer lookup_found_any(struct sa *sa, const struct lookup_query *q, const char *why)
{
    if (sa->p.ah == q->ah)
        return lookup_found(sa, why);
    return lookup_found(sa, q->ah ? "found as an ESP packet would be: AH or ESP is not asked, and the ICV fails"
                                  : "found, though it is an AH SA: AH or ESP is not asked, and the ICV fails");
}

struct lookup_answer lookup_nothing(const struct lookup_query *q, const char *why)
{
    return q->to_me ? lookup_none(why) : lookup_not_mine(why);
}

struct sa *lookup_of_protocol(struct sa *sa, enum sa_key k, const struct lookup_query *q)
{
    while (sa && sa->p.ah != q->ah)
        sa = sa->next_same[k];
    return sa;
}
