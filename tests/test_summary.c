/* Tables and the summary: what an engineer reads who has never seen the project. */
#include "analysis/summary.h"
#include "tests/plausible.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *printed(void (*print)(const struct table *, FILE *), const struct table *t)
{
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    print(t, to);
    fclose(to);
    return text;
}

static void print_narrow(const struct table *t, FILE *to)
{
    table_print(t, to, 1, 40, false);
}

static void print_coloured(const struct table *t, FILE *to)
{
    table_print(t, to, 0, 40, true);
}

static void make_table(struct table *t)
{
    table_column(t, TABLE_LEFT, "mode");
    table_column(t, TABLE_RIGHT, "link\noctets");
    table_column(t, TABLE_TEXT, "why");
    table_cell(t, TONE_PLAIN, "tunnel");
    table_cell(t, TONE_GOOD, "12");
    table_cell(t, TONE_PLAIN, "a | b, \"c\" & <d>, long enough to be broken");
    table_cell(t, TONE_PLAIN, "%s",
               "b\xc3\xa9"
               "et");
    table_cell(t, TONE_BAD, "1,234,567");
    table_cell(t, TONE_PLAIN, "short");
}

static void a_table_is_printed_in_four_ways(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        void (*print)(const struct table *, FILE *);
        const char *want;
    } rows[] = {
        {"colour", print_coloured, "\033[32m12\033[0m"},
        {"Markdown", table_markdown,
         "| mode | link octets | why |\n|---|---:|---|\n| tunnel | 12 | a \\| b, \"c\" & \\<d>, long enough"},
        {"HTML", table_html, "a | b, &quot;c&quot; &amp; &lt;d&gt;, long"},
        {"CSV", table_csv,
         "mode,\"link octets\",why\ntunnel,12,\"a | b, \"\"c\"\" & <d>, long enough to be broken\"\n"
         "b\xc3\xa9"
         "et,\"1,234,567\",short\n"},
    };
    struct table t = {0};
    make_table(&t);
    char *terminal = printed(print_narrow, &t);
    assert_string_equal(terminal, "              link\n"
                                  " mode       octets  why\n"
                                  " ------  ---------  ---\n"
                                  " tunnel         12  a | b, \"c\" & <d>,\n"
                                  "                    long enough to be\n"
                                  "                    broken\n"
                                  " b\xc3\xa9"
                                  "et    1,234,567  short\n");
    free(terminal);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text = printed(rows[i].print, &t);
        if (!strstr(text, rows[i].want))
            fail_msg("%s: no `%s` in\n%s", rows[i].what, rows[i].want, text);
        free(text);
    }
    table_fini(&t);
}

static void a_heading_of_several_lines_stands_on_one(void **state)
{
    (void)state;
    struct table t = {0};
    table_column(&t, TABLE_LEFT, "over-\nhead/\npacket");
    table_column(&t, TABLE_LEFT, "per-host\nSAs");
    char *text = printed(table_markdown, &t);
    assert_string_equal(text, "| overhead/packet | per-host SAs |\n|---|---|\n");
    free(text);
    table_fini(&t);
}

