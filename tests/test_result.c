/* The result format: what is written is read back, and what is foreign or broken is refused with its place. */
#include "models/base/rng.h"
#include "models/ipsec/gateway.h"
#include "models/measure/result.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char hash[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/* Fills every number of a struct by its table, each differently. */
static void fill(const struct metric_table *t, void *to, struct rng *rng)
{
    for (size_t i = 0; i < t->n_rows; i++) {
        void *at = (char *)to + t->rows[i].offset;
        switch (t->rows[i].type) {
        case METRIC_COUNT:
            *(uint64_t *)at = rng_below(rng, 1000000);
            break;
        case METRIC_REAL:
            *(double *)at = rng_unit(rng) * 1e6;
            break;
        case METRIC_LEVEL:
            *(double *)at = -rng_unit(rng);
            break;
        case METRIC_FLAG:
            *(bool *)at = true;
            break;
        }
    }
}

static void balance_link(struct link_result *link)
{
    link->wire_octets = ledger_sum(&link->ledger);
    link->ip_octets = link->wire_octets - link->ledger.framing - link->ledger.link_padding;
}

static void add_link(struct link_result *sum, const struct link_result *part)
{
    for (size_t i = 0; i < metric_link.n_rows; i++)
        *(uint64_t *)(void *)((char *)sum + metric_link.rows[i].offset) +=
            (uint64_t)metric_value(&metric_link.rows[i], part);
    for (size_t i = 0; i < metric_ledger.n_rows; i++)
        *(uint64_t *)(void *)((char *)&sum->ledger + metric_ledger.rows[i].offset) +=
            (uint64_t)metric_value(&metric_ledger.rows[i], &part->ledger);
}

static void make_run(struct run_result *run, const char *mode, struct rng *rng)
{
    snprintf(run->mode, sizeof run->mode, "%s", mode);
    snprintf(run->algorithm, sizeof run->algorithm, "aes-gcm-16-128");
    snprintf(run->framing, sizeof run->framing, "ppp");
    fill(&metric_run, run, rng);
    static const unsigned groups[] = {GROUP_ALWAYS, GROUP_TCP, GROUP_VOIP, GROUP_TCP | GROUP_HOST_ESP,
                                      GROUP_TCP | GROUP_WEB};
    for (unsigned i = 0; i < sizeof groups / sizeof *groups; i++) {
        char name[16];
        snprintf(name, sizeof name, "flow%u", i);
        struct flow_result *f = run_result_add_flow(run, name, "kind");
        f->groups = groups[i];
        snprintf(f->from, sizeof f->from, "10.1.0.%u", i + 1);
        snprintf(f->to, sizeof f->to, "fd00::%u", i + 1);
        fill(&metric_flow, f, rng);
        f->delay_min_s = 0.25;
        if (i == 0)
            f->delay_min_s = METRIC_NONE;
    }
    for (int i = 0; i < 2; i++) {
        struct link_result *d = run_result_add_direction(run, i ? "gw2>gw1" : "gw1>gw2");
        fill(&metric_link, d, rng);
        fill(&metric_ledger, &d->ledger, rng);
        fill(&metric_direction, d, rng);
        d->groups = i ? GROUP_ALWAYS : GROUP_FADE;
        balance_link(d);
        add_link(&run->link, d);
    }
    places_add(&run->drops, "gw1", "no-policy", 3);
    places_add(&run->drops, "gw1", "no-policy", 4);
    places_add_place(&run->drops, "gw2");
    places_add(&run->counters, "gw2", "opened", 99);
    run->balance = (struct balance){107, 100, 7};
    struct sa_result *sa = run_result_add_sa(run);
    fill(&metric_sa, sa, rng);
    snprintf(sa->gateway, sizeof sa->gateway, "gw1");
    snprintf(sa->direction, sizeof sa->direction, "out");
    snprintf(sa->mode, sizeof sa->mode, "wildcard");
    snprintf(sa->algorithm, sizeof sa->algorithm, "aes-gcm-16-128");
    snprintf(sa->source, sizeof sa->source, "any");
    snprintf(sa->destination, sizeof sa->destination, "192.0.2.2");
    struct episode *episode = run_result_add_episode(run);
    fill(&metric_episode, episode, rng);
    episode->to_s = episode->from_s + 1;
    snprintf(episode->kind, sizeof episode->kind, "collision");
    snprintf(episode->flow, sizeof episode->flow, "flow3");
    snprintf(episode->place, sizeof episode->place, "gw2");
    snprintf(episode->ended_by, sizeof episode->ended_by, "run-end");
    run_result_verdict(run, VERDICT_RFC4301, ANSWER_NO, "4.1: between gateways it \"MUST be tunnel mode\"");
    run_result_verdict(run, VERDICT_LINUX, ANSWER_PARTLY,
                       "Gl\xc3\xbc"
                       "ck");
    run_result_verdict(run, VERDICT_WORKS, ANSWER_YES, "all arrived");
    run_result_add_fingerprint(run, "sat.pcap", hash);
    run_result_add_unexplained(run, "%d packets vanished", 2);
}

