/* Text on its way to something that gives characters a meaning: what becomes of it at each sink, and what holds there
 * for any octets. Without arguments the rows and laws; `test_text SINK` filters texts for readers
 * that are not ours (test_text_readers.sh). */
#include "models/base/rng.h"
#include "models/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FFFD "\xef\xbf\xbd"
#define ZWSP "&#8203;"
#define BIDI "\xe2\x80\xae" /* U+202E */
#define C1   "\xc2\x9b"     /* U+009B, CSI */
#define RSQ  "\xe2\x80\x99" /* U+2019 */
#define WIDE "\xef\xbc\x9d" /* U+FF1D, = */

static void terminal_line(FILE *to, const char *text)
{
    text_terminal(to, text, TEXT_LINE);
}

static void terminal_lines(FILE *to, const char *text)
{
    text_terminal(to, text, TEXT_LINES);
}

static void line(FILE *to, const char *text)
{
    text_line(to, "<%s>", text);
}

typedef void sink(FILE *to, const char *text);

static const struct {
    const char *name;
    sink *write;
} sinks[] = {
    {"html", text_html},
    {"xml", text_xml},
    {"markdown", text_markdown},
    {"markdown_cell", text_markdown_cell},
    {"markdown_code", text_markdown_code},
    {"csv", text_csv},
    {"gnuplot", text_gnuplot},
    {"gnuplot_tic", text_gnuplot_tic},
    {"shell", text_shell},
    {"terminal_line", terminal_line},
    {"terminal_lines", terminal_lines},
};
enum { N_SINKS = sizeof sinks / sizeof *sinks };

/* What a sink makes of `text`; the caller frees. */
static char *made(sink *write, const char *text)
{
    char *out = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&out, &len);
    assert_non_null(to);
    write(to, text);
    fclose(to);
    assert_int_equal(strlen(out), len);
    return out;
}

struct row {
    const char *what;
    sink *write;
    const char *in, *out;
};

