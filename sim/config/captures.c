/* captures.c - the captures that a scenario's replays name: there, and readable, before anything runs. */
#include "sim/config/reader.h"

#include "models/capture/capture.h"
#include "models/files/file.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_LEN = 1 << 20 };

static bool hash_file(const char *path, char hash[FILE_HASH_CAP], struct err *e)
{
    int fd = file_open(path, FILE_FOUND, e);
    if (fd < 0)
        return false;
    FILE *in = fdopen(fd, "rb");
    char *chunk = malloc(CHUNK_LEN);
    assert(in && chunk);
    for (size_t n; (n = fread(chunk, 1, CHUNK_LEN, in)) > 0;)
        hash_add(hash, chunk, n);
    bool ok = !ferror(in) || err_set(e, "%s: cannot be read: %s", path, strerror(errno));
    fclose(in);
    free(chunk);
    return ok;
}

static void add_once(struct err_list *warnings, const struct err *e)
{
    for (size_t i = 0; i < warnings->n_errs; i++)
        if (strstr(warnings->errs[i].text, e->text))
            return;
    err_list_add(warnings, "warning: %s", e->text);
}

/* Reads it to its end, so that damage is told before anything runs, and a cut once and not by each run. */
static bool is_capture(const char *path, struct err_list *warnings, struct err *e)
{
    struct capture *c = capture_open_found(path, e);
    struct capture_packet p;
    enum capture_got got = c ? CAPTURE_PACKET : CAPTURE_BROKEN;
    struct err cut;
    while (got == CAPTURE_PACKET || got == CAPTURE_NOT_IP)
        got = capture_next(c, &p, e);
    if (got == CAPTURE_END && capture_is_cut(c, &cut))
        add_once(warnings, &cut);
    capture_close(c);
    return got == CAPTURE_END;
}

void settle_captures(struct reader *r)
{
    for (size_t i = 0; i < r->c->n_flows; i++) {
        struct config_flow *f = &r->c->flows[i];
        const struct setting *named = setting_of(r->c, &f->file);
        struct err e;
        if (!setting_has_value(named))
            continue;
        f->capture = path_beside(r->file, f->file);
        if (!is_capture(f->capture, &r->c->warnings, &e) || !hash_file(f->capture, f->capture_hash, &e))
            fault_setting(r, named, "%s; expected a capture, pcap or pcapng, named as seen from the scenario's folder",
                          e.text);
    }
}
