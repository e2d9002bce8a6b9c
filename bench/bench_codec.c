/* bench_codec: packets per second sealed and opened by espsim, beside a bare loop over EVP, for every suite.
 *
 * The sides take turns in batches of some ten microseconds to a millisecond, so that what else the machine does meets
 * both; the figure of a side is its median batch. Both make the same octets, or nothing is measured. */
#include "bench/codec.h"

#include "models/base/buf.h"
#include "models/base/cursor.h"
#include "models/base/rng.h"
#include "models/wire/ipv4.h"
#include "models/wire/protocol.h"

#include <argp.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RING = 32, PAYLOAD_CAP = 1400, STORE_LEN = BUF_HEADROOM + PAYLOAD_CAP + BUF_TAILROOM };
enum { HEAD_LEN = 8, TRAILER_LEN = 2, NEXT_HEADER_IPV4 = 4 };
enum { BATCHES_MIN = 31, BATCHES_MAX = 20000 };
enum { ESPSIM, BARE, N_SIDES };
enum { SEAL, OPEN, N_OPS };

static const struct codec_side *const layers[] = {&codec_packet, &codec_crypt}; /* the first is the default */
enum { N_LAYERS = sizeof layers / sizeof *layers };
static const struct codec_side *sides[N_SIDES] = {&codec_packet, &codec_bare};
static const char *const op_names[N_OPS] = {"seal", "open"};
static const size_t sizes[] = {64, 576, 1400};
enum { N_SIZES = sizeof sizes / sizeof *sizes };

/* What the project promises (see the README): espsim over bare EVP, at least. */
static const struct {
    const char *suite;
    size_t size;
    double ratio;
} bars[] = {
    {"aes-gcm-16-128", 64, 0.60},
    {"aes-gcm-16-128", 1400, 0.80},
};

struct settings {
    const char *suite; /* NULL: all */
    bool json;
    double ms; /* for each suite, size and operation */
};

/* ---- Packets. */

struct ring {
    uint8_t store[RING][STORE_LEN];
    struct codec_packet packets[RING];
};

static void write_trailer(struct codec_packet *p)
{
    uint8_t pad_len = (uint8_t)(p->text_len - p->payload_len - TRAILER_LEN);
    for (uint8_t i = 0; i < pad_len; i++)
        p->payload[p->payload_len + i] = (uint8_t)(i + 1);
    p->payload[p->text_len - 2] = pad_len;
    p->payload[p->text_len - 1] = NEXT_HEADER_IPV4;
}

/* salt | IV | block counter for AES-CTR, salt | IV for combined modes, the IV alone for CBC. */
static void write_nonce(struct codec_packet *p, const struct suite *s, const struct codec_keys *keys)
{
    struct wr w = wr_over(p->nonce, sizeof p->nonce);
    wr_bytes(&w, keys->salt, s->encr->salt_len);
    if (s->encr->iv_rule == IV_IMPLICIT) {
        wr_u32(&w, 0);
        wr_bytes(&w, p->esp + 4, 4);
    } else {
        wr_bytes(&w, p->esp + HEAD_LEN, s->encr->iv_len);
    }
    if (s->encr->salt_len && !s->encr->icv_len)
        wr_u32(&w, 1);
}

static void write_inner_ipv4(struct codec_packet *p)
{
    struct wr w = wr_over(p->payload, IPV4_HEAD_LEN);
    struct ipv4 head = {
        .total_len = (uint16_t)p->payload_len,
        .ttl = 64,
        .protocol = PROTO_UDP,
    };
    addr_take(&head.src, 4, (const uint8_t[]){10, 1, 0, 10});
    addr_take(&head.dst, 4, (const uint8_t[]){10, 2, 0, 10});
    ipv4_write(&head, &w);
}

static void ring_fill(struct ring *r, const struct suite *s, size_t payload_len)
{
    struct rng rng;
    size_t align = suite_align(s);
    rng_init(&rng, 1, "packets");
    rng_fill(&rng, r->store, sizeof r->store);
    for (size_t i = 0; i < RING; i++) {
        struct codec_packet *p = &r->packets[i];
        p->store = r->store[i];
        p->store_len = STORE_LEN;
        p->payload = p->store + BUF_HEADROOM;
        p->payload_len = payload_len;
        p->text_len = (payload_len + TRAILER_LEN + align - 1) / align * align;
        p->esp = p->payload - suite_iv_len(s) - HEAD_LEN;
        write_inner_ipv4(p);
        write_trailer(p);
    }
}

/* ---- One suite at one size. */

struct contest {
    void *state[N_SIDES];
    struct ring work;
    uint8_t start[N_OPS][RING][STORE_LEN]; /* plain packets for seal, sealed ones for open */
};

static bool run(const struct contest *c, int side, int op)
{
    bool (*call)(void *, const struct codec_packet *) = op == SEAL ? sides[side]->seal : sides[side]->open;
    bool ok = true;
    for (size_t i = 0; i < RING; i++)
        ok &= call(c->state[side], &c->work.packets[i]);
    return ok;
}

