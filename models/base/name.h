/* name.h - what a name may be, in a scenario, in a result and in a sweep's store, and what one line of text may hold.
 *
 * Names become names of folders and files, words of a figure and cells of a table, and a result may come from a
 * stranger. So each kind of name has an alphabet, and whoever writes and whoever reads one asks the same table. No name
 * is empty, begins with a dot or has a slash: none leads out of its folder.
 */
#ifndef ESPSIM_BASE_NAME_H
#define ESPSIM_BASE_NAME_H

#include "models/base/err.h"

#define NAME_CAP 80 /* octets of the longest name, with its NUL */

enum name_kind {
    NAME_PLAIN,     /* a scenario, mode, algorithm, place, counter, file, ... : letters, digits, `.`, `_`, `-` */
    NAME_FLOW,      /* of a scenario: shorter, for a result has `NAME-back` and `flow.NAME.key` too */
    NAME_RUN,       /* `tunnel+linux` */
    NAME_DIRECTION, /* `gw1>gw2`; what a curve is of: a flow or a direction */
    NAME_SETTING,   /* `section.key` */
    NAME_ADDRESS,   /* IPv4, IPv6 or `any` */
    NAME_SHA256,    /* 64 hexadecimal digits, small */
};

/* False, with `is no ...; expected ...` in `e`, where `name` is none of that kind. */
bool name_check(enum name_kind kind, const char *name, struct err *e);

/* Whether the text is one line without control characters, C1's among them, as UTF-8 has them. */
bool line_is_plain(const char *text);

/* Makes it one, in place: a tab becomes a blank, what else is no text a `?`. */
void line_make_plain(char *text);

#endif
