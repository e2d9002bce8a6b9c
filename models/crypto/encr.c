#include "models/crypto/encr.h"

/* One line an algorithm, in the order in which lists show them. */
#define ENCR_ALGS(X)                                                                                                   \
    X(encr_null)                                                                                                       \
    X(encr_aes_cbc)                                                                                                    \
    X(encr_3des_cbc)                                                                                                   \
    X(encr_aes_ctr)                                                                                                    \
    X(encr_aes_gcm_16)                                                                                                 \
    X(encr_aes_gcm_12)                                                                                                 \
    X(encr_aes_gcm_8)                                                                                                  \
    X(encr_aes_gcm_16_iiv)                                                                                             \
    X(encr_aes_ccm_16)                                                                                                 \
    X(encr_aes_ccm_12)                                                                                                 \
    X(encr_aes_ccm_8)                                                                                                  \
    X(encr_aes_ccm_16_iiv)                                                                                             \
    X(encr_chacha20_poly1305)                                                                                          \
    X(encr_chacha20_poly1305_iiv)                                                                                      \
    X(encr_null_aes_gmac)

#define DECLARE(alg) extern const struct encr_alg alg;
#define LIST(alg)    &alg.m,

ENCR_ALGS(DECLARE)

static const struct member *const members[] = {ENCR_ALGS(LIST)};

const struct family encr_family = {
    "encryption",
    "encryption algorithms of ESP, combined modes among them",
    members,
    sizeof members / sizeof *members,
};
