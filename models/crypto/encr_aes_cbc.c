/* AES-CBC, RFC 3602: an unpredictable IV of a block in each packet. */
#include "models/crypto/evp_pair.h"

const struct encr_alg encr_aes_cbc = {
    .m = {"aes-cbc", "AES in Cipher Block Chaining", "RFC 3602"},
    .key_lens = {16, 24, 32},
    .evp = {"AES-128-CBC", "AES-192-CBC", "AES-256-CBC"},
    .iv_len = 16,
    .block = 16,
    .iv_rule = IV_UNPREDICTABLE,
    .kernel = "cbc(aes)",
    .ike = "aes%u",
    .wireshark = "AES-CBC [RFC3602]",
    .init = evp_cipher_init,
    .fini = evp_pair_free,
    .seal = evp_cipher_seal,
    .open = evp_cipher_open,
};
