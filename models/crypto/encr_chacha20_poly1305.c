/* ChaCha20-Poly1305, RFC 7634: nonce = salt (4) | IV (8). */
#include "models/crypto/evp_pair.h"

#define CHACHA20_POLY1305                                                                                              \
    .key_lens = {32}, .evp = {"ChaCha20-Poly1305"}, .salt_len = 4, .block = 1, .icv_len = 16, .init = evp_aead_init,   \
    .fini = evp_pair_free, .seal = evp_aead_seal, .open = evp_aead_open

const struct encr_alg encr_chacha20_poly1305 = {
    .m = {"chacha20-poly1305", "ChaCha20 with Poly1305", "RFC 7634"},
    .iv_len = 8,
    .iv_rule = IV_COUNTER,
    .kernel = "rfc7539esp(chacha20,poly1305)",
    .ike = "chacha20poly1305",
    .wireshark_newer = "ChaCha20 with Poly1305 [RFC7634]",
    CHACHA20_POLY1305,
};

const struct encr_alg encr_chacha20_poly1305_iiv = {
    .m = {"chacha20-poly1305-iiv", "ChaCha20 with Poly1305, IV implied by the sequence number", "RFC 8750"},
    .iv_len = 0,
    .iv_rule = IV_IMPLICIT,
    .with_iv = &encr_chacha20_poly1305,
    .wireshark_newer = "ChaCha20 with Poly1305 and IIV [RFC7634 & RFC8750]",
    CHACHA20_POLY1305,
};
