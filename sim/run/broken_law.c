#include "sim/run/broken_law.h"

#include "sim/config/config.h"

#include <assert.h>
#include <errno.h>
#include <espsim_version.h>
#include <fcntl.h>
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

/* A new file; `path` says which. -1: errno says why not. */
static int open_new(const char *out, char *path, size_t cap)
{
    size_t len = strlen(out);
    while (len > 1 && out[len - 1] == '/')
        len--;
    int fd = -1;
    for (int i = 1; fd < 0 && i <= FILES_MAX; i++) {
        char number[16] = "";
        if (i > 1)
            snprintf(number, sizeof number, "-%d", i);
        snprintf(path, cap, "%.*s.broken-law%s.ini", (int)len, out, number);
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0 && errno != EEXIST)
            break;
    }
    return fd;
}

static bool write_text(int fd, const char *text)
{
    size_t left = strlen(text);
    while (left) {
        ssize_t n = write(fd, text, left);
        if (n < 0 && errno != EINTR)
            return false;
        text += n > 0 ? n : 0;
        left -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

bool broken_law_report(const char *out, const char *text, struct err *e)
{
    char path[4096];
    struct err law = *e;
    int fd = open_new(out, path, sizeof path);
    bool ok = fd >= 0 && write_text(fd, text);
    if (fd >= 0 && close(fd))
        ok = false;
    if (ok)
        return err_set(e, "%.500s; please report this with %s", law.text, path);
    return err_set(e, "%.500s; please report this with the scenario (%s: %s)", law.text, path, strerror(errno));
}
