#include "models/link/path_kinds.h"

#include <math.h>
#include <string.h>

static bool fade_check(const struct path_settings *s, struct err *e)
{
    if (s->acm_interval <= 0 || !(s->acm.margin >= 0 && s->acm.hysteresis >= 0))
        return err_set(e, "expected an ACM interval > 0, and margin and hysteresis of 0 dB or more");
    if (!(s->es_n0 > -50 && s->es_n0 < 50) || !acm_choose(&s->acm, NULL, s->es_n0))
        return err_set(e, "Es/N0 of %g dB in clear sky closes no link; expected %.2f dB + margin or more", s->es_n0,
                       modcods[0].es_n0);
    for (size_t i = 0; i < s->n_fade; i++)
        if (s->fade[i].at < 0 || !(s->fade[i].db >= 0) || (i && s->fade[i].at <= s->fade[i - 1].at))
            return err_set(
                e, "point %zu of the fade: expected times in ascending order and attenuations of 0 dB or more", i + 1);
    if (!s->n_fade && (s->fade_start < 0 || s->fade_time <= 0 || !(s->fade_depth >= 0)))
        return err_set(e, "expected a fade with a start >= 0, a length > 0 and a depth of 0 dB or more");
    return true;
}

static double along(const struct fade_point *a, const struct fade_point *b, sim_time now)
{
    return a->db + (b->db - a->db) * (double)(now - a->at) / (double)(b->at - a->at);
}

static double attenuation_at(const struct path_settings *s, sim_time now)
{
    if (!s->n_fade) {
        sim_time since = now - s->fade_start;
        if (since < 0 || since > s->fade_time)
            return 0;
        double wave = sin(M_PI * (double)since / (double)s->fade_time);
        return s->fade_depth * wave * wave;
    }
    size_t i = 0;
    while (i < s->n_fade && s->fade[i].at <= now)
        i++;
    if (i == 0)
        return s->fade[0].db;
    return i == s->n_fade ? s->fade[i - 1].db : along(&s->fade[i - 1], &s->fade[i], now);
}

static sim_time fade_end(const struct path_settings *s)
{
    return s->n_fade ? s->fade[s->n_fade - 1].at : s->fade_start + s->fade_time;
}

/* The carrier is dimensioned for `rate` in clear sky: symbols per second stay, bits per symbol change. */
static uint64_t symbol_rate_of(const struct path_settings *s)
{
    const struct modcod *clear = acm_choose(&s->acm, NULL, s->es_n0);
    return (uint64_t)llround((double)s->rate * modcod_symbols(clear, s->pilots) / clear->kbch);
}

static void fade_at(struct path *p, sim_time now, struct path_now *n)
{
    const struct path_settings *s = &p->set;
    if (p->sampled < 0)
        p->symbol_rate = symbol_rate_of(s);
    /* Every report counts, also those that nobody asked for: hysteresis has a memory. */
    int64_t report = now / s->acm_interval;
    while (p->sampled < report)
        p->modcod = acm_choose(&s->acm, p->modcod, s->es_n0 - attenuation_at(s, ++p->sampled * s->acm_interval));
    n->es_n0 = s->es_n0 - attenuation_at(s, report * s->acm_interval);
    n->modcod = p->modcod;
    n->up = p->modcod != NULL;
    n->rate = modcod_rate(p->modcod ? p->modcod : &modcods[0], p->symbol_rate, s->pilots);
    n->next = now > fade_end(s) + s->acm_interval ? PATH_NEVER : (report + 1) * s->acm_interval;
}

/* `90 s: 8 dB` in place. */
static bool take_point(char *text, struct fade_point *p, struct err *e)
{
    char *colon = strchr(text, ':');
    if (!colon)
        return err_set(e, "`%s` is no point; expected points such as `60 s: 0, 90 s: 8 dB`", text);
    *colon++ = 0;
    text += strspn(text, " ");
    colon += strspn(colon, " ");
    char *db = strstr(colon, "dB");
    if (db && !db[2 + strspn(db + 2, " ")])
        *db = 0;
    for (size_t len = strlen(colon); len && colon[len - 1] == ' ';)
        colon[--len] = 0;
    return units_parse_time(text, &p->at, e) && units_parse_number(colon, &p->db, e);
}

bool path_fade_parse(const char *text, struct fade_point points[FADE_POINTS_MAX], size_t *n, struct err *e)
{
    *n = 0;
    for (const char *at = text; at;) {
        char part[64];
        size_t len = strcspn(at, ",");
        if (*n == FADE_POINTS_MAX || len >= sizeof part)
            return err_set(e, "expected at most %d points such as `90 s: 8 dB`", FADE_POINTS_MAX);
        memcpy(part, at, len);
        part[len] = 0;
        struct fade_point *p = &points[(*n)++];
        if (!take_point(part, p, e))
            return err_at(e, "point %zu of the fade", *n);
        if (p->at < 0 || p->db < 0 || (*n > 1 && p->at <= p[-1].at))
            return err_set(
                e, "point %zu of the fade: expected times in ascending order and attenuations of 0 dB or more", *n);
        at = at[len] ? at + len + 1 : NULL;
    }
    return true;
}

const struct path_kind path_rain_fade = {
    .m = {"rain-fade", "Es/N0 falls and rises; adaptive coding and modulation follows, and with it the rate",
          "ETSI EN 302 307-1 annex D (ACM), table 13"},
    .adapts = true,
    .usual_delay = 270 * NS_PER_MS,
    .check = fade_check,
    .at = fade_at,
};
