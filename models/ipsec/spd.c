#include "models/ipsec/spd.h"

#include <assert.h>

void spd_add(struct spd *s, struct spd_rule rule)
{
    assert(s->n_rules < SPD_CAP);
    s->rules[s->n_rules++] = rule;
}

static enum spd_action decide(const struct spd *s, const struct addr *near, const struct addr *far, int protocol)
{
    for (const struct spd_rule *r = s->rules; r < s->rules + s->n_rules; r++)
        if (prefix_admits(&r->src, near) && prefix_admits(&r->dst, far) &&
            (r->protocol == SPD_ANY_PROTOCOL || r->protocol == protocol))
            return r->action;
    return SPD_DISCARD;
}

enum spd_action spd_outbound(const struct spd *s, const struct ip_view *v)
{
    return decide(s, &v->src, &v->dst, v->protocol);
}

enum spd_action spd_inbound(const struct spd *s, const struct ip_view *v)
{
    return decide(s, &v->dst, &v->src, v->protocol);
}