static void counts_have_their_thousands_apart(void **state)
{
    (void)state;
    static const struct {
        unsigned long long n;
        const char *text;
    } rows[] = {{0, "0"},
                {999, "999"},
                {1000, "1,000"},
                {123456, "123,456"},
                {1234567, "1,234,567"},
                {18446744073709551615ULL, "18,446,744,073,709,551,615"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[40];
        assert_string_equal(table_count(rows[i].n, text, sizeof text), rows[i].text);
    }
}

/* A result, and how it is read. */
struct scene {
    struct result r;
    struct curves curves[N_PLAUSIBLE_MODES];
};

static void scene_init(struct scene *s)
{
    memset(s, 0, sizeof *s);
    plausible_result(&s->r, s->curves, 1);
}

static void scene_fini(struct scene *s)
{
    for (size_t i = 0; i < N_PLAUSIBLE_MODES; i++)
        curves_fini(&s->curves[i]);
    result_fini(&s->r);
}

static struct run_result *run_of(struct scene *s, const char *mode)
{
    for (size_t i = 0; i < s->r.n_runs; i++)
        if (!strcmp(s->r.runs[i].mode, mode))
            return &s->r.runs[i];
    fail_msg("no %s", mode);
    return NULL;
}

static char *summary_text(const struct result *r, size_t width, bool colour)
{
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    summary_print(r, to, width, colour);
    fclose(to);
    return text;
}

static void expect_narrow(const char *text, size_t width)
{
    for (const char *line = text; *line;) {
        size_t len = strcspn(line, "\n");
        if (len > width)
            fail_msg("%zu columns: %.*s", len, (int)len, line);
        if (len && line[len - 1] == ' ')
            fail_msg("ends in a blank: %.*s", (int)len, line);
        line += len + (line[len] == '\n');
    }
}

static void the_summary_fits_the_terminal_and_needs_no_colour(void **state)
{
    (void)state;
    struct scene s;
    scene_init(&s);
    char *text = summary_text(&s.r, TABLE_WIDTH, false);
    expect_narrow(text, TABLE_WIDTH);
    assert_null(strchr(text, '\033'));
    for (size_t i = 0; i < N_PLAUSIBLE_MODES; i++)
        for (size_t v = 0; v < N_VERDICTS; v++) {
            char word[24]; /* the reason's first words: it may be broken into lines */
            snprintf(word, sizeof word, "%.20s", plausible_modes[i].verdict[v].why);
            if (!strstr(text, word))
                fail_msg("the reason `%s` is missing", word);
        }
    static const char *const wanted[] = {"no-sa-out", "48,644", "against tunnel"};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        assert_non_null(strstr(text, wanted[i]));
    char *narrow = summary_text(&s.r, 80, false);
    expect_narrow(narrow, 80);
    free(narrow);
    char *coloured = summary_text(&s.r, TABLE_WIDTH, true);
    assert_non_null(strchr(coloured, '\033'));
    free(coloured);
    free(text);
    scene_fini(&s);
}

/* A day's traffic instead of half a minute's. */
static void great_numbers_fit_too(void **state)
{
    (void)state;
    struct scene s;
    scene_init(&s);
    for (size_t i = 0; i < s.r.n_runs; i++) {
        struct link_result *link = &s.r.runs[i].link;
        for (size_t m = 0; m < metric_link.n_rows; m++)
            *(uint64_t *)(void *)((char *)link + metric_link.rows[m].offset) *= 28800;
        s.r.runs[i].sas = 130000;
        s.r.runs[i].balance.dropped *= 28800;
    }
    char *text = summary_text(&s.r, TABLE_WIDTH, false);
    expect_narrow(text, TABLE_WIDTH);
    assert_non_null(strstr(text, "kB"));
    free(text);
    scene_fini(&s);
}

static void answer(struct scene *s, const char *mode, enum verdict_column column, enum answer value)
{
    run_result_verdict(run_of(s, mode), column, value, "because");
}

static void no_change(struct scene *s)
{
    (void)s;
}

static void wildcard_is_allowed_everywhere(struct scene *s)
{
    answer(s, "wildcard", VERDICT_RFC4301, ANSWER_YES);
    answer(s, "wildcard", VERDICT_LINUX, ANSWER_YES);
    answer(s, "wildcard", VERDICT_STRONGSWAN, ANSWER_YES);
}

static void nothing_works(struct scene *s)
{
    for (size_t i = 0; i < s->r.n_runs; i++)
        run_result_verdict(&s->r.runs[i], VERDICT_WORKS, ANSWER_NO, "the link is down");
}

static void tunnel_does_not_work(struct scene *s)
{
    answer(s, "tunnel", VERDICT_WORKS, ANSWER_NO);
}

static void beet_works_partly(struct scene *s)
{
    answer(s, "beet", VERDICT_WORKS, ANSWER_PARTLY);
}

static void beet_is_all_there_is(struct scene *s)
{
    nothing_works(s);
    beet_works_partly(s);
}

/* Cells that are filled up: every mode takes the octets of tunnel mode. */
static void framing_swallows_the_saving(struct scene *s)
{
    const struct run_result *tunnel = run_of(s, "tunnel");
    double per_packet = summary_overhead(tunnel);
    static const char *const modes[] = {"beet", "wildcard", "plain"};
    for (size_t i = 0; i < 3; i++) {
        struct link_result *link = &run_of(s, modes[i])->link;
        link->wire_octets = link->inner_octets + (uint64_t)(per_packet * (double)link->inner_packets);
    }
}

/* Half as many packets, of another mix: what a packet costs is not changed by that. */
static void tcp_was_unlucky_in_wildcard(struct scene *s)
{
    struct run_result *run = run_of(s, "wildcard");
    uint64_t packets = run->link.inner_packets / 2, beyond = run->link.wire_octets - run->link.inner_octets;
    run->link.wire_octets = packets * 200 + beyond / 2;
    run->link.inner_octets = packets * 200;
    run->link.inner_packets = packets;
    run->directions[0].lost = 5;
}

static void nothing_is_lost(struct scene *s)
{
    for (size_t i = 0; i < s->r.n_runs; i++)
        for (size_t d = 0; d < s->r.runs[i].n_directions; d++)
            s->r.runs[i].directions[d].lost = s->r.runs[i].directions[d].queue_dropped = 0;
}

static void only_plain_is_run(struct scene *s)
{
    for (size_t i = 0; i < s->r.n_runs; i++)
        snprintf(s->r.runs[i].mode, sizeof s->r.runs[i].mode, "plain");
}

static void wildcard_is_alone(struct scene *s)
{
    struct run_result wildcard = *run_of(s, "wildcard");
    for (size_t i = 0; i < s->r.n_runs; i++)
        if (strcmp(s->r.runs[i].mode, "wildcard") != 0)
            run_result_fini(&s->r.runs[i]);
    s->r.runs[0] = wildcard;
    s->r.n_runs = 1;
}

static void priority_is_borne(struct scene *s)
{
    result_add_setting(&s->r, "link.queue_kind", "priority");
    result_add_setting(&s->r, "ipsec.replay_window", "64");
    result_add_setting(&s->r, "adversary.attack", "none");
    run_result_add_sa(run_of(s, "tunnel"));
    for (size_t i = 0; i < s->r.n_runs; i++)
        s->r.runs[i].n_episodes = 0;
}

static void priority_is_not_borne(struct scene *s)
{
    priority_is_borne(s);
    places_add(&run_of(s, "tunnel")->drops, "gw1", "replay", 1290);
    places_add(&run_of(s, "wildcard")->drops, "gw1", "replay", 1290);
}

static void packets_are_replayed(struct scene *s)
{
    priority_is_not_borne(s);
    snprintf(s->r.settings[s->r.n_settings - 1].value, RESULT_TEXT_MAX, "replay");
}

static void calls_differ(struct scene *s)
{
    struct run_result *run = run_of(s, "wildcard");
    for (size_t i = 0; i < run->n_flows; i++)
        run->flows[i].r_factor_worst += 5;
}

static void calls_of_what_works_partly(struct scene *s)
{
    struct run_result *run = run_of(s, "wildcard");
    answer(s, "wildcard", VERDICT_WORKS, ANSWER_PARTLY);
    for (size_t i = 0; i < run->n_flows; i++)
        run->flows[i].r_factor_worst = 20;
}

/* The scenario filters the ICMP about packets that are too big. */
static void big_packets_vanish(struct scene *s)
{
    static const char *const modes[] = {"tunnel", "wildcard"};
    result_add_setting(&s->r, "ipsec.icmp_filtered", "yes");
    answer(s, "tunnel", VERDICT_WORKS, ANSWER_PARTLY);
    for (size_t i = 0; i < 2; i++) {
        places_add(&run_of(s, modes[i])->drops, "gw1", "too-big", 17);
        run_of(s, modes[i])->flows[0].stalled = true;
    }
}

/* Two lookup policies of one mode: the same answers and octets. */
static void policies_of_one_mode(struct scene *s)
{
    struct run_result *tunnel = run_of(s, "tunnel"), *wildcard = run_of(s, "wildcard");
    for (size_t v = 0; v < N_VERDICTS; v++)
        answer(s, "tunnel", v, wildcard->verdict[v].value);
    tunnel->link = wildcard->link;
    snprintf(tunnel->mode, sizeof tunnel->mode, "wildcard");
    snprintf(tunnel->name, sizeof tunnel->name, "wildcard+spi");
    answer(s, "beet", VERDICT_WORKS, ANSWER_NO);
    places_add(&tunnel->drops, "gw2", "icv", 1000);
    tunnel->balance.dropped += 1000;
    wildcard->link.wire_octets++; /* no difference */
}

static void policies_that_fail(struct scene *s)
{
    struct run_result *beet = run_of(s, "beet");
    answer(s, "beet", VERDICT_WORKS, ANSWER_NO);
    answer(s, "wildcard", VERDICT_WORKS, ANSWER_NO);
    snprintf(beet->mode, sizeof beet->mode, "wildcard");
    snprintf(beet->name, sizeof beet->name, "wildcard+linux");
}

static void it_rains(struct scene *s)
{
    static const double full[] = {METRIC_NONE, 5.25, 0};
    for (size_t i = 0; i < s->r.n_runs; i++) {
        struct link_result *d = &s->r.runs[i].directions[0];
        d->groups = GROUP_FADE;
        d->fade_max_db = 12;
        d->fade_full_db = full[i < 3 ? i : 2];
        d->fade_closes_db = 17.35;
        s->r.runs[i].link.symbols = 356760000;
    }
}

static void it_pours(struct scene *s)
{
    it_rains(s);
    s->r.runs[0].directions[0].fade_max_db = 18;
}

static void the_sky_is_clear(struct scene *s)
{
    it_rains(s);
    s->r.runs[0].directions[0].fade_max_db = 0;
}

static void the_conclusion_follows_from_the_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        void (*change)(struct scene *);
        const char *first, *also, *never;
    } rows[] = {
        {"as measured", no_change,
         "Choose tunnel: it works for routed traffic, RFC 4301 allows it, stock Linux can do it and strongSwan "
         "negotiates it. Fewer octets on the link for the same packets: beet (3.0 %, 20.0 octets a packet), wildcard "
         "(3.0 "
         "%, 20.0 octets a packet). Choose one of them only if both gateways are yours to change",
         "transport does not work for routed traffic here: GW1 has no SA", "fills up"},
        {"as measured", no_change, "Choose tunnel", "It takes 128 SAs where tunnel takes 2.", "UNEXPLAINED"},
        {"as measured", no_change, "Choose tunnel", "But RFC 4301: no, stock Linux: partly, strongSwan: no.", "nan"},
        {"as measured", no_change, "Choose tunnel", "No caller will hear which mode is in use", "lie between"},
        {"wildcard everywhere", wildcard_is_allowed_everywhere,
         "Choose wildcard: it works for routed traffic, RFC 4301 allows it, stock Linux can do it and strongSwan "
         "negotiates it. No other mode that works here spends fewer octets on the link.",
         "tunnel against wildcard: 20.0 octets more a packet on the link", "Choose tunnel"},
        {"nothing works", nothing_works, "No mode that protects carries the hosts' traffic on this link",
         "tunnel does not work for routed traffic here: the link is down.", "Choose"},
        {"tunnel fails", tunnel_does_not_work,
         "Choose beet: it works for routed traffic and stock Linux can do it. But RFC 4301: no, strongSwan: partly.",
         "tunnel does not work for routed traffic here: because.", "Choose tunnel"},
        {"grammar", beet_is_all_there_is, "Choose beet: stock Linux can do it. But routed traffic: partly,", "",
         "it stock"},
        {"beet partly", beet_works_partly, "Choose tunnel",
         "But routed traffic: partly, RFC 4301: no, strongSwan: partly. It takes 128", "beet does not work"},
        {"rain", it_rains, "Choose tunnel",
         "Rain on gw1>gw2, 12.0 dB at its deepest. The load fits, before the queue fills up and drops: plain through "
         "all "
         "of it; tunnel up to 5.2 dB; beet not even in clear sky; wildcard not even in clear sky; transport not even "
         "in "
         "clear sky. The link itself would close at 17.35 dB, where no MODCOD is left.",
         "gw2>gw1"},
        {"more rain", it_pours, "Choose tunnel", "Beyond 17.35 dB no MODCOD is left and nothing passes", "would close"},
        {"no rain", the_sky_is_clear, "Choose tunnel", "", "Rain"},
        {"padded cells", framing_swallows_the_saving, "Choose tunnel",
         "(20.0 less in IP, but ppp framing fills up the rest)", "Fewer octets"},
        {"padded cells", framing_swallows_the_saving, "Choose tunnel",
         "tunnel spends as many link octets as no protection at all (plain): ppp framing has room for it.",
         "0.0 octets"},
        {"alone", wildcard_is_alone, "Only wildcard was run: it works for routed traffic. But RFC 4301: no,",
         "Nothing was run beside it", "Choose"},
        {"priority", priority_is_borne, "Choose tunnel", "the replay window of 64 bears it", "Try a wider"},
        {"priority", priority_is_not_borne, "Choose tunnel",
         "more of them than the replay window of 64 bears: tunnel and wildcard dropped 1,290 as replayed", "bears it"},
        {"an adversary", packets_are_replayed, "Choose tunnel", "1,290 replay at gw1", "Priority"},
        {"black hole", big_packets_vanish,
         "Choose tunnel: RFC 4301 allows it, stock Linux can do it and strongSwan negotiates it. But routed traffic: "
         "partly.",
         "Packets with DF vanish untold: tunnel above 1446 octets; wildcard above 1466 octets. TCP stalls: tunnel and "
         "wildcard (flow ",
         "it RFC"},
        {"drops", big_packets_vanish, "Choose tunnel", "17 too-big at gw1", "transport 100"},
        {"policies", policies_of_one_mode, "Choose wildcard",
         "It drops fewer packets than the 1 other with the same answers. No other mode that works here spends fewer",
         "saves more"},
        {"policies that fail", policies_that_fail, "Choose tunnel",
         "wildcard+linux does not work for routed traffic here: because. 99.6 % of the hosts' packets arrived. Nor "
         "do: wildcard.",
         "wildcard does not work"},
        {"luck", tcp_was_unlucky_in_wildcard, "Choose tunnel",
         "beet (3.0 %, 20.0 octets a packet), wildcard (3.0 %, 20.0", "saves more"},
        {"luck", tcp_was_unlucky_in_wildcard, "Choose tunnel", "differ by luck, too. `espsim sweep --seeds", "nan"},
        {"no luck", nothing_is_lost, "Choose tunnel", "Protection itself", "luck"},
        {"plain alone", only_plain_is_run, "No mode that protects was run", "scenario.modes", "in the table"},
        {"calls", calls_differ, "Choose tunnel", "The modes that work lie between R 69.3 and 74.5.", "in part"},
        {"calls", calls_of_what_works_partly, "Choose tunnel",
         "No caller will hear which mode is in use: those that work differ by less than one point of R. Where a mode "
         "works only in part, the worst call has R 20.0.",
         "lie between"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scene s;
        scene_init(&s);
        rows[i].change(&s);
        char *text = summary_conclusion(&s.r);
        if (strncmp(text, rows[i].first, strlen(rows[i].first)))
            fail_msg("%s: expected `%s`, got\n%s", rows[i].what, rows[i].first, text);
        if (!strstr(text, rows[i].also))
            fail_msg("%s: no `%s` in\n%s", rows[i].what, rows[i].also, text);
        if (strstr(text, rows[i].never))
            fail_msg("%s: `%s` in\n%s", rows[i].what, rows[i].never, text);
        free(text);
        scene_fini(&s);
    }
}

