/* AES-CMAC (RFC 4493) cut to 96 bits. */
#include "models/crypto/evp_mac.h"

#include <openssl/core_names.h>

static bool cmac_init(const struct integ_alg *a, const uint8_t *key, void **ctx, struct err *e)
{
    return evp_mac_new(a, "CMAC", OSSL_MAC_PARAM_CIPHER, key, ctx, e);
}

const struct integ_alg integ_aes_cmac_96 = {
    .m = {"aes-cmac-96", "AES-128 in CMAC, 96 bits", "RFC 4494"},
    .evp = "AES-128-CBC",
    .key_len = 16,
    .icv_len = 12,
    .kernel = "cmac(aes)",
    .ike = "aescmac",
    .wireshark = "ANY 96 bit authentication [no checking]",
    .init = cmac_init,
    .fini = evp_mac_free,
    .sum = evp_mac_sum,
};
