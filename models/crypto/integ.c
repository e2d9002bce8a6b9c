#include "models/crypto/integ.h"

/* One line an algorithm, in the order in which lists show them. */
#define INTEG_ALGS(X)                                                                                                  \
    X(integ_none)                                                                                                      \
    X(integ_hmac_md5_96)                                                                                               \
    X(integ_hmac_sha1_96)                                                                                              \
    X(integ_hmac_sha2_256_128)                                                                                         \
    X(integ_hmac_sha2_384_192)                                                                                         \
    X(integ_hmac_sha2_512_256)                                                                                         \
    X(integ_hmac_sha2_256_96)                                                                                          \
    X(integ_aes_cmac_96)                                                                                               \
    X(integ_aes_xcbc_96)

#define DECLARE(alg) extern const struct integ_alg alg;
#define LIST(alg)    &alg.m,

INTEG_ALGS(DECLARE)

static const struct member *const members[] = {INTEG_ALGS(LIST)};

const struct family integ_family = {
    "integrity",
    "integrity algorithms of ESP that stand beside an encryption algorithm",
    members,
    sizeof members / sizeof *members,
};