static void a_result_without_calls_or_runs_is_printed(void **state)
{
    (void)state;
    struct result empty = {0};
    char *text = summary_text(&empty, TABLE_WIDTH, false);
    expect_narrow(text, TABLE_WIDTH);
    free(text);
    struct scene s;
    scene_init(&s);
    for (size_t i = 0; i < s.r.n_runs; i++)
        s.r.runs[i].n_flows = i == 0 ? 0 : 1;
    text = summary_text(&s.r, TABLE_WIDTH, false);
    expect_narrow(text, TABLE_WIDTH);
    assert_null(strstr(text, "VoIP R"));
    assert_null(strstr(text, "nan"));
    free(text);
    scene_fini(&s);
}

/* DVB-S2 is paid by the symbol: a column, where there are any, that fits the terminal. */
static void symbols_are_shown_where_there_are_any(void **state)
{
    (void)state;
    struct scene s;
    scene_init(&s);
    char *without = summary_text(&s.r, 100, false);
    it_rains(&s);
    char *with = summary_text(&s.r, 100, false);
    assert_null(strstr(without, "symbols"));
    assert_non_null(strstr(with, "symbols"));
    assert_non_null(strstr(with, " 356.76 "));
    expect_narrow(with, 100);
    free(without);
    free(with);
    scene_fini(&s);
}

