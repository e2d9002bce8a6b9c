/* compare: what must be caught is caught, what must not alarm does not, and the exit codes say which. */
#include "analysis/compare.h"
#include "analysis/compare_captures.h"
#include "analysis/compare_fields.h"
#include "tests/plausible.h"
#include "tests/scratch.h"

#include <pcap/pcap.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Results of seeds 1 to n; made once, as making them takes longer than comparing. */
enum { SEEDS_MAX = 8 };
static char *seed_texts[SEEDS_MAX];

static void make_seed(struct result *r, uint64_t seed)
{
    char **text = &seed_texts[seed - 1];
    struct err e = {""};
    if (!*text) {
        struct curves curves[N_PLAUSIBLE_MODES] = {0};
        struct result made = {0};
        plausible_result(&made, curves, seed);
        *text = result_text(&made);
        result_fini(&made);
        for (size_t i = 0; i < N_PLAUSIBLE_MODES; i++)
            curves_fini(&curves[i]);
    }
    if (!result_read(r, "made", *text, strlen(*text), &e))
        fail_msg("%s", e.text);
}

static void make_set(struct result_set *set, const char *name, size_t n_seeds)
{
    for (uint64_t seed = 1; seed <= n_seeds; seed++) {
        struct result r = {0};
        char path[64];
        snprintf(path, sizeof path, "%s/seed%d/result.json", name, (int)seed);
        make_seed(&r, seed);
        result_set_add(set, path, &r);
    }
}

static struct run_result *run_of(struct result_set *set, size_t i, const char *mode)
{
    struct result *r = &set->results[i].result;
    for (size_t m = 0; m < r->n_runs; m++)
        if (!strcmp(r->runs[m].mode, mode))
            return &r->runs[m];
    fail_msg("no %s", mode);
    return NULL;
}

/* A normal deviate, by twelve uniform ones. */
static double normal(struct rng *rng)
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += rng_unit(rng);
    return sum;
}

/* Multiplies every statistical metric of every flow by 1 + share * normal. */
static void shake(struct result_set *set, double share, uint64_t seed)
{
    struct rng rng;
    rng_init(&rng, seed, "shake");
    for (size_t i = 0; i < set->n_results; i++)
        for (size_t m = 0; m < set->results[i].result.n_runs; m++) {
            struct run_result *run = &set->results[i].result.runs[m];
            for (size_t f = 0; f < run->n_flows; f++)
                for (size_t k = 0; k < metric_flow.n_rows; k++)
                    if (metric_flow.rows[k].class == CLASS_STATISTICAL)
                        *(double *)(void *)((char *)&run->flows[f] + metric_flow.rows[k].offset) *=
                            1 + share * normal(&rng);
        }
}

/* Makes the flows of `set` those of `original` again: reading all results anew for each repetition takes too long. */
static void restore(struct result_set *set, const struct result_set *original)
{
    for (size_t i = 0; i < set->n_results; i++)
        for (size_t m = 0; m < set->results[i].result.n_runs; m++) {
            const struct run_result *from = &original->results[i].result.runs[m];
            memcpy(set->results[i].result.runs[m].flows, from->flows, from->n_flows * sizeof *from->flows);
        }
}

static void scale_goodput(struct result_set *set, const char *mode, double factor)
{
    for (size_t i = 0; i < set->n_results; i++)
        run_of(set, i, mode)->flows[0].goodput_bps *= factor;
}

static const struct finding *find(const struct comparison *c, const char *mode, const char *metric)
{
    for (size_t i = 0; i < c->n_findings; i++)
        if (!strcmp(c->findings[i].mode, mode) && !strcmp(c->findings[i].metric, metric))
            return &c->findings[i];
    return NULL;
}

/* ---- one seed: exact metrics ---- */

static void change_nothing(struct result_set *cand)
{
    (void)cand;
}

static void change_an_octet(struct result_set *cand)
{
    run_of(cand, 0, "wildcard")->link.ledger.padding++;
}

