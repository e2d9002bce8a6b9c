#include "analysis/compare_captures.h"

#include "analysis/compare_fields.h"

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
    size_t len;     /* captured */
    long long time; /* nanoseconds */
};

/* 1: a packet, 0: the end; -1: unreadable. */
static int next(pcap_t *from, struct packet *p)
{
    struct pcap_pkthdr *head;
    int got = pcap_next_ex(from, &head, &p->data);
    if (got != 1)
        return got == PCAP_ERROR_BREAK ? 0 : -1;
    p->len = head->caplen;
    p->time = head->ts.tv_sec * 1000000000LL + head->ts.tv_usec; /* opened for nanoseconds */
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
        snprintf(text, cap, "packet %zu at %.9f s: octet %zu (%s) is 0x%02x, was 0x%02x", number, (double)b->time / 1e9,
                 at, raw ? field_name(a->data, a->len, at, run, name) : "not raw IP", b->data[at], a->data[at]);
    else if (a->len != b->len)
        snprintf(text, cap, "packet %zu at %.9f s: %zu octets, were %zu", number, (double)b->time / 1e9, b->len,
                 a->len);
    else if (a->time != b->time)
        snprintf(text, cap, "packet %zu: sent at %.9f s, was at %.9f s", number, (double)b->time / 1e9,
                 (double)a->time / 1e9);
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

void captures_difference(const char *base, const char *cand, const struct run_result *run, char *text, size_t cap)
{
    char error[PCAP_ERRBUF_SIZE];
    pcap_t *a = pcap_open_offline_with_tstamp_precision(base, PCAP_TSTAMP_PRECISION_NANO, error);
    pcap_t *b = a ? pcap_open_offline_with_tstamp_precision(cand, PCAP_TSTAMP_PRECISION_NANO, error) : NULL;
    if (!b)
        snprintf(text, cap, "cannot be looked into: %s", error);
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