static void what_nobody_can_explain_is_shown(void **state)
{
    (void)state;
    struct scene s;
    scene_init(&s);
    run_result_add_unexplained(run_of(&s, "beet"), "%d packets vanished", 3);
    char *text = summary_text(&s.r, TABLE_WIDTH, false);
    assert_non_null(strstr(text, "UNEXPLAINED in beet: 3 packets vanished"));
    free(text);
    scene_fini(&s);
}

/* tunnel minus wildcard is 20 octets on every IPv4 packet with AES-GCM: facts of RFC 4303's padding to 4. */
static void the_saving_is_the_outer_header(void **state)
{
    (void)state;
    struct scene s;
    scene_init(&s);
    double saved = summary_overhead(run_of(&s, "tunnel")) - summary_overhead(run_of(&s, "wildcard"));
    assert_true(fabs(saved - 20) < 1e-9);
    scene_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_is_printed_in_four_ways),
        cmocka_unit_test(a_heading_of_several_lines_stands_on_one),
        cmocka_unit_test(counts_have_their_thousands_apart),
        cmocka_unit_test(the_summary_fits_the_terminal_and_needs_no_colour),
        cmocka_unit_test(great_numbers_fit_too),
        cmocka_unit_test(the_conclusion_follows_from_the_numbers),
        cmocka_unit_test(a_result_without_calls_or_runs_is_printed),
        cmocka_unit_test(symbols_are_shown_where_there_are_any),
        cmocka_unit_test(what_nobody_can_explain_is_shown),
        cmocka_unit_test(the_saving_is_the_outer_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
