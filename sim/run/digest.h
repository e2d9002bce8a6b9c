/* digest.h - SHA-256 of a file, through OpenSSL. */
#ifndef ESPSIM_RUN_DIGEST_H
#define ESPSIM_RUN_DIGEST_H

#include "models/base/err.h"

#define DIGEST_HEX_CAP 65

bool digest_file(const char *path, char hex[DIGEST_HEX_CAP], struct err *e);

#endif
