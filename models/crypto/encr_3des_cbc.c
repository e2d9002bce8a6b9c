/* Triple DES in CBC, RFC 2451: three keys of 64 bits, parity bits included and not looked at. */
#include "models/crypto/evp_pair.h"

const struct encr_alg encr_3des_cbc = {
    .m = {"3des-cbc", "Triple DES in Cipher Block Chaining (for old peers only)", "RFC 2451"},
    .key_lens = {24},
    .evp = {"DES-EDE3-CBC"},
    .iv_len = 8,
    .block = 8,
    .iv_rule = IV_UNPREDICTABLE,
    .kernel = "cbc(des3_ede)",
    .ike = "3des",
    .wireshark = "TripleDES-CBC [RFC2451]",
    .init = evp_cipher_init,
    .fini = evp_pair_free,
    .seal = evp_cipher_seal,
    .open = evp_cipher_open,
};