static void make(struct result *r)
{
    struct rng rng;
    rng_init(&rng, 11, "result");
    snprintf(r->scenario, sizeof r->scenario, "sat-link");
    snprintf(r->question, sizeof r->question, "Which mode for 40 VoIP calls?");
    r->seed = RESULT_COUNT_MAX;
    result_add_setting(r, "link.delay", "270 ms");
    result_add_setting(r, "run.seed", "9223372036854775807");
    snprintf(r->settings_hash, sizeof r->settings_hash, "%s", hash);
    static const char *const modes[] = {"plain", "tunnel", "wildcard"};
    for (size_t i = 0; i < 3; i++) {
        struct run_result run = {0};
        make_run(&run, modes[i], &rng);
        result_take_run(r, &run);
    }
}

static char *made_text(void)
{
    struct result r = {0};
    make(&r);
    char *text = result_text(&r);
    result_fini(&r);
    return text;
}

static void reading_and_writing_change_nothing(void **state)
{
    (void)state;
    char *text = made_text();
    struct result r = {0};
    struct err e = {""};
    if (!result_read(&r, "result.json", text, strlen(text), &e))
        fail_msg("%s", e.text);
    char *again = result_text(&r);
    assert_string_equal(text, again);
    assert_true(r.seed == RESULT_COUNT_MAX);
    assert_int_equal(places_total(&r.runs[1].drops), 7);
    assert_true(isnan(r.runs[0].flows[0].delay_min_s) && r.runs[0].flows[1].delay_min_s == 0.25);
    assert_int_equal(r.runs[2].flows[3].groups, GROUP_TCP | GROUP_HOST_ESP);
    assert_int_equal(r.runs[0].directions[0].groups, GROUP_FADE);
    assert_int_equal(r.runs[0].directions[1].groups, GROUP_ALWAYS);
    assert_int_equal(r.runs[0].verdict[VERDICT_LINUX].value, ANSWER_PARTLY);
    assert_non_null(result_run(&r, "wildcard"));
    assert_null(result_run(&r, "beet"));
    result_fini(&r);
    free(again);
    free(text);
}

static void a_run_alone_is_read_back(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 2, "run");
    struct run_result run = {0}, back = {0};
    make_run(&run, "beet", &rng);
    char *text = run_result_text(&run);
    struct err e = {""};
    if (!run_result_read(&back, "run", text, strlen(text), &e))
        fail_msg("%s", e.text);
    char *again = run_result_text(&back);
    assert_string_equal(text, again);
    run_result_fini(&run);
    run_result_fini(&back);
    free(text);
    free(again);
}

