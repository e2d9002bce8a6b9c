/* The anti-replay window: scenarios of RFC 4303 appendix A2, and a naive model that remembers every number. */
#include "models/base/rng.h"
#include "models/ipsec/replay.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- scenarios ---- */

static uint64_t hex_of(const json_t *object, const char *key)
{
    return strtoull(json_string_value(json_object_get(object, key)), NULL, 16);
}

static const char *outcome(struct replay *r, uint64_t sent, uint64_t *inferred)
{
    if (!replay_infer(r, (uint32_t)sent, inferred) || !replay_check(r, *inferred))
        return "replay";
    if (*inferred != sent)
        return "icv"; /* the ICV covers the high half, so it can't be right */
    replay_mark(r, *inferred);
    return "accept";
}

static void check_scenario(const json_t *s)
{
    const char *name = json_string_value(json_object_get(s, "name"));
    struct replay r;
    replay_init(&r, (uint32_t)json_integer_value(json_object_get(s, "W")), true, hex_of(s, "T_start") + 1);
    size_t i;
    const json_t *step;
    json_array_foreach(json_object_get(s, "steps"), i, step)
    {
        uint64_t sent = hex_of(step, "seq64"), inferred = 0;
        assert_int_equal((uint32_t)sent, hex_of(step, "seql"));
        const char *expected = json_string_value(json_object_get(step, "expect"));
        const char *got = outcome(&r, sent, &inferred);
        if (strcmp(got, expected))
            fail_msg("%s, step %zu: %s, expected %s", name, i, got, expected);
        if (json_is_string(json_object_get(step, "seqh")) && strcmp(got, "replay"))
            assert_int_equal(inferred >> 32, hex_of(step, "seqh"));
    }
}

static void scenarios_of_appendix_a(void **state)
{
    (void)state;
    json_error_t error;
    json_t *root = json_load_file(TEST_DATA "/vectors/esn_rfc4303_appA_derived.json", 0, &error);
    if (!root)
        fail_msg("line %d: %s", error.line, error.text);
    const json_t *scenarios = json_object_get(root, "scenarios"), *s;
    assert_int_equal(json_array_size(scenarios), 52);
    size_t i;
    json_array_foreach(scenarios, i, s) check_scenario(s);
    json_decref(root);
}

/* ---- against a model ---- */

enum { MODEL_SPAN = 1 << 16 };

/* Remembers every number from `base` on. */
struct model {
    uint64_t base, top;
    uint32_t window;
    bool seen[MODEL_SPAN];
};

static bool model_accepts(const struct model *m, uint64_t seq)
{
    if (m->window == 0)
        return true;
    if (seq == 0 || (seq <= m->top && m->top - seq >= m->window))
        return false;
    return seq > m->top || !m->seen[seq - m->base];
}

static void model_mark(struct model *m, uint64_t seq)
{
    m->seen[seq - m->base] = true;
    if (seq > m->top)
        m->top = seq;
}

/* A number as a network may bring it: mostly new ones, some late, some twice, some far ahead. */
static uint64_t draw_seq(struct rng *rng, const struct model *m)
{
    uint64_t top = m->top;
    switch (rng_below(rng, 8)) {
    case 0:
        return top + 1 + rng_below(rng, 2 * m->window + 65);
    case 1:
    case 2:
        return top + 1;
    case 3:
        return top + 1 + rng_below(rng, 64);
    default: {
        uint64_t back = rng_below(rng, m->window + 70);
        return top - m->base > back ? top - back : m->base + 1;
    }
    }
}

static void agrees_with_model(uint32_t window, bool esn, uint64_t first, uint64_t seed)
{
    struct rng rng;
    struct replay r;
    struct model *m = calloc(1, sizeof *m);
    assert_non_null(m);
    rng_init(&rng, seed, "replay");
    *m = (struct model){.base = first - 1, .top = first - 1, .window = window};
    replay_init(&r, window, esn, first);
    for (int i = 0; i < 20000 && m->top < m->base + MODEL_SPAN - 3 * (uint64_t)window - 200; i++) {
        uint64_t seq = draw_seq(&rng, m), inferred;
        assert_true(replay_infer(&r, (uint32_t)seq, &inferred));
        bool inside = seq > m->top || window == 0 || m->top - seq < window;
        if (inside)
            assert_int_equal(inferred, seq);
        bool right = inferred == seq;
        if (right && replay_check(&r, seq) != model_accepts(m, seq))
            fail_msg("window %u, first %llx, number %llx, top %llx: the model says %d", window,
                     (unsigned long long)first, (unsigned long long)seq, (unsigned long long)m->top,
                     model_accepts(m, seq));
        /* One in eight is forged: checked, but never marked. */
        if (right && model_accepts(m, seq) && rng_below(&rng, 8)) {
            replay_mark(&r, seq);
            model_mark(m, seq);
        }
    }
    assert_true(m->top > m->base + 5000);
    free(m);
}

