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

const struct member host_ipsec_none = {"none", "the hosts send in clear", ""};
const struct member host_ipsec_bypass = {"bypass", "the hosts' ESP passes the gateways by a BYPASS policy",
                                         "RFC 4301 4.4.1"};
const struct member host_ipsec_nested = {"nested", "the hosts' ESP is protected by the gateways once more",
                                         "RFC 4301 4.5"};
static const struct member *const host_ipsecs[] = {&host_ipsec_none, &host_ipsec_bypass, &host_ipsec_nested};

const struct family host_ipsec_family = {"host-ipsec", "IPsec of the LAN hosts' own", host_ipsecs,
                                         sizeof host_ipsecs / sizeof *host_ipsecs};

const struct member on_collision_none = {"none", "nothing: the SAs meet until one of them is rekeyed", ""};
const struct member on_collision_avoid = {"avoid", "a gateway draws again when it gets an SPI that it saw pass by",
                                          "a mitigation; no implementation known"};
const struct member on_collision_rekey = {
    "rekey", "as avoid, and three packets with a bad ICV on an SA within a second rekey it",
    "a mitigation; no implementation known"};
static const struct member *const on_collisions[] = {&on_collision_none, &on_collision_avoid, &on_collision_rekey};

const struct family on_collision_family = {"on-collision", "what a gateway does about SPIs that LAN hosts use",
                                           on_collisions, sizeof on_collisions / sizeof *on_collisions};

const struct member pep_none = {"none", "TCP runs from host to host", "RFC 9293"};
const struct member pep_inside = {"inside", "on the gateways' LANs: they split TCP before ESP hides it",
                                  "RFC 3135 2.4"};
const struct member pep_outside = {"outside", "between gateway and modem: they see what ESP leaves to see",
                                   "RFC 3135 4.1.1"};
static const struct member *const peps[] = {&pep_none, &pep_inside, &pep_outside};

const struct family pep_family = {"pep", "where performance enhancing proxies stand", peps, sizeof peps / sizeof *peps};

const struct member cut_after = {"after", "ESP first, then its packet is cut", "Linux 6.1; RFC 4303 3.3.4"};
const struct member cut_before = {"before", "the packet is cut first, each fragment gets its own ESP: tunnel mode only",
                                  "RFC 4301 section 7"};
const struct member cut_never = {"never", "what is too long is dropped, DF or not", "RFC 8900"};
static const struct member *const cuts[] = {&cut_after, &cut_before, &cut_never};

const struct family cut_family = {"fragmentation", "where a gateway fragments", cuts, sizeof cuts / sizeof *cuts};

static const struct member drop_tail = {"drop-tail", "first in, first out, up to a limit", "RFC 2309 section 2"};
static const struct member codel = {"codel", "drops what waits too long, more and more often", "RFC 8289; ns-3 CoDel"};
static const struct member priority = {
    "priority", "three queues by DSCP, strictly in turn: 40 and more (EF), 16 and more (CS2 to AF43), the rest",
    "RFC 4594 section 1.4.1.1"};
static const struct member *const queues[] = {&drop_tail, &codel, &priority};

const struct family queue_family = {"queue", "queues before the satellite link, below ESP", queues,
                                    sizeof queues / sizeof *queues};

const struct member direction_both = {"both", "both directions", "the default"};
const struct member direction_forward = {"forward", "LAN1 to LAN2 only", "[link] keys ending with _forward"};
const struct member direction_return = {"return", "LAN2 to LAN1 only", "[link] keys ending with _return"};
static const struct member *const directions[] = {&direction_both, &direction_forward, &direction_return};

const struct family direction_family = {"direction", "directions of the satellite link", directions,
                                        sizeof directions / sizeof *directions};

static const struct member attack_none = {"none", "nobody touches the packets", ""};
static const struct member attack_redirect = {"redirect", "the destination becomes the next host of the LAN", ""};
static const struct member attack_swap = {
    "swap", "destination one up, source one down: checksums over addresses stay right", ""};
static const struct member attack_replay = {"replay", "each packet is sent twice", "RFC 4303 3.4.3"};
static const struct member attack_corrupt = {"corrupt", "one bit behind the ESP header is changed", "RFC 4303 3.4.4"};
static const struct member attack_inject = {"inject", "a forged packet with the same SPI goes ahead", "RFC 4303 3.4.4"};
static const struct member attack_drop = {"drop", "packets vanish", ""};
static const struct member *const attacks[] = {&attack_none,    &attack_redirect, &attack_swap, &attack_replay,
                                               &attack_corrupt, &attack_inject,   &attack_drop};

const struct family attack_family = {"attack", "what an adversary on the link does", attacks,
                                     sizeof attacks / sizeof *attacks};
