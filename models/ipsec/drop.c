#include "models/ipsec/drop.h"

#include <assert.h>

static const struct member rows[DROP_COUNT] = {
#define X(id, name, verdict, what, source) [DROP_##id] = {name, what, source},
    DROP_REASONS(X)
#undef X
};

static const char *const verdicts[DROP_COUNT] = {
#define X(id, name, verdict, what, source) [DROP_##id] = verdict,
    DROP_REASONS(X)
#undef X
};

static const struct member *const members[] = {
#define X(id, name, verdict, what, source) &rows[DROP_##id],
    DROP_REASONS(X)
#undef X
};

/* DROP_NONE is no reason, so the family begins behind it. */
const struct family drop_family = {"drop", "why a packet was not delivered", members + 1, DROP_COUNT - 1};

const char *drop_name(enum drop d)
{
    assert(d < DROP_COUNT);
    return rows[d].name;
}

const char *drop_verdict(enum drop d)
{
    assert(d < DROP_COUNT);
    return verdicts[d];
}

const char *drop_what(enum drop d)
{
    assert(d < DROP_COUNT);
    return rows[d].what;
}
