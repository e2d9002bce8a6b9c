/* write_set.h - writes a set of files into a folder. */
#ifndef ESPSIM_CLI_WRITE_SET_H
#define ESPSIM_CLI_WRITE_SET_H

#include "models/files/set.h"

#include "models/base/err.h"

/* Into `folder`, made if need be, as folders in the names are; each file appears whole or not at all. */
bool write_set(const struct file_set *set, const char *folder, struct err *e);

#endif
