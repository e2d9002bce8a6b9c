/* espsim esp encap|decap: packets of a capture through SAs of a file, and back. */
#include "models/capture/capture.h"
#include "models/ipsec/lookup.h"
#include "models/ipsec/open.h"
#include "models/ipsec/safile.h"
#include "models/ipsec/seal.h"
#include "sim/cli/command.h"
#include "sim/cli/files.h"
#include "sim/record/pcap_writer.h"

#include <argp.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct asked {
    const char *op, *sa, *in, *out, *report;
    const struct lookup *lookup;
};

/* One run of the command: the SAs, and a packet on its way. */
struct esp_run {
    const struct asked *asked;
    struct safile file;
    struct sa **sas;
    struct sad *sad;
    uint8_t *room;
    size_t room_len;
    FILE *report;
    uint64_t n, n_out;
};

enum { ROOM_LEN = BUF_HEADROOM + 65535 + 40 + 65535 + BUF_TAILROOM }; /* the longest packet and the longest TFC */

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
    {0}};

/* Encapsulation takes the first SA that is for the packet. */
static bool sa_is_for(const struct sa_params *p, const struct ip_view *v)
{
    if (p->mode->scope == SCOPE_HOST_PAIR)
        return addr_equal(&p->inner_src, &v->src) && addr_equal(&p->inner_dst, &v->dst);
    if (addr_is_set(&p->sel_src.addr) && !prefix_has(&p->sel_src, &v->src))
        return false;
    if (addr_is_set(&p->sel_dst.addr) && !prefix_has(&p->sel_dst, &v->dst))
        return false;
    return p->mode->two_versions || !p->dst.version || p->dst.version == v->version;
}

static enum drop encap_one(struct esp_run *run, struct buf *packet, uint64_t *seq)
{
    struct ip_view v;
    if (!ip_parse(packet->data, packet->len, &v))
        return DROP_MALFORMED;
    for (size_t i = 0; i < run->file.n_sas; i++)
        if (sa_is_for(&run->sas[i]->p, &v))
            return seal(run->sas[i], packet, &v, 0, seq, NULL);
    return DROP_NO_SA_OUT;
}

/* Every packet of the capture is taken for one that arrived here: there is no routing in this command. */
static enum drop decap_one(struct esp_run *run, struct buf *packet, uint64_t *seq)
{
    struct located at;
    enum drop d = locate(packet, sad_has_udp, run->sad, &at);
    if (d)
        return d;
    struct lookup_query q = {at.spi, at.outer.src, at.outer.dst, true};
    struct lookup_answer answer = run->asked->lookup->find(run->sad, &q);
    if (answer.outcome == LOOKUP_AMBIGUOUS)
        return DROP_AMBIGUOUS;
    return answer.sa ? open_esp(answer.sa, packet, &at, 0, seq) : DROP_NO_SA;
}

static void report_one(struct esp_run *run, enum drop d, uint64_t seq)
{
    if (!run->report)
        return;
    json_t *line = json_pack("{s:I, s:s}", "n", (json_int_t)run->n, "verdict", drop_verdict(d));
    if (d == DROP_NONE) {
        json_object_set_new(line, "seq", json_integer((json_int_t)seq));
        json_object_set_new(line, "out", json_integer((json_int_t)run->n_out));
    } else {
        json_object_set_new(line, "reason", json_string(drop_name(d)));
        json_object_set_new(line, "why", json_string(drop_what(d)));
    }
    json_dumpf(line, run->report, 0);
    fputc('\n', run->report);
    json_decref(line);
}

static void process_one(struct esp_run *run, const struct capture_packet *p, struct pcap_writer *out)
{
    uint64_t seq = 0;
    enum drop d = DROP_MALFORMED;
    struct buf packet = buf_over(run->room, run->room_len, BUF_HEADROOM, 0);
    if (p->len <= 65535 + 40) {
        memcpy(buf_put(&packet, p->len), p->data, p->len);
        d = run->asked->op[0] == 'e' ? encap_one(run, &packet, &seq) : decap_one(run, &packet, &seq);
    }
    report_one(run, d, seq);
    if (d == DROP_NONE) {
        pcap_writer_put(out, p->time, packet.data, packet.len);
        run->n_out++;
    }
    run->n++;
}

