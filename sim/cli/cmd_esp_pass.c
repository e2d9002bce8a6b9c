/* espsim esp encap|decap: packets of a capture through SAs of a file, and back. */
#include "models/files/newfile.h"
#include "models/ipsec/seal.h"
#include "models/ipsec/wireshark.h"
#include "sim/cli/command.h"
#include "sim/cli/esp_sas.h"
#include "sim/record/pcap_writer.h"
#include "sim/record/pcapng_writer.h"

#include <argp.h>
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { KEY_ESP_SA = 256, KEY_PCAPNG };

struct asked {
    bool encap;
    const char *sa, *in, *out, *report, *esp_sa;
    bool pcapng;
    const struct lookup *lookup;
};

/* Where accepted packets go: one of the two. */
struct sink {
    struct pcap_writer *pcap;
    struct pcapng_writer *pcapng;
};

/* One run of the command. */
struct pass {
    const struct asked *asked;
    struct esp_sas sas;
    struct sink sink;
    FILE *report;
    uint8_t *room;
    uint64_t n, n_out;
};

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    struct asked *a = state->input;
    struct err e;
    switch (key) {
    case 's':
        a->sa = arg;
        break;
    case 'i':
        a->in = arg;
        break;
    case 'o':
        a->out = arg;
        break;
    case 'r':
        a->report = arg;
        break;
    case KEY_ESP_SA:
        a->esp_sa = arg;
        break;
    case KEY_PCAPNG:
        a->pcapng = true;
        break;
    case 'l':
        a->lookup = lookup_find(arg, &e);
        if (!a->lookup)
            argp_error(state, "--lookup %s: %s", arg, e.text);
        break;
    case ARGP_KEY_ARG:
        argp_error(state, "`%s`: one word too many", arg);
        break;
    case ARGP_KEY_END:
        if (!a->sa || !a->in || !a->out)
            argp_error(state, "needs --sa FILE --in PCAP --out PCAP");
        if (!a->encap && (a->pcapng || a->esp_sa))
            argp_error(state, "--pcapng and --esp-sa are for encap: what decap writes is not encrypted");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const struct argp_option options[] = {
    {"sa", 's', "FILE", 0, "the SAs, see espsim-esp(1)", 0},
    {"in", 'i', "PCAP", 0, "packets to process: pcap or pcapng, any link type that carries IP", 0},
    {"out", 'o', "PCAP", 0, "accepted packets, in order, as LINKTYPE_RAW", 0},
    {"report", 'r', "JSONL", 0, "one line per input packet: its verdict, sequence number, place in --out", 0},
    {"lookup", 'l', "POLICY", 0, "decap: how the SA is found (default rfc4301; see `espsim list lookup`)", 0},
    {"esp-sa", KEY_ESP_SA, "FILE", 0, "encap: write the SAs as Wireshark's esp_sa", 0},
    {"pcapng", KEY_PCAPNG, NULL, 0, "encap: write --out as pcapng with the keys inside, for newer Wiresharks", 0},
    {0}};

/* ---- packets ---- */

static enum drop encap_one(struct pass *run, struct buf *packet, uint64_t *seq)
{
    struct ip_view v;
    if (!ip_parse(packet->data, packet->len, &v))
        return DROP_MALFORMED;
    struct sa *sa = esp_sas_out(&run->sas, &v);
    return sa ? seal(sa, packet, &v, 0, seq, NULL) : DROP_NO_SA_OUT;
}

static enum drop decap_one(struct pass *run, struct buf *packet, uint64_t *seq)
{
    struct located at;
    struct sa *sa;
    enum drop d = esp_sas_in(&run->sas, run->asked->lookup, packet, &at, &sa);
    return d ? d : open_esp(sa, packet, &at, 0, seq);
}

/* Words of ours need no escapes, and an ESN is more than jansson's integers hold. */
static void report_one(struct pass *run, enum drop d, const char *why, uint64_t seq)
{
    if (!run->report)
        return;
    fprintf(run->report, "{\"n\": %" PRIu64 ", \"verdict\": \"%s\", ", run->n, drop_verdict(d));
    if (d == DROP_NONE)
        fprintf(run->report, "\"seq\": %" PRIu64 ", \"out\": %" PRIu64 "}\n", seq, run->n_out);
    else
        fprintf(run->report, "\"reason\": \"%s\", \"why\": \"%s\"}\n", drop_name(d), why);
}

static void sink_put(struct sink *s, sim_time time, const struct buf *packet)
{
    if (s->pcap)
        pcap_writer_put(s->pcap, time, packet->data, packet->len);
    else
        pcapng_writer_put(s->pcapng, time, packet->data, packet->len);
}

static void process_one(struct pass *run, const struct capture_packet *p)
{
    uint64_t seq = 0;
    enum drop d = DROP_MALFORMED;
    struct buf packet = buf_over(run->room, ESP_ROOM_LEN, BUF_HEADROOM, 0);
    if (p->len <= ESP_PACKET_MAX) {
        memcpy(buf_put(&packet, p->len), p->data, p->len);
        d = run->asked->encap ? encap_one(run, &packet, &seq) : decap_one(run, &packet, &seq);
    }
    report_one(run, d, esp_why(d, CAPTURE_PACKET, p), seq);
    if (d == DROP_NONE) {
        sink_put(&run->sink, p->time, &packet);
        run->n_out++;
    }
    run->n++;
}

static bool process_all(struct pass *run, struct capture *in, struct err *e)
{
    for (;;) {
        struct capture_packet p;
        switch (capture_next(in, &p, e)) {
        case CAPTURE_PACKET:
            process_one(run, &p);
            break;
        case CAPTURE_NOT_IP:
            report_one(run, DROP_MALFORMED, esp_why(DROP_MALFORMED, CAPTURE_NOT_IP, &p), 0);
            run->n++;
            break;
        case CAPTURE_END:
            return true;
        case CAPTURE_BROKEN:
            return false;
        }
    }
}

/* ---- keys for Wireshark ---- */

/* Gives the lines of all SAs; the caller frees. */
static char *lines_of(const struct safile *f, size_t (*write)(const struct sa_params *, char *, size_t), size_t *len)
{
    char *lines = malloc(f->n_sas * WIRESHARK_LINES_CAP);
    assert(lines);
    *len = 0;
    for (size_t i = 0; i < f->n_sas; i++) {
        size_t n = write(&f->sas[i], lines + *len, WIRESHARK_LINES_CAP);
        char name[SUITE_NAME_CAP];
        if (!n)
            fprintf(stderr, "espsim: SA 0x%08x: Wireshark knows no %s: its packets stay encrypted there\n",
                    f->sas[i].spi, suite_name(&f->sas[i].suite, name));
        *len += n;
    }
    return lines;
}

static bool write_esp_sa(const struct safile *f, const char *path, struct err *e)
{
    FILE *file = fopen(path, "w");
    if (!file)
        return err_set(e, "%s: cannot be written: %s; check the space on its disk", path, strerror(errno));
    size_t len;
    char *lines = lines_of(f, wireshark_sa_lines, &len);
    fwrite(lines, 1, len, file);
    free(lines);
    bool failed = fflush(file) || ferror(file);
    fclose(file);
    return !failed ||
           err_set(e, "%s: not everything could be written: %s; check the space on its disk", path, strerror(errno));
}

/* ---- files ---- */

static bool sink_open(struct pass *run, const char *path, struct err *e)
{
    if (!run->asked->pcapng)
        return (run->sink.pcap = pcap_writer_new(path, e)) != NULL;
    size_t len;
    char *secrets = lines_of(&run->sas.file, wireshark_secret_lines, &len);
    run->sink.pcapng = pcapng_writer_new(path, WIRESHARK_SECRETS_TYPE, secrets, len, e);
    free(secrets);
    return run->sink.pcapng != NULL;
}

static bool sink_close(struct sink *s, struct err *e)
{
    if (s->pcap)
        return pcap_writer_close(s->pcap, e);
    return !s->pcapng || pcapng_writer_close(s->pcapng, e);
}

static bool report_open(struct pass *run, const char *path, struct err *e)
{
    return (run->report = fopen(path, "w")) ||
           err_set(e, "%s: cannot be written: %s; check the space on its disk", path, strerror(errno));
}

static bool report_close(struct pass *run, struct err *e)
{
    if (!run->report)
        return true;
    bool failed = fflush(run->report) || ferror(run->report);
    fclose(run->report);
    return !failed || err_set(e, "%s: not everything could be written: %s; check the space on its disk",
                              run->asked->report, strerror(errno));
}

/* What the command makes; a file that is not asked for has no path. */
enum { FILE_OUT, FILE_REPORT, FILE_ESP_SA, N_FILES };

static bool is_capture(const char *head, size_t len)
{
    return pcap_writer_wrote(head, len) || pcapng_writer_wrote(head, len);
}

static bool is_report(const char *head, size_t len)
{
    return file_begins(head, len, "{\"n\": ") && file_has(head, len, "\"verdict\": ");
}

/* Lines of SAs and nothing else: where Wireshark keeps its user's own, a comment stands above them. */
static bool is_esp_sa(const char *head, size_t len)
{
    return file_begins(head, len, "\"IPv4\",") || file_begins(head, len, "\"IPv6\",");
}

static const struct file_kind kinds[N_FILES] = {
    [FILE_OUT] = {"a capture of raw IP", "--out", is_capture},
    [FILE_REPORT] = {"a report", "--report", is_report},
    [FILE_ESP_SA] = {"an esp_sa", "--esp-sa", is_esp_sa},
};

/* What is read is not written over. */
static bool is_apart(const struct asked *a, const struct new_file *f, struct err *e)
{
    const char *const read[] = {a->in, a->sa};
    struct stat st;
    for (size_t i = 0; i < sizeof read / sizeof *read; i++)
        if (f->is_there && !stat(read[i], &st) && st.st_dev == f->st.st_dev && st.st_ino == f->st.st_ino)
            return err_set(e, "%s %s: is what is read, too; choose another name", f->kind->option, f->asked);
    return true;
}

static bool write_whole(struct pass *run, const struct new_file files[N_FILES], struct capture *in, struct err *e)
{
    const struct asked *a = run->asked;
    bool ok = sink_open(run, files[FILE_OUT].temporary, e) &&
              (!a->report || report_open(run, files[FILE_REPORT].temporary, e)) &&
              (!a->esp_sa || write_esp_sa(&run->sas.file, files[FILE_ESP_SA].temporary, e)) && process_all(run, in, e);
    bool sink_is_whole = sink_close(&run->sink, ok ? e : NULL);
    bool report_is_whole = report_close(run, ok && sink_is_whole ? e : NULL);
    return ok && sink_is_whole && report_is_whole;
}

/* All files appear under their names only when all are whole. */
static bool write_files(struct pass *run, struct capture *in, struct err *e)
{
    const char *const paths[N_FILES] = {
        [FILE_OUT] = run->asked->out, [FILE_REPORT] = run->asked->report, [FILE_ESP_SA] = run->asked->esp_sa};
    struct new_file files[N_FILES] = {0};
    bool ok = true;
    for (size_t i = 0; ok && i < N_FILES; i++)
        ok = !paths[i] || (new_file_begin(&files[i], paths[i], &kinds[i], e) && is_apart(run->asked, &files[i], e));
    ok = ok && write_whole(run, files, in, e);
    for (size_t i = 0; ok && i < N_FILES; i++)
        ok = !paths[i] || new_file_finish(&files[i], e);
    for (size_t i = 0; i < N_FILES; i++)
        new_file_abandon(&files[i]);
    return ok;
}

static bool ivs_stay_apart(const struct safile *f, const char *path, struct err *e)
{
    for (size_t j = 1; j < f->n_sas; j++)
        for (size_t i = 0; !sa_draws_ivs(&f->sas[j]) && i < j; i++)
            if (sa_ivs_meet(&f->sas[i], &f->sas[j]))
                return err_set(e,
                               "%s: SAs number %zu and %zu share a key, and their IVs are given or implied by their "
                               "sequence numbers: one would be used twice (RFC 8750); give each SA its own key",
                               path, i + 1, j + 1);
    return true;
}

static int run_pass(const struct asked *asked)
{
    struct pass run = {.asked = asked};
    struct err e;
    int code = esp_sas_read(&run.sas, asked->sa);
    if (code)
        return code;
    if (asked->encap && !ivs_stay_apart(&run.sas.file, asked->sa, &e)) {
        fprintf(stderr, "espsim: %s\n", e.text);
        esp_sas_fini(&run.sas);
        return CMD_ASKED_WRONGLY;
    }
    struct capture *in = capture_open(asked->in, &e);
    run.room = malloc(ESP_ROOM_LEN);
    assert(run.room);
    bool ok = in && write_files(&run, in, &e);
    if (!ok)
        fprintf(stderr, "espsim: %s\n", e.text);
    else if (capture_is_cut(in, &e))
        fprintf(stderr, "espsim: warning: %s\n", e.text);
    capture_close(in);
    esp_sas_fini(&run.sas);
    free(run.room);
    return ok ? CMD_FINE : CMD_COULD_NOT;
}

int cmd_esp_pass(int argc, char **argv, const char *op)
{
    static const struct argp argp = {options, take_option, NULL, "Pass the packets of a capture through ESP.",
                                     NULL,    NULL,        NULL};
    struct asked asked = {.encap = op[0] == 'e', .lookup = lookup_get("rfc4301")};
    argp_parse(&argp, argc, argv, 0, NULL, &asked);
    return run_pass(&asked);
}