/* Nanoseconds for the ring; the packets are laid out anew beforehand, as both operations work in place. */
static double batch(struct contest *c, int side, int op)
{
    struct timespec begin, end;
    memcpy(c->work.store, c->start[op], sizeof c->work.store);
    sides[side]->rewind(c->state[side]);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    bool ok = run(c, side, op);
    clock_gettime(CLOCK_MONOTONIC, &end);
    if (!ok) {
        fprintf(stderr, "bench_codec: %s cannot %s\n", sides[side]->name, op_names[op]);
        exit(3);
    }
    return (double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec);
}

static bool texts_are_back(const struct contest *c, const struct ring *plain)
{
    bool same = true;
    for (size_t i = 0; i < RING; i++) {
        const struct codec_packet *p = &c->work.packets[i];
        same &= !memcmp(p->payload, plain->store[i] + BUF_HEADROOM, p->payload_len);
    }
    return same;
}

/* espsim seals; from the numbers and IVs that it chose, the bare side must make the same octets, and both must open
 * them. These packets are what is timed. XCBC is not in EVP: there the bare side cannot make the ICV. */
static bool sides_agree(struct contest *c, const struct suite *s, const struct codec_keys *keys)
{
    static struct ring plain;
    bool bare_has_icv = strcmp(s->integ->m.name, "aes-xcbc-96") != 0;
    plain = c->work;
    memcpy(c->start[SEAL], c->work.store, sizeof c->start[SEAL]);
    batch(c, ESPSIM, SEAL);
    for (size_t i = 0; i < RING; i++)
        write_nonce(&c->work.packets[i], s, keys);
    memcpy(c->start[OPEN], c->work.store, sizeof c->start[OPEN]);
    batch(c, BARE, OPEN);
    bool same = texts_are_back(c, &plain);
    memcpy(c->start[SEAL], c->work.store, sizeof c->start[SEAL]);
    batch(c, BARE, SEAL);
    same &= !bare_has_icv || !memcmp(c->start[OPEN], c->work.store, sizeof c->start[OPEN]);
    batch(c, ESPSIM, OPEN);
    return same && texts_are_back(c, &plain);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Packets per second of both sides. */
static void measure(struct contest *c, int op, double ms, double pps[N_SIDES])
{
    static double times[N_SIDES][BATCHES_MAX];
    size_t n = 0;
    for (double spent = 0; n < BATCHES_MAX && (n < BATCHES_MIN || spent < ms * 1e6); n++)
        for (int turn = 0; turn < N_SIDES; turn++) {
            int side = (turn + (int)(n % 2)) % N_SIDES;
            times[side][n] = batch(c, side, op);
            spent += times[side][n];
        }
    for (int side = 0; side < N_SIDES; side++) {
        qsort(times[side], n, sizeof times[side][0], by_value);
        pps[side] = RING / times[side][n / 2] * 1e9;
    }
}

struct figures {
    double pps[N_OPS][N_SIDES];
};

static double ratio_of(const struct figures *f, int op)
{
    return f->pps[op][ESPSIM] / f->pps[op][BARE];
}

static double gbps_of(double pps, size_t size)
{
    return pps * (double)size * 8 / 1e9;
}

static bool contest(const struct suite *s, size_t size, double ms, struct figures *f)
{
    static struct contest c;
    char name[SUITE_NAME_CAP];
    struct codec_keys keys;
    struct rng rng;
    rng_init(&rng, 1, "keys");
    rng_fill(&rng, &keys, sizeof keys);
    bool ok = true;
    for (int side = 0; side < N_SIDES; side++) {
        c.state[side] = sides[side]->make(s, &keys);
        ok &= c.state[side] != NULL;
    }
    ring_fill(&c.work, s, size);
    if (!ok) {
        fprintf(stderr, "bench_codec: %s: not on both sides\n", suite_name(s, name));
    } else if (!sides_agree(&c, s, &keys)) {
        fprintf(stderr, "bench_codec: %s: the sides make different octets of %zu\n", suite_name(s, name), size);
        ok = false;
    }
    for (int op = 0; ok && op < N_OPS; op++)
        measure(&c, op, ms, f->pps[op]);
    for (int side = 0; side < N_SIDES; side++)
        if (c.state[side])
            sides[side]->free(c.state[side]);
    return ok;
}

/* ---- Printing. */

static void print_heading(void)
{
    printf("espsim: %s\nbare: %s\n\n", sides[ESPSIM]->what, sides[BARE]->what);
    printf("%-42s %6s | %-39s | %-39s\n", "", "", "seal", "open");
    printf("%-42s %6s |", "suite", "octets");
    for (int op = 0; op < N_OPS; op++)
        printf(" %10s %10s %8s %8s %s", "packets/s", "bare", "Gbit/s", "ratio", op ? "\n" : "|");
}

static void print_row(const char *name, size_t size, const struct figures *f)
{
    printf("%-42s %6zu |", name, size);
    for (int op = 0; op < N_OPS; op++)
        printf(" %10.0f %10.0f %8.3f %8.3f %s", f->pps[op][ESPSIM], f->pps[op][BARE], gbps_of(f->pps[op][ESPSIM], size),
               ratio_of(f, op), op ? "\n" : "|");
    fflush(stdout);
}

/* The object at `key` of `in`, made if need be; borrowed from `in`. */
static json_t *object_in(json_t *in, const char *key)
{
    json_t *found = json_object_get(in, key);
    if (!found) {
        found = json_object();
        json_object_set_new(in, key, found);
    }
    return found;
}

static void note_row(json_t *root, const char *name, size_t size, const struct figures *f)
{
    char octets[24];
    snprintf(octets, sizeof octets, "%zu", size);
    for (int op = 0; op < N_OPS; op++) {
        const double *pps = f->pps[op];
        json_t *row =
            json_pack("{s:f, s:f, s:f, s:f, s:f}", "ratio", ratio_of(f, op), "espsim_pps", pps[ESPSIM], "bare_pps",
                      pps[BARE], "espsim_gbps", gbps_of(pps[ESPSIM], size), "bare_gbps", gbps_of(pps[BARE], size));
        json_object_set_new(object_in(object_in(root, op_names[op]), name), octets, row);
    }
}

/* False where this row misses a bar; says so. */
static bool meets_bars(const char *name, size_t size, const struct figures *f)
{
    bool ok = true;
    for (size_t i = 0; i < sizeof bars / sizeof *bars; i++)
        for (int op = 0; op < N_OPS; op++)
            if (!strcmp(bars[i].suite, name) && bars[i].size == size && ratio_of(f, op) < bars[i].ratio) {
                fprintf(stderr, "bench_codec: %s %s of %zu octets: %.3f of bare EVP, the bar is %.2f\n", name,
                        op_names[op], size, ratio_of(f, op), bars[i].ratio);
                ok = false;
            }
    return ok;
}

/* ---- Command line. */

static const struct argp_option options[] = {
    {"json", 'j', NULL, 0, "Print one JSON object instead of a table", 0},
    {"layer", 'l', "NAME", 0, "What of espsim is measured: packet (default, whole ESP packets) or crypt", 0},
    {"suite", 's', "NAME", 0, "This suite only, for example aes-gcm-16-128", 0},
    {"ms", 'm', "N", 0, "Time for each suite, size and operation (default 40)", 0},
    {0},
};

static error_t choose_layer(const char *name, struct argp_state *state)
{
    for (size_t i = 0; i < N_LAYERS; i++)
        if (!strcmp(layers[i]->name, name)) {
            sides[ESPSIM] = layers[i];
            return 0;
        }
    argp_error(state, "--layer %s: expected packet or crypt", name);
    return EINVAL;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct settings *set = state->input;
    struct suite s;
    struct err e;
    char *end;
    switch (key) {
    case 'j':
        set->json = true;
        return 0;
    case 'l':
        return choose_layer(arg, state);
    case 's':
        if (!suite_parse(arg, &s, &e))
            argp_error(state, "%s", e.text);
        set->suite = arg;
        return 0;
    case 'm':
        set->ms = strtod(arg, &end);
        if (*end || !(set->ms > 0 && set->ms <= 60000))
            argp_error(state, "--ms %s: expected milliseconds from 0 to 60000", arg);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int main(int argc, char **argv)
{
    static const struct argp argp = {options,
                                     parse,
                                     NULL,
                                     "Packets per second sealed and opened, beside a bare loop over OpenSSL's EVP.\v"
                                     "Exit status: 0 fine, 1 under a bar (aes-gcm-16-128: 0.60 at 64 octets, 0.80 at "
                                     "1400), 2 asked wrongly, 3 a suite could not be measured.",
                                     NULL,
                                     NULL,
                                     NULL};
    struct settings set = {NULL, false, 40};
    argp_err_exit_status = 2;
    argp_parse(&argp, argc, argv, 0, NULL, &set);

    json_t *root = json_object();
    bool measured = true, met = true;
    size_t at = 0;
    if (!set.json)
        print_heading();
    for (struct suite s; suite_next(&at, &s);) {
        char name[SUITE_NAME_CAP];
        suite_name(&s, name);
        bool bare_does_something = s.key_len || suite_icv_len(&s);
        if (!bare_does_something || (set.suite && strcmp(set.suite, name) != 0))
            continue;
        for (size_t i = 0; i < N_SIZES; i++) {
            struct figures f;
            if (!contest(&s, sizes[i], set.ms, &f)) {
                measured = false;
                continue;
            }
            met &= meets_bars(name, sizes[i], &f);
            if (set.json)
                note_row(root, name, sizes[i], &f);
            else
                print_row(name, sizes[i], &f);
        }
    }
    if (set.json) {
        json_dumpf(root, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
        putchar('\n');
    }
    json_decref(root);
    return !measured ? 3 : met ? 0 : 1;
}
