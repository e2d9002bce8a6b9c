#include "analysis/summary_rain.h"

#include "models/measure/metric.h"

#include <math.h>

static void say_run(const struct run_result *run, const struct link_result *way, FILE *to)
{
    const char *name = run_result_name(run);
    if (isnan(way->fade_full_db))
        fprintf(to, "%s through all of it", name);
    else if (way->fade_full_db > 0)
        fprintf(to, "%s up to %.1f dB", name, way->fade_full_db);
    else
        fprintf(to, "%s not even in clear sky", name);
}

static void say_way(const struct result *r, size_t way, FILE *to)
{
    const struct link_result *first = &r->runs[0].directions[way];
    const char *between = "";
    fprintf(to, "Rain on %s, %.1f dB at its deepest. The load fits, before the queue fills up and drops: ", first->name,
            first->fade_max_db);
    for (size_t i = 0; i < r->n_runs; i++, between = "; ")
        if (way < r->runs[i].n_directions && r->runs[i].directions[way].groups & GROUP_FADE) {
            fputs(between, to);
            say_run(&r->runs[i], &r->runs[i].directions[way], to);
        }
    if (first->fade_max_db > first->fade_closes_db)
        fprintf(to, ". Beyond %.2f dB no MODCOD is left and nothing passes at all.\n", first->fade_closes_db);
    else
        fprintf(to, ". The link itself would close at %.2f dB, where no MODCOD is left.\n", first->fade_closes_db);
}

void summary_say_rain(const struct result *r, FILE *to)
{
    for (size_t way = 0; r->n_runs && way < r->runs[0].n_directions; way++)
        if (r->runs[0].directions[way].groups & GROUP_FADE && r->runs[0].directions[way].fade_max_db > 0)
            say_way(r, way, to);
}
