/* Captures as strangers make them: cut, damaged, with times beyond numbers, and no files at all. */
#include "models/base/cursor.h"
#include "models/capture/capture.h"
#include "tests/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

enum { PACKET_LEN = 20, RECORD_LEN = 16 + PACKET_LEN, HEAD_LEN = 24, NG_BLOCK_LEN = 32 + PACKET_LEN };

static const uint8_t packet[PACKET_LEN] = {0x45, 0, 0, 20, 0, 0, 0, 0, 64, 17, 0, 0, 10, 1, 0, 1, 10, 2, 0, 1};

/* A capture in memory, and what reading it is expected to say. */
struct made {
    uint8_t octets[1024];
    size_t len;
};

static struct wr rest_of(struct made *m)
{
    return wr_over(m->octets + m->len, sizeof m->octets - m->len);
}

static void wr_le32(struct wr *w, uint32_t v)
{
    wr_u32(w, __builtin_bswap32(v));
}

static void wr_le16(struct wr *w, uint16_t v)
{
    wr_u16(w, (uint16_t)(v << 8 | v >> 8));
}

static void end(struct made *m, const struct wr *w)
{
    assert_true(w->ok);
    m->len = (size_t)(w->at - m->octets);
}

/* Raw IP, times in nanoseconds. */
static void begin_pcap(struct made *m)
{
    m->len = 0;
    struct wr w = rest_of(m);
    wr_le32(&w, 0xa1b23c4d);
    wr_le16(&w, 2);
    wr_le16(&w, 4);
    wr_le32(&w, 0);
    wr_le32(&w, 0);
    wr_le32(&w, 65535);
    wr_le32(&w, 101);
    end(m, &w);
}

static void add_pcap(struct made *m, uint32_t s, uint32_t ns, uint32_t len)
{
    struct wr w = rest_of(m);
    wr_le32(&w, s);
    wr_le32(&w, ns);
    wr_le32(&w, len);
    wr_le32(&w, PACKET_LEN);
    wr_bytes(&w, packet, PACKET_LEN);
    end(m, &w);
}

/* One interface whose times count 10^-resolution seconds. */
static void begin_pcapng(struct made *m, uint8_t resolution)
{
    m->len = 0;
    struct wr w = rest_of(m);
    wr_le32(&w, 0x0a0d0d0a);
    wr_le32(&w, 28);
    wr_le32(&w, 0x1a2b3c4d);
    wr_le32(&w, 1);
    wr_le32(&w, UINT32_MAX);
    wr_le32(&w, UINT32_MAX);
    wr_le32(&w, 28);
    wr_le32(&w, 1);
    wr_le32(&w, 32);
    wr_le32(&w, 101);
    wr_le32(&w, 0);
    wr_le32(&w, 1 << 16 | 9);
    wr_le32(&w, resolution);
    wr_le32(&w, 0);
    wr_le32(&w, 32);
    end(m, &w);
}

static void add_pcapng(struct made *m, uint64_t time, uint32_t block_len)
{
    struct wr w = rest_of(m);
    wr_le32(&w, 6);
    wr_le32(&w, block_len);
    wr_le32(&w, 0);
    wr_le32(&w, (uint32_t)(time >> 32));
    wr_le32(&w, (uint32_t)time);
    wr_le32(&w, PACKET_LEN);
    wr_le32(&w, PACKET_LEN);
    wr_bytes(&w, packet, PACKET_LEN);
    wr_le32(&w, block_len);
    end(m, &w);
}

/* What reading comes to. */
struct came {
    bool opened, broken, cut;
    size_t n;
    sim_time last;
    struct err e;
};

static struct came read_made(const struct made *m)
{
    char path[SCRATCH_CAP];
    FILE *to = scratch_file(path);
    assert_non_null(to);
    fwrite(m->octets, 1, m->len, to);
    fclose(to);
    struct came came = {0};
    struct capture *c = capture_open(path, &came.e);
    struct capture_packet p;
    enum capture_got got = CAPTURE_BROKEN;
    came.opened = c != NULL;
    while (c && (got = capture_next(c, &p, &came.e)) == CAPTURE_PACKET) {
        came.n++;
        came.last = p.time;
        assert_memory_equal(p.data, packet, PACKET_LEN);
    }
    came.broken = got == CAPTURE_BROKEN;
    came.cut = c && !came.broken && capture_is_cut(c, &came.e);
    capture_close(c);
    remove(path);
    return came;
}