static void change_a_count(struct result_set *cand)
{
    run_of(cand, 0, "tunnel")->flows[0].retransmits++;
}

static void lose_a_drop_reason(struct result_set *cand)
{
    run_of(cand, 0, "transport")->drops.lists[0].tallies[0].n = 0;
}

static void add_a_drop_reason(struct result_set *cand)
{
    places_add(&run_of(cand, 0, "beet")->drops, "gw2", "icv", 1);
}

static void change_a_capture(struct result_set *cand)
{
    run_of(cand, 0, "beet")->fingerprints[0].sha256[3] = 'f';
}

static void change_a_verdict(struct result_set *cand)
{
    run_of(cand, 0, "wildcard")->verdict[VERDICT_WORKS].value = ANSWER_PARTLY;
}

static void lose_a_flow(struct result_set *cand)
{
    run_of(cand, 0, "plain")->n_flows--;
}

static void see_the_unexplained(struct result_set *cand)
{
    run_result_add_unexplained(run_of(cand, 0, "plain"), "what?");
}

static void see_an_episode(struct result_set *cand)
{
    snprintf(run_result_add_episode(run_of(cand, 0, "beet"))->kind, RESULT_NAME_MAX, "collision");
}

static void not_measured_any_more(struct result_set *cand)
{
    run_of(cand, 0, "tunnel")->flows[2].mos = METRIC_NONE;
}

static void round_a_float(struct result_set *cand)
{
    run_of(cand, 0, "tunnel")->directions[0].utilisation *= 1 + 1e-11;
}

static void change_a_float(struct result_set *cand)
{
    run_of(cand, 0, "tunnel")->directions[0].utilisation *= 1 + 1e-8;
}

static void slow_one_seed(struct result_set *cand)
{
    scale_goodput(cand, "tunnel", 0.5);
}

static void lose_a_run(struct result_set *cand)
{
    struct result *r = &cand->results[0].result;
    run_result_fini(&r->runs[--r->n_runs]);
}

static void lose_the_result(struct result_set *cand)
{
    cand->results[0].result.seed = 77;
}

static void change_the_settings(struct result_set *cand)
{
    cand->results[0].result.settings_hash[0] = 'f';
    snprintf(cand->results[0].result.settings[0].value, RESULT_TEXT_MAX, "20 ms");
}

