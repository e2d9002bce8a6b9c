#include "analysis/overhead_answer.h"

struct overhead_saved overhead_saved(const struct overhead_answer *a, const struct overhead_row *r)
{
    double n = r->packets ? (double)r->packets : 1, hour = 3600 * r->pps;
    struct overhead_saved s = {.ip = (r->total.tunnel_ip - r->total.ip) / n,
                               .link = (r->total.tunnel_link - r->total.link) / n};
    if (r->pps > 0) {
        s.ip_hour = s.ip * hour;
        s.link_hour = s.link * hour;
    }
    if (r->pps > 0 && a->price_octets > 0)
        s.money_month = s.ip_hour * OVERHEAD_MONTH_HOURS / a->price_octets * a->price;
    return s;
}

double overhead_added_percent(const struct overhead_total *t)
{
    return t->inner ? 100 * (t->ip - (double)t->inner) / (double)t->inner : 0;
}

double overhead_delay_s(const struct overhead_total *t)
{
    return t->packets ? t->delay / (double)t->packets / (double)NS_PER_S : 0;
}

const char *overhead_suite_name(const struct overhead_way *w, char name[SUITE_NAME_CAP])
{
    return w->suite.encr ? suite_name(&w->suite, name) : NULL;
}
