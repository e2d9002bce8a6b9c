/* HMAC (RFC 2104) with the truncations of ESP. The key is as long as the digest. */
#include "models/crypto/evp_mac.h"

#include <openssl/core_names.h>

static bool hmac_init(const struct integ_alg *a, const uint8_t *key, void **ctx, struct err *e)
{
    return evp_mac_new(a, "HMAC", OSSL_MAC_PARAM_DIGEST, key, ctx, e);
}

#define HMAC .fills_key = true, .init = hmac_init, .fini = evp_mac_free, .sum = evp_mac_sum

const struct integ_alg integ_hmac_md5_96 = {
    .m = {"hmac-md5-96", "HMAC with MD5, 96 bits (MD5 is broken; for old peers only)", "RFC 2403"},
    .evp = "MD5",
    .key_len = 16,
    .icv_len = 12,
    .kernel = "hmac(md5)",
    .ike = "md5",
    .wireshark = "HMAC-MD5-96 [RFC2403]",
    HMAC,
};

const struct integ_alg integ_hmac_sha1_96 = {
    .m = {"hmac-sha1-96", "HMAC with SHA-1, 96 bits", "RFC 2404"},
    .evp = "SHA1",
    .key_len = 20,
    .icv_len = 12,
    .kernel = "hmac(sha1)",
    .ike = "sha1",
    .wireshark = "HMAC-SHA-1-96 [RFC2404]",
    HMAC,
};

const struct integ_alg integ_hmac_sha2_256_128 = {
    .m = {"hmac-sha2-256-128", "HMAC with SHA-256, 128 bits", "RFC 4868"},
    .evp = "SHA2-256",
    .key_len = 32,
    .icv_len = 16,
    .kernel = "hmac(sha256)",
    .ike = "sha256",
    .wireshark = "HMAC-SHA-256-128 [RFC4868]",
    HMAC,
};

const struct integ_alg integ_hmac_sha2_384_192 = {
    .m = {"hmac-sha2-384-192", "HMAC with SHA-384, 192 bits", "RFC 4868"},
    .evp = "SHA2-384",
    .key_len = 48,
    .icv_len = 24,
    .kernel = "hmac(sha384)",
    .ike = "sha384",
    .wireshark = "HMAC-SHA-384-192 [RFC4868]",
    HMAC,
};

const struct integ_alg integ_hmac_sha2_512_256 = {
    .m = {"hmac-sha2-512-256", "HMAC with SHA-512, 256 bits", "RFC 4868"},
    .evp = "SHA2-512",
    .key_len = 64,
    .icv_len = 32,
    .kernel = "hmac(sha512)",
    .ike = "sha512",
    .wireshark = "HMAC-SHA-512-256 [RFC4868]",
    HMAC,
};

const struct integ_alg integ_hmac_sha2_256_96 = {
    .m = {"hmac-sha2-256-96", "HMAC with SHA-256, 96 bits, as old Linux kernels cut it",
          "draft-ietf-ipsec-ciph-sha-256-00"},
    .evp = "SHA2-256",
    .key_len = 32,
    .icv_len = 12,
    .kernel = "hmac(sha256)",
    .ike = "sha256_96",
    .wireshark = "HMAC-SHA-256-96 [draft-ietf-ipsec-ciph-sha-256-00]",
    HMAC,
};