static void windows_agree_with_a_model(void **state)
{
    (void)state;
    static const uint32_t windows[] = {1,   31,  32,  33,   63,   64,   65,   127,  128,  129,
                                       255, 256, 512, 1000, 1024, 2048, 3000, 4032, 4095, 4096};
    static const uint64_t firsts[] = {1, 1000, UINT64_C(0xfffff000), UINT64_C(0x7ffff0000), UINT64_C(0xffffffff0000)};
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++)
        for (size_t k = 0; k < sizeof firsts / sizeof *firsts; k++) {
            agrees_with_model(windows[i], true, firsts[k], 100 * i + k);
            if (firsts[k] < UINT64_C(0xff000000))
                agrees_with_model(windows[i], false, firsts[k], 100 * i + k);
        }
}

/* ---- rows ---- */

/* As measured on Linux 6.1 (docs: the lab): window 32 accepts after 31 newer ones and not after 32. */
static void edge_of_the_window(void **state)
{
    (void)state;
    for (uint32_t window = 1; window <= REPLAY_WINDOW_MAX; window++) {
        struct replay r;
        replay_init(&r, window, false, 1);
        replay_mark(&r, 10000);
        assert_true(replay_check(&r, 10001));
        assert_false(replay_check(&r, 10000));
        if (window > 1)
            assert_true(replay_check(&r, 10000 - window + 1));
        assert_false(replay_check(&r, 10000 - window));
    }
}

static void number_zero_is_never_good(void **state)
{
    (void)state;
    struct replay r;
    replay_init(&r, 64, false, 1);
    assert_false(replay_check(&r, 0));
    replay_init(&r, 64, true, 1);
    assert_false(replay_check(&r, 0));
}

static void window_off_takes_everything(void **state)
{
    (void)state;
    struct replay r;
    uint64_t seq;
    replay_init(&r, 0, false, 1);
    for (int i = 0; i < 3; i++) {
        assert_true(replay_check(&r, 7));
        replay_mark(&r, 7);
    }
    /* With ESN the number nearest to the highest is meant, on either side of a wrap. */
    replay_init(&r, 0, true, UINT64_C(0x500000010));
    assert_true(replay_infer(&r, 0xfffffff0, &seq));
    assert_true(seq == UINT64_C(0x4fffffff0));
    assert_true(replay_infer(&r, 0x8, &seq));
    assert_true(seq == UINT64_C(0x500000008));
    replay_init(&r, 0, true, UINT64_C(0x4fffffff0));
    assert_true(replay_infer(&r, 0x8, &seq));
    assert_true(seq == UINT64_C(0x500000008));
}

static void checking_moves_nothing(void **state)
{
    (void)state;
    struct replay r, before;
    replay_init(&r, 128, true, 5);
    replay_mark(&r, 5);
    before = r;
    uint64_t seq;
    for (uint32_t low = 0; low < 5000; low += 7)
        if (replay_infer(&r, low, &seq))
            replay_check(&r, seq);
    assert_memory_equal(&r, &before, sizeof r);
}

static void a_subspace_has_an_end(void **state)
{
    (void)state;
    struct replay r;
    uint64_t seq;
    replay_init(&r, 64, true, 1);
    assert_false(replay_infer(&r, 0xffffffff, &seq)); /* it would be number -1 */
    replay_init(&r, 64, true, UINT64_MAX);
    assert_true(replay_infer(&r, 0xffffffff, &seq));
    assert_true(seq == UINT64_MAX);
    assert_false(replay_infer(&r, 5, &seq)); /* behind the last number of all */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scenarios_of_appendix_a),     cmocka_unit_test(windows_agree_with_a_model),
        cmocka_unit_test(edge_of_the_window),          cmocka_unit_test(number_zero_is_never_good),
        cmocka_unit_test(window_off_takes_everything), cmocka_unit_test(checking_moves_nothing),
        cmocka_unit_test(a_subspace_has_an_end),
    };
    return cmocka_run_group_tests_name("replay", tests, NULL, NULL);
}
