/* Any octets are a capture of some link type, or none; each packet of one is inside it. */
#include "tests/fuzz/fuzz.h"

#include "models/capture/capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static int fd = -1;
    char path[64];
    struct err e;
    if (fd < 0)
        fd = memfd_create("capture", 0);
    if (fd < 0 || ftruncate(fd, 0) || pwrite(fd, data, len, 0) != (ssize_t)len)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct capture *c = capture_open(path, &e);
    int sum = 0; /* reads every octet that is said to be there */
    for (int n = 0; c && n < 10000; n++) {
        struct capture_packet p;
        enum capture_got got = capture_next(c, &p, &e);
        if (got == CAPTURE_END || got == CAPTURE_BROKEN)
            break;
        for (size_t i = 0; got == CAPTURE_PACKET && i < p.len; i++)
            sum += p.data[i];
    }
    capture_close(c);
    return sum & 0;
}
