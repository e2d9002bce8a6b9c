/* No separate integrity: for combined modes, and for encryption alone (RFC 4303 section 3.2: allowed, not advised). */
#include "models/crypto/integ.h"

static bool none_init(const struct integ_alg *a, const uint8_t *key, void **ctx, struct err *e)
{
    (void)a, (void)key, (void)e;
    *ctx = NULL;
    return true;
}

static void none_fini(void *ctx)
{
    (void)ctx;
}

static bool none_sum(void *ctx, const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len,
                     uint8_t icv[INTEG_ICV_CAP])
{
    (void)ctx, (void)a, (void)a_len, (void)b, (void)b_len, (void)icv;
    return true;
}

const struct integ_alg integ_none = {
    .m = {"none", "no separate integrity: combined modes, or encryption alone", "RFC 4303 section 3.2"},
    .wireshark = "NULL",
    .init = none_init,
    .fini = none_fini,
    .sum = none_sum,
};
