/* NULL encryption, RFC 2410: the text goes as it is. */
#include "models/crypto/encr.h"

static bool null_init(const struct encr_alg *a, const uint8_t *key, size_t key_len, const uint8_t *salt, void **ctx,
                      struct err *e)
{
    (void)a, (void)key, (void)key_len, (void)salt, (void)e;
    *ctx = NULL;
    return true;
}

static void null_fini(void *ctx)
{
    (void)ctx;
}

static bool null_pass(void *ctx, const struct encr_call *c)
{
    (void)ctx, (void)c;
    return true;
}

const struct encr_alg encr_null = {
    .m = {"null", "no encryption", "RFC 2410"},
    .block = 1,
    .clear = true,
    .iv_rule = IV_NONE,
    .kernel = "ecb(cipher_null)",
    .ike = "null",
    .wireshark = "NULL",
    .init = null_init,
    .fini = null_fini,
    .seal = null_pass,
    .open = null_pass,
};