static void the_text_has_the_promised_shape(void **state)
{
    (void)state;
    char *text = made_text();
    static const char *const keys[] = {"\"schema\": 1,",  "\"scenario\": \"sat-link\"",
                                       "\"runs\": [",     "\"flows\": [",
                                       "\"goodput_bps\"", "\"ledger\": {",
                                       "\"gw1\": {",      "\"gw2\": {",
                                       "\"sas\": ",       "\"verdict\": {"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (!strstr(text, keys[i]))
            fail_msg("no %s in %s", keys[i], text);
    assert_true(text[strlen(text) - 1] == '\n');
    free(text);
}

static void octets_that_are_no_utf8_do_not_break_the_file(void **state)
{
    (void)state;
    struct result r = {0}, back = {0};
    make(&r);
    run_result_verdict(&r.runs[0], VERDICT_WORKS, ANSWER_NO, "broken \xff\xc3 text");
    char *text = result_text(&r);
    struct err e = {""};
    if (!result_read(&back, "result.json", text, strlen(text), &e))
        fail_msg("%s", e.text);
    assert_string_equal(back.runs[0].verdict[VERDICT_WORKS].why, "broken ?? text");
    free(text);
    result_fini(&r);
    result_fini(&back);
}

static void expect_refused(const char *what, const char *text, size_t len, const char *said)
{
    struct result r = {0};
    struct err e = {""};
    if (result_read(&r, "a/result.json", text, len, &e))
        fail_msg("%s: was read", what);
    if (!strstr(e.text, said) || strncmp(e.text, "a/result.json:", 14))
        fail_msg("%s: said `%s`, expected `%s`", what, e.text, said);
    assert_null(r.runs);
    assert_null(r.settings);
}

static void foreign_files_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *what, *text, *said;
    } rows[] = {
        {"nothing", "", "1:0: no JSON"},
        {"no JSON", "[scenario]\n", "no JSON"},
        {"a list", "[1]", "is a list, expected the object"},
        {"another object", "{\"a\": 1}", "no schema"},
        {"a schema of later", "{\"schema\": 2}",
         "schema = 2: this espsim reads schema 1; use the espsim that wrote it"},
        {"a bare schema", "{\"schema\": 1}", "`scenario` is missing"},
        {"two schemas", "{\"schema\": 1, \"schema\": 1}", "duplicate"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_refused(rows[i].what, rows[i].text, strlen(rows[i].text), rows[i].said);
    expect_refused("binary", "\0\1\2\3", 4, "no JSON");
}

/* Replaces the first `from` after `after` in a whole result. */
static void broken_content_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *what, *after, *from, *to, *said;
    } rows[] = {
        {"a count as text", "\"flow2\"", "\"packets_sent\": ", "\"packets_sent\": \"x\", \"y\": ",
         "runs[0].flows[2]: `packets_sent` is a text, expected an integer"},
        {"a negative count", "\"flow1\"", "\"packets_sent\": ", "\"packets_sent\": -",
         "runs[0].flows[1]: `packets_sent` = -"},
        {"a missing key", "\"flow1\"", "\"jitter_s\"", "\"jitter\"", "runs[0].flows[1]: `jitter_s` is missing"},
        {"half a group", "\"flow1\"", "\"timeouts\"", "\"time_outs\"", "runs[0].flows[1]: `timeouts` is missing"},
        {"an unknown key", "\"runs\"", "\"sas\"", "\"new\": 1, \"sas\"", "runs[0]: `new` is unknown"},
        {"a ledger that does not sum", "\"ledger\"", "\"ip\": ", "\"ip\": 1", "the ledger sums to"},
        {"directions that do not sum", "\"link\"", "\"packets\": ", "\"packets\": 1", "the directions sum to"},
        {"packets out of nowhere", "\"conservation\"", "\"in\": 107", "\"in\": 108",
         "runs[0]: conservation: in = 108, but out + dropped = 107"},
        {"a verdict that is none", "\"verdict\"", "\"partly\"", "\"maybe\"",
         "runs[0].verdict.linux: `value` is `maybe`, expected no, partly or yes"},
        {"no hash", "\"fingerprints\"", "0123", "123", "runs[0].fingerprints: `sat.pcap` is no SHA-256"},
        {"two runs of a name", "\"runs\"", "\"name\": \"tunnel\"", "\"name\": \"plain\"",
         "two of `runs` are named `plain`"},
        {"two flows of a name", "\"runs\"", "\"name\": \"flow1\"", "\"name\": \"flow0\"",
         "runs[0]: two of `flows` are named `flow0`"},
        {"an episode that ends before it begins", "\"episodes\"",
         "\"to_s\": ", "\"to_s\": 0.0, \"z\": ", "runs[0].episodes[0]: `to_s` = 0 is before `from_s` = "},
        {"a flag that is none", "\"runs\"", "\"stalled\": true", "\"stalled\": 1",
         "`stalled` is an integer, expected true"},
        {"a real as text", "\"runs\"", "\"goodput_bps\": ", "\"goodput_bps\": \"fast\", \"z\": ",
         "`goodput_bps` is a text, expected a number or null"},
        {"flows as an object", "\"runs\"", "\"flows\": [", "\"flows\": {}, \"flaws\": [",
         "runs[0]: `flows` is an object, expected a list"},
    };
    char *text = made_text();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *after = strstr(text, rows[i].after), *at = after ? strstr(after, rows[i].from) : NULL;
        if (!at)
            fail_msg("%s: nothing to break", rows[i].what);
        char *broken = calloc(1, strlen(text) + strlen(rows[i].to) + 1);
        sprintf(broken, "%.*s%s%s", (int)(at - text), text, rows[i].to, at + strlen(rows[i].from));
        expect_refused(rows[i].what, broken, strlen(broken), rows[i].said);
        free(broken);
    }
    free(text);
}

