/* digest.h - SHA-256, of a file and of octets at hand, through OpenSSL. */
#ifndef ESPSIM_FILES_DIGEST_H
#define ESPSIM_FILES_DIGEST_H

#include "models/base/err.h"

#include <stddef.h>

#define DIGEST_HEX_CAP 65 /* with its NUL */

/* Of a plain file's content; false, with `path: why` in `e`: there is none, or it cannot be read. */
bool digest_file(const char *path, char hex[DIGEST_HEX_CAP], struct err *e);

/* Of what the descriptor `fd` still has to give. */
bool digest_fd(int fd, const char *path, char hex[DIGEST_HEX_CAP], struct err *e);

void digest_octets(const void *octets, size_t len, char hex[DIGEST_HEX_CAP]);

#endif
