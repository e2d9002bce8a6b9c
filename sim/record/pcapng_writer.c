#include "sim/record/pcapng_writer.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK_SECTION = 0x0a0d0d0a,
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 6,
    BLOCK_SECRETS = 10,
    BYTE_ORDER_MAGIC = 0x1a2b3c4d, /* numbers are in the order of whoever writes */
    LINKTYPE_RAW_IP = 101,
    OPTION_END = 0,
    OPTION_TSRESOL = 9,
    NANOSECONDS = 9 /* 10^-9 */
};

struct pcapng_writer {
    FILE *file;
    char *path;
};

static void put_u32(FILE *to, uint32_t value)
{
    fwrite(&value, sizeof value, 1, to);
}

static void put_u16(FILE *to, uint16_t value)
{
    fwrite(&value, sizeof value, 1, to);
}

static void put_padded(FILE *to, const void *bytes, size_t len)
{
    static const uint8_t zeros[3];
    fwrite(bytes, 1, len, to);
    fwrite(zeros, 1, -len & 3, to);
}

/* Type and length stand in front of a block's body; the length once more behind it. */
static uint32_t begin_block(FILE *to, uint32_t type, size_t body_len)
{
    uint32_t len = (uint32_t)(4 + 4 + body_len + 4);
    put_u32(to, type);
    put_u32(to, len);
    return len;
}

static void put_section(FILE *to)
{
    uint32_t len = begin_block(to, BLOCK_SECTION, 4 + 2 + 2 + 8);
    put_u32(to, BYTE_ORDER_MAGIC);
    put_u16(to, 1); /* version 1.0 */
    put_u16(to, 0);
    put_u32(to, UINT32_MAX); /* length of the section: not told */
    put_u32(to, UINT32_MAX);
    put_u32(to, len);
}

static void put_secrets(FILE *to, uint32_t type, const char *secrets, size_t secrets_len)
{
    uint32_t len = begin_block(to, BLOCK_SECRETS, 4 + 4 + ((secrets_len + 3) & ~(size_t)3));
    put_u32(to, type);
    put_u32(to, (uint32_t)secrets_len);
    put_padded(to, secrets, secrets_len);
    put_u32(to, len);
}

static void put_interface(FILE *to)
{
    static const uint8_t resolution = NANOSECONDS;
    uint32_t len = begin_block(to, BLOCK_INTERFACE, 2 + 2 + 4 + (2 + 2 + 4) + (2 + 2));
    put_u16(to, LINKTYPE_RAW_IP);
    put_u16(to, 0);
    put_u32(to, 0); /* no snap length */
    put_u16(to, OPTION_TSRESOL);
    put_u16(to, 1);
    put_padded(to, &resolution, 1);
    put_u16(to, OPTION_END);
    put_u16(to, 0);
    put_u32(to, len);
}

bool pcapng_writer_wrote(const char *head, size_t len)
{
    char *ours = NULL;
    size_t ours_len;
    FILE *to = open_memstream(&ours, &ours_len);
    assert(to);
    put_section(to);
    fclose(to);
    uint32_t next = 0;
    bool same = len >= ours_len + sizeof next && !memcmp(head, ours, ours_len);
    if (same)
        memcpy(&next, head + ours_len, sizeof next);
    free(ours);
    return same && (next == BLOCK_SECRETS || next == BLOCK_INTERFACE);
}

struct pcapng_writer *pcapng_writer_new(const char *path, uint32_t secrets_type, const char *secrets,
                                        size_t secrets_len, struct err *e)
{
    FILE *file = fopen(path, "wb");
    if (!file) {
        err_set(e, "%s: cannot be written: %s; check the space on its disk", path, strerror(errno));
        return NULL;
    }
    struct pcapng_writer *w = calloc(1, sizeof *w);
    assert(w);
    *w = (struct pcapng_writer){file, strdup(path)};
    put_section(file);
    if (secrets_len)
        put_secrets(file, secrets_type, secrets, secrets_len);
    put_interface(file);
    return w;
}

void pcapng_writer_put(struct pcapng_writer *w, sim_time time, const uint8_t *packet, size_t len)
{
    uint64_t stamp = (uint64_t)time;
    uint32_t block_len = begin_block(w->file, BLOCK_PACKET, 5 * 4 + ((len + 3) & ~(size_t)3));
    put_u32(w->file, 0); /* the interface */
    put_u32(w->file, (uint32_t)(stamp >> 32));
    put_u32(w->file, (uint32_t)stamp);
    put_u32(w->file, (uint32_t)len);
    put_u32(w->file, (uint32_t)len);
    put_padded(w->file, packet, len);
    put_u32(w->file, block_len);
}

bool pcapng_writer_close(struct pcapng_writer *w, struct err *e)
{
    bool ok = !fflush(w->file) && !ferror(w->file);
    if (!ok)
        err_set(e, "%s: not everything could be written: %s; check the space on its disk", w->path, strerror(errno));
    fclose(w->file);
    free(w->path);
    free(w);
    return ok;
}