/* Each text as the value of each of these, and each name as a key where names are keys. */
static void no_name_leads_out_of_its_folder_or_its_line(void **state)
{
    (void)state;
    static const char *const names[] = {
        "\"scenario\": \"sat-link\"",
        "\"name\": \"plain\"",
        "\"mode\": \"plain\"",
        "\"algorithm\": \"aes-gcm-16-",
        "\"framing\": \"ppp\"",
        "\"name\": \"flow2\"",
        "\"kind\": \"kind\"",
        "\"from\": \"10.1.0.1\"",
        "\"to\": \"fd00::1\"",
        "\"name\": \"gw1>gw2\"",
        "\"gateway\": \"gw1\"",
        "\"direction\": \"out\"",
        "\"mode\": \"wildcard\"",
        "\"source\": \"any\"",
        "\"destination\": \"192.0.2.2\"",
        "\"kind\": \"collision\"",
        "\"flow\": \"flow3\"",
        "\"place\": \"gw2\"",
        "\"ended_by\": \"run-end\"",
        "\"settings_hash\": \"01234567",
        "\"gw1\": {",
        "\"no-policy\": ",
        "\"opened\": ",
        "\"sat.pcap\": ",
        "\"link.delay\": ",
    };
    static const char *const bad[] = {"../../../OUTSIDE/evil",
                                      "/dev/zero",
                                      "..",
                                      ".",
                                      ".hidden",
                                      "a/b",
                                      "-a",
                                      "x\\nEOD",
                                      "`touch evil`",
                                      "a\\\"b",
                                      "a b",
                                      "a\xc3\xa4",
                                      "a;b",
                                      "$a",
                                      "a\\u001b[2J",
                                      "a<b",
                                      "a\\\\b"};
    char *text = made_text();
    for (size_t n = 0; n < sizeof names / sizeof *names; n++)
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
            const char *at = strstr(text, names[n]), *colon = strstr(names[n], ": \"");
            if (!at)
                fail_msg("%s: nothing to break", names[n]);
            size_t head = colon ? (size_t)(colon - names[n]) + 3 : 1;
            const char *rest = strchr(at + head, '"');
            char *broken = NULL;
            if (asprintf(&broken, "%.*s%.*s%s%s", (int)(at - text), text, (int)head, at, bad[i], rest) < 0)
                abort();
            expect_refused(names[n], broken, strlen(broken), "is no ");
            free(broken);
        }
    free(text);
}

