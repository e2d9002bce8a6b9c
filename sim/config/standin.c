#include "sim/config/standin.h"
static const struct member tr[] = {{"tcp-bulk", "p", ""}, {"voip", "p", ""}};
static const struct member *const trp[] = {tr, tr + 1};
const struct family traffic_family = {"traffic", "x", trp, 2};
static const struct member co[] = {{"g729", "p", ""}, {"g711", "p", ""}};
static const struct member *const cop[] = {co, co + 1};
const struct family codec_family = {"codec", "x", cop, 2};
