/* Any run of packets goes through reassembly: what comes out is a whole IP packet, no fragment is counted twice or
 * lost, and cut anew it joins again. Input: packets, each behind its length in two octets. */
#include "models/wire/fragment.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

enum { WHOLE_MAX = 65575, MTU = 576 };

static uint8_t room[BUF_HEADROOM + WHOLE_MAX], copy[WHOLE_MAX];

static void require(bool law)
{
    if (!law)
        abort();
}

static void cut_and_join(const struct buf *whole, const struct ip_view *v)
{
    struct reassembly *r = reassembly_new();
    struct cutter c;
    static uint8_t again[BUF_HEADROOM + WHOLE_MAX];
    struct buf piece = buf_over(again, sizeof again, BUF_HEADROOM, MTU);
    enum reassembled what = REASSEMBLY_WAITS;
    uint64_t gone = 0;
    memcpy(copy, whole->data, whole->len);
    cutter_init(&c, copy, v, MTU, 7);
    while ((piece.len = cutter_next(&c, piece.data, MTU)) > 0) {
        struct ip_view part;
        require(what == REASSEMBLY_WAITS && ip_parse(piece.data, piece.len, &part) && part.fragment);
        what = reassembly_take(r, 0, &piece, &part, &gone);
        if (what != REASSEMBLY_WHOLE)
            piece = buf_over(again, sizeof again, BUF_HEADROOM, MTU);
    }
    require(gone == 0);
    reassembly_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct reassembly *r = reassembly_new();
    uint64_t taken = 0, gone = 0, joined = 0;
    sim_time now = 0;
    for (size_t at = 0; at + 2 <= len;) {
        size_t n = (size_t)data[at] << 8 | data[at + 1];
        at += 2;
        n = n < len - at ? n : len - at;
        struct buf b = buf_over(room, sizeof room, BUF_HEADROOM, n);
        struct ip_view v;
        memcpy(b.data, data + at, n);
        at += n;
        now += NS_PER_S;
        if (!ip_parse(b.data, b.len, &v) || !v.fragment)
            continue;
        uint64_t waited = reassembly_waiting(r), gone_before = gone;
        taken++;
        enum reassembled what = reassembly_take(r, now, &b, &v, &gone);
        uint64_t left = reassembly_waiting(r);
        if (what == REASSEMBLY_WHOLE) {
            joined += waited + 1 - left - (gone - gone_before);
            if (ip_parse(b.data, b.len, &v) && !v.fragment && v.upper_ok && v.total_len > MTU && v.head_len < 100)
                cut_and_join(&b, &v);
        }
        require(taken == gone + joined + left);
    }
    reassembly_free(r);
    return 0;
}