static void free_texts_are_one_line(void **state)
{
    (void)state;
    static const char *const texts[] = {"\"question\": \"", "\"why\": \"all", "\"link.delay\": \"", "\"2 packets"};
    static const char *const bad[] = {"a\\nb", "\\u001b[2J", "\\r", "\\t", "\\u007f", "\\u009b"};
    char *text = made_text();
    for (size_t n = 0; n < sizeof texts / sizeof *texts; n++)
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
            const char *at = strstr(text, texts[n]);
            if (!at)
                fail_msg("%s: nothing to break", texts[n]);
            at += strlen(texts[n]);
            char *broken = NULL;
            if (asprintf(&broken, "%.*s%s%s", (int)(at - text), text, bad[i], at) < 0)
                abort();
            expect_refused(texts[n], broken, strlen(broken), "has a control character, expected one line of text");
            free(broken);
        }
    free(text);
}

/* What the maker's texts hold is never more than a reader takes. */
static void what_is_written_is_one_line(void **state)
{
    (void)state;
    struct result r = {0}, back = {0};
    struct err e = {""};
    make(&r);
    snprintf(r.question, sizeof r.question, "which\tmode\nfor\x1b[2J \xc2\x9b calls?");
    result_add_setting(&r, "link.trace", "a\tb.csv");
    char *text = result_text(&r);
    if (!result_read(&back, "result.json", text, strlen(text), &e))
        fail_msg("%s", e.text);
    assert_string_equal(back.question, "which mode?for?[2J ?? calls?");
    assert_string_equal(back.settings[back.n_settings - 1].value, "a b.csv");
    free(text);
    result_fini(&r);
    result_fini(&back);
}

static void numbers_are_finite_and_of_the_right_sign(void **state)
{
    (void)state;
    const struct metric_table *const tables[] = {&metric_run, &metric_flow, &metric_direction, &metric_episode};
    static const char *const bad[][2] = {{"-1e-9", "is negative"}, {"1e999", "no JSON"}, {"NaN", "no JSON"}};
    char *text = made_text();
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
        for (size_t k = 0; k < tables[t]->n_rows; k++)
            for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                const struct metric *m = &tables[t]->rows[k];
                char key[64], *broken = NULL;
                snprintf(key, sizeof key, "\"%s\": ", m->key);
                const char *at = strstr(text, key), *end = at ? at + strlen(key) : NULL;
                if (m->type != METRIC_REAL)
                    continue;
                if (!at)
                    fail_msg("%s: nothing to break", key);
                if (asprintf(&broken, "%.*s%s%s", (int)(end - text), text, bad[i][0], end + strcspn(end, ",\n")) < 0)
                    abort();
                expect_refused(m->key, broken, strlen(broken), bad[i][1]);
                free(broken);
            }
    free(text);
}

static void every_shorter_text_is_refused(void **state)
{
    (void)state;
    char *text = made_text();
    size_t whole = strlen(text) - 1; /* without the last newline it is still whole */
    for (size_t len = 0; len < whole; len += len < 500 || len + 500 > whole ? 1 : 97)
        expect_refused("a shorter text", text, len, "");
    free(text);
}

static void a_law_broken_by_the_maker_is_told(void **state)
{
    (void)state;
    struct result r = {0};
    make(&r);
    struct err e = {""};
    assert_true(run_result_check(&r.runs[0], &e));
    r.runs[0].link.wire_octets++;
    assert_false(run_result_check(&r.runs[0], &e));
    assert_non_null(strstr(e.text, "link.wire_octets"));
    r.runs[1].balance.out = UINT64_MAX;
    assert_false(run_result_check(&r.runs[1], &e));
    assert_non_null(strstr(e.text, "conservation.out = 18446744073709551615: counts end at 2^63 - 1"));
    result_fini(&r);
}

static void every_metric_has_a_row_that_explains_it(void **state)
{
    (void)state;
    for (size_t t = 0; t < n_metric_tables; t++)
        for (size_t i = 0; i < metric_tables[t]->n_rows; i++) {
            const struct metric *m = &metric_tables[t]->rows[i];
            assert_true(strlen(m->what) > 5 && m->what[strlen(m->what) - 1] != '.');
            assert_ptr_equal(metric_find(metric_tables[t], m->key), m);
            size_t len = strlen(m->key);
            if (len > 2 && !strcmp(m->key + len - 2, "_s"))
                assert_string_equal(m->unit, "s");
            if (len > 4 && !strcmp(m->key + len - 4, "_bps"))
                assert_string_equal(m->unit, "bit/s");
        }
}

