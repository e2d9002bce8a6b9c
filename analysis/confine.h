/* confine.h - starts a program that can do nothing but compute, read files, and write to the descriptors that it is
 * given: a seccomp filter, no new privileges, a limit on processor time, and an end with its parent.
 */
#ifndef ESPSIM_ANALYSIS_CONFINE_H
#define ESPSIM_ANALYSIS_CONFINE_H

#include "models/base/err.h"

#include <sys/types.h>

struct confined {
    const char *name;  /* looked for in PATH; an executable, no script */
    char *const *argv; /* these four are borrowed */
    char *const *environment;
    int in, out, err; /* its standard input, output and error */
    unsigned cpu_s;   /* of processor time */
};

/* Gives the process, to be waited for; -1, and `e` with the remedy: there is no such program, or this kernel cannot
 * confine it. `package` is what to install. */
pid_t confine_start(const struct confined *c, const char *package, struct err *e);

#endif
