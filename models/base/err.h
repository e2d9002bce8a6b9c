/* err.h - trouble of the outside world: what is wrong, where, and what to do next.
 *
 * A function that can fail because of a file, a key, a tool or a user's words returns false and fills the caller's
 * struct err. The text is one line (line ends of what it quotes become spaces) and ends with the remedy. Packets that
 * are refused are no errors: they are drop reasons (models/ipsec/drop.h). Our own mistakes are asserts.
 */
#ifndef ESPSIM_BASE_ERR_H
#define ESPSIM_BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>

struct err {
    char text[1024];
};

/* Fills e (which may be NULL) and returns false, so that a caller can write `return err_set(e, ...)`. */
bool err_set(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts `prefix: ` before the text that e already holds (a place that only the caller knows); returns false. */
bool err_at(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts ` with OPTION` behind the text that e already holds, where it ends with something to choose ("choose another
 * place"), and `OPTION: ` before it where not; returns false. */
bool err_option(struct err *e, const char *option);

/* All that is wrong with a text, in order of lines: `file:line: ...`. */
struct err_list {
    struct err *errs;
    size_t n_errs;
};

void err_list_add(struct err_list *list, const char *format, ...) __attribute__((format(printf, 2, 3)));
void err_list_fini(struct err_list *list);

#endif
