/* AES in Counter Mode, RFC 3686: counter block = nonce (4, the salt) | IV (8) | block counter (4), which begins at 1.
 */
#include "models/crypto/evp_pair.h"

enum { COUNTER_LAST = 4 + 8 + 4 - 1 };

static bool ctr_init(const struct encr_alg *a, const uint8_t *key, size_t key_len, const uint8_t *salt, void **ctx,
                     struct err *e)
{
    if (!evp_cipher_init(a, key, key_len, salt, ctx, e))
        return false;
    struct evp_pair *p = *ctx;
    p->nonce[COUNTER_LAST] = 1;
    return true;
}

const struct encr_alg encr_aes_ctr = {
    .m = {"aes-ctr", "AES in Counter Mode", "RFC 3686"},
    .key_lens = {16, 24, 32},
    .evp = {"AES-128-CTR", "AES-192-CTR", "AES-256-CTR"},
    .salt_len = 4,
    .iv_len = 8,
    .block = 1,
    .iv_rule = IV_COUNTER,
    .kernel = "rfc3686(ctr(aes))",
    .ike = "aes%uctr",
    .wireshark = "AES-CTR [RFC3686]",
    .init = ctr_init,
    .fini = evp_pair_free,
    .seal = evp_cipher_seal,
    .open = evp_cipher_open,
};
