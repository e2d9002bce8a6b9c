/* families.h - every family of named things, for `espsim list` and for tests that walk them all. */
#ifndef ESPSIM_CLI_FAMILIES_H
#define ESPSIM_CLI_FAMILIES_H

#include "models/base/family.h"

extern const struct family *const families[]; /* ends with NULL */

/* The family called `name`, in singular or plural; NULL and `e` where there is none. */
const struct family *families_find(const char *name, struct err *e);

#endif