static void changes_of_one_seed_are_judged(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        void (*change)(struct result_set *cand);
        int exit;
        const char *mode, *metric; /* of the finding, or NULL */
        enum status status;
        const char *missing;
    } rows[] = {
        {"nothing", change_nothing, 0, "tunnel", "link.packets", STATUS_SAME, NULL},
        {"an octet", change_an_octet, 1, "wildcard", "link.ledger.padding", STATUS_DIFFERENT, NULL},
        {"a count", change_a_count, 1, "tunnel", "flows.download.retransmits", STATUS_WORSE, NULL},
        {"fewer drops", lose_a_drop_reason, 1, "transport", "drops.gw1.no-sa-out", STATUS_BETTER, NULL},
        {"a new drop reason", add_a_drop_reason, 1, "beet", "drops.gw2.icv", STATUS_WORSE, NULL},
        {"a capture", change_a_capture, 1, "beet", "fingerprints.sat.pcap", STATUS_DIFFERENT, NULL},
        {"a verdict", change_a_verdict, 1, "wildcard", "verdict.works", STATUS_DIFFERENT, NULL},
        {"a flow", lose_a_flow, 1, "plain", "flows.calls-in.packets_sent", STATUS_DIFFERENT, NULL},
        {"the unexplained", see_the_unexplained, 1, "plain", "unexplained", STATUS_DIFFERENT, NULL},
        {"an episode", see_an_episode, 1, "beet", "episodes", STATUS_DIFFERENT, NULL},
        {"measured no more", not_measured_any_more, 1, "tunnel", "flows.calls-out.mos", STATUS_DIFFERENT, NULL},
        {"rounding", round_a_float, 0, "tunnel", "link.gw1>gw2.utilisation", STATUS_WITHIN, NULL},
        {"a float", change_a_float, 1, "tunnel", "link.gw1>gw2.utilisation", STATUS_DIFFERENT, NULL},
        {"one seed", slow_one_seed, 0, "tunnel", "flows.download.goodput_bps", STATUS_NOTED, NULL},
        {"a run", lose_a_run, 3, NULL, NULL, STATUS_SAME,
         "seed 1: the candidate (cand/seed1/result.json) has no run transport"},
        {"the result", lose_the_result, 3, NULL, NULL, STATUS_SAME, "the candidate has no such result"},
        {"other settings", change_the_settings, 3, NULL, NULL, STATUS_SAME,
         "has other settings (link.delay: 270 ms -> 20 ms)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct result_set base = {0}, cand = {0};
        struct comparison c = {0};
        make_set(&base, "base", 1);
        make_set(&cand, "cand", 1);
        rows[i].change(&cand);
        compare_sets(&c, &base, &cand, &(struct rules){0}, false);
        if (comparison_exit(&c) != rows[i].exit)
            fail_msg("%s: exit %d, expected %d", rows[i].what, comparison_exit(&c), rows[i].exit);
        const struct finding *f = rows[i].metric ? find(&c, rows[i].mode, rows[i].metric) : NULL;
        if (rows[i].metric && (!f || f->status != rows[i].status))
            fail_msg("%s: %s is %s, expected %s", rows[i].what, rows[i].metric,
                     f ? status_name(f->status) : "not there", status_name(rows[i].status));
        if (rows[i].missing && !(c.missing.n_errs == 1 && strstr(c.missing.errs[0].text, rows[i].missing)))
            fail_msg("%s: said `%s`", rows[i].what, c.missing.n_errs ? c.missing.errs[0].text : "nothing");
        comparison_fini(&c);
        result_set_fini(&base);
        result_set_fini(&cand);
    }
}

/* ---- several seeds: statistical metrics ---- */

static void changes_over_seeds_are_judged(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        double noise, factor;
        size_t seeds;
        bool allow_better;
        int exit;
        enum status status;
    } rows[] = {
        {"2 % less, beyond its interval", 0.001, 0.98, 5, false, 1, STATUS_WORSE},
        {"2 % more, beyond its interval", 0.001, 1.02, 5, false, 1, STATUS_BETTER},
        {"2 % more, allowed", 0.001, 1.02, 5, true, 0, STATUS_NOTED},
        {"2 % less, without any noise", 0, 0.98, 2, false, 1, STATUS_WORSE},
        {"2 % less in much noise", 0.05, 0.98, 5, false, 0, STATUS_WITHIN},
        {"0.5 % less, beyond its interval, below the threshold", 0.0002, 0.995, 5, false, 0, STATUS_WITHIN},
        {"two seeds with noise", 0.01, 0.98, 2, false, 0, STATUS_WITHIN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct result_set base = {0}, cand = {0};
        struct comparison c = {0};
        make_set(&base, "base", rows[i].seeds);
        make_set(&cand, "cand", rows[i].seeds);
        shake(&cand, rows[i].noise, 3);
        scale_goodput(&cand, "tunnel", rows[i].factor);
        compare_sets(&c, &base, &cand, &(struct rules){0}, rows[i].allow_better);
        const struct finding *f = find(&c, "tunnel", "flows.download.goodput_bps");
        if (f->status != rows[i].status || comparison_exit(&c) != rows[i].exit)
            fail_msg("%s: %s, exit %d (change %g, interval %g to %g, p %g)", rows[i].what, status_name(f->status),
                     comparison_exit(&c), f->change, f->interval.low, f->interval.high, f->p);
        comparison_fini(&c);
        result_set_fini(&base);
        result_set_fini(&cand);
    }
}

/* How many of `n` repetitions, in which both sides differ by noise of `share` and the goodput of beet by `factor`, find
 * beet's goodput worse, and how many fail at all. */
struct tries {
    int found, failed;
};

