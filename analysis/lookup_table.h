/* lookup_table.h - who gets what: SAs, packets and a gateway's addresses of an INI text, asked by every lookup policy.
 *
 *   [gateway]    addresses     its own addresses, divided by commas; an ESP packet for another one is in transit
 *   [sa]         name, spi, mode, src, dst, sel_src, sel_dst, proto, udp, mark
 *   [packet]     name, spi, src, dst, proto, udp, mark
 *
 * [sa] and [packet] come as often as there are SAs and packets, in the order in which the gateway was given them. An
 * address or selector that is not set, or an SA's 0.0.0.0 or ::, is a wildcard. Keys and algorithms are nobody's
 * question here.
 */
#ifndef ESPSIM_ANALYSIS_LOOKUP_TABLE_H
#define ESPSIM_ANALYSIS_LOOKUP_TABLE_H

#include "models/base/ini.h"
#include "models/ipsec/lookup.h"

#include <stdio.h>

#define LOOKUP_NAME_CAP 48

struct lookup_sa {
    char name[LOOKUP_NAME_CAP];
    struct sa *sa; /* without keys; sa->user points back here */
};

struct lookup_packet {
    char name[LOOKUP_NAME_CAP];
    struct lookup_query query;
    bool in_udp;
};

struct lookup_table {
    struct addr *addresses;
    size_t n_addresses;
    struct lookup_sa *sas;
    size_t n_sas;
    struct lookup_packet *packets;
    size_t n_packets;
    struct sad *sad;
};

/* `file` is for messages. On false, `bad` says what is wrong, a line each, and `t` is empty. The caller frees with
 * lookup_table_fini. */
bool lookup_table_read(struct lookup_table *t, const char *file, const char *text, size_t len, struct err_list *bad);
void lookup_table_fini(struct lookup_table *t);

/* What the policy answers for packet i, and the name of the SA that it gets, or NULL. */
struct lookup_answer lookup_table_ask(const struct lookup_table *t, const struct lookup *policy, size_t i,
                                      const char **sa_name);

/* In one word: found, none, not-mine, ambiguous; and what becomes of packet i under the policy: opened, dropped,
 * forwarded (still encrypted), or `opened or passed on` where the ICV decides. */
const char *lookup_outcome_name(enum lookup_outcome o);
const char *lookup_table_fate(const struct lookup_table *t, const struct lookup *policy, size_t i);

/* For every packet a table of the policies' answers; for programs one JSON object. `colour` repeats what cells say. */
void lookup_table_print(const struct lookup_table *t, FILE *to, bool colour);
void lookup_table_print_json(const struct lookup_table *t, FILE *to);

#endif
