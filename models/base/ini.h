/* ini.h - an INI text as a list of (section, key, value, line), read with inih.
 *
 * Comments are whole lines that begin with `#` or `;`, or stand behind a value after white space and `;`. Sections may
 * be named `[flow.web]`. Keys and values lose their outer white space. Nothing is decided here about what keys mean;
 * see sim/config and models/ipsec/safile.h. Refused, each with its line: a line that is no section, key or comment, a
 * key before the first section, a line over INI_LINE_MAX, a NUL octet or other control character, a duplicate section,
 * a duplicate key of a section.
 */
#ifndef ESPSIM_BASE_INI_H
#define ESPSIM_BASE_INI_H

#include "models/base/err.h"

#include <stddef.h>

#define INI_LINE_MAX 199 /* octets; inih's own limit as Debian builds it */

/* A value that no message may show, as messages show it: "<32 characters>", or "" where it is empty. */
#define INI_HIDDEN_CAP 32
const char *ini_hidden(const char *value, char text[INI_HIDDEN_CAP]);

struct ini_item {
    const char *section;
    const char *key; /* NULL: this item is the section line itself */
    const char *value;
    int line;
};

struct ini {
    struct ini_item *items;
    size_t n_items;
};

/* Reads `text` of `len` octets; `file` is for messages. On false, `bad` holds at least one error and `ini` is empty.
 * The caller frees with ini_fini; err_list_fini for `bad`. */
bool ini_read(struct ini *ini, const char *file, const char *text, size_t len, struct err_list *bad);
/* As ini_read, but a section may come again: each section line begins a new one, even of the same name. */
bool ini_read_repeating(struct ini *ini, const char *file, const char *text, size_t len, struct err_list *bad);
/* As ini_read_repeating, for a text that holds secrets: no message shows a value or a whole line. */
bool ini_read_secret(struct ini *ini, const char *file, const char *text, size_t len, struct err_list *bad);
/* As ini_read, but `ini` keeps what could be read also on false, so that a caller can tell all that is wrong at once.
 */
bool ini_read_all(struct ini *ini, const char *file, const char *text, size_t len, struct err_list *bad);
void ini_fini(struct ini *ini);

#endif
