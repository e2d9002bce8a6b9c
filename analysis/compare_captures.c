#include "analysis/compare_captures.h"

#include "analysis/compare_fields.h"
#include "models/base/err.h"
#include "models/files/file.h"

#include <libgen.h>
#include <limits.h>
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct packet {
    const u_char *data;
    size_t len; /* captured */
    double time;
    struct timeval stamp; /* in nanoseconds */
};

/* 1: a packet, 0: the end; -1: unreadable. */
static int next(pcap_t *from, struct packet *p)
{
    struct pcap_pkthdr *head;
    int got = pcap_next_ex(from, &head, &p->data);
    if (got != 1)
        return got == PCAP_ERROR_BREAK ? 0 : -1;
    p->len = head->caplen;
    p->stamp = head->ts;
    p->time = (double)head->ts.tv_sec + (double)head->ts.tv_usec / 1e9; /* opened for nanoseconds */
    return 1;
}

static size_t first_octet(const struct packet *a, const struct packet *b)
{
    size_t i = 0;
    while (i < a->len && i < b->len && a->data[i] == b->data[i])
        i++;
    return i;
}

/* Whether two packets are equal; where not, says how. */
static bool same_packet(const struct packet *a, const struct packet *b, size_t number, bool raw,
                        const struct run_result *run, char *text, size_t cap)
{
    size_t at = first_octet(a, b);
    char name[FIELD_NAME_CAP];
    if (at < a->len && at < b->len)
        snprintf(text, cap, "packet %zu at %.9f s: octet %zu (%s) is 0x%02x, was 0x%02x", number, b->time, at,
                 raw ? field_name(a->data, a->len, at, run, name) : "not raw IP", b->data[at], a->data[at]);
    else if (a->len != b->len)
        snprintf(text, cap, "packet %zu at %.9f s: %zu octets, were %zu", number, b->time, b->len, a->len);
    else if (a->stamp.tv_sec != b->stamp.tv_sec || a->stamp.tv_usec != b->stamp.tv_usec)
        snprintf(text, cap, "packet %zu: sent at %.9f s, was at %.9f s", number, b->time, a->time);
    else
        return true;
    return false;
}

static void walk(pcap_t *base, pcap_t *cand, const struct run_result *run, char *text, size_t cap)
{
    bool raw = pcap_datalink(base) == DLT_RAW && pcap_datalink(cand) == DLT_RAW;
    for (size_t number = 1;; number++) {
        struct packet a, b;
        int here = next(base, &a), there = next(cand, &b);
        if (here < 0 || there < 0)
            snprintf(text, cap, "packet %zu of the %s cannot be read: %s", number, here < 0 ? "base" : "candidate",
                     pcap_geterr(here < 0 ? base : cand));
        else if (!here && !there)
            snprintf(text, cap, "the packets are equal; the files differ elsewhere");
        else if (here != there)
            snprintf(text, cap, "packet %zu is in the %s only", number, here ? "base" : "candidate");
        else if (same_packet(&a, &b, number, raw, run, text, cap))
            continue;
        return;
    }
}

/* A plain file's packets: the captures lie in a folder that may be a stranger's. */
static pcap_t *open_packets(const char *path, struct err *e)
{
    char why[PCAP_ERRBUF_SIZE];
    int fd = file_open(path, FILE_FOUND, e);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "rb");
    if (!file)
        return NULL;
    pcap_t *packets = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, why);
    if (packets)
        return packets;
    fclose(file);
    err_set(e, "%s", why);
    return NULL;
}

void captures_difference(const char *base, const char *cand, const struct run_result *run, char *text, size_t cap)
{
    struct err e;
    pcap_t *a = open_packets(base, &e);
    pcap_t *b = a ? open_packets(cand, &e) : NULL;
    if (!b)
        snprintf(text, cap, "cannot be looked into: %.400s", e.text);
    else
        walk(a, b, run, text, cap);
    if (b)
        pcap_close(b);
    if (a)
        pcap_close(a);
}

static void beside(const char *result, const char *mode, const char *name, char *path, size_t cap)
{
    char *copy = strdup(result);
    snprintf(path, cap, "%s/%s/%s", dirname(copy), mode, name);
    free(copy);
}

void captures_explain(const char *base_result, const char *cand_result, const struct run_result *run, const char *name,
                      char *text, size_t cap)
{
    char base[PATH_MAX], cand[PATH_MAX];
    beside(base_result, run_result_name(run), name, base, sizeof base);
    beside(cand_result, run_result_name(run), name, cand, sizeof cand);
    if (access(base, R_OK) || access(cand, R_OK))
        snprintf(text, cap, "keep the captures of both (%s is missing) to see the first packet that differs",
                 access(base, R_OK) ? base : cand);
    else
        captures_difference(base, cand, run, text, cap);
}