static struct tries repeat(uint64_t n, size_t seeds, double share, double factor)
{
    struct result_set original = {0}, base = {0}, cand = {0};
    struct tries tries = {0, 0};
    make_set(&original, "original", seeds);
    make_set(&base, "base", seeds);
    make_set(&cand, "cand", seeds);
    for (uint64_t repetition = 0; repetition < n; repetition++) {
        struct comparison c = {0};
        restore(&base, &original);
        restore(&cand, &original);
        shake(&base, share, 2 * repetition + 1);
        shake(&cand, share, 2 * repetition + 2);
        scale_goodput(&cand, "beet", factor);
        compare_sets(&c, &base, &cand, &(struct rules){0}, false);
        const struct finding *f = find(&c, "beet", "flows.download.goodput_bps");
        assert_int_equal(f->n_moved, seeds);
        tries.found += f->status == STATUS_WORSE;
        tries.failed += comparison_exit(&c) != 0;
        comparison_fini(&c);
    }
    result_set_fini(&original);
    result_set_fini(&base);
    result_set_fini(&cand);
    return tries;
}

/* 100 repetitions in which both sides are the same but for noise of 3 %: at most 5 may alarm. */
static void noise_alone_does_not_alarm(void **state)
{
    (void)state;
    struct tries tries = repeat(100, 5, 0.03, 1);
    print_message("%d alarms in 100 repetitions\n", tries.failed);
    assert_true(tries.failed <= 5);
}

static void a_change_in_noise_is_found_with_enough_seeds(void **state)
{
    (void)state;
    assert_int_equal(repeat(20, 8, 0.002, 0.98).found, 20);
}

/* ---- rules ---- */

static void read_rules(struct rules *rules, const char *text)
{
    struct err_list bad = {0};
    if (!rules_read(rules, "tolerance.ini", text, strlen(text), &bad))
        fail_msg("%s", bad.errs[0].text);
}

static void rules_allow_what_they_name(void **state)
{
    (void)state;
    static const struct {
        const char *what, *rules;
        int exit, n_notes;
    } rows[] = {
        {"none", "", 1, 0},
        {"a threshold", "[rule.a]\nmetric = flows.*.retransmits\nthreshold = 50 %\nreason = r\n", 0, 0},
        {"too small a threshold", "[rule.a]\nmetric = flows.*.retransmits\nthreshold = 0.1 %\nreason = r\n", 1, 0},
        {"a class", "[rule.a]\nmetric = flows.download.*\nmode = tunnel\nclass = informative\nreason = r\n", 0, 0},
        {"statistical, one seed", "[rule.a]\nmetric = *.retransmits\nclass = statistical\nreason = r\n", 0, 0},
        {"another mode", "[rule.a]\nmetric = *.retransmits\nmode = beet\nclass = informative\nreason = r\n", 1, 0},
        {"another scenario", "[rule.a]\nmetric = *\nscenario = leo*\nclass = informative\nreason = r\n", 1, 1},
        {"the first that fits",
         "[rule.a]\nmetric = *.retransmits\nthreshold = 0\nreason = r\n"
         "[rule.b]\nmetric = *\nclass = informative\nreason = r\n",
         1, 0},
        {"one is not used",
         "[rule.a]\nmetric = *\nclass = informative\nreason = r\n"
         "[rule.b]\nmetric = no-such\nclass = informative\nreason = r\n",
         0, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct result_set base = {0}, cand = {0};
        struct comparison c = {0};
        struct rules rules = {0};
        make_set(&base, "base", 1);
        make_set(&cand, "cand", 1);
        change_a_count(&cand);
        read_rules(&rules, rows[i].rules);
        compare_sets(&c, &base, &cand, &rules, false);
        if (comparison_exit(&c) != rows[i].exit || (int)c.notes.n_errs != rows[i].n_notes)
            fail_msg("%s: exit %d, %zu notes", rows[i].what, comparison_exit(&c), c.notes.n_errs);
        comparison_fini(&c);
        rules_fini(&rules);
        result_set_fini(&base);
        result_set_fini(&cand);
    }
}

static void bad_rules_are_refused_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *said;
    } rows[] = {
        {"[rule.a]\nmetric = *\nclass = informative\n", "t.ini:1: [rule.a]: `reason` is missing"},
        {"[rule.a]\nclass = informative\nreason = r\n", "t.ini:1: [rule.a]: `metric` is missing"},
        {"[rule.a]\nmetric = *\nreason = r\n", "t.ini:1: [rule.a]: allows nothing"},
        {"[rule.a]\nmetric = *\nclass = loose\nreason = r\n", "t.ini:3: class = loose: no such class"},
        {"[rule.a]\nmetric = *\nthreshold = 5 apples\nreason = r\n", "t.ini:3: threshold = 5 apples: "},
        {"[rule.a]\nmetrik = *\n", "t.ini:2: metrik = *: unknown key; expected metric, mode"},
        {"[rule.a]\nmetrik = *\n", "did you mean `metric`?"},
        {"[a]\nmetric = *\nclass = informative\nreason = r\n", "t.ini:1: [a]: expected [rule.NAME]"},
        {"[rule.a]\nmetric = *\nclass = exact\nreason =\n", "t.ini:4: reason = : is empty"},
        {"metric = *\n", "t.ini:1: "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rules rules = {0};
        struct err_list bad = {0};
        assert_false(rules_read(&rules, "t.ini", rows[i].text, strlen(rows[i].text), &bad));
        bool said = false;
        for (size_t b = 0; b < bad.n_errs; b++)
            said |= strstr(bad.errs[b].text, rows[i].said) != NULL;
        if (!said)
            fail_msg("%s: said `%s`, expected `%s`", rows[i].text, bad.errs[0].text, rows[i].said);
        assert_null(rules.rules);
        err_list_fini(&bad);
    }
}

