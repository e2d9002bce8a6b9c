/* spd.h - the security policies of a gateway, in order (RFC 4301 4.4.1): the first whose selectors match decides.
 * A rule is written for outbound packets; inbound ones are held against it with source and destination exchanged. */
#ifndef ESPSIM_IPSEC_SPD_H
#define ESPSIM_IPSEC_SPD_H

#include "models/base/addr.h"
#include "models/wire/ip.h"

enum spd_action { SPD_PROTECT, SPD_BYPASS, SPD_DISCARD };

struct spd_rule {
    struct prefix src, dst; /* not set: any */
    int protocol;           /* of the packet's upper layer; SPD_ANY_PROTOCOL */
    enum spd_action action;
};

#define SPD_ANY_PROTOCOL (-1)
#define SPD_CAP          512

struct spd {
    struct spd_rule rules[SPD_CAP];
    size_t n_rules;
};

void spd_add(struct spd *s, struct spd_rule rule);

/* SPD_DISCARD where no rule matches (RFC 4301 5.1). */
enum spd_action spd_outbound(const struct spd *s, const struct ip_view *v);
enum spd_action spd_inbound(const struct spd *s, const struct ip_view *v);

#endif
