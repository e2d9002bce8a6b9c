/* AES-GCM, RFC 4106: nonce = salt (4) | IV (8). The shorter ICVs are the first octets of the long one. */
#include "models/crypto/encr.h"
#include "models/crypto/evp_pair.h"

#define AES_GCM                                                                                                        \
    .key_lens = {16, 24, 32, 0}, .evp = {"AES-128-GCM", "AES-192-GCM", "AES-256-GCM"}, .salt_len = 4, .block = 1,      \
    .init = evp_aead_init, .fini = evp_pair_free, .seal = evp_aead_seal, .open = evp_aead_open

const struct encr_alg encr_aes_gcm_16 = {
    .m = {"aes-gcm-16", "AES in Galois/Counter Mode, ICV of 16 octets", "RFC 4106"},
    .iv_len = 8,
    .icv_len = 16,
    .iv_rule = IV_COUNTER,
    .kernel = "rfc4106(gcm(aes))",
    .ike = "aes%ugcm16",
    .wireshark = "AES-GCM with 16 octet ICV [RFC4106]",
    AES_GCM,
};

const struct encr_alg encr_aes_gcm_12 = {
    .m = {"aes-gcm-12", "AES in Galois/Counter Mode, ICV of 12 octets", "RFC 4106"},
    .iv_len = 8,
    .icv_len = 12,
    .iv_rule = IV_COUNTER,
    .kernel = "rfc4106(gcm(aes))",
    .ike = "aes%ugcm12",
    .wireshark = "AES-GCM with 12 octet ICV [RFC4106]",
    AES_GCM,
};

const struct encr_alg encr_aes_gcm_8 = {
    .m = {"aes-gcm-8", "AES in Galois/Counter Mode, ICV of 8 octets", "RFC 4106"},
    .iv_len = 8,
    .icv_len = 8,
    .iv_rule = IV_COUNTER,
    .kernel = "rfc4106(gcm(aes))",
    .ike = "aes%ugcm8",
    .wireshark = "AES-GCM with 8 octet ICV [RFC4106]",
    AES_GCM,
};

const struct encr_alg encr_aes_gcm_16_iiv = {
    .m = {"aes-gcm-16-iiv", "AES-GCM, ICV of 16 octets, IV implied by the sequence number", "RFC 8750"},
    .iv_len = 0,
    .icv_len = 16,
    .iv_rule = IV_IMPLICIT,
    .with_iv = &encr_aes_gcm_16,
    .wireshark_newer = "AES-GCM with IIV and 16 octet ICV [RFC4106 & RFC8750]",
    AES_GCM,
};