/* ---- outputs ---- */

static char *printed(const struct comparison *c, void (*print)(const struct comparison *, FILE *))
{
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    print(c, to);
    fclose(to);
    return text;
}

static void print_terminal(const struct comparison *c, FILE *to)
{
    comparison_print(c, to, false, false);
}

static void every_output_names_the_change(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        void (*print)(const struct comparison *, FILE *);
        const char *said;
    } rows[] = {
        {"terminal", print_terminal, "flows.download.retransmits"},
        {"terminal", print_terminal, "different or worse\n"},
        {"Markdown", comparison_markdown, "| tunnel | flows.download.retransmits |"},
        {"JUnit", comparison_junit, "<testcase classname=\"sat-link.tunnel\" name=\"flows.download.retransmits\">"},
        {"JUnit", comparison_junit, "name=\"link.gw1&gt;gw2.lost\"/>"},
        {"JUnit", comparison_junit, "failures=\"1\" errors=\"0\""},
    };
    struct result_set base = {0}, cand = {0};
    struct comparison c = {0};
    make_set(&base, "base", 1);
    make_set(&cand, "cand", 1);
    change_a_count(&cand);
    compare_sets(&c, &base, &cand, &(struct rules){0}, false);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text = printed(&c, rows[i].print);
        if (!strstr(text, rows[i].said))
            fail_msg("%s: no `%s` in\n%s", rows[i].what, rows[i].said, text);
        free(text);
    }
    json_t *json = comparison_json(&c, false);
    assert_int_equal(json_integer_value(json_object_get(json, "exit")), 1);
    json_t *findings = json_object_get(json, "findings");
    assert_int_equal(json_array_size(findings), 1);
    assert_string_equal(json_string_value(json_object_get(json_array_get(findings, 0), "status")), "worse");
    json_decref(json);
    comparison_fini(&c);
    result_set_fini(&base);
    result_set_fini(&cand);
}

/* ---- captures ---- */

struct made_packet {
    int time_ms;
    const char *octets;
};

