#include "sim/run/broken_law.h"

#include "models/files/newfile.h"
#include "models/files/resolve.h"
#include "sim/config/config.h"

#include <assert.h>
#include <espsim_version.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILES_MAX = 1000 };

/* Each line of `text` as a comment. */
static void print_comments(const char *text, FILE *to)
{
    while (*text) {
        size_t len = strcspn(text, "\n");
        fprintf(to, "# %.*s\n", (int)len, text);
        text += len + (text[len] == '\n');
    }
}

/* Names of files stand in the settings as they were written: beside the scenario. */
static void name_files(const struct config *c, FILE *to)
{
    for (int d = 0; d < 2; d++)
        if (c->link.trace_file[d])
            fprintf(to, "# needs beside it: %s\n", c->link.trace_file[d]);
    for (size_t i = 0; i < c->n_flows; i++)
        if (c->flows[i].file)
            fprintf(to, "# needs beside it: %s\n", c->flows[i].file);
}

static char *census_text(const struct topo *t)
{
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    assert(to);
    topo_census(t, to);
    fclose(to);
    return text;
}

char *broken_law_text(const struct one_run *what, const struct topo *t, const char *law)
{
    char *text = NULL, *census = census_text(t);
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    assert(to);
    fprintf(to, "# A law of the simulation was broken; please report it with this file.\n");
    fprintf(to, "# espsim %s, commit %s, %s\n", ESPSIM_VERSION, ESPSIM_COMMIT, topo_engine_version(t));
    fprintf(to, "# run %s, seed %" PRIu64 "\n", what->run->name, what->run->seed);
    print_comments(law, to);
    print_comments(census, to);
    name_files(what->config, to);
    fputc('\n', to);
    config_print(what->config, to);
    fclose(to);
    free(census);
    return text;
}

static bool is_none(const char *head, size_t len)
{
    (void)head, (void)len;
    return false;
}

/* `out` as it was written, where a name can stand behind it; `.` and `..` as what they lead to. The caller frees. */
static char *stem_of(const char *out)
{
    size_t len = strlen(out);
    while (len > 1 && out[len - 1] == '/')
        len--;
    return out[len - 1] == '.' ? resolve(out, NULL) : strndup(out, len);
}

/* The first name of its kind that is free; the caller frees. */
static char *free_name(const char *out)
{
    char *end = stem_of(out), *path = NULL;
    for (int i = 1; i <= FILES_MAX; i++) {
        char number[16] = "";
        if (i > 1)
            snprintf(number, sizeof number, "-%d", i);
        free(path);
        if (asprintf(&path, "%s.broken-law%s.ini", end ? end : out, number) < 0)
            abort();
        if (access(path, F_OK))
            break;
    }
    free(end);
    return path;
}

bool broken_law_report(const char *out, const char *text, struct err *e)
{
    static const struct file_kind kind = {"a report of a broken law", "--out", is_none};
    char *path = free_name(out);
    struct err law = *e, why;
    if (new_file_save(path, &kind, text, strlen(text), &why))
        err_set(e, "%.500s; please report this with %.400s", law.text, path);
    else
        err_set(e, "%.500s; please report this with the scenario (%.400s)", law.text, why.text);
    free(path);
    return false;
}