static bool process_all(struct esp_run *run, struct capture *in, struct pcap_writer *out, struct err *e)
{
    for (;;) {
        struct capture_packet p;
        switch (capture_next(in, &p, e)) {
        case CAPTURE_PACKET:
            process_one(run, &p, out);
            break;
        case CAPTURE_NOT_IP:
            report_one(run, DROP_MALFORMED, 0);
            run->n++;
            break;
        case CAPTURE_END:
            return true;
        case CAPTURE_BROKEN:
            return false;
        }
    }
}

static bool make_sas(struct esp_run *run, struct err *e)
{
    run->sas = calloc(run->file.n_sas, sizeof(struct sa *));
    run->sad = sad_new();
    for (size_t i = 0; i < run->file.n_sas; i++) {
        if (!sa_new(&run->file.sas[i], &run->sas[i], e))
            return err_at(e, "%s: SA number %zu", run->asked->sa, i + 1);
        sad_add(run->sad, run->sas[i]);
    }
    return true;
}

static void free_sas(struct esp_run *run)
{
    sad_free(run->sad);
    for (size_t i = 0; run->sas && i < run->file.n_sas; i++)
        sa_free(run->sas[i]);
    free(run->sas);
    safile_fini(&run->file);
}

/* Output and report appear under their names only when both are whole. */
static bool write_files(struct esp_run *run, struct capture *in, struct err *e)
{
    const struct asked *a = run->asked;
    struct new_file out, report;
    if (!new_file_begin(&out, a->out, e))
        return false;
    if (a->report && !new_file_begin(&report, a->report, e)) {
        new_file_abandon(&out);
        return false;
    }
    struct pcap_writer *writer = pcap_writer_new(out.temporary, e);
    run->report = a->report ? fopen(report.temporary, "w") : NULL;
    bool ok =
        writer && (!a->report || run->report || err_set(e, "%s: cannot be written: %s", a->report, strerror(errno)));
    ok = ok && process_all(run, in, writer, e);
    if (writer && !pcap_writer_close(writer, ok ? e : NULL))
        ok = false;
    if (run->report && (ferror(run->report) | fclose(run->report)) && ok)
        ok = err_set(e, "%s: not everything could be written: %s", a->report, strerror(errno));
    ok = ok && new_file_finish(&out, e) && (!a->report || new_file_finish(&report, e));
    if (!ok) {
        new_file_abandon(&out);
        if (a->report)
            new_file_abandon(&report);
    }
    return ok;
}

static int run_esp(const struct asked *asked)
{
    struct esp_run run = {.asked = asked, .room_len = ROOM_LEN};
    struct err e;
    struct err_list bad = {0};
    char *text;
    size_t len;
    if (!file_read_all(asked->sa, &text, &len, &e)) {
        fprintf(stderr, "espsim: %s\n", e.text);
        return CMD_COULD_NOT;
    }
    bool ok = safile_read(&run.file, asked->sa, text, len, &bad);
    free(text);
    for (size_t i = 0; i < bad.n_errs; i++)
        fprintf(stderr, "%s\n", bad.errs[i].text);
    err_list_fini(&bad);
    if (!ok)
        return CMD_ASKED_WRONGLY;
    struct capture *in = NULL;
    run.room = malloc(run.room_len);
    ok = make_sas(&run, &e) && (in = capture_open(asked->in, &e)) && write_files(&run, in, &e);
    if (!ok)
        fprintf(stderr, "espsim: %s\n", e.text);
    capture_close(in);
    free_sas(&run);
    free(run.room);
    return ok ? CMD_FINE : CMD_COULD_NOT;
}

int cmd_esp(int argc, char **argv)
{
    static const struct argp argp = {options, take_option, "encap|decap", "Pass the packets of a capture through ESP.",
                                     NULL,    NULL,        NULL};
    struct asked asked = {.op = argc > 1 ? argv[1] : "", .lookup = lookup_get("rfc4301")};
    if (strcmp(asked.op, "encap") && strcmp(asked.op, "decap")) {
        if (argc > 1 && argv[1][0] == '-') {
            argp_parse(&argp, argc, argv, 0, NULL, &asked);
            return CMD_FINE;
        }
        fprintf(stderr, "espsim esp: `%s`: expected encap or decap; see espsim esp --help\n", asked.op);
        return CMD_ASKED_WRONGLY;
    }
    argv[1] = argv[0];
    argp_parse(&argp, argc - 1, argv + 1, 0, NULL, &asked);
    return run_esp(&asked);
}