static void write_capture(const char *path, const struct made_packet *packets, size_t n)
{
    pcap_t *dead = pcap_open_dead_with_tstamp_precision(DLT_RAW, 65535, PCAP_TSTAMP_PRECISION_NANO);
    pcap_dumper_t *to = pcap_dump_open(dead, path);
    assert_non_null(to);
    for (size_t i = 0; i < n; i++) {
        struct pcap_pkthdr head = {.caplen = (bpf_u_int32)strlen(packets[i].octets)};
        head.len = head.caplen;
        head.ts.tv_sec = packets[i].time_ms / 1000;
        head.ts.tv_usec = packets[i].time_ms % 1000 * 1000000;
        pcap_dump((u_char *)to, &head, (const u_char *)packets[i].octets);
    }
    pcap_dump_close(to);
    pcap_close(dead);
}

static void the_first_packet_that_differs_is_found(void **state)
{
    (void)state;
    static const struct made_packet base[] = {{100, "Eabcdefgh"}, {200, "Eijkl"}, {300, "Emnop"}};
    static const struct {
        const char *what;
        struct made_packet packets[4];
        size_t n;
        const char *said;
    } rows[] = {
        {"an octet",
         {{100, "Eabcdefgh"}, {200, "EijKl"}, {300, "Emnop"}},
         3,
         "packet 2 at 0.200000000 s: octet 3 (IPv4 total length) is 0x4b, was 0x6b"},
        {"a length",
         {{100, "Eabcdefghi"}, {200, "Eijkl"}, {300, "Emnop"}},
         3,
         "packet 1 at 0.100000000 s: 10 octets, were 9"},
        {"a time",
         {{100, "Eabcdefgh"}, {201, "Eijkl"}, {300, "Emnop"}},
         3,
         "packet 2: sent at 0.201000000 s, was at 0.200000000 s"},
        {"one less", {{100, "Eabcdefgh"}, {200, "Eijkl"}}, 2, "packet 3 is in the base only"},
        {"one more",
         {{100, "Eabcdefgh"}, {200, "Eijkl"}, {300, "Emnop"}, {400, "E"}},
         4,
         "packet 4 is in the candidate only"},
        {"nothing", {{100, "Eabcdefgh"}, {200, "Eijkl"}, {300, "Emnop"}}, 3, "the packets are equal"},
    };
    char folder[SCRATCH_CAP], here[SCRATCH_CAP + 16], there[SCRATCH_CAP + 16], text[1024];
    assert_true(scratch_folder(folder));
    snprintf(here, sizeof here, "%s/base.pcap", folder);
    snprintf(there, sizeof there, "%s/cand.pcap", folder);
    write_capture(here, base, 3);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        write_capture(there, rows[i].packets, rows[i].n);
        captures_difference(here, there, NULL, text, sizeof text);
        if (!strstr(text, rows[i].said))
            fail_msg("%s: `%s`, expected `%s`", rows[i].what, text, rows[i].said);
    }
    captures_difference(here, "/dev/null/none", NULL, text, sizeof text);
    assert_non_null(strstr(text, "cannot be looked into"));
    assert_true(scratch_remove(folder));
}

