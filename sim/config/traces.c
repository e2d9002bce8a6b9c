/* traces.c - the files of recorded links that a scenario names. */
#include "sim/config/reader.h"

#include "models/files/file.h"
#include "models/link/loss.h"

#include <stdlib.h>
#include <string.h>

#define TRACE_FILE_MAX (256 << 20) /* octets: hours of mahimahi at hundreds of Mbit/s */

static void read_trace(struct reader *r, int d, const struct setting *named)
{
    struct config_link *link = &r->c->link;
    const char *name = *(char *const *)named->value;
    char *path = path_beside(r->file, name);
    struct err e;
    size_t len = 0;
    char *text = NULL;
    struct err_list bad = {0};
    const struct trace_format *format = trace_format_find(link->trace_format->name, NULL);
    if (!file_read_up_to(path, FILE_FOUND, TRACE_FILE_MAX, &text, &len, &e)) {
        fault_setting(r, named, "%s; expected a trace file of at most %d MiB, named as seen from the scenario's folder",
                      e.text, TRACE_FILE_MAX >> 20);
    } else {
        struct trace_source source = {
            .file = path, .text = text, .len = len, .bin = link->trace_bin ? link->trace_bin : TRACE_BIN};
        hash_add(link->trace_hash, text, len);
        trace_parse(&link->trace[d], format, &source, &bad);
    }
    for (size_t i = 0; i < bad.n_errs; i++)
        fault_setting(r, named, "%s", bad.errs[i].text);
    err_list_fini(&bad);
    free(text);
    free(path);
}

/* The setting that names the file of direction d; NULL: none does. */
static const struct setting *named_by(const struct reader *r, int d)
{
    const struct setting *own = setting_of(r->c, &r->c->link.trace_file[d]);
    const struct setting *both = setting_of(r->c, &r->c->link.both_traces);
    return setting_has_value(own) ? own : setting_has_value(both) ? both : NULL;
}

static bool has_losses(const struct config_link *link)
{
    return (link->trace[0].has | link->trace[1].has) & TRACE_LOSS;
}

bool lacks_trace(const struct reader *r, int d)
{
    const struct config_link *link = &r->c->link;
    return setting_is_sound(r, &link->path) && ((const struct path_kind *)link->path)->from_trace &&
           !link->trace[d].n_steps;
}

static void check_named(struct reader *r)
{
    const struct setting *path = setting_of(r->c, &r->c->link.path);
    bool named[2] = {named_by(r, 0) != NULL, named_by(r, 1) != NULL};
    if (lacks_trace(r, 0) && lacks_trace(r, 1) && !named[0] && !named[1])
        fault_setting(r, path,
                      "no trace; expected trace = FILE (or trace_forward and trace_return) in a format of "
                      "`espsim list trace-format`");
    else
        for (int d = 0; d < 2; d++)
            if (lacks_trace(r, d) && !named[d])
                fault_setting(r, path, "no trace of direction %s; expected trace_%s = FILE", d ? "return" : "forward",
                              d ? "return" : "forward");
}

void settle_traces(struct reader *r)
{
    struct config_link *link = &r->c->link;
    const struct setting *names[2] = {named_by(r, 0), named_by(r, 1)};
    for (int d = 0; d < 2; d++) {
        const struct setting *named = names[d];
        struct setting *own = setting_of(r->c, &link->trace_file[d]);
        bool told = d == 1 && named == names[0] && !link->trace[0].n_steps;
        if (!named || told || !setting_is_sound(r, &link->trace_format) ||
            setting_of(r->c, &link->trace_bin)->state == SETTING_BAD)
            continue;
        read_trace(r, d, named);
        if (named != own) {
            link->trace_file[d] = strdup(link->both_traces);
            own->state = SETTING_FOLLOWS;
        }
    }
    check_named(r);
    struct setting *model = setting_of(r->c, &link->loss_model);
    if (model->state != SETTING_UNSET)
        return;
    link->loss_model = family_get(&loss_family, has_losses(link) ? "trace" : "bernoulli");
    model->state = SETTING_FOLLOWS;
}
