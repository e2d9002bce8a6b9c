/* drop.h - why a packet was not delivered: a closed list. A refused packet is a measurement, not an error.
 *
 * Each place that refuses a packet names one reason; every reason is counted per place and shown in the result, and
 * in = out + dropped holds in every run. DROP_NONE is "accepted".
 */
#ifndef ESPSIM_IPSEC_DROP_H
#define ESPSIM_IPSEC_DROP_H

#include "models/base/family.h"

/*       id             name             verdict      what, source */
#define DROP_REASONS(X)                                                                                                \
    X(NONE, "none", "ok", "accepted", "")                                                                              \
    X(MALFORMED, "malformed", "malformed", "lengths, versions or headers that lie or are cut",                         \
      "RFC 791, RFC 8200, RFC 4303 section 2")                                                                         \
    X(FRAGMENT, "fragment", "fragment", "a fragment where ESP takes whole packets only", "RFC 4303 3.3.4 and 3.4.1")   \
    X(NO_SA, "no-sa", "no-sa", "the lookup found no SA for the SPI (Linux: XfrmInNoStates)", "RFC 4303 3.4.2")         \
    X(NOT_ESP, "not-esp", "no-sa", "no ESP: another protocol, or a UDP port that no SA has", "RFC 4301 5.2")           \
    X(AMBIGUOUS, "ambiguous-sa", "no-sa", "the lookup found several SAs and no rule to choose by", "RFC 4301 4.1")     \
    X(NO_SA_OUT, "no-sa-out", "policy", "no SA may carry the packet (Linux: XfrmOutNoStates)", "RFC 4301 4.1 and 5.1") \
    X(REPLAY, "replay", "replay", "duplicate or left of the window (Linux: XfrmInStateSeqError)", "RFC 4303 3.4.3")    \
    X(ICV, "icv", "icv", "the ICV does not match (Linux: XfrmInStateProtoError)", "RFC 4303 3.4.4")                    \
    X(PAD, "pad", "pad", "pad length beyond the payload, or padding that is not 1, 2, 3, ...", "RFC 4303 2.4")         \
    X(POLICY, "policy", "policy", "not what the SA or the policy is for: selectors, next header", "RFC 4301 5.2")      \
    X(ECN, "ecn", "policy", "outer CE on an inner packet that is not ECN-capable", "RFC 6040 4.2")                     \
    X(DUMMY, "dummy", "dummy", "a dummy packet (next header 59), discarded as it should be", "RFC 4303 2.6")           \
    X(IKE, "ike", "ike", "non-ESP marker: for the IKE daemon", "RFC 3948 2.2")                                         \
    X(KEEPALIVE, "keepalive", "keepalive", "NAT keepalive, discarded as it should be", "RFC 3948 2.3")                 \
    X(SEQ_OVERFLOW, "seq-overflow", "policy", "the sequence number must not cycle (Linux: XfrmOutStateSeqError)",      \
      "RFC 4303 3.3.3")                                                                                                \
    X(SA_EXPIRED, "sa-expired", "policy", "the SA's hard lifetime has ended", "RFC 4301 4.4.2.1")                      \
    X(TOO_LONG, "too-long", "policy", "the ESP packet would exceed 65,535 octets", "RFC 791")                          \
    X(TOO_BIG, "too-big", "policy", "larger than the MTU and not to be cut; ICMP says so unless filtered",             \
      "RFC 1191, RFC 8201, RFC 4301 8.2")                                                                              \
    X(TTL, "ttl", "policy", "TTL or hop limit ended", "RFC 1812 5.3.1")                                                \
    X(NO_POLICY, "no-policy", "policy", "no policy lets the packet pass", "RFC 4301 5.1")                              \
    X(NO_ROUTE, "no-route", "policy", "no route to the destination", "RFC 1812 5.2.4")                                 \
    X(REASSEMBLY, "reassembly", "fragment", "fragments that did not become whole in time, or came twice",              \
      "RFC 791 3.2")                                                                                                   \
    X(SPI_FILTER, "spi-filter", "policy", "stopped by the SPI filter in front of the lookup", "")                      \
    X(NOT_FOR_HOST, "host-no-sa", "no-sa", "reached a LAN host as ESP that the host has no SA for", "RFC 4303 3.4.2")  \
    X(CORRUPT, "host-checksum", "malformed", "reached a LAN host with a wrong checksum", "RFC 1122 4.1.3.4")           \
    X(QUEUE, "queue", "policy", "the modem's queue was full", "")                                                      \
    X(LAN_QUEUE, "lan-queue", "policy", "the buffer of the gateway's LAN port towards the host was full", "")          \
    X(AQM, "aqm", "policy", "taken out of the modem's queue by active queue management", "RFC 8289")                   \
    X(LINK_LOSS, "link-loss", "policy", "lost on the satellite link", "")                                              \
    X(OUTAGE, "outage", "policy", "sent while the satellite link was down", "")                                        \
    X(ADVERSARY, "adversary", "policy", "removed by the adversary on the link", "")

enum drop {
#define X(id, name, verdict, what, source) DROP_##id,
    DROP_REASONS(X)
#undef X
        DROP_COUNT
};

extern const struct family drop_family;

/* The reason's name ("no-sa"), and its verdict in the reports of `espsim esp decap`. */
const char *drop_name(enum drop d);
const char *drop_verdict(enum drop d);
const char *drop_what(enum drop d);

#endif
