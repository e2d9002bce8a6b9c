#include "models/crypto/evp.h"

#include <openssl/err.h>

bool evp_missing(const char *alg, const char *evp, struct err *e)
{
    return err_set(e,
                   "%s: this OpenSSL has no %s; load its `default` provider (`openssl list -providers` shows which "
                   "are active, openssl.cnf says why), or choose another algorithm",
                   alg, evp);
}

bool evp_refused(const char *alg, struct err *e)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    return err_set(e, "%s: OpenSSL refuses the key or the algorithm: %s; choose another algorithm", alg,
                   reason ? reason : "no reason given");
}
