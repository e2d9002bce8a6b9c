#include "sim/cli/esp_sas.h"

#include "sim/cli/command.h"
#include "models/files/file.h"
#include "sim/cli/words.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool make_sas(struct esp_sas *s, const char *path, struct err *e)
{
    s->sas = calloc(s->file.n_sas, sizeof(struct sa *));
    s->sad = sad_new();
    assert(s->sas);
    for (size_t i = 0; i < s->file.n_sas; i++) {
        if (!sa_new(&s->file.sas[i], &s->sas[i], e))
            return err_at(e, "%s: SA number %zu", path, i + 1);
        sad_add(s->sad, s->sas[i]);
    }
    return true;
}

int esp_sas_read(struct esp_sas *s, const char *path)
{
    struct err e;
    struct err_list bad = {0};
    char *text;
    size_t len;
    *s = (struct esp_sas){0};
    if (!file_read(path, FILE_ASKED, &text, &len, &e)) {
        fprintf(stderr, "espsim: %s\n", e.text);
        return CMD_COULD_NOT;
    }
    bool ok = safile_read(&s->file, path, text, len, &bad);
    explicit_bzero(text, len); /* keys */
    free(text);
    print_errs(&bad);
    err_list_fini(&bad);
    if (!ok)
        return CMD_ASKED_WRONGLY;
    if (make_sas(s, path, &e))
        return CMD_FINE;
    fprintf(stderr, "espsim: %s\n", e.text);
    esp_sas_fini(s);
    return CMD_COULD_NOT;
}

void esp_sas_fini(struct esp_sas *s)
{
    sad_free(s->sad);
    for (size_t i = 0; s->sas && i < s->file.n_sas; i++)
        sa_free(s->sas[i]);
    free(s->sas);
    safile_fini(&s->file);
    *s = (struct esp_sas){0};
}

static bool sa_is_for(const struct sa_params *p, const struct ip_view *v)
{
    if (p->mode->scope == SCOPE_HOST_PAIR)
        return addr_equal(&p->inner_src, &v->src) && addr_equal(&p->inner_dst, &v->dst);
    if (!prefix_admits(&p->sel_src, &v->src) || !prefix_admits(&p->sel_dst, &v->dst))
        return false;
    return p->mode->two_versions || !p->dst.version || p->dst.version == v->version;
}

struct sa *esp_sas_out(const struct esp_sas *s, const struct ip_view *v)
{
    for (size_t i = 0; i < s->file.n_sas; i++)
        if (sa_is_for(&s->sas[i]->p, v))
            return s->sas[i];
    return NULL;
}

enum drop esp_sas_in(const struct esp_sas *s, const struct lookup *policy, const struct buf *packet, struct located *at,
                     struct sa **sa)
{
    enum drop d = locate(packet, sad_has_udp, s->sad, at);
    if (d)
        return d;
    struct lookup_query q = {.spi = at->spi, .src = at->outer.src, .dst = at->outer.dst, .to_me = true};
    struct lookup_answer answer = policy->find(s->sad, &q);
    *sa = answer.sa;
    if (answer.outcome == LOOKUP_AMBIGUOUS)
        return DROP_AMBIGUOUS;
    return answer.sa ? DROP_NONE : DROP_NO_SA;
}

const char *esp_why(enum drop d, enum capture_got got, const struct capture_packet *p)
{
    if (got == CAPTURE_NOT_IP)
        return "the frame carries no IP";
    if (d == DROP_MALFORMED && p->cut)
        return "the capture holds a part of it only: its snap length was too short";
    return drop_what(d);
}