/* Text of a file; given. */
static char *file_text(const char *path)
{
    FILE *from = fopen(path, "r");
    assert_non_null(from);
    char *text = calloc(1, 1 << 20);
    size_t len = fread(text, 1, (1 << 20) - 1, from);
    assert_true(len > 0 && len < (1 << 20) - 1);
    fclose(from);
    return text;
}

static void expect_documented(const char *manual, const char *key)
{
    char bold[RESULT_NAME_MAX + 8];
    snprintf(bold, sizeof bold, "\\fB%s\\fR", key);
    if (!strstr(manual, bold))
        fail_msg("docs/man/espsim-results.5 does not document `%s`", key);
}

/* Walks `json`; under drops, counters, settings and fingerprints the names are data. */
static void expect_keys_documented(const char *manual, const json_t *json)
{
    static const char *const data[] = {"drops", "counters", "settings", "fingerprints"};
    const char *key;
    json_t *value;
    size_t i;
    json_array_foreach(json, i, value) expect_keys_documented(manual, value);
    json_object_foreach((json_t *)(size_t)json, key, value)
    {
        expect_documented(manual, key);
        bool is_data = false;
        for (size_t d = 0; d < sizeof data / sizeof *data; d++)
            is_data |= !strcmp(key, data[d]);
        if (!is_data)
            expect_keys_documented(manual, value);
    }
}

static void every_key_written_is_in_the_manual(void **state)
{
    (void)state;
    char *manual = file_text(SOURCE_DIR "/docs/man/espsim-results.5"), *text = made_text();
    json_t *json = json_loads(text, 0, NULL);
    expect_keys_documented(manual, json);
    json_decref(json);
    free(text);
    static const char *const series_keys[] = {"curves", "distributions", "of", "metric", "bin_s", "values", "points"};
    for (size_t i = 0; i < sizeof series_keys / sizeof *series_keys; i++)
        expect_documented(manual, series_keys[i]);
#define X(counter) expect_documented(manual, #counter);
    GATEWAY_COUNTERS(X)
#undef X
    for (size_t t = 0; t < n_metric_tables; t++)
        for (size_t i = 0; i < metric_tables[t]->n_rows; i++) {
            const struct metric *m = &metric_tables[t]->rows[i];
            char line[300];
            snprintf(line, sizeof line, "\\fB%s\\fR%s%s%s\n", m->key, *m->unit ? " (" : "", m->unit,
                     *m->unit ? ")" : "");
            if (!strstr(manual, line))
                fail_msg("docs/man/espsim-results.5 does not give the unit of `%s`", m->key);
            snprintf(line, sizeof line, "[%s].", metric_class_name(m->class));
            assert_non_null(strstr(manual, line));
        }
    free(manual);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_and_writing_change_nothing),
        cmocka_unit_test(a_run_alone_is_read_back),
        cmocka_unit_test(the_text_has_the_promised_shape),
        cmocka_unit_test(octets_that_are_no_utf8_do_not_break_the_file),
        cmocka_unit_test(foreign_files_are_refused),
        cmocka_unit_test(broken_content_is_refused_with_its_place),
        cmocka_unit_test(no_name_leads_out_of_its_folder_or_its_line),
        cmocka_unit_test(free_texts_are_one_line),
        cmocka_unit_test(what_is_written_is_one_line),
        cmocka_unit_test(numbers_are_finite_and_of_the_right_sign),
        cmocka_unit_test(every_shorter_text_is_refused),
        cmocka_unit_test(a_law_broken_by_the_maker_is_told),
        cmocka_unit_test(every_metric_has_a_row_that_explains_it),
        cmocka_unit_test(every_key_written_is_in_the_manual),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
