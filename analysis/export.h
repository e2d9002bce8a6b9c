/* export.h - from a scenario's addresses, suite and mode to files that make real Linux gateways do the same.
 *
 * An exporter is a way to configure a gateway (ip xfrm, nft, tc-bpf, strongSwan): one file export_NAME.c and one line
 * in export.c each. It is given a plan and gives a set of files, which are then written to a folder. Nothing here
 * runs anything; the files do, when a person applies them. What Linux does with them was measured on kernel 6.1.
 */
#ifndef ESPSIM_ANALYSIS_EXPORT_H
#define ESPSIM_ANALYSIS_EXPORT_H

#include "models/base/addr.h"
#include "models/base/family.h"
#include "models/crypto/suite.h"
#include "models/files/set.h"
#include "models/ipsec/mode.h"

#include <stdio.h>

#define EXPORT_SPI_FIRST  0x2000u
#define EXPORT_SAS_MAX    4096 /* SAs of one export; 508 a gateway were measured: 4 s to install, 3.1 MiB */
#define EXPORT_REPLAY_MAX 4096 /* packets; XFRMA_REPLAY_ESN_MAX of the kernel */

/* One of the two ends: a gateway and the LAN behind it. */
struct export_side {
    const char *name;         /* "gw1": the files begin with it */
    struct addr wan;          /* the gateway's address on the link */
    struct prefix lan;        /* the LAN behind it */
    const struct addr *hosts; /* the LAN hosts that take part; borrowed by the plan's owner */
    size_t n_hosts;
    const uint32_t *spis; /* of the SAs that this side receives on, by hand; borrowed by the plan's owner */
    size_t n_spis;        /* 0: consecutive ones from EXPORT_SPI_FIRST */
};

struct export_plan {
    const char *scenario; /* file, for the comments */
    const char *command;  /* how to make the files again, for the comments */
    const struct mode *mode;
    struct export_side side[2];
    struct suite suite;
    bool esn;
    uint32_t replay_window; /* packets, 0: off, at most EXPORT_REPLAY_MAX */
    uint16_t udp_port;      /* not 0: UDP encapsulation (RFC 3948), both ends */
    unsigned link_mtu;      /* octets of an IP packet */
    bool mss_clamp;         /* gateways lower the MSS of TCP to what fits, without being asked to */
    uint64_t tfc;           /* octets of TFC padding; only 0 can be exported */
    uint64_t rekey_s;       /* soft lifetime of the SAs; 0: never; manual keys are never changed */
};

struct exporter {
    struct member m;
    const struct mode *const *modes; /* that it can install; NULL-terminated */
    bool rekeys;                     /* its SAs are renewed by a daemon; else they are set by hand and stay */
    bool joins_ipv4_fragments;       /* of the LAN's, before it protects them */
    /* NULL where the plan can be installed; else why not, in the words of the kernel or daemon, and what can be. */
    const char *(*refusal)(const struct export_plan *p);
    /* Adds the files of both ends. False only when the system's random generator or memory fails. */
    bool (*write)(const struct export_plan *p, struct file_set *set, struct err *e);
};

extern const struct family exporter_family;

bool exporter_offers(const struct exporter *x, const struct mode *mode);

/* The exporter's files for the plan, texts with a zero behind them, to be written for their owner alone. False and `e`
 * where it can't be installed (why, and what can be). Keys are fresh from OpenSSL's RAND in every call. */
bool export_make(const struct exporter *x, const struct export_plan *p, struct file_set *set, struct err *e);

#endif