/* Wherever a file ends behind its heads: all whole packets, and a word where a record was cut. */
static void a_cut_file_is_read_up_to_there(void **state)
{
    (void)state;
    struct made pcap, pcapng;
    begin_pcap(&pcap);
    begin_pcapng(&pcapng, 9);
    const struct {
        struct made *m;
        size_t head_len, record_len;
    } rows[] = {{&pcap, HEAD_LEN, RECORD_LEN}, {&pcapng, 28 + 32, NG_BLOCK_LEN}};
    for (uint32_t i = 1; i <= 3; i++) {
        add_pcap(&pcap, i, 5, PACKET_LEN);
        add_pcapng(&pcapng, i, NG_BLOCK_LEN);
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t whole = rows[i].m->len; rows[i].m->len >= 4; rows[i].m->len--) {
            size_t len = rows[i].m->len, behind = len < rows[i].head_len ? 0 : len - rows[i].head_len;
            struct came came = read_made(rows[i].m);
            if (len < rows[i].head_len ? came.n || came.cut : came.broken)
                fail_msg("format %zu, %zu of %zu octets: %s", i, len, whole, came.e.text);
            assert_int_equal(came.n, behind / rows[i].record_len);
            assert_int_equal(came.cut, behind % rows[i].record_len != 0);
            if (came.cut)
                assert_non_null(strstr(came.e.text, "ends within the record behind packet "));
        }
}

static void damage_in_the_middle_is_an_error(void **state)
{
    (void)state;
    struct made m;
    begin_pcap(&m);
    add_pcap(&m, 1, 0, PACKET_LEN);
    add_pcap(&m, 2, 0, 0x7fffffff);
    add_pcap(&m, 3, 0, PACKET_LEN);
    struct came came = read_made(&m);
    assert_true(came.broken && came.n == 1 && strstr(came.e.text, "is damaged after packet 1: "));
    begin_pcapng(&m, 9);
    add_pcapng(&m, 1, NG_BLOCK_LEN);
    add_pcapng(&m, 2, 0x7fffff00);
    add_pcapng(&m, 3, NG_BLOCK_LEN);
    came = read_made(&m);
    assert_true(came.broken && came.n == 1 && strstr(came.e.text, "is damaged after packet 1: "));
}

static void times_are_within_numbers_or_refused(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        uint8_t resolution; /* 0: pcap */
        uint64_t time;      /* pcap: seconds */
        uint32_t ns;
        sim_time is; /* -1: refused */
    } rows[] = {
        {"the last second of a pcap file", 0, UINT32_MAX, 999999999, UINT32_MAX * NS_PER_S + 999999999},
        {"a fraction that is none", 0, 1, UINT32_MAX, -1},
        {"pcapng in nanoseconds", 9, 1700000000123456789, 0, 1700000000123456789},
        {"2^63 nanoseconds", 9, UINT64_C(1) << 63, 0, -1},
        {"2^64 - 1 nanoseconds", 9, UINT64_MAX, 0, -1},
        {"2^62 microseconds", 6, UINT64_C(1) << 62, 0, -1},
        {"whole seconds", 2, 12345, 0, 123 * NS_PER_S + 450 * NS_PER_MS},
        {"2^64 - 1 of a tenth of a second", 1, UINT64_MAX, 0, -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct made m;
        if (rows[i].resolution) {
            begin_pcapng(&m, rows[i].resolution);
            add_pcapng(&m, rows[i].time, NG_BLOCK_LEN);
        } else {
            begin_pcap(&m);
            add_pcap(&m, (uint32_t)rows[i].time, rows[i].ns, PACKET_LEN);
        }
        struct came came = read_made(&m);
        if (rows[i].is < 0 ? !came.broken || !strstr(came.e.text, ": packet 1: its time is none from 1970 to 2262")
                           : came.broken || came.last != rows[i].is)
            fail_msg("%s: %lld, %s", rows[i].what, (long long)came.last, came.e.text);
    }
}

static void what_a_file_names_is_a_plain_file(void **state)
{
    (void)state;
    char folder[SCRATCH_CAP], fifo[SCRATCH_CAP + 8];
    struct err e;
    assert_true(scratch_folder(folder));
    snprintf(fifo, sizeof fifo, "%s/fifo", folder);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    const char *const paths[] = {fifo, folder, "/dev/zero", "/dev/null", "-"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct capture *c = capture_open_found(paths[i], &e);
        if (c)
            fail_msg("%s was opened", paths[i]);
    }
    scratch_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_file_is_read_up_to_there),
        cmocka_unit_test(damage_in_the_middle_is_an_error),
        cmocka_unit_test(times_are_within_numbers_or_refused),
        cmocka_unit_test(what_a_file_names_is_a_plain_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
