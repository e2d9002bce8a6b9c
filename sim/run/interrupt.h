/* interrupt.h - Ctrl-C and its kin, noticed where it suits: what was begun is taken away before the program ends. */
#ifndef ESPSIM_RUN_INTERRUPT_H
#define ESPSIM_RUN_INTERRUPT_H

#include <stdbool.h>

/* From now on SIGHUP, SIGINT and SIGTERM are only remembered, however often they come: `timeout` sends each twice, to
 * the program and to its group. Whoever begins this asks interrupt_is_pending at least five times a second. */
void interrupt_begin(void);
bool interrupt_is_pending(void);
/* Signals do again what they did; one that came meanwhile comes now. */
void interrupt_end(void);
/* In a child: signals end it, as they would have without interrupt_begin. */
void interrupt_forget(void);

#endif
