/* file.h - opening and reading files.
 *
 * What the user names may be a pipe (`<(command)`, /dev/stdin); what a folder or another file names must be a plain
 * file, for a stranger's folder may hold a FIFO that never ends, and a stranger's result the name of a device.
 */
#ifndef ESPSIM_FILES_FILE_H
#define ESPSIM_FILES_FILE_H

#include "models/base/err.h"

#include <stddef.h>

enum file_source {
    FILE_ASKED, /* named by the user: anything but a folder */
    FILE_FOUND, /* found in a folder, or named by a file: a plain file */
};

enum { FILE_MAX = 64 << 20 }; /* octets that file_read takes */

/* Gives a descriptor for reading, close-on-exec; -1, with `path: why` in `e`. Never waits for a FIFO's writer where the
 * file was found. */
int file_open(const char *path, enum file_source from, struct err *e);

/* Gives the octets of a file (with a zero behind them); the caller frees. False: it cannot be opened (file_open) or
 * read, or has over FILE_MAX octets. */
bool file_read(const char *path, enum file_source from, char **text, size_t *len, struct err *e);
/* The same of at most `most` octets, a whole number of KiB. */
bool file_read_up_to(const char *path, enum file_source from, size_t most, char **text, size_t *len, struct err *e);

/* Writes all of it; false, with errno: not all could be. */
bool file_write_all(int fd, const void *octets, size_t len);

/* Whether `path` itself, no link followed, still leads to what `fd` is. */
bool file_leads_to(const char *path, int fd);

/* Whether `name`, in the folder `at` (or AT_FDCWD), is a mount point. */
bool file_is_mount(int at, const char *name);

#endif
