#include "models/base/text.h"

#include <assert.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* ---- characters ---- */

enum {
    REPLACEMENT = 0xfffd,
    QUOTE = 0x2019,
    ZERO_WIDTH = 0x200b,
    INVALID = 0x110000 /* past the last character, + the octet */
};

/* Octets of the character that `lead` begins; 0: it begins none. */
static size_t length_of(unsigned char lead)
{
    return lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
}

/* Takes the next character; INVALID + octet, for one octet, where there is none (RFC 3629). */
static uint32_t take(const char **text)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *at = (const unsigned char *)*text;
    size_t n = length_of(*at);
    uint32_t c = n < 2 ? *at : *at & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            n = 0;
            break;
        }
        c = c << 6 | (at[i] & 0x3f);
    }
    if (!n || c < least[n] || (c >= 0xd800 && c < 0xe000) || c >= INVALID) {
        n = 1;
        c = INVALID + *at;
    }
    *text += n;
    return c;
}

static void put(FILE *to, uint32_t c)
{
    static const unsigned char leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    int n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    putc((int)(leads[n] | c >> 6 * (n - 1)), to);
    for (int i = n - 2; i >= 0; i--)
        putc((int)(0x80 | (c >> 6 * i & 0x3f)), to);
}

static bool is_hidden(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
           c >= INVALID;
}

