#include "sim/config/choices.h"

static const struct member cubic = {"cubic", "window grows with the cube of time since the last loss",
                                    "RFC 9438; ns-3 TcpCubic"};
static const struct member newreno = {"newreno", "one segment per round trip, halved on loss",
                                      "RFC 5681, RFC 6582; ns-3 TcpNewReno"};
static const struct member bbr = {"bbr", "paced by measured bandwidth and round trip",
                                  "draft-cardwell-iccrg-bbr-congestion-control-00; ns-3 TcpBbr"};
static const struct member *const congestions[] = {&cubic, &newreno, &bbr};

const struct family congestion_family = {"congestion", "TCP congestion controls", congestions,
                                         sizeof congestions / sizeof *congestions};