static const struct row rows[] = {
    {"ordinary text", text_html, "0.5 %, wildcard+spi, a_b, caf\xc3\xa9", "0.5 %, wildcard+spi, a_b, caf\xc3\xa9"},
    {"markup", text_html, "<b a='1' c=\"2\">&amp;`\\", "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;amp;`\\"},
    {"lines", text_html, "a\n\tb\rc", "a\n\tb" FFFD "c"},
    {"hidden characters", text_html, "\x1b[0m\x7f" C1 BIDI, FFFD "[0m" FFFD FFFD FFFD},
    {"broken UTF-8", text_html, "\xc3(\xe2\x82\xff", FFFD "(" FFFD FFFD FFFD},
    {"UTF-8 longer than needed", text_html, "\xc0\xbc\xe0\x80\xbc", FFFD FFFD FFFD FFFD FFFD},
    {"a surrogate", text_html, "\xed\xa0\x80", FFFD FFFD FFFD},
    {"past the last character", text_html, "\xf4\x90\x80\x80 \xf4\x8f\xbf\xbd",
     FFFD FFFD FFFD FFFD " \xf4\x8f\xbf\xbd"},
    {"a character that XML lacks", text_xml, "a\xef\xbf\xbe\xef\xbf\xbf\x01&", "a" FFFD FFFD FFFD "&amp;"},
    {"CDATA", text_xml, "]]>", "]]&gt;"},

    {"ordinary text", text_markdown, "0.5 %, wildcard+spi, a_b (c), \"d\": e-f! 'g' a & b; c>d",
     "0.5 %, wildcard+spi, a_b (c), \"d\": e-f! 'g' a & b; c>d"},
    {"emphasis", text_markdown, "*a* _b_ __c__ ~~d~~", "\\*a\\* \\_b\\_ \\_\\_c\\_\\_ \\~\\~d\\~\\~"},
    {"code and backslashes", text_markdown, "`a` \\`", "\\`a\\` \\\\\\`"},
    {"a link and an image", text_markdown, "[a](b) ![c](d)", "\\[a\\](b) \\!\\[c\\](d)"},
    {"raw HTML", text_markdown, "<script>", "\\<script>"},
    {"a comment", text_markdown, "<!--", "\\<!--"},
    {"a cell's end", text_markdown, "a|b", "a\\|b"},
    {"entities", text_markdown, "&lt; &#60; R&D a & b", "\\&lt; \\&#60; R\\&D a & b"},
    {"mathematics", text_markdown, "$x$", "\\$x\\$"},
    {"addresses", text_markdown, "http://x www.x wwW.x a.b", "http:" ZWSP "//x www" ZWSP ".x wwW" ZWSP ".x a.b"},
    {"a call", text_markdown, "@all a@b", "@" ZWSP "all a@" ZWSP "b"},
    {"a heading", text_markdown, "# a #", "\\# a \\#"},
    {"a list", text_markdown, "- a", "\\- a"},
    {"another list", text_markdown, "+", "\\+"},
    {"a third list", text_markdown, "12. a", "12\\. a"},
    {"a fourth list", text_markdown, "1) a", "1\\) a"},
    {"a number", text_markdown, "-5 +3", "-5 +3"},
    {"another number", text_markdown, "1.5 of 2.", "1.5 of 2."},
    {"a quotation", text_markdown, "> a", "\\> a"},
    {"a heading's line", text_markdown, "===", "\\==="},
    {"a rule", text_markdown, "---", "\\---"},
    {"indented code", text_markdown, "\t    a", "a"},
    {"lines", text_markdown, "a\n# b\r\n- c\td", "a \\# b  - c d"},
    {"hidden characters", text_markdown, "a\x1b" BIDI "\xff", "a" FFFD FFFD FFFD},
    {"no value", text_markdown_cell, "-", "-"},
    {"a cell's end", text_markdown_cell, "a\\|\nb", "a\\\\\\| b"},
    {"code", text_markdown_code, "a *b* <c> | \\", "`a *b* <c> | \\`"},
    {"code with backticks", text_markdown_code, "a``b`", "``` a``b` ```"},
    {"code between spaces", text_markdown_code, " a ", "`  a  `"},
    {"lines of code", text_markdown_code, "a\n\nb", "`a  b`"},
    {"no code", text_markdown_code, "", ""},

    {"ordinary text", text_csv, "0.5 %", "0.5 %"},
    {"a separator", text_csv, "a,b", "\"a,b\""},
    {"another separator", text_csv, "a;=b", "\"a;=b\""},
    {"quotes", text_csv, "a \"b\"", "\"a \"\"b\"\"\""},
    {"lines", text_csv, "a\nb", "\"a b\""},
    {"a formula", text_csv, "=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"},
    {"a formula behind blanks", text_csv, " \t@x",
     "\"' "
     " @x\""},
    {"a formula in quotes", text_csv, "-1+\"a\"", "\"'-1+\"\"a\"\"\""},
    {"a full-width formula", text_csv, WIDE "1", "'" WIDE "1"},
    {"a tab first", text_csv, "\ta", "\"' a\""},
    {"numbers", text_csv, "-5", "-5"},
    {"numbers", text_csv, "+1.5e-05", "+1.5e-05"},
    {"no number", text_csv, "-0x10", "'-0x10"},
    {"no number either", text_csv, "-inf", "'-inf"},
    {"hidden characters", text_csv, "a\x1b" C1, "a" FFFD FFFD},

    {"ordinary text", text_gnuplot, "wildcard+spi, 0.5 %", "'wildcard+spi, 0.5 %'"},
    {"quotes", text_gnuplot, "'a'\"b\"", "'" RSQ "a" RSQ "\"b\"'"},
    {"a program", text_gnuplot, "`touch x` @m \\", "'`touch x` @m \\'"},
    {"CDATA", text_gnuplot, "a]]]>b", "'a]]\xe2\x80\x8b]>b'"},
    {"a block's end", text_gnuplot, "x\nEOD\nsystem('x')", "'x EOD system(" RSQ "x" RSQ ")'"},
    {"hidden characters", text_gnuplot, "\x1b\x89PNG\xff", "'" FFFD FFFD "PNG" FFFD "'"},
    {"a format", text_gnuplot_tic, "0.5% %s", "'0.5%% %%s'"},

    {"a plain word", text_shell, "--set=link.loss=0.5%", "--set=link.loss=0.5%"},
    {"a word with blanks", text_shell, "a b", "'a b'"},
    {"quotes", text_shell, "a'b", "'a'\\''b'"},
    {"programs", text_shell, "$(x)`y`;z", "'$(x)`y`;z'"},
    {"lines", text_shell, "a\nb", "'a" FFFD "b'"},
    {"no word", text_shell, "", "''"},

    {"ordinary text", terminal_line, "a\\b caf\xc3\xa9", "a\\b caf\xc3\xa9"},
    {"control sequences", terminal_line, "\x1b[2J\r\a\x7f", "\\x1b[2J\\x0d\\x07\\x7f"},
    {"C1 and bidi controls", terminal_line, C1 "1m" BIDI "\xe2\x81\xa6\xe2\x80\xa8", "\\u009b1m\\u202e\\u2066\\u2028"},
    {"broken UTF-8", terminal_line, "a\x9b\xf0\x9f\x98", "a\\x9b\\xf0\\x9f\\x98"},
    {"four octets", terminal_line, "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
    {"lines", terminal_line, "a\n\tb", "a\\x0a\\x09b"},
    {"lines", terminal_lines, "a\n\tb\r\n", "a\n\tb\\x0d\n"},
    {"one line", line, "a\nb\x1b", "<a\\x0ab\\x1b>\n"},
};

static void rows_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *out = made(rows[i].write, rows[i].in);
        if (strcmp(out, rows[i].out))
            fail_msg("row %zu, %s: `%s` became `%s`, not `%s`", i, rows[i].what, rows[i].in, out, rows[i].out);
        free(out);
    }
}