static bool is_space(uint32_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void put_visible(FILE *to, uint32_t c)
{
    put(to, is_hidden(c) ? REPLACEMENT : c);
}

/* On one line: its ends and tabs are spaces. */
static void put_in_line(FILE *to, uint32_t c)
{
    put_visible(to, is_space(c) ? ' ' : c);
}

/* ---- HTML, XML ---- */

static const char *entity_of(uint32_t c)
{
    return c == '&'    ? "&amp;"
           : c == '<'  ? "&lt;"
           : c == '>'  ? "&gt;"
           : c == '"'  ? "&quot;"
           : c == '\'' ? "&#39;"
                       : NULL;
}

static void put_markup(FILE *to, uint32_t c)
{
    const char *entity = entity_of(c);
    if (entity)
        fputs(entity, to);
    else if (c == '\n' || c == '\t')
        put(to, c);
    else
        put_visible(to, c);
}

void text_html(FILE *to, const char *text)
{
    while (*text)
        put_markup(to, take(&text));
}

void text_xml(FILE *to, const char *text)
{
    while (*text) {
        uint32_t c = take(&text);
        put_markup(to, c == 0xfffe || c == 0xffff ? REPLACEMENT : c);
    }
}

/* ---- Markdown ---- */

/* Letters of any script: octets beyond ASCII count as such. */
static bool is_word(char c)
{
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

static bool ends_word(const char *at)
{
    return !*at || is_space((unsigned char)*at);
}

/* What begins a heading, quotation, list or rule where it begins a line; `at` is there. */
static bool begins_block(const char *at)
{
    return *at == '#' || *at == '>' || *at == '=' ||
           ((*at == '-' || *at == '+') && (ends_word(at + 1) || at[1] == *at));
}

/* The character behind the digits of "1. ", or NULL. */
static const char *list_mark(const char *at)
{
    const char *mark = at + strspn(at, "0123456789");
    return mark > at && (*mark == '.' || *mark == ')') && ends_word(mark + 1) ? mark : NULL;
}

/* Whether a backslash must stand before the ASCII character at `at`, which has `before` before it (0: nothing). */
static bool makes_markup(const char *at, char before)
{
    switch (*at) {
    case '_':
        return !is_word(before) || !is_word(at[1]);
    case '&':
        return at[1] == '#' || isalpha((unsigned char)at[1]);
    case '!':
        return at[1] == '[';
    case '#': /* also those that close a heading */
        return !before || is_space((unsigned char)before);
    default:
        return strchr("\\`*[]<|~$", *at) != NULL;
    }
}

/* Whether GitHub makes a link or a call of what is parted behind `at`. It looks for `www.` before it knows entities. */
static bool makes_link(const char *start, const char *at)
{
    if (*at == '@')
        return true;
    if (*at == ':')
        return at[1] == '/' && at[2] == '/';
    return *at != '.' && at[1] == '.' && at - start >= 2 && !strncasecmp(at - 2, "www", 3);
}

static void markdown(FILE *to, const char *text, bool begins_line)
{
    text += strspn(text, " \t\r\n");
    const char *mark = begins_line ? list_mark(text) : NULL;
    for (const char *at = text, *start = text; *at;) {
        const char *here = at;
        uint32_t c = take(&at);
        if (c < 0x80 && (makes_markup(here, here > start ? here[-1] : 0) || here == mark ||
                         (begins_line && here == start && begins_block(here))))
            putc('\\', to);
        put_in_line(to, c);
        if (makes_link(start, here))
            fputs("&#8203;", to);
    }
}

void text_markdown(FILE *to, const char *text)
{
    markdown(to, text, true);
}

void text_markdown_cell(FILE *to, const char *text)
{
    markdown(to, text, false);
}

static void repeat(FILE *to, char c, size_t n)
{
    while (n--)
        putc(c, to);
}

void text_markdown_code(FILE *to, const char *text)
{
    size_t longest = 0, run;
    for (const char *at = text; *at; at += run ? run : 1) {
        run = strspn(at, "`");
        longest = run > longest ? run : longest;
    }
    if (!*text)
        return;
    /* one space at each end is no part of the code */
    bool apart = longest || is_space((unsigned char)*text);
    repeat(to, '`', longest + 1);
    repeat(to, ' ', apart);
    while (*text)
        put_in_line(to, take(&text));
    repeat(to, ' ', apart);
    repeat(to, '`', longest + 1);
}

/* ---- CSV ---- */

static bool is_plain_number(const char *text)
{
    char *end;
    strtod(text, &end);
    return end > text && !*end && !text[strspn(text, "0123456789.eE+-")];
}

static bool is_formula(const char *text)
{
    if (*text == '\t' || *text == '\r')
        return true;
    text += strspn(text, " \t\r\n");
    if (is_plain_number(text))
        return false;
    uint32_t c = take(&text);
    c = c > 0xff00 && c <= 0xff5e ? c - 0xff00 + ' ' : c; /* full-width forms */
    return c == '=' || c == '+' || c == '-' || c == '@';
}

void text_csv(FILE *to, const char *text)
{
    bool quoted = strpbrk(text, ",;\"\r\n\t") != NULL;
    if (quoted)
        putc('"', to);
    if (is_formula(text))
        putc('\'', to);
    while (*text) {
        uint32_t c = take(&text);
        if (c == '"')
            putc('"', to);
        put_in_line(to, c);
    }
    if (quoted)
        putc('"', to);
}

/* ---- gnuplot ---- */

static void gnuplot_string(FILE *to, const char *text, bool is_format)
{
    putc('\'', to);
    while (*text) {
        bool ends_cdata = !strncmp(text, "]]>", 3);
        uint32_t c = take(&text);
        put_in_line(to, c == '\'' ? QUOTE : c);
        if (c == '%' && is_format)
            putc('%', to);
        if (ends_cdata)
            put(to, ZERO_WIDTH);
    }
    putc('\'', to);
}

void text_gnuplot(FILE *to, const char *text)
{
    gnuplot_string(to, text, false);
}

void text_gnuplot_tic(FILE *to, const char *text)
{
    gnuplot_string(to, text, true);
}

/* ---- shell ---- */

static bool is_plain_word(const char *word)
{
    const char *at = word;
    while (isalnum((unsigned char)*at) || (*at && strchr("%+,-./:=@_", *at)))
        at++;
    return *word && !*at;
}

void text_shell(FILE *to, const char *word)
{
    bool quoted = !is_plain_word(word);
    if (quoted)
        putc('\'', to);
    while (*word) {
        uint32_t c = take(&word);
        if (c == '\'')
            fputs("'\\''", to);
        else
            put_visible(to, c);
    }
    if (quoted)
        putc('\'', to);
}

/* ---- terminal ---- */

static void put_escape(FILE *to, uint32_t c)
{
    if (c < 0x80 || c >= INVALID)
        fprintf(to, "\\x%02x", c < 0x80 ? c : c - INVALID);
    else
        fprintf(to, "\\u%04x", c);
}

void text_terminal(FILE *to, const char *text, enum text_lines lines)
{
    while (*text) {
        uint32_t c = take(&text);
        if (is_hidden(c) && !(lines == TEXT_LINES && (c == '\n' || c == '\t')))
            put_escape(to, c);
        else
            put(to, c);
    }
}

char *text_terminal_copy(const char *text, enum text_lines lines)
{
    char *copy = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&copy, &len);
    assert(to);
    text_terminal(to, text, lines);
    fclose(to);
    return copy;
}

void text_line(FILE *to, const char *format, ...)
{
    char *line = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&line, format, args);
    va_end(args);
    assert(len >= 0);
    text_terminal(to, line, TEXT_LINE);
    putc('\n', to);
    free(line);
}