static void an_octet_has_the_name_of_its_field(void **state)
{
    (void)state;
    static const uint8_t esp4[64] = {0x45, [3] = 64, [9] = 50}, options[64] = {0x46, [3] = 64, [9] = 17},
                         tcp6[64] = {0x60, [5] = 24, [6] = 6}, fragment[64] = {0x45, [3] = 64, [7] = 1, [9] = 50},
                         routing[64] = {0x60, [5] = 24, [6] = 43, [40] = 50}, foreign[64] = {0x11};
    char name[FIELD_NAME_CAP];
    static const struct {
        const uint8_t *packet;
        size_t at;
        const char *name;
    } rows[] = {
        {esp4, 0, "IPv4 version, header length"},
        {esp4, 8, "IPv4 TTL"},
        {esp4, 11, "IPv4 header checksum"},
        {esp4, 19, "IPv4 destination"},
        {esp4, 20, "ESP SPI"},
        {esp4, 27, "ESP sequence number"},
        {esp4, 63, "encrypted payload, everything up to the ICV, and the ICV"},
        {options, 23, "IPv4 options"},
        {options, 24, "UDP source port"},
        {tcp6, 39, "IPv6 destination"},
        {tcp6, 54, "TCP window"},
        {fragment, 20, "fragment data"},
        {routing, 40, "routing header next header"},
        {routing, 48, "ESP SPI"},
        {foreign, 8, "no IP data"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(field_name(rows[i].packet, 64, rows[i].at, NULL, name), rows[i].name);

    /* With the SA's algorithm: IV 8, ICV 16. */
    struct run_result run = {0};
    struct sa_result *sa = run_result_add_sa(&run);
    sa->spi = 0x1234;
    snprintf(sa->algorithm, sizeof sa->algorithm, "aes-gcm-16-128");
    static const uint8_t known[64] = {0x45, [3] = 64, [9] = 50, [22] = 0x12, [23] = 0x34};
    static const struct {
        size_t at;
        const char *name;
    } esp_rows[] = {{27, "ESP sequence number"},
                    {28, "IV"},
                    {35, "IV"},
                    {36, "encrypted payload, with padding and trailer"},
                    {47, "encrypted payload, with padding and trailer"},
                    {48, "ICV"},
                    {63, "ICV"}};
    for (size_t i = 0; i < sizeof esp_rows / sizeof *esp_rows; i++)
        assert_string_equal(field_name(known, 64, esp_rows[i].at, &run, name), esp_rows[i].name);
    assert_string_equal(field_name(esp4, 64, 28, &run, name), rows[6].name);
    run_result_fini(&run);
}

/* ---- the command ---- */

static void write_file(const char *path, const char *text)
{
    FILE *to = fopen(path, "w");
    assert_non_null(to);
    fputs(text, to);
    fclose(to);
}

static void write_set(const char *folder, const struct result_set *set)
{
    mkdir(folder, 0777);
    for (size_t i = 0; i < set->n_results; i++) {
        char path[SCRATCH_CAP + 48];
        snprintf(path, sizeof path, "%s/seed%zu", folder, i + 1);
        mkdir(path, 0777);
        strcat(path, "/result.json");
        char *text = result_text(&set->results[i].result);
        write_file(path, text);
        free(text);
    }
}

static int shell(const char *folder, const char *command)
{
    char line[1024];
    snprintf(line, sizeof line, "cd '%s' && PATH='%s':$PATH && unset CI GITHUB_STEP_SUMMARY && { %s ; } >out 2>err",
             folder, BUILD_DIR, command);
    int status = system(line);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void the_command_exits_as_it_should(void **state)
{
    (void)state;
    static const struct {
        const char *command;
        int exit;
    } rows[] = {
        {"espsim compare base base", 0},
        {"espsim compare base/seed1 base/seed1/result.json", 0},
        {"espsim compare base slow", 1},
        {"espsim compare slow base", 1},
        {"espsim compare slow base --allow-better", 0},
        {"espsim compare base/seed1 one-octet.json", 1},
        {"espsim compare base base/seed1", 3},
        {"espsim compare base/seed1 base", 0},
        {"espsim compare base nowhere", 3},
        {"espsim compare base foreign.json", 3},
        {"espsim compare base", 2},
        {"espsim compare base base base", 2},
        {"espsim compare --no-such base base", 2},
        {"espsim compare --tolerance bad.ini base base", 2},
        {"espsim compare --tolerance nowhere.ini base base", 2},
        {"espsim compare --tolerance loose.ini base slow", 0},
        {"espsim compare base slow --json | python3 -c 'import json, sys; assert json.load(sys.stdin)[\"exit\"] == 1'",
         0},
        {"espsim compare base base --all --json | python3 -c 'import json, sys; j = json.load(sys.stdin); "
         "assert len(j[\"findings\"]) == sum(j[\"metrics\"].values()) > 0'",
         0},
        {"espsim compare base slow --junit junit.xml; python3 -c 'import xml.dom.minidom as d; d.parse(\"junit.xml\")'",
         0},
        {"GITHUB_STEP_SUMMARY=step.md espsim compare base base && GITHUB_STEP_SUMMARY=step.md espsim compare base base "
         "&& test $(grep -c '^### espsim compare: within tolerance' step.md) = 2",
         0},
        {"espsim compare base slow --markdown summary.md; grep -q goodput_bps summary.md", 0},
        {"espsim compare base slow --junit /dev/null/junit.xml", 3},
        {"CI=true espsim compare --update base slow", 2},
        {"espsim compare base slow", 1}, /* nothing was written */
        {"espsim compare --update fresh/baseline base && espsim compare fresh/baseline base", 0},
        {"ls fresh/baseline/sat-link-seed1.json fresh/baseline/sat-link-seed5.json", 0},
        {"espsim compare --update fresh/baseline slow && espsim compare fresh/baseline slow", 0},
        {"espsim compare fresh/baseline base", 1},
        {"espsim compare --update one.json base/seed2 && espsim compare one.json base/seed2", 0},
        {"cp -r base a && sed -i '0,/\"wire_octets\": /s//&1/' a/seed2/result.json && espsim compare base a", 1},
        {"espsim compare base a >text; grep -q 'wire_octets.*different' text && grep -q 'the ledger sums to' text", 0},
        {"espsim compare --update base a", 3},
        {"cp -r base c && mkdir c/seed1/tunnel && echo x >c/seed1/tunnel/sat.pcap && cp -r c d && espsim compare c d",
         0},
        {"echo y >d/seed1/tunnel/sat.pcap && espsim compare c d", 1},
        {"cp -r base twins && cp -r base/seed1 twins/again && espsim compare twins base", 3},
    };
    struct result_set base = {0}, slow = {0};
    make_set(&base, "base", 5);
    make_set(&slow, "slow", 5);
    scale_goodput(&slow, "tunnel", 0.98);
    char folder[SCRATCH_CAP], path[SCRATCH_CAP + 16];
    assert_true(scratch_folder(folder));
    snprintf(path, sizeof path, "%s/base", folder);
    write_set(path, &base);
    snprintf(path, sizeof path, "%s/slow", folder);
    write_set(path, &slow);
    struct run_result *run = run_of(&slow, 0, "beet");
    scale_goodput(&slow, "tunnel", 1 / 0.98);
    run->flows[0].octets_received++;
    char *text = result_text(&slow.results[0].result);
    snprintf(path, sizeof path, "%s/one-octet.json", folder);
    write_file(path, text);
    free(text);
    snprintf(path, sizeof path, "%s/foreign.json", folder);
    write_file(path, "{\"a\": 1}\n");
    snprintf(path, sizeof path, "%s/bad.ini", folder);
    write_file(path, "[rule.a]\nmetric = *\n");
    snprintf(path, sizeof path, "%s/loose.ini", folder);
    write_file(path, "[rule.slow]\nmetric = flows.*.goodput_bps\nthreshold = 3 %\nreason = known\n");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int code = shell(folder, rows[i].command);
        if (code != rows[i].exit)
            fail_msg("%s: exit %d, expected %d; see %s/out and err", rows[i].command, code, rows[i].exit, folder);
    }
    assert_true(scratch_remove(folder));
    result_set_fini(&base);
    result_set_fini(&slow);
}

static int forget_seeds(void **state)
{
    (void)state;
    for (size_t i = 0; i < SEEDS_MAX; i++)
        free(seed_texts[i]);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_of_one_seed_are_judged),
        cmocka_unit_test(changes_over_seeds_are_judged),
        cmocka_unit_test(noise_alone_does_not_alarm),
        cmocka_unit_test(a_change_in_noise_is_found_with_enough_seeds),
        cmocka_unit_test(rules_allow_what_they_name),
        cmocka_unit_test(bad_rules_are_refused_with_their_line),
        cmocka_unit_test(every_output_names_the_change),
        cmocka_unit_test(the_first_packet_that_differs_is_found),
        cmocka_unit_test(an_octet_has_the_name_of_its_field),
        cmocka_unit_test(the_command_exits_as_it_should),
    };
    return cmocka_run_group_tests(tests, NULL, forget_seeds);
}
