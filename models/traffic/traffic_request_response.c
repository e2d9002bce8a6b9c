#include "models/traffic/pace.h"
#include "models/traffic/traffic_kinds.h"

#include <math.h>

/* HTTP model of 3GPP2 C.R1002-0 / IEEE 802.16m-08/004r5 section 10.1.1: truncated lognormal sizes, truncated Pareto
 * number of embedded objects. */
struct lognormal {
    double mu, sigma;
    double min, max; /* octets; drawn again outside */
};

static const struct lognormal main_object = {8.37, 1.37, 100, 2e6}, embedded_object = {6.17, 2.36, 50, 2e6};
static const double pareto_alpha = 1.1, pareto_min = 2, pareto_max = 55;

static bool web_check(const struct traffic_settings *s, struct err *e)
{
    if (s->objects != WEB_OBJECTS_DRAWN && s->objects > WEB_OBJECTS_MAX)
        return err_set(e, "%u objects on a page; expected at most %d", s->objects, WEB_OBJECTS_MAX);
    if (s->request < 1 || s->think < 0)
        return err_set(e, "requests of %u octets, pauses of %lld ns; expected at least 1 octet and no negative pause",
                       s->request, (long long)s->think);
    return true;
}

/* Standard normal by Box and Muller, one of the pair. */
static double draw_normal(struct rng *r)
{
    double u = 1 - rng_unit(r), v = rng_unit(r);
    return sqrt(-2 * log(u)) * cos(2 * M_PI * v);
}

static uint32_t draw_size(const struct lognormal *d, struct rng *r)
{
    double size;
    do
        size = exp(d->mu + d->sigma * draw_normal(r));
    while (size < d->min || size > d->max);
    return (uint32_t)size;
}

/* The model puts the tail's whole weight on the bound. */
static uint32_t draw_objects(struct rng *r)
{
    double x = pareto_min * pow(1 - rng_unit(r), -1 / pareto_alpha);
    return (uint32_t)((x < pareto_max ? x : pareto_max) - pareto_min);
}

void traffic_page(struct traffic *t, struct rng *r, struct web_page *page)
{
    const struct traffic_settings *s = &t->set;
    page->think = t->n ? to_ns(rng_exp(r, (double)s->think)) : 0;
    page->request = s->request;
    page->n_objects = 1 + (s->objects == WEB_OBJECTS_DRAWN ? draw_objects(r) : s->objects);
    for (uint32_t i = 0; i < page->n_objects; i++)
        page->sizes[i] = s->object_size ? s->object_size : draw_size(i ? &embedded_object : &main_object, r);
    t->n++;
}

const struct traffic_kind traffic_request_response = {
    .m = {"request-response", "web pages over TCP: request, page, its objects, a pause",
          "HTTP model of 3GPP2 C.R1002-0, IEEE 802.16m-08/004r5"},
    .carrier = TRAFFIC_WEB,
    .check = web_check,
};