/* ---- for any octets ---- */

enum { N_TEXTS = 4000, TEXT_MAX = 24 };

/* Octets that mean something somewhere come as often as all others. */
static void draw_text(struct rng *r, char text[TEXT_MAX + 1])
{
    static const char special[] = "'\"`\\$<>&|*_[]()#-+=@!~%;,:/.\n\r\t\x1b\x7f\x9b\xc2\xe2\x80\xae 1wEOD{}";
    size_t len = rng_below(r, TEXT_MAX + 1);
    for (size_t i = 0; i < len; i++)
        text[i] = rng_below(r, 2) ? special[rng_below(r, sizeof special - 1)] : (char)(1 + rng_below(r, 255));
    text[len] = 0;
}

static bool is_clean(const char *text, bool with_lines)
{
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        bool is_line = *at == '\n' || *at == '\t';
        if ((*at < ' ' && !(with_lines && is_line)) || *at == 0x7f || (*at == 0xc2 && at[1] < 0xa0) ||
            (*at == 0xe2 && at[1] == 0x80 && at[2] >= 0xa8 && at[2] <= 0xae) ||
            (*at == 0xe2 && at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9))
            return false;
    }
    return true;
}

/* A character that is not behind an odd number of backslashes. */
static bool has_bare(const char *text, const char *set)
{
    for (; *text; text++) {
        if (*text == '\\' && text[1])
            text++;
        else if (strchr(set, *text))
            return true;
    }
    return false;
}

static bool is_gnuplot_string(const char *text)
{
    size_t len = strlen(text);
    return len >= 2 && text[0] == '\'' && strchr(text + 1, '\'') == text + len - 1;
}

/* One word: quotes of the shell, read as sh(1) does. */
static bool is_shell_word(const char *text)
{
    bool quoted = false;
    for (; *text; text++) {
        if (*text == '\'')
            quoted = !quoted;
        else if (!quoted && *text == '\\' && text[1] == '\'')
            text++;
        else if (!quoted && !isalnum((unsigned char)*text) && !strchr("%+,-./:=@_", *text))
            return false;
    }
    return !quoted;
}

/* What a spreadsheet has in the cell begins with none of its signs, or is a number. */
static bool is_no_formula(const char *out)
{
    out += *out == '"';
    out += strspn(out, " ");
    return !*out || !strchr("=+-@", *out) || !out[strspn(out, "0123456789+-.eE\"")];
}

static bool is_lawful(sink *write, const char *out)
{
    if (!is_clean(out, write == text_html || write == text_xml || write == terminal_lines))
        return false;
    if (write == text_html || write == text_xml)
        return !strpbrk(out, "<>\"'");
    if (write == text_markdown || write == text_markdown_cell)
        return !has_bare(out, "<|`*[]~$") && !strstr(out, "://");
    if (write == text_csv)
        return is_no_formula(out);
    if (write == text_gnuplot || write == text_gnuplot_tic)
        return is_gnuplot_string(out);
    if (write == text_shell)
        return is_shell_word(out);
    return true;
}

static void laws_hold_for_any_octets(void **state)
{
    (void)state;
    struct rng r;
    rng_init(&r, 1, "test.text");
    for (size_t i = 0; i < N_TEXTS; i++) {
        char text[TEXT_MAX + 1];
        draw_text(&r, text);
        for (size_t s = 0; s < N_SINKS; s++) {
            char *out = made(sinks[s].write, text);
            if (!is_lawful(sinks[s].write, out))
                fail_msg("%s: text %zu became `%s`", sinks[s].name, i, out);
            free(out);
        }
    }
}

/* What has been through a terminal's sink once is not changed by it again. */
static void shown_text_stays(void **state)
{
    (void)state;
    struct rng r;
    rng_init(&r, 2, "test.text");
    for (size_t i = 0; i < N_TEXTS; i++) {
        char text[TEXT_MAX + 1];
        draw_text(&r, text);
        char *once = text_terminal_copy(text, TEXT_LINE), *twice = text_terminal_copy(once, TEXT_LINE);
        assert_string_equal(once, twice);
        free(once);
        free(twice);
    }
}

/* Prints each text of standard input through a sink; each ends with U+001E there and here. */
static int print_all(const char *name)
{
    char *text = NULL;
    size_t cap = 0, s = 0;
    while (s < N_SINKS && strcmp(sinks[s].name, name))
        s++;
    for (ssize_t len; s < N_SINKS && (len = getdelim(&text, &cap, 0x1e, stdin)) > 0;) {
        text[len - 1] = 0;
        sinks[s].write(stdout, text);
        putchar(0x1e);
    }
    free(text);
    return s == N_SINKS;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_hold),
        cmocka_unit_test(laws_hold_for_any_octets),
        cmocka_unit_test(shown_text_stays),
    };
    return argc == 2 ? print_all(argv[1]) : cmocka_run_group_tests(tests, NULL, NULL);
}
