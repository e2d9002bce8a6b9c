/* text.h - text that a stranger may have written, on its way to something that gives characters a meaning.
 *
 * Names, questions, reasons and paths come from files and options of others. Whoever prints one into HTML, Markdown, a
 * script or onto a terminal does so through the function for that sink, and through nothing else. Each takes UTF-8 that
 * may be broken, and writes text in which no character of it means more than itself. Hidden characters (controls below
 * U+0020, DEL, C1 up to U+009F, line separators U+2028 and U+2029, the bidi controls U+202A to U+202E and U+2066 to
 * U+2069) and octets that are no UTF-8 become U+FFFD, but where a function says otherwise. All borrow their text.
 */
#ifndef ESPSIM_BASE_TEXT_H
#define ESPSIM_BASE_TEXT_H

#include <stdio.h>

/* ---- pages ---- */

/* HTML: text of an element, or an attribute's value in double or single quotes. & < > " ' become entities; a backslash
 * and a backtick mean nothing there; newline and tab stay. */
void text_html(FILE *to, const char *text);

/* XML 1.0, for the same two places: as text_html, and U+FFFE and U+FFFF, which XML does not have, are replaced, too. */
void text_xml(FILE *to, const char *text);

/* Markdown (CommonMark with GitHub's additions) inside a paragraph, a list entry, a heading or emphasis, also as their
 * beginning. One line: newline and tab become spaces, leading spaces go. A backslash stands before what would make
 * markup: \ ` * [ ] < | ~ $, `_` but inside a word, `&` of an entity, `!` before `[`, and at the beginning # > - + =
 * and the dot of `1.`. Where GitHub would make a link or call somebody (`@name`, `://`, `www.`), a zero-width space
 * parts it. Quotes stay. What has none of these is unchanged. */
void text_markdown(FILE *to, const char *text);

/* As text_markdown where something stands before it on the line: in a cell of a table. */
void text_markdown_cell(FILE *to, const char *text);

/* Markdown's code span: the fence is longer than any run of backticks inside, and nothing else has a meaning. Newline
 * and tab become spaces. Not in a table, which looks for | first. An empty text makes nothing. */
void text_markdown_code(FILE *to, const char *text);

/* ---- data ---- */

/* One field of CSV (RFC 4180): quoted where there is , ; or a quote in it, quotes doubled; line ends and tabs become
 * spaces. A spreadsheet would compute what begins, after blanks, with = + - @ (or their full-width forms): such a field
 * gets a ' in front, as one that begins with a tab or carriage return; but not a plain number. */
void text_csv(FILE *to, const char *text);

/* ---- scripts ---- */

/* A string of gnuplot, in single quotes, in which gnuplot replaces nothing: backslashes, backticks, @ and $ are
 * themselves. A quote becomes U+2019: doubled, it would end a string that it begins (gnuplot 5.4). A zero-width
 * space parts `]]>`, which gnuplot's SVG would have as it is and XML does not. Newline and tab become spaces. Labels of
 * tics are formats as printf's: text_gnuplot_tic doubles % for them. Neither is for a
 * terminal with `enhanced` text. */
void text_gnuplot(FILE *to, const char *text);
void text_gnuplot_tic(FILE *to, const char *text);

/* A word of a shell's command, to be read and copied: as it is where it has letters, digits and %+,-./:=@_ alone,
 * otherwise in single quotes. Newlines are hidden characters, too: the word cannot be given, and does nothing else. */
void text_shell(FILE *to, const char *word);

/* ---- terminals and logs ---- */

enum text_lines {
    TEXT_LINE,  /* newline and tab are escaped as other controls are */
    TEXT_LINES, /* newline and tab stay */
};

/* Hidden characters become visible escapes (\x1b, \u009b, \u202e), as do octets that are no UTF-8 (\xff); all else, a
 * backslash too, stays. */
void text_terminal(FILE *to, const char *text, enum text_lines lines);

/* What text_terminal writes; gives it. */
char *text_terminal_copy(const char *text, enum text_lines lines);

/* fprintf of one whole line to a terminal: whatever the arguments hold, it stays one line; its newline is added. */
void text_line(FILE *to, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
