/* files.h - making a file that appears whole or not at all. */
#ifndef ESPSIM_CLI_FILES_H
#define ESPSIM_CLI_FILES_H

#include "models/base/err.h"

/* A file under a temporary name beside its own, until new_file_finish renames it. What is there and is no regular file
 * (/dev/stdout, a pipe) has no other name, and is written to as it is. */
struct new_file {
    char *path;
    char *temporary;
};

/* Picks the temporary name and creates the file empty. */
bool new_file_begin(struct new_file *f, const char *path, struct err *e);
bool new_file_finish(struct new_file *f, struct err *e);
/* Removes the temporary file, if it is still there; also after new_file_finish. */
void new_file_abandon(struct new_file *f);

#endif
