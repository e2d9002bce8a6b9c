/* evp.h - trouble with OpenSSL while an algorithm is set up, in words that help. */
#ifndef ESPSIM_CRYPTO_EVP_H
#define ESPSIM_CRYPTO_EVP_H

#include "models/base/err.h"

/* Says that OpenSSL lacks `evp`, which `alg` needs, and where it would be found; returns false. All algorithms of
 * ESP are in OpenSSL 3's `default` provider, also the old ones (MD5, 3DES); builds and configurations may lack it. */
bool evp_missing(const char *alg, const char *evp, struct err *e);

/* Says that OpenSSL refused the key or the set-up of `alg`, with OpenSSL's own reason; returns false. */
bool evp_refused(const char *alg, struct err *e);

#endif
