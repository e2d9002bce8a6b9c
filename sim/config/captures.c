/* captures.c - the captures that a scenario's replays name: there, and readable, before anything runs. */
#include "sim/config/reader.h"

#include "models/capture/capture.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { CHUNK_LEN = 1 << 20 };

static bool hash_file(const char *path, char hash[FILE_HASH_CAP])
{
    FILE *in = fopen(path, "rb");
    char *chunk = malloc(CHUNK_LEN);
    assert(chunk);
    for (size_t n; in && (n = fread(chunk, 1, CHUNK_LEN, in)) > 0;)
        hash_add(hash, chunk, n);
    bool ok = in && !ferror(in);
    if (in)
        fclose(in);
    free(chunk);
    return ok;
}

/* Each run opens it anew, so it is a file and no pipe. */
static bool is_capture(const char *path, struct err *e)
{
    struct stat st;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return err_set(e, "%s: is no file", path);
    struct capture *c = capture_open(path, e);
    if (c)
        capture_close(c);
    return c != NULL;
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
        if (!is_capture(f->capture, &e))
            fault_setting(r, named, "%s; expected a capture, pcap or pcapng, named as seen from the scenario's folder",
                          e.text);
        else if (!hash_file(f->capture, f->capture_hash))
            fault_setting(r, named, "%s: %s; expected a file that can be read", f->capture, strerror(errno));
    }
}
