/* replay.c - feeds a corpus to a fuzz target without libFuzzer: every file, and every file cut short. */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CUTS = 64 }; /* lengths tried for each file */

/* From a heap copy of exactly that length, so that a sanitizer sees the first octet read past it. */
static void feed(const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);
    if (!copy)
        abort();
    memcpy(copy, data, len);
    LLVMFuzzerTestOneInput(copy, len);
    free(copy);
}

static void feed_file(const char *path)
{
    static uint8_t data[1 << 20];
    FILE *in = fopen(path, "rb");
    if (!in) {
        perror(path);
        exit(1);
    }
    size_t len = fread(data, 1, sizeof data, in), step = len / CUTS + 1;
    fclose(in);
    for (size_t cut = 0; cut < len; cut += step)
        feed(data, cut);
    feed(data, len);
}

int main(int argc, char **argv)
{
    DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
    if (!dir) {
        fprintf(stderr, "usage: %s CORPUS\n", argv[0]);
        return 1;
    }
    int n = 0;
    for (const struct dirent *d; (d = readdir(dir));) {
        char path[4096];
        if (d->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", argv[1], d->d_name);
        feed_file(path);
        n++;
    }
    closedir(dir);
    printf("%d files\n", n);
    return n ? 0 : 1; /* a target without corpus tests nothing */
}
