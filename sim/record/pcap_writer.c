#include "sim/record/pcap_writer.h"

#include <assert.h>
#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SNAP_LEN = 262144, STREAM_BUFFER = 1 << 20, LINKTYPE_RAW_IP = 101 };

bool pcap_writer_wrote(const char *head, size_t len)
{
    const struct {
        uint32_t magic;
        uint16_t major, minor;
        uint32_t zone, accuracy, snap_len, link_type;
    } ours = {0xa1b23c4d, PCAP_VERSION_MAJOR, PCAP_VERSION_MINOR, 0, 0, SNAP_LEN, LINKTYPE_RAW_IP};
    return len >= sizeof ours && !memcmp(head, &ours, sizeof ours);
}

struct pcap_writer {
    pcap_t *dead; /* libpcap's holder of link type and precision */
    pcap_dumper_t *dumper;
    char *path;
    char *stream; /* stdio's buffer: fewer system calls */
};

struct pcap_writer *pcap_writer_new(const char *path, struct err *e)
{
    FILE *file = fopen(path, "wb");
    if (!file) {
        err_set(e, "%s: cannot be written: %s; check the space on its disk", path, strerror(errno));
        return NULL;
    }
    struct pcap_writer *w = calloc(1, sizeof *w);
    char *stream = malloc(STREAM_BUFFER);
    assert(w && stream);
    setvbuf(file, stream, _IOFBF, STREAM_BUFFER);
    pcap_t *dead = pcap_open_dead_with_tstamp_precision(DLT_RAW, SNAP_LEN, PCAP_TSTAMP_PRECISION_NANO);
    pcap_dumper_t *dumper = pcap_dump_fopen(dead, file);
    *w = (struct pcap_writer){dead, dumper, strdup(path), stream};
    if (!dumper) {
        err_set(e, "%s: cannot be written: %s; check the space on its disk", path, pcap_geterr(dead));
        pcap_close(dead);
        fclose(file);
        free(w->path);
        free(stream);
        free(w);
        return NULL;
    }
    return w;
}

void pcap_writer_put(struct pcap_writer *w, sim_time time, const uint8_t *packet, size_t len)
{
    struct pcap_pkthdr head = {.ts = {.tv_sec = time / NS_PER_S, .tv_usec = time % NS_PER_S},
                               .caplen = (bpf_u_int32)len,
                               .len = (bpf_u_int32)len};
    pcap_dump((u_char *)w->dumper, &head, packet);
}

bool pcap_writer_close(struct pcap_writer *w, struct err *e)
{
    FILE *file = pcap_dump_file(w->dumper);
    bool ok = pcap_dump_flush(w->dumper) == 0 && !ferror(file);
    if (!ok)
        err_set(e, "%s: not everything could be written: %s; check the space on its disk", w->path, strerror(errno));
    pcap_dump_close(w->dumper);
    pcap_close(w->dead);
    free(w->path);
    free(w->stream);
    free(w);
    return ok;
}
