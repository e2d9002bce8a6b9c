/* resolve.h - what a path of the command line means, before anything is written there. */
#ifndef ESPSIM_FILES_RESOLVE_H
#define ESPSIM_FILES_RESOLVE_H

#include "models/base/err.h"

/* Gives the absolute path that `path` leads to, without symbolic links, `.`, `..` or slashes at its end; the caller
 * frees. What is not there yet may stand at its end, behind a symbolic link too: writing there leaves the link a link.
 * NULL and `e`: no such way (a file in the place of a folder, a loop of links, `..` of what is not there), or a
 * name that resolve_temporary might give. */
char *resolve(const char *path, struct err *e);

/* Gives the name under which `path` (as resolve gives it) is made beside it: `.NAME.espsim`, and `suffix`. */
char *resolve_temporary(const char *path, const char *suffix);

#endif
